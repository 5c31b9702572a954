# SPDX-License-Identifier: GPL-2.0-only
#
# What bench/run starts: small kernels that time single operations of the hypervisor and watch its
# scheduler, programs for Linux, and the plugin of QEMU that counts costly events.

BENCH_OUT      := $(B)/bench
BENCH_PROGRAMS := $(addprefix $(BENCH_OUT)/,operations store timed pages stream blocks)

BENCH_KERNELS  := $(addprefix $(BENCH_OUT)/,pvbench hvmbench latency)

PRODUCTS += $(BENCH_KERNELS) $(BENCH_OUT)/events.so $(BENCH_PROGRAMS)

$(BENCH_KERNELS:=.o): $(BENCH_OUT)/%.o: bench/guest/%.c
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) $(GUEST_CFLAGS) -DTEST_NAME='"bench/$*"' -MMD -MP -c $< -o $@

$(BENCH_KERNELS): %: %.o $(GUEST_LIB) tests/guest/lib/guest.lds
	@mkdir -p $(@D)
	$(QUIET_LD)$(CC) -nostdlib -static -no-pie -Wl,--build-id=none -Wl,-z,noexecstack \
	    -Wl,--no-warn-rwx-segments -T tests/guest/lib/guest.lds -o $@ $(filter %.o,$^)

# Static: they run in the stock guest's initramfs, too, which has no libraries
$(BENCH_PROGRAMS): $(BENCH_OUT)/%: bench/linux/%.c bench/linux/bench.h bench/marks.h
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) $(HOST_CFLAGS) -static -Ixen-like/include -o $@ $<

$(BENCH_OUT)/events.so: bench/plugin/events.c bench/plugin/decode.c \
    $(wildcard bench/plugin/*.h) bench/marks.h
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) $(HOST_CFLAGS) -shared -fPIC -fvisibility=hidden -o $@ $(filter %.c,$^)

# tests/system/figures.py measures the release hypervisor
CHECK_NEEDS += $(B)/release/xen-like.gz
$(B)/release/xen-like.gz: FORCE
	$(Q)$(MAKE) --no-print-directory DEBUG=0 B=$(B)/release hypervisor

-include $(BENCH_KERNELS:=.d)
