# SPDX-License-Identifier: GPL-2.0-only
#
# tools/xl-like: the administrator's command.

XL_DIR   := tools/xl-like
XL_B     := $(B)/tools/xl-like
XL_FLAGS := $(HOST_CFLAGS) -Ixen-like/include -Itools/libctrl -Itools/xstore -Ipv-drivers/lib -I$(XL_DIR)
XL_OBJS  := $(patsubst $(XL_DIR)/%.c,$(XL_B)/%.o,$(wildcard $(XL_DIR)/*.c))

XL_CURSES := -lncursesw -ltinfo

PRODUCTS += $(XL_B)/xl-like
INSTALLS += install-xl-like

$(XL_B)/%.o: $(XL_DIR)/%.c
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) $(XL_FLAGS) -MMD -c $< -o $@

$(XL_B)/xl-like: $(XL_OBJS) $(LIBXSTORE) $(LIBCTRL)
	$(QUIET_LD)$(CC) $^ $(LIBCTRL_LIBS) -lyajl $(XL_CURSES) -o $@

.PHONY: install-xl-like
install-xl-like: $(XL_B)/xl-like
	install -D -m 755 $(XL_B)/xl-like $(DESTDIR)$(PREFIX)/sbin/xl-like
	install -D -m 644 $(XL_DIR)/completion.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/xl-like
	install -D -m 644 $(XL_DIR)/completion.zsh $(DESTDIR)$(PREFIX)/share/zsh/vendor-completions/_xl-like

-include $(wildcard $(XL_B)/*.d)

# The parser and the schema of guest.cfg, names that are being given, samples, with sanitizers
GUEST_CFG_SRCS := $(addprefix $(XL_DIR)/,cfg_parse.c cfg_print.c cfg_diff.c guest_cfg.c guest_keys.c hvm_cfg.c cpu_set.c name.c \
                               xl_keys.c disk_cfg.c vif_cfg.c channel_cfg.c nearest.c)
XL_TESTS   := $(addprefix $(B)/tests/unit/xl-like/,test_guest_cfg test_name test_bootloader test_size test_sample test_stats test_top test_device_model)
UNIT_TESTS += $(XL_TESTS) $(addprefix tests/unit/xl-like/,test_completion test_compatibility test_top_tmux)

$(B)/tests/unit/xl-like/test_guest_cfg: $(GUEST_CFG_SRCS) $(XL_DIR)/cfg_json.c $(XL_DIR)/uuid.c
$(B)/tests/unit/xl-like/test_name: $(XL_DIR)/name.c
$(B)/tests/unit/xl-like/test_bootloader: $(addprefix $(XL_DIR)/,bootloader.c bootloader_answer.c report.c disk_cfg.c cfg_parse.c nearest.c)
$(B)/tests/unit/xl-like/test_size: $(XL_DIR)/size.c
$(B)/tests/unit/xl-like/test_sample: $(addprefix $(XL_DIR)/,sample_rates.c device_notes.c domain_state.c \
                                        top_text.c)

$(B)/tests/unit/xl-like/test_stats: $(addprefix $(XL_DIR)/,stats_prometheus.c sample_rates.c domain_state.c) \
                                    tests/unit/xl-like/top_fixture.c

# doctor, with libctrl on its fake hypervisor, and faults of a host that stands in a directory
DOCTOR_OBJS := $(filter-out %/handle.o %/foreign.o,$(LIBCTRL_T_OBJS)) $(LIBCTRL_T)/obj/tests/unit/libctrl/fake_hypervisor.o \
               $(LIBCTRL_T)/obj/tests/unit/alloc/failing.o
UNIT_TESTS  += $(B)/tests/unit/xl-like/test_doctor
$(B)/tests/unit/xl-like/test_doctor: tests/unit/xl-like/test_doctor.c $(GUEST_CFG_SRCS) $(DOCTOR_OBJS) \
        $(addprefix $(XL_DIR)/,doctor_findings.c doctor_host.c doctor_guest.c report.c)
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) $(XL_FLAGS) -Itests/unit/libctrl -fsanitize=address,undefined -fno-sanitize-recover=all \
		$(filter %.c %.o,$^) $(LIBCTRL_T_LIBS) -o $@

# the monitor with samples of a machine that there is not: alone, and as a program for a terminal
TOP_SRCS := $(addprefix $(XL_DIR)/top_,canvas.c columns.c console.c draw.c history.c keys.c model.c panes.c quota.c) \
            $(XL_DIR)/domain_state.c $(XL_DIR)/sample_rates.c tests/unit/xl-like/top_fixture.c
TOP_ON_FIXTURE := $(B)/tests/unit/xl-like/top_on_fixture

$(B)/tests/unit/xl-like/test_top: $(TOP_SRCS)
$(TOP_ON_FIXTURE): $(TOP_SRCS) $(addprefix $(XL_DIR)/,top_watch.c top_detail.c terminal.c report.c)

tests/unit/xl-like/test_top_tmux: $(TOP_ON_FIXTURE)

# device models, with a program in QEMU's place
FAKE_QEMU := $(B)/tests/unit/xl-like/fake_qemu

$(B)/tests/unit/xl-like/test_device_model: $(GUEST_CFG_SRCS) \
        $(addprefix $(XL_DIR)/,device_model.c device_model_args.c device_model_messages.c device_model_state.c qmp.c nic.c \
                             rtnetlink.c cdrom.c present_cfg.c report.c) | $(FAKE_QEMU)

$(XL_TESTS) $(TOP_ON_FIXTURE) $(FAKE_QEMU): $(B)/tests/unit/xl-like/%: tests/unit/xl-like/%.c
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) $(XL_FLAGS) -fsanitize=address,undefined -fno-sanitize-recover=all \
		$(filter %.c,$^) $$(pkg-config --libs check) -lyajl $(XL_CURSES) -o $@
