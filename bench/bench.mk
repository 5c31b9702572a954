# SPDX-License-Identifier: GPL-2.0-only
#
# pvbench: a small kernel that times single operations of the hypervisor (bench/run).

PRODUCTS += $(B)/bench/pvbench

$(B)/bench/pvbench.o: bench/guest/pvbench.c
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) $(GUEST_CFLAGS) -DTEST_NAME='"bench/pvbench"' -MMD -MP -c $< -o $@

$(B)/bench/pvbench: $(B)/bench/pvbench.o $(GUEST_LIB) tests/guest/lib/guest.lds
	@mkdir -p $(@D)
	$(QUIET_LD)$(CC) -nostdlib -static -no-pie -Wl,--build-id=none -Wl,-z,noexecstack \
	    -Wl,--no-warn-rwx-segments -T tests/guest/lib/guest.lds -o $@ $(filter %.o,$^)

-include $(B)/bench/pvbench.d
