# SPDX-License-Identifier: GPL-2.0-only
#
# What runs inside of a hardware guest with a PC's devices before its operating system: the loader,
# and ACPI's description of the board.  Both become part of libctrl.

FIRMWARE        := $(B)/firmware
FIRMWARE_CFLAGS := -m32 -march=i686 -mgeneral-regs-only -std=gnu11 -Os -g -Wall -Wextra -Werror -ffreestanding \
    -fno-pic -fno-stack-protector -fno-asynchronous-unwind-tables -fcf-protection=none -Ixen-like/include
FIRMWARE_OBJS   := $(patsubst firmware/%.c,$(FIRMWARE)/%.o,$(wildcard firmware/*.c)) $(FIRMWARE)/start.o

$(filter-out %/start.o,$(FIRMWARE_OBJS)): $(FIRMWARE)/%.o: firmware/%.c firmware/firmware.mk
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) $(FIRMWARE_CFLAGS) -MMD -MP -c -o $@ $<

$(FIRMWARE)/start.o: firmware/start.S firmware/firmware.mk
	@mkdir -p $(@D)
	$(QUIET_AS)$(CC) $(FIRMWARE_CFLAGS) -c -o $@ $<

$(FIRMWARE)/loader: $(FIRMWARE_OBJS) firmware/loader.lds
	$(QUIET_LD)$(CC) -m32 -nostdlib -static -no-pie -Wl,--build-id=none -Wl,-z,noexecstack \
	    -Wl,--no-warn-rwx-segments -T firmware/loader.lds -o $@ $(FIRMWARE_OBJS)

# The same in a 64-bit file, which is what the parser of guests' kernels takes
$(FIRMWARE)/loader.elf64: $(FIRMWARE)/loader
	$(QUIET_GEN)objcopy -S -O elf64-x86-64 $< $@

# ACPI's source goes through the C preprocessor for the sake of platform.h
$(FIRMWARE)/dsdt.asl: firmware/dsdt.asl firmware/firmware.mk
	@mkdir -p $(@D)
	$(QUIET_GEN)$(CC) -E -P -x assembler-with-cpp -MMD -MP -MT $@ -MF $@.d $< | sed '/^#/d' >$@

$(FIRMWARE)/dsdt.aml: $(FIRMWARE)/dsdt.asl
	$(QUIET_GEN)iasl -we -p $@ $< >$@.log || { cat $@.log; exit 1; }

# Both as data, for libctrl
FIRMWARE_IMAGES := $(FIRMWARE)/images.o

$(FIRMWARE_IMAGES): firmware/images.S $(FIRMWARE)/loader.elf64 $(FIRMWARE)/dsdt.aml
	$(QUIET_AS)$(CC) -Wa,-I$(FIRMWARE) -c -o $@ $<

# Tests: the PCI set-up on the host with sanitizers, the whole loader in QEMU
FIRMWARE_T := $(B)/tests/unit/firmware
UNIT_TESTS += $(FIRMWARE_T)/test_pci tests/unit/firmware/test_loader

$(FIRMWARE_T)/test_pci: tests/unit/firmware/test_pci.c firmware/pci.c firmware/pci.h firmware/console.h
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) $(HOST_CFLAGS) -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -Ifirmware \
	    -o $@ $(filter %.c,$^) $$(pkg-config --libs check)

tests/unit/firmware/test_loader: $(FIRMWARE)/loader.elf64

-include $(FIRMWARE_OBJS:.o=.d) $(FIRMWARE)/dsdt.asl.d
