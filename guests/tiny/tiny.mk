# SPDX-License-Identifier: GPL-2.0-only
#
# The tiny guest: a worked example of the interface, and the fastest guest for system tests.

PRODUCTS += $(B)/guests/tiny.elf

TINY_CFLAGS := -std=gnu11 -O2 -g -Wall -Wextra -Werror -ffreestanding -fno-pic -mno-red-zone \
    -mcmodel=kernel -mgeneral-regs-only -fno-stack-protector -fno-asynchronous-unwind-tables \
    -fcf-protection=none -Ixen-like/include

$(B)/guests/tiny/%.o: guests/tiny/%.c
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) $(TINY_CFLAGS) -MMD -MP -c $< -o $@

$(B)/guests/tiny/%.o: guests/tiny/%.S
	@mkdir -p $(@D)
	$(QUIET_AS)$(CC) $(TINY_CFLAGS) -c $< -o $@

$(B)/guests/tiny.elf: $(addprefix $(B)/guests/tiny/,start.o tiny.o memory.o device.o block.o net.o net_attacks.o tty.o) guests/tiny/tiny.lds
	$(QUIET_LD)$(CC) -nostdlib -static -no-pie -Wl,--build-id=none -Wl,-z,noexecstack \
	    -Wl,--no-warn-rwx-segments -T guests/tiny/tiny.lds -o $@ $(filter %.o,$^)

-include $(wildcard $(B)/guests/tiny/*.d)
