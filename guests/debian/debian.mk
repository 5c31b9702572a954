# SPDX-License-Identifier: GPL-2.0-only
#
# A Debian system as a guest, below build/images:
#   debian.disk          its root file system, from Debian's packages
#   debian-mirror.disk   a package repository of files: the same packages and one more
# tests/system/debian_guest.py starts it; `make run` gives it to Dom0 once it is there.

DEBIAN        := guests/debian
DEBIAN_SYSTEM := usr-is-merged systemd-sysv udev dbus
DEBIAN_MORE   := hello
DEBIAN_MIRROR := $(STOCK)/debian-mirror
empty         :=
comma         := ,

.PHONY: debian-disk
debian-disk: $(IMG)/debian.disk $(IMG)/debian-mirror.disk

# the index keeps its time if the packages are the same
$(DEBIAN_MIRROR)/.done: $(STOCK)/.done $(DEBIAN)/debian.mk tests/lib/debs.py
	$(Q)$(PYTHON) tests/lib/debs.py mirror $(@D) $(DEBIAN_SYSTEM) $(DEBIAN_MORE)
	@touch $@
$(DEBIAN_MIRROR)/Packages: $(DEBIAN_MIRROR)/.done ;

$(IMG)/debian.tar: $(DEBIAN_MIRROR)/Packages $(DEBIAN)/install-system $(DEBIAN)/customize
	@mkdir -p $(@D)
	$(QUIET_GEN)$(DEBIAN)/install-system $(<D) $@ $(subst $(empty) ,$(comma),$(DEBIAN_SYSTEM))

$(IMG)/debian.disk: $(IMG)/debian.tar $(DEBIAN)/make-disk
	$(QUIET_GEN)$(DEBIAN)/make-disk $< $@ 320M

$(IMG)/debian-mirror.disk: $(DEBIAN_MIRROR)/Packages $(DEBIAN)/make-disk
	@mkdir -p $(@D)
	$(QUIET_GEN)$(DEBIAN)/make-disk $(<D) $@ 64M
