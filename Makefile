# SPDX-License-Identifier: GPL-2.0-only
#
# xen-like: the whole build.  `make help` lists the targets.
#
# The hypervisor's rules are in xen-like/hypervisor.mk.  Every other part brings a fragment of its
# own (listed under "Fragments" below), which adds its products to these lists:
#
#   PRODUCTS      files that `make all` builds
#   INSTALLS      names of phony targets that copy a part into $(DESTDIR)$(PREFIX); see `install`
#   UNIT_TESTS    host programs; each is one test of the suite "unit" (exit 0 passed, 77 skipped)
#   ABI_TESTS     host programs of the suite "abi"
#   GUEST_TESTS   kernels of the suite "guest", as build/tests/guest/<area>/<name>
#   CHECK_NEEDS   other files that have to be there before the tests run
#
# A fragment writes only below $(B), names files from the top of the tree, and uses $(CC),
# $(HOST_CFLAGS) and $(QUIET_CC) and friends so that all output looks alike (V=1 shows commands).

B       := build
DEBUG   ?= 1
PREFIX  ?= /usr/local
VERSION := 0.1
DESTDIR ?=
PYTHON  ?= python3
JOBS    ?= $(shell nproc)

CC          := gcc
HOST_CFLAGS := -std=gnu11 -O2 -g -Wall -Wextra -Werror -D_GNU_SOURCE

ifeq ($(V),1)
Q :=
QUIET_CC :=
QUIET_AS :=
QUIET_LD :=
QUIET_GEN :=
else
Q := @
QUIET_CC  = @echo "  CC   $@";
QUIET_AS  = @echo "  AS   $@";
QUIET_LD  = @echo "  LD   $@";
QUIET_GEN = @echo "  GEN  $@";
endif

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:
.PHONY: all run check check-quick bench install clean help deps fetch build-check FORCE
FORCE:

PRODUCTS    :=
INSTALLS    :=
UNIT_TESTS  :=
ABI_TESTS   :=
GUEST_TESTS :=
CHECK_NEEDS :=

# Fragments
include xen-like/hypervisor.mk
include firmware/firmware.mk
-include tools/libctrl/libctrl.mk
-include tools/xstore/xstore.mk
-include tools/bootdisk/bootdisk.mk
-include tools/xl-like/xl-like.mk
-include pv-drivers/lib/lib.mk
-include pv-drivers/console/console.mk
-include pv-drivers/block/block.mk
-include pv-drivers/net/net.mk
-include guests/tiny/tiny.mk
-include tests/unit/unit.mk
-include tests/model/model.mk
-include tests/fuzz/fuzz.mk
-include tests/abi/abi.mk
-include tests/guest/guest.mk
-include tests/system/system.mk
-include bench/bench.mk
include guests/dom0/dom0.mk
include guests/linux-patches/linux-patches.mk
include guests/debian/debian.mk
include tests/server/server.mk
-include docs/docs.mk
include tools/host/host.mk
include debian/deb.mk

all: $(PRODUCTS)

# ---- What users call

run: deps
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) all
	$(Q)$(MAKE) --no-print-directory images
	$(Q)tests/lib/make-run

check: deps
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) build-check
	$(Q)$(MAKE) --no-print-directory images xen-images debian-disk server-disk
	$(Q)tests/run --logs $(B)/logs $(TESTARGS)

check-quick: deps
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) build-check
	$(Q)$(MAKE) --no-print-directory images
	$(Q)tests/run --logs $(B)/logs --quick $(TESTARGS)

# The lists that the fragments made, for tests/run
build-check: all $(UNIT_TESTS) $(ABI_TESTS) $(GUEST_TESTS) $(CHECK_NEEDS)
	$(Q){ for t in $(UNIT_TESTS); do echo "unit $$t"; done; \
	      for t in $(ABI_TESTS); do echo "abi $$t"; done; \
	      for t in $(GUEST_TESTS); do echo "guest $$t"; done; } > $(B)/tests.list

bench: deps
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) all
	$(Q)$(MAKE) --no-print-directory images xen-images
	$(Q)bench/run

deps:
	$(Q)tests/deps

fetch: deps
	$(Q)$(PYTHON) tests/lib/debs.py fetch

# Installs into $(DESTDIR): the hypervisor to /boot, programs below $(PREFIX), settings to /etc
install: all install-hypervisor install-boot install-tools install-dev

.PHONY: install-hypervisor install-tools install-dev
install-tools: $(INSTALLS)
install-hypervisor: $(B)/xen-like.gz
	install -D -m 644 $(B)/xen-like.gz $(DESTDIR)/boot/xen-like/xen-like.gz
	install -D -m 644 $(B)/xen-like-syms $(DESTDIR)$(PREFIX)/lib/debug/boot/xen-like-syms

# For programs of others: libraries, their headers, and the hypervisor's interface
install-dev: $(LIBCTRL) $(LIBXSTORE)
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/lib/xen-like $^
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/include/xen-like tools/libctrl/ctrl.h tools/xstore/xstore.h
	cd xen-like/include && find public -name '*.h' -exec \
		install -D -m 644 {} $(abspath $(DESTDIR))$(PREFIX)/include/xen-like/{} \;
	install -d $(DESTDIR)$(PREFIX)/lib/pkgconfig
	sed 's|@PREFIX@|$(PREFIX)|; s|@VERSION@|$(VERSION)|' tools/xen-like.pc >$(DESTDIR)$(PREFIX)/lib/pkgconfig/xen-like.pc

# build/debs (downloaded packages) is kept: it is a cache, and `rm -r build` removes it
clean:
	$(Q)[ ! -d $(B) ] || find $(B) -mindepth 1 -maxdepth 1 ! -name debs -exec rm -rf {} +

help:
	@echo "make              build the hypervisor ($(B)/xen-like.gz) and the tools"
	@echo "make run          boot hypervisor, Dom0 and a guest in QEMU; a Dom0 shell on a terminal"
	@echo "make check        every test: unit, abi, guest kernels, whole systems"
	@echo "make check-quick  those that take two minutes together"
	@echo "make guest-kernel the kernel of guests/linux-patches, as $(IMG)/patched-kernel"
	@echo "make fuzz         TIME=seconds TARGET=name JOBS=n: feed the hypervisor and the tools with bytes"
	@echo "make bench        the same work on Debian's Xen and here, by instruction count"
	@echo "make debian-disk  a Debian system on a disk, as a guest for make run"
	@echo "make server-disk  a Debian server on a disk, for tests"
	@echo "make install      DESTDIR= PREFIX=$(PREFIX)"
	@echo "make deb          Debian packages of it, $(B)/deb/*.deb"
	@echo "make deps         install the Debian packages that are needed (root or sudo)"
	@echo "make fetch        download the stock kernels and Xen packages into $(B)/debs"
	@echo "make clean        remove what was built (not the downloaded packages)"
	@echo
	@echo "DEBUG=0           the release hypervisor: no assertions, no lock checks"
	@echo "V=1               show every command"
	@echo "JOBS=N            programs built side by side (default: one for each CPU)"
	@echo "TESTARGS=...      for tests/run, e.g. TESTARGS='--only system/debian_tools'"
	@echo "HYPERVISOR=image  for run, check: another hypervisor that boots as Xen does"
	@echo "XEN_LIKE_CACHE=d  keep downloaded packages in d instead of $(B)/debs"
