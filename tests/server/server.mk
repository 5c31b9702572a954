# SPDX-License-Identifier: GPL-2.0-only
#
# The disk of a Debian server, build/images/server.disk: Debian's packages, GRUB for BIOS and for UEFI.
# tests/system/installed.py installs our packages on it.

SERVER          := tests/server
SERVER_MIRROR   := $(STOCK)/server-mirror
SERVER_PACKAGES := $(DEBIAN_SYSTEM) linux-image-amd64 initramfs-tools grub2-common \
                   kmod libyajl2 libncursesw6 libext2fs2 libseccomp2 liburing2 libnbd0

.PHONY: server-disk
server-disk: $(IMG)/server.disk

$(SERVER_MIRROR)/.done: $(STOCK)/.done $(SERVER)/server.mk tests/lib/debs.py
	$(Q)$(PYTHON) tests/lib/debs.py mirror $(@D) $(SERVER_PACKAGES)
	@touch $@
$(SERVER_MIRROR)/Packages: $(SERVER_MIRROR)/.done ;

$(B)/server.tar: $(SERVER_MIRROR)/Packages $(SERVER)/install $(SERVER)/prepare $(SERVER)/customize \
                 $(DEBIAN)/install-system $(DEBIAN)/customize
	$(QUIET_GEN)$(SERVER)/install $(<D) $@ $(subst $(empty) ,$(comma),$(SERVER_PACKAGES))

$(IMG)/server.disk: $(B)/server.tar $(SERVER)/make-disk $(SERVER)/grub.cfg $(SERVER)/guest.cfg \
                    $(SERVER)/counter $(IMG)/guest.cpio $(DEBIAN)/make-disk
	@mkdir -p $(@D)
	$(QUIET_GEN)$(PYTHON) $(SERVER)/make-disk $< $@
