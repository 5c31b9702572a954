# SPDX-License-Identifier: GPL-2.0-only
#
# pv-drivers/lib: what the drivers share, build/pv-drivers/libpv.a.

LIBPV      := $(B)/pv-drivers/libpv.a
LIBPV_OBJS := $(patsubst pv-drivers/lib/%.c,$(B)/pv-drivers/obj/lib/%.o,$(wildcard pv-drivers/lib/*.c))

PRODUCTS += $(LIBPV)

$(LIBPV_OBJS): $(B)/pv-drivers/obj/lib/%.o: pv-drivers/lib/%.c
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) $(HOST_CFLAGS) -Ixen-like/include -Itools/libctrl -Itools/xstore -MMD -MP -c -o $@ $<

$(LIBPV): $(LIBPV_OBJS)
	$(QUIET_LD)rm -f $@; ar rcs $@ $^

-include $(LIBPV_OBJS:.o=.d)

# Unit tests, with sanitizers, on a guest whose grants and ports are made up
PV_TEST       := $(B)/tests/unit/pv
PV_TEST_FLAGS := $(HOST_CFLAGS) -O1 -fsanitize=address,undefined -fno-sanitize-recover=all \
                 -Ixen-like/include -Ipv-drivers/lib -Itools/libctrl -Itools/xstore
UNIT_TESTS    += $(PV_TEST)/test_lib

$(PV_TEST)/test_lib: $(addprefix tests/unit/pv/,test_lib.c fake_ctrl.c) \
		$(addprefix pv-drivers/lib/,ring.c grants.c events.c loop.c) $(wildcard pv-drivers/lib/*.h)
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) $(PV_TEST_FLAGS) -o $@ $(filter %.c,$^) $$(pkg-config --libs check)

# Without sanitizers, which make system calls of their own
UNIT_TESTS += $(PV_TEST)/test_calls

$(PV_TEST)/test_calls: tests/unit/pv/test_calls.c pv-drivers/lib/calls.c pv-drivers/lib/calls.h
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) $(HOST_CFLAGS) -Ipv-drivers/lib -o $@ $(filter %.c,$^) -lseccomp $$(pkg-config --libs check)
