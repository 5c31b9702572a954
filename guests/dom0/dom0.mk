# SPDX-License-Identifier: GPL-2.0-only
#
# What the machines boot, below build/images:
#   dom0-kernel          Debian's linux-image-amd64, unpacked (no decompression under emulation)
#   base.cpio            busybox, /init, modules; /guest: Debian's cloud kernel and its initramfs
#   debian-tools.cpio    Debian's toolstack            our-tools.cpio    what `make install` lays out
#   nbd.cpio             blockd-nbd and its libraries, for those that want it
#   device-model.cpio.lz4   QEMU and what it needs, for those that have HVM guests
#   boot.disk            a guest's disk with GRUB's menu, a kernel and its initramfs
# An initramfs is base.cpio with one of the tools and perhaps a scenario behind it.

D0      := guests/dom0
IMG     := $(B)/images
STOCK   := $(B)/stock
BUILD_IMAGE := $(PYTHON) $(D0)/build-image
D0_SRCS := $(filter-out $(D0)/dom0.mk $(D0)/README.md,$(wildcard $(D0)/*)) tests/lib/cpio.py

.PHONY: images xen-images
images: $(IMG)/dom0-kernel $(IMG)/base.cpio $(IMG)/our-tools.cpio $(IMG)/nbd.cpio \
	$(IMG)/device-model.cpio.lz4 $(IMG)/boot.disk
xen-images: $(IMG)/dom0-kernel $(IMG)/base.cpio $(IMG)/debian-tools.cpio

# debs.py sees for itself what is new, but costs some seconds: once a day is enough
$(STOCK)/.done: tests/lib/debs.py $(shell find $(STOCK)/.done -mmin +1440 2>/dev/null | sed s/.*/FORCE/)
	@mkdir -p $(STOCK)
	$(Q)$(PYTHON) tests/lib/debs.py unpack $(STOCK)
	@touch $@

$(IMG)/dom0-kernel: $(STOCK)/.done tests/lib/bzimage.py
	@mkdir -p $(@D)
	$(QUIET_GEN)$(PYTHON) tests/lib/bzimage.py $(STOCK)/dom0-kernel/boot/vmlinuz-* $@

$(IMG)/guest.cpio: $(STOCK)/.done $(D0_SRCS)
	@mkdir -p $(@D)
	$(QUIET_GEN)$(BUILD_IMAGE) guest $(STOCK) $@

$(IMG)/boot.disk: $(STOCK)/.done $(IMG)/guest.cpio $(D0)/boot-disk.cfg guests/debian/make-disk
	@rm -rf $(B)/boot-disk
	@mkdir -p $(B)/boot-disk/boot/grub
	@cp $(STOCK)/guest-kernel/boot/vmlinuz-* $(B)/boot-disk/boot/vmlinuz
	@cp $(IMG)/guest.cpio $(B)/boot-disk/boot/initrd
	@cp $(D0)/boot-disk.cfg $(B)/boot-disk/boot/grub/grub.cfg
	$(QUIET_GEN)guests/debian/make-disk $(B)/boot-disk $@ 24M

$(IMG)/base.cpio: $(IMG)/guest.cpio $(B)/guests/tiny.elf $(D0_SRCS)
	$(QUIET_GEN)$(BUILD_IMAGE) base $(STOCK) $@ $(IMG)/guest.cpio $(B)/guests/tiny.elf

$(IMG)/debian-tools.cpio: $(STOCK)/.done $(D0_SRCS)
	@mkdir -p $(@D)
	$(QUIET_GEN)$(BUILD_IMAGE) debian-tools $(STOCK) $@

# Made anew each time, from whatever the fragments install, and replaced if it differs. The other make
# finds all of it built: two of them would build the same file at the same time.
$(IMG)/our-tools.cpio: $(D0_SRCS) FORCE | $(PRODUCTS)
	@mkdir -p $(@D)
	@rm -rf $(B)/stage
	$(Q)$(MAKE) --no-print-directory install-tools DESTDIR=$(B)/stage >$(B)/install.log
	$(Q)$(BUILD_IMAGE) our-tools $(B)/stage $@.new
	$(Q)cmp -s $@.new $@ && rm $@.new || mv $@.new $@

$(IMG)/nbd.cpio: $(IMG)/our-tools.cpio $(B)/pv-drivers/blockd-nbd
	$(QUIET_GEN)$(BUILD_IMAGE) nbd $(B)/stage $@

$(IMG)/device-model.cpio.lz4: $(STOCK)/.done $(D0_SRCS)
	@mkdir -p $(@D)
	$(QUIET_GEN)$(BUILD_IMAGE) device-model $(STOCK) $@
