# SPDX-License-Identifier: GPL-2.0-only
#
# bootdisk: what a guest's disk would start, for the key `bootloader` of guest.cfg.

BOOTDISK      := $(B)/tools/bootdisk/bootdisk
BOOTDISK_SRCS := $(wildcard tools/bootdisk/*.c)
BOOTDISK_OBJS := $(BOOTDISK_SRCS:tools/bootdisk/%.c=$(B)/tools/bootdisk/%.o)

PRODUCTS += $(BOOTDISK)
INSTALLS += install-bootdisk

$(BOOTDISK_OBJS): $(B)/tools/bootdisk/%.o: tools/bootdisk/%.c
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) $(HOST_CFLAGS) -MMD -c $< -o $@

$(BOOTDISK): $(BOOTDISK_OBJS)
	$(QUIET_LD)$(CC) $^ -lext2fs -lseccomp -o $@

.PHONY: install-bootdisk
install-bootdisk: $(BOOTDISK)
	install -D -m 755 -t $(DESTDIR)$(PREFIX)/lib/xen-like $<
	ln -sf bootdisk $(DESTDIR)$(PREFIX)/lib/xen-like/pygrub

-include $(BOOTDISK_OBJS:.o=.d)

# The menu and the disks with sanitizers; the confinement, which leaves those too little memory, without
BOOTDISK_T := $(B)/tests/unit/bootdisk
UNIT_TESTS += $(BOOTDISK_T)/test_menu $(BOOTDISK_T)/test_confine tests/unit/bootdisk/test_disks

$(BOOTDISK_T)/test_menu: tests/unit/bootdisk/test_menu.c tools/bootdisk/grub_menu.c tools/bootdisk/grub_words.c
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) $(HOST_CFLAGS) -Itools/bootdisk -fsanitize=address,undefined -fno-sanitize-recover=all \
		$^ $$(pkg-config --libs check) -o $@

$(BOOTDISK_T)/test_confine: tests/unit/bootdisk/test_confine.c tools/bootdisk/confine.c
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) $(HOST_CFLAGS) -Itools/bootdisk $^ -lseccomp -o $@

# the program itself, but for its confinement
$(BOOTDISK_T)/bootdisk: $(filter-out %/confine.c,$(BOOTDISK_SRCS)) tests/unit/bootdisk/unconfined.c
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) $(HOST_CFLAGS) -Itools/bootdisk -fsanitize=address,undefined -fno-sanitize-recover=all \
		$^ -lext2fs -o $@

tests/unit/bootdisk/test_disks: $(BOOTDISK) $(BOOTDISK_T)/bootdisk
