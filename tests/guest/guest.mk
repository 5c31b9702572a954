# SPDX-License-Identifier: GPL-2.0-only
#
# Small PV kernels: one for each area, with all tests of tests/guest/<area>/<name>/main.c in it.
# A new test is found by its place; tests/guest/new AREA NAME makes one.

GUEST_CFLAGS := -std=gnu11 -O2 -g -Wall -Wextra -Werror -ffreestanding -fno-pic -mno-red-zone \
    -mcmodel=kernel -mgeneral-regs-only -fno-stack-protector -fno-asynchronous-unwind-tables \
    -fno-strict-aliasing -Wno-clobbered -fcf-protection=none -Itests/guest/lib -Ixen-like/include
GUEST_OUT    := $(B)/tests/guest-obj
GUEST_MAINS  := $(wildcard tests/guest/*/*/main.c)
GUEST_AREAS  := $(sort $(foreach m,$(GUEST_MAINS),$(word 3,$(subst /, ,$(m)))))
GUEST_TESTS  += $(GUEST_AREAS:%=$(B)/tests/guest/%)
GUEST_LIB    := $(patsubst tests/guest/lib/%.c,$(GUEST_OUT)/lib/%.o, \
    $(wildcard tests/guest/lib/*.c)) $(GUEST_OUT)/lib/start.o

$(GUEST_OUT)/lib/%.o: tests/guest/lib/%.c
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) $(GUEST_CFLAGS) -MMD -MP -c $< -o $@

$(GUEST_OUT)/lib/start.o: tests/guest/lib/start.S tests/guest/lib/layout.h
	@mkdir -p $(@D)
	$(QUIET_AS)$(CC) $(GUEST_CFLAGS) -c $< -o $@

$(GUEST_OUT)/%/main.o: tests/guest/%/main.c
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) $(GUEST_CFLAGS) -DTEST_NAME='"$*"' -MMD -MP -c $< -o $@

$(GUEST_AREAS:%=$(B)/tests/guest/%): $(GUEST_LIB) tests/guest/lib/guest.lds
	@mkdir -p $(@D)
	$(QUIET_LD)$(CC) -nostdlib -static -no-pie -Wl,--build-id=none -Wl,-z,noexecstack \
	    -Wl,--no-warn-rwx-segments -T tests/guest/lib/guest.lds -o $@ $(filter %.o,$^)

# Each area's kernel also needs the objects of its tests
guest_area_objects = $(patsubst tests/guest/%.c,$(GUEST_OUT)/%.o, \
    $(filter tests/guest/$(1)/%,$(GUEST_MAINS)))
$(foreach area,$(GUEST_AREAS),$(eval $(B)/tests/guest/$(area): \
    $(call guest_area_objects,$(area))))

-include $(wildcard $(GUEST_OUT)/lib/*.d $(GUEST_OUT)/*/*/*.d)
