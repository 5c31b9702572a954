# SPDX-License-Identifier: GPL-2.0-only
#
# consoled, the daemon behind the guests' consoles.

CONSOLED      := $(B)/pv-drivers/consoled
CONSOLED_OBJS := $(patsubst pv-drivers/console/%.c,$(B)/pv-drivers/obj/console/%.o, \
                   $(wildcard pv-drivers/console/*.c))

PRODUCTS += $(CONSOLED)
INSTALLS += install-consoled

$(CONSOLED_OBJS): $(B)/pv-drivers/obj/console/%.o: pv-drivers/console/%.c
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) $(HOST_CFLAGS) -Ixen-like/include -Itools/libctrl -Itools/xstore \
	    -Ipv-drivers/lib -MMD -MP -c -o $@ $<

$(CONSOLED): $(CONSOLED_OBJS) $(LIBPV) $(LIBXSTORE) $(LIBCTRL)
	$(QUIET_LD)$(CC) $(HOST_CFLAGS) -o $@ $^ -lutil -lseccomp -lpthread

.PHONY: install-consoled
install-consoled: $(CONSOLED)
	install -D -m 755 $< $(DESTDIR)$(PREFIX)/sbin/consoled

-include $(CONSOLED_OBJS:.o=.d)

# Unit tests of its parts, with sanitizers, on a guest whose grants and ports are made up
CONSOLE_TEST      := $(B)/tests/unit/console/test_console
CONSOLE_TEST_SRCS := $(addprefix pv-drivers/console/,guest.c log.c ring.c statistics.c viewer.c) \
                     $(addprefix pv-drivers/lib/,events.c loop.c) tests/unit/pv/fake_ctrl.c
UNIT_TESTS        += $(CONSOLE_TEST)

$(CONSOLE_TEST): tests/unit/console/test_console.c $(CONSOLE_TEST_SRCS) \
		$(wildcard pv-drivers/console/*.h pv-drivers/lib/*.h)
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) $(PV_TEST_FLAGS) -Ipv-drivers/console -Itests/unit/pv -Wl,--wrap=loop_timer_start -o $@ $(filter %.c,$^) \
	    -lutil $$(pkg-config --libs check)
