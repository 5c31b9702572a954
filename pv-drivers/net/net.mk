# SPDX-License-Identifier: GPL-2.0-only
#
# netd, the daemon behind the guests' network devices.

NETD       := $(B)/pv-drivers/netd
NETD_OBJS  := $(patsubst pv-drivers/net/%.c,$(B)/pv-drivers/obj/net/%.o, \
                $(wildcard pv-drivers/net/*.c))
NETD_FLAGS := -Ixen-like/include -Ipv-drivers/net -Ipv-drivers/lib -Itools/libctrl -Itools/xstore

PRODUCTS += $(NETD)
INSTALLS += install-netd

$(NETD_OBJS): $(B)/pv-drivers/obj/net/%.o: pv-drivers/net/%.c
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) $(HOST_CFLAGS) $(NETD_FLAGS) -MMD -MP -c -o $@ $<

$(NETD): $(NETD_OBJS) $(LIBPV) $(LIBXSTORE) $(LIBCTRL)
	$(QUIET_LD)$(CC) $(HOST_CFLAGS) -o $@ $^ -lpthread -lseccomp

.PHONY: install-netd
install-netd: $(NETD)
	install -D -m 755 $< $(DESTDIR)$(PREFIX)/sbin/netd

-include $(NETD_OBJS:.o=.d)

# Unit tests of its queues, with sanitizers, on a guest and a network that are made up
UNIT_TESTS  += $(PV_TEST)/test_net
NET_MACHINE := $(addprefix tests/unit/pv/,net_machine.c fake_ctrl.c) \
               $(addprefix pv-drivers/net/,queue.c tx.c rx.c packet.c net_ring.c rate.c \
               multicast.c filter.c) \
               $(addprefix pv-drivers/lib/,ring.c events.c loop.c)

$(PV_TEST)/test_net: tests/unit/pv/test_net.c $(NET_MACHINE) $(wildcard pv-drivers/*/*.h)
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) $(PV_TEST_FLAGS) -Ipv-drivers/net -Wl,--wrap=back_ring_put -o $@ $(filter %.c,$^) \
	    $$(pkg-config --libs check)

# And of its devices, from the store to the TAP
UNIT_TESTS += $(PV_TEST)/test_vif

$(PV_TEST)/test_vif: $(addprefix tests/unit/pv/,test_vif.c fake_store.c fake_ctrl.c) \
		$(addprefix pv-drivers/net/,vif.c queue.c tx.c rx.c packet.c net_ring.c rate.c multicast.c \
		filter.c) \
		$(addprefix pv-drivers/lib/,xenbus.c xenbus_bus.c store_link.c note_file.c ring.c events.c loop.c) \
		$(wildcard pv-drivers/*/*.h)
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) $(PV_TEST_FLAGS) -Ipv-drivers/net -o $@ $(filter %.c,$^) \
	    $$(pkg-config --libs check)
