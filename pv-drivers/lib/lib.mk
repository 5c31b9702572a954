# SPDX-License-Identifier: GPL-2.0-only
#
# pv-drivers/lib: what the drivers share, build/pv-drivers/libpv.a.

LIBPV      := $(B)/pv-drivers/libpv.a
LIBPV_OBJS := $(patsubst pv-drivers/lib/%.c,$(B)/pv-drivers/obj/lib/%.o,$(wildcard pv-drivers/lib/*.c))

PRODUCTS += $(LIBPV)

$(LIBPV_OBJS): $(B)/pv-drivers/obj/lib/%.o: pv-drivers/lib/%.c
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) $(HOST_CFLAGS) -Ixen-like/include -MMD -MP -c -o $@ $<

$(LIBPV): $(LIBPV_OBJS)
	$(QUIET_LD)rm -f $@; ar rcs $@ $^

-include $(LIBPV_OBJS:.o=.d)
