# SPDX-License-Identifier: GPL-2.0-only
#
# blockd, the daemon behind the guests' disks.

BLOCKD       := $(B)/pv-drivers/blockd
BLOCKD_OBJS  := $(patsubst pv-drivers/block/%.c,$(B)/pv-drivers/obj/block/%.o, \
                  $(wildcard pv-drivers/block/*.c))
BLOCKD_FLAGS := -Ixen-like/include -Ipv-drivers/block -Ipv-drivers/lib -Itools/libctrl -Itools/xstore

PRODUCTS += $(BLOCKD)
INSTALLS += install-blockd

$(BLOCKD_OBJS): $(B)/pv-drivers/obj/block/%.o: pv-drivers/block/%.c
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) $(HOST_CFLAGS) $(BLOCKD_FLAGS) -MMD -MP -c -o $@ $<

$(BLOCKD): $(BLOCKD_OBJS) $(LIBPV) $(LIBXSTORE) $(LIBCTRL)
	$(QUIET_LD)$(CC) $(HOST_CFLAGS) -o $@ $^ -luring -lseccomp -lpthread

.PHONY: install-blockd
install-blockd: $(BLOCKD)
	install -D -m 755 $< $(DESTDIR)$(PREFIX)/sbin/blockd

-include $(BLOCKD_OBJS:.o=.d)

# Unit tests of its queues, with sanitizers, on a guest and a target that are made up
UNIT_TESTS += $(PV_TEST)/test_block
BLOCK_MACHINE := $(addprefix tests/unit/pv/,block_machine.c fake_ctrl.c) \
                 $(addprefix pv-drivers/block/,queue.c request.c) \
                 $(addprefix pv-drivers/lib/,ring.c grants.c events.c loop.c)

$(PV_TEST)/test_block: tests/unit/pv/test_block.c $(BLOCK_MACHINE) $(wildcard pv-drivers/*/*.h)
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) $(PV_TEST_FLAGS) -Ipv-drivers/block -o $@ $(filter %.c,$^) \
	    $$(pkg-config --libs check)

# And of its disks, from the store to the file
UNIT_TESTS += $(PV_TEST)/test_disk

DISK_MACHINE := $(addprefix tests/unit/pv/,disk_machine.c fake_store.c fake_ctrl.c) \
                $(addprefix pv-drivers/block/,disk.c queue.c request.c note.c target_file.c) \
                $(addprefix pv-drivers/lib/,xenbus.c store_link.c note_file.c ring.c grants.c \
                events.c loop.c)

$(PV_TEST)/test_disk: tests/unit/pv/test_disk.c $(DISK_MACHINE) \
		$(wildcard pv-drivers/*/*.h tests/unit/pv/*.h)
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) $(PV_TEST_FLAGS) -Ipv-drivers/block -o $@ $(filter %.c,$^) \
	    $$(pkg-config --libs check)
