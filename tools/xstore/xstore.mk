# SPDX-License-Identifier: GPL-2.0-only
#
# tools/xstore: xstored (the daemon), libxstore.a (the client) and xstore (the command).

XSTORE_DIR   := tools/xstore
XSTORE_B     := $(B)/tools/xstore
XSTORE_FLAGS := $(HOST_CFLAGS) -Ixen-like/include -Itools/libctrl -I$(XSTORE_DIR)

XSTORE_CLIENT_OBJS := $(addprefix $(XSTORE_B)/,client.o client_events.o client_ops.o notify.o proto.o stream.o)
XSTORED_CORE_OBJS  := $(addprefix $(XSTORE_B)/,connection.o journal.o ops.o ops_control.o ops_domain.o ops_node.o ops_txn.o \
			ops_watch.o path.o perm.o proto.o quota.o records.o throttle.o tree.o txn.o upgrade.o view.o watch.o)
XSTORED_OBJS       := $(XSTORED_CORE_OBJS) $(addprefix $(XSTORE_B)/,domain.o notify.o ring.o main.o)

LIBXSTORE := $(XSTORE_B)/libxstore.a
PRODUCTS  += $(LIBXSTORE) $(XSTORE_B)/xstored $(XSTORE_B)/xstore
INSTALLS  += install-xstore

$(XSTORE_B)/%.o: $(XSTORE_DIR)/%.c
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) $(XSTORE_FLAGS) -MMD -c $< -o $@

$(LIBXSTORE): $(XSTORE_CLIENT_OBJS)
	$(QUIET_LD)rm -f $@ && ar rcs $@ $^

$(XSTORE_B)/xstored: $(XSTORED_OBJS) $(LIBCTRL)
	$(QUIET_LD)$(CC) $^ $(LIBCTRL_LIBS) -o $@

$(XSTORE_B)/xstore: $(addprefix $(XSTORE_B)/xstore_,cli.o quota.o tree.o) $(LIBXSTORE)
	$(QUIET_LD)$(CC) $^ -lyajl -o $@

.PHONY: install-xstore
install-xstore: $(XSTORE_B)/xstored $(XSTORE_B)/xstore
	install -D -m 755 $(XSTORE_B)/xstored $(DESTDIR)$(PREFIX)/sbin/xstored
	install -D -m 755 $(XSTORE_B)/xstore $(DESTDIR)$(PREFIX)/bin/xstore

-include $(wildcard $(XSTORE_B)/*.d)

# Unit tests: the daemon's real core, against clients in memory and guests with rings
XSTORE_TESTS := $(addprefix $(B)/tests/unit/xstore/,test_tree test_ops test_quota test_rings test_model test_scale \
			test_alloc test_restart test_client test_flood \
			test_cli test_notify)
UNIT_TESTS   += $(XSTORE_TESTS)
XSTORE_SAN   := -fsanitize=address,undefined -fno-sanitize-recover=all
XSTORE_CORE  := $(patsubst $(XSTORE_B)/%.o,$(XSTORE_DIR)/%.c,$(XSTORED_CORE_OBJS))
XSTORE_HDRS  := $(wildcard $(XSTORE_DIR)/*.h tests/unit/xstore/*.h)

$(addprefix $(B)/tests/unit/xstore/test_,tree ops quota model scale alloc): tests/unit/xstore/fake_domains.c
$(addprefix $(B)/tests/unit/xstore/test_,rings restart flood): tests/fuzz/store_ctrl.c $(XSTORE_DIR)/domain.c $(XSTORE_DIR)/ring.c
$(addprefix $(B)/tests/unit/xstore/test_,model restart): tests/unit/xstore/reference.c
$(B)/tests/unit/xstore/test_restart: XSTORE_SAN += -Wl,--wrap=journal_commit
$(B)/tests/unit/xstore/test_alloc: tests/unit/alloc/failing.c
$(B)/tests/unit/xstore/test_alloc: XSTORE_SAN = -fsanitize=address,undefined -fno-sanitize-recover=all $(FAILING_CFLAGS)
$(B)/tests/unit/xstore/test_scale: XSTORE_SAN := -fsanitize-coverage=trace-pc
$(B)/tests/unit/xstore/test_flood: XSTORE_SAN := -fsanitize-coverage=trace-pc \
	-Wl,--wrap=ctrl_evtchn_unmask,--wrap=ctrl_evtchn_notify

# libxstore against the daemon itself
$(B)/tests/unit/xstore/test_client: tests/unit/xstore/test_client.c $(XSTORE_CLIENT_OBJS:$(XSTORE_B)/%.o=$(XSTORE_DIR)/%.c) \
		$(XSTORE_HDRS) | $(XSTORE_B)/xstored
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) $(XSTORE_FLAGS) -DXSTORED='"$(XSTORE_B)/xstored"' $(XSTORE_SAN) $(filter %.c,$^) \
		$$(pkg-config --libs check) -o $@

# What it tells the service manager
$(B)/tests/unit/xstore/test_notify: tests/unit/xstore/test_notify.c | $(XSTORE_B)/xstored
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) $(XSTORE_FLAGS) -DXSTORED='"$(XSTORE_B)/xstored"' $(XSTORE_SAN) $(filter %.c,$^) \
		$$(pkg-config --libs check) -o $@

# The command, likewise
$(B)/tests/unit/xstore/test_cli: tests/unit/xstore/test_cli.c | $(XSTORE_B)/xstored $(XSTORE_B)/xstore
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) $(XSTORE_FLAGS) -DXSTORED='"$(XSTORE_B)/xstored"' -DXSTORE='"$(XSTORE_B)/xstore"' \
		$(XSTORE_SAN) $(filter %.c,$^) $$(pkg-config --libs check) -o $@

$(B)/tests/unit/xstore/test_%: tests/unit/xstore/test_%.c $(XSTORE_CORE) $(XSTORE_HDRS)
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) $(XSTORE_FLAGS) -Wno-unused-parameter -Itests/fuzz -Itests/unit/alloc \
		$(XSTORE_SAN) $(filter %.c,$^) $$(pkg-config --libs check) -o $@
