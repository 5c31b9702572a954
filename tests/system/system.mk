# SPDX-License-Identifier: GPL-2.0-only
#
# What system tests take into Dom0.

CHECK_NEEDS += $(B)/tests/die-at

$(B)/tests/die-at: tests/system/die_at.c
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) $(HOST_CFLAGS) -static -o $@ $<

CHECK_NEEDS += $(B)/tests/guest-load

$(B)/tests/guest-load: tests/system/guest_load.c
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) $(HOST_CFLAGS) -static -o $@ $<

# a PC's boot sector
CHECK_NEEDS += $(B)/tests/hvm-counter

$(B)/tests/hvm-counter: tests/system/hvm_counter.S
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) -m32 -c -o $@.o $<
	$(Q)ld -m elf_i386 -Ttext 0x7c00 --oformat binary -e _start -o $@ $@.o

# xl-like's own code, without its verbs
PLUG_DISK_OBJS := $(addprefix $(B)/tools/xl-like/,device.o disk.o disk_cfg.o cfg_parse.o host.o nearest.o report.o)
CHECK_NEEDS    += $(B)/tests/plug-disk

$(B)/tests/plug-disk: tests/system/plug_disk.c $(PLUG_DISK_OBJS) $(LIBXSTORE) $(LIBCTRL)
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) $(XL_FLAGS) -o $@ $^ $(LIBCTRL_LIBS)
