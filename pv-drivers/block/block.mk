# SPDX-License-Identifier: GPL-2.0-only
#
# blockd and blockd-nbd, the daemons behind the guests' disks: the same, but for what is behind them.

BLOCKD       := $(B)/pv-drivers/blockd
BLOCKD_NBD   := $(B)/pv-drivers/blockd-nbd
BLOCKD_OBJS  := $(patsubst pv-drivers/block/%.c,$(B)/pv-drivers/obj/block/%.o, \
                  $(wildcard pv-drivers/block/*.c))
BLOCKD_FILE_ONLY := $(addprefix $(B)/pv-drivers/obj/block/,blockd.o target_file.o uring.o)
BLOCKD_NBD_ONLY  := $(addprefix $(B)/pv-drivers/obj/block/,blockd_nbd.o target_nbd.o nbd_commands.o)
BLOCKD_FLAGS := -Ixen-like/include -Ipv-drivers/block -Ipv-drivers/lib -Itools/libctrl -Itools/xstore

PRODUCTS += $(BLOCKD) $(BLOCKD_NBD)
INSTALLS += install-blockd

$(BLOCKD_OBJS): $(B)/pv-drivers/obj/block/%.o: pv-drivers/block/%.c
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) $(HOST_CFLAGS) $(BLOCKD_FLAGS) -MMD -MP -c -o $@ $<

$(BLOCKD): $(filter-out $(BLOCKD_NBD_ONLY),$(BLOCKD_OBJS)) $(LIBPV) $(LIBXSTORE) $(LIBCTRL)
	$(QUIET_LD)$(CC) $(HOST_CFLAGS) -o $@ $^ -luring -lseccomp -lpthread

$(BLOCKD_NBD): $(filter-out $(BLOCKD_FILE_ONLY),$(BLOCKD_OBJS)) $(LIBPV) $(LIBXSTORE) $(LIBCTRL)
	$(QUIET_LD)$(CC) $(HOST_CFLAGS) -o $@ $^ -lnbd -lseccomp -lpthread

.PHONY: install-blockd
install-blockd: $(BLOCKD) $(BLOCKD_NBD)
	install -D -m 755 -t $(DESTDIR)$(PREFIX)/sbin $^

-include $(BLOCKD_OBJS:.o=.d)

# Unit tests of its queues, with sanitizers, on a guest and a target that are made up
UNIT_TESTS += $(PV_TEST)/test_block
BLOCK_MACHINE := $(addprefix tests/unit/pv/,block_machine.c fake_ctrl.c) \
                 $(addprefix pv-drivers/block/,queue.c request.c data.c buffers.c) \
                 $(addprefix pv-drivers/lib/,ring.c grants.c events.c loop.c)

$(PV_TEST)/test_block: tests/unit/pv/test_block.c $(BLOCK_MACHINE) $(wildcard pv-drivers/*/*.h)
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) $(PV_TEST_FLAGS) -Ipv-drivers/block -o $@ $(filter %.c,$^) \
	    $$(pkg-config --libs check)

# And of its disks, from the store to the file
UNIT_TESTS += $(PV_TEST)/test_disk

DISK_MACHINE := $(addprefix tests/unit/pv/,disk_machine.c fake_store.c fake_ctrl.c) \
                $(addprefix pv-drivers/block/,disk.c queue.c request.c data.c buffers.c note.c target_file.c) \
                $(addprefix pv-drivers/lib/,xenbus.c xenbus_bus.c store_link.c note_file.c ring.c grants.c \
                events.c loop.c)

$(PV_TEST)/test_disk: tests/unit/pv/test_disk.c $(DISK_MACHINE) \
		$(wildcard pv-drivers/*/*.h tests/unit/pv/*.h)
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) $(PV_TEST_FLAGS) -Ipv-drivers/block -o $@ $(filter %.c,$^) \
	    $$(pkg-config --libs check)

# Exports, on a real server
UNIT_TESTS += $(PV_TEST)/test_nbd

$(PV_TEST)/test_nbd: tests/unit/pv/test_nbd.c $(addprefix pv-drivers/block/,target_nbd.c nbd_commands.c) \
		pv-drivers/lib/loop.c $(wildcard pv-drivers/*/*.h)
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) $(PV_TEST_FLAGS) -Ipv-drivers/block -o $@ $(filter %.c,$^) -lnbd \
	    $$(pkg-config --libs check)
