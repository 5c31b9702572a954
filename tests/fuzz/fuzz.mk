# SPDX-License-Identifier: GPL-2.0-only
#
# Fuzzing on the host: the real files, address and undefined-behaviour sanitizers, inputs from
# libFuzzer.
#
#   $(eval $(call fuzz_files,FAMILY,FILES,FLAGS))    files that the targets of a family share
#   $(eval $(call fuzz_target,NAME,FAMILY,LIBS))     tests/fuzz/NAME.c
#
# Each target becomes three programs: build/tests/fuzz/fuzz_NAME runs the corpus and is a unit test;
# build/fuzz/NAME is the fuzzer; build/fuzz/coverage/NAME counts which lines the corpus reaches.

FUZZ         := tests/fuzz
FUZZ_B       := $(B)/fuzz
FUZZ_CLANG   := clang
FUZZ_CFLAGS  := -std=gnu11 -O1 -g -fno-strict-aliasing -fno-common -fno-omit-frame-pointer -D_GNU_SOURCE -DDEBUG -I$(FUZZ)
FUZZ_SAN     := -fsanitize=address,undefined -fno-sanitize-recover=all
FUZZ_KINDS   := replay fuzz coverage
FUZZ_TARGETS :=

FUZZ_DIR_replay   := $(B)/tests/fuzz
FUZZ_CC_replay    := $(CC) $(FUZZ_SAN) -Wall -Wextra -Wno-unused-parameter -Werror
FUZZ_MAIN_replay  := replay
FUZZ_NAME_replay  := fuzz_
FUZZ_DIR_fuzz     := $(FUZZ_B)
FUZZ_CC_fuzz      := $(FUZZ_CLANG) $(FUZZ_SAN) -w
FUZZ_LINK_fuzz    := -fsanitize=fuzzer
FUZZ_GUIDE_fuzz   := -fsanitize=fuzzer-no-link
FUZZ_DIR_coverage := $(FUZZ_B)/coverage
FUZZ_CC_coverage  := $(FUZZ_CLANG) -fprofile-instr-generate -w
FUZZ_GUIDE_coverage := -fcoverage-mapping
FUZZ_MAIN_coverage := replay

# Variables go into one section, which fuzz.c puts back before each input
FUZZ_STATE := $(foreach s,.data .bss .data.rel .data.rel.local,--rename-section $(s)=fuzz_state,alloc,load,data,contents)

# $(1) kind, $(2) family
define fuzz_rules
FUZZ_OBJS_$(1)_$(2) := $(FUZZ_FILES_$(2):%.c=$(FUZZ_DIR_$(1))/$(2).o/%.o)
$(FUZZ_DIR_$(1))/$(2).o/%.o: %.c $(FUZZ)/fuzz.mk
	@mkdir -p $$(@D)
	$$(QUIET_CC)$$(FUZZ_CC_$(1)) $$(if $$(filter tests/%,$$<),,$(FUZZ_GUIDE_$(1))) $(FUZZ_CFLAGS) $(FUZZ_FLAGS_$(2)) -MMD -MP -c -o $$@ $$<
	@objcopy $(FUZZ_STATE) $$@
-include $$(FUZZ_OBJS_$(1)_$(2):.o=.d)
endef

# $(1) kind, $(2) name, $(3) family, $(4) libraries
define fuzz_program
$(FUZZ_DIR_$(1))/$(FUZZ_NAME_$(1))$(2): $(FUZZ_DIR_$(1))/$(3).o/$(FUZZ)/$(2).o $$(FUZZ_OBJS_$(1)_$(3)) \
		$(FUZZ)/fuzz.c $(FUZZ_MAIN_$(1):%=$(FUZZ)/%.c) $(FUZZ)/fuzz.h
	$$(QUIET_LD)$$(FUZZ_CC_$(1)) $(FUZZ_CFLAGS) -DFUZZ_CORPUS='"$(FUZZ)/corpus/$(2)"' $(FUZZ_LINK_$(1)) \
	    -o $$@ $$(filter %.o %.c,$$^) $(4)
-include $(FUZZ_DIR_$(1))/$(3).o/$(FUZZ)/$(2).d
endef

define fuzz_files
$(foreach kind,$(FUZZ_KINDS),$(eval FUZZ_FILES_$(1) := $(2))$(eval FUZZ_FLAGS_$(1) := $(3))$(eval $(call fuzz_rules,$(kind),$(1))))
endef

define fuzz_target
FUZZ_TARGETS += $(1)
UNIT_TESTS += $(B)/tests/fuzz/fuzz_$(1)
$(foreach kind,$(FUZZ_KINDS),$(eval $(call fuzz_program,$(kind),$(1),$(2),$(3))))
endef

# --- the hypervisor ---------------------------------------------------------------------------------

$(eval $(call fuzz_files,model,tests/model/machine.c tests/model/reference.c tests/model/steps.c $(MODEL_HV) \
    $(MODEL_PTWR), \
    -Itests/model/fake -Ixen-like/include -Ixen-like/arch/x86/include))
$(eval $(call fuzz_target,page_types,model))

$(eval $(call fuzz_files,decode,$(addprefix xen-like/arch/x86/insn/,decode.c operation.c),-Ixen-like/include -Ixen-like/arch/x86/include))
$(eval $(call fuzz_target,decode,decode))

FUZZ_FAKE := tests/fuzz/checks.c tests/unit/fake/machine.c
FUZZ_FAKE_FLAGS := -Itests/unit/fake -Itests/unit/fake/include -Ixen-like/include

$(eval $(call fuzz_files,emulate,$(FUZZ_FAKE) tests/unit/hvm/emulated_guest.c $(addprefix xen-like/,$(EMULATOR)), \
    $(FUZZ_FAKE_FLAGS) -Itests/unit/hvm -Ixen-like/arch/x86/include))
$(eval $(call fuzz_target,emulate,emulate))

$(eval $(call fuzz_files,boot,$(FUZZ_FAKE) tests/unit/boot/machine.c \
    $(addprefix xen-like/arch/x86/,boot/multiboot.c boot/e820.c platform/acpi.c), \
    $(FUZZ_FAKE_FLAGS) -Itests/unit/boot $(BOOT_TEST_FLAGS)))
$(eval $(call fuzz_target,multiboot,boot))
$(eval $(call fuzz_target,acpi,boot))

$(eval $(call fuzz_files,services,tests/fuzz/services.c tests/fuzz/calls.c $(FUZZ_FAKE) $(SERVICE_MACHINE) \
    $(addprefix xen-like/,$(SERVICE_FILES)) xen-like/common/console_io.c, \
    $(FUZZ_FAKE_FLAGS) -Itests/unit/services))
$(eval $(call fuzz_target,hypercalls,services))
$(eval $(call fuzz_target,events,services))
$(eval $(call fuzz_target,grants,services))

$(eval $(call fuzz_files,cmdline,$(FUZZ_FAKE) xen-like/common/params.c xen-like/common/string.c, \
    $(FUZZ_FAKE_FLAGS) $(STRING_FLAGS)))
$(eval $(call fuzz_target,cmdline,cmdline))

# --- the tools --------------------------------------------------------------------------------------

$(eval $(call fuzz_files,images,xen-like/common/elf.c tools/libctrl/layout.c tools/libctrl/bzimage.c, \
    -Ixen-like/include -Itools/libctrl))
$(eval $(call fuzz_target,elf,images,-lz -llzma -lzstd -llz4))
$(eval $(call fuzz_target,bzimage,images,-lz -llzma -lzstd -llz4))

$(eval $(call fuzz_files,guest_cfg,$(GUEST_CFG_SRCS), \
    -Ixen-like/include -Itools/libctrl -I$(XL_DIR)))
$(eval $(call fuzz_target,guest_cfg,guest_cfg))

$(eval $(call fuzz_files,xstore,tests/fuzz/store_ctrl.c $(XSTORE_DIR)/domain.c $(XSTORE_DIR)/ring.c \
    $(patsubst $(XSTORE_B)/%.o,$(XSTORE_DIR)/%.c,$(XSTORED_CORE_OBJS)), \
    -Ixen-like/include -Itools/libctrl -I$(XSTORE_DIR)))
$(eval $(call fuzz_target,xstore,xstore))

$(eval $(call fuzz_files,console,pv-drivers/console/ring.c,-Ixen-like/include -Ipv-drivers/console))
$(eval $(call fuzz_target,console_ring,console))

$(eval $(call fuzz_files,block,$(BLOCK_MACHINE),$(BLOCKD_FLAGS) -Itests/unit/pv))
$(eval $(call fuzz_target,block_ring,block))

$(eval $(call fuzz_files,disk,$(DISK_MACHINE),$(BLOCKD_FLAGS) -Itests/unit/pv))
$(eval $(call fuzz_target,block_disk,disk))

$(eval $(call fuzz_files,net,$(NET_MACHINE),$(NETD_FLAGS) -Itests/unit/pv))
$(eval $(call fuzz_target,net_ring,net))

# --- running ----------------------------------------------------------------------------------------

.PHONY: fuzz fuzz-keep fuzz-coverage
FUZZ_CHOSEN = $(or $(TARGET),$(FUZZ_TARGETS))

fuzz fuzz-keep fuzz-coverage: fuzz-tools
fuzz fuzz-keep: $(if $(filter fuzz fuzz-keep,$(MAKECMDGOALS)),$(FUZZ_CHOSEN:%=$(FUZZ_B)/%))
fuzz-coverage: $(if $(filter fuzz-coverage,$(MAKECMDGOALS)),$(FUZZ_CHOSEN:%=$(FUZZ_B)/coverage/%))

.PHONY: fuzz-tools
fuzz-tools:
	$(Q)command -v $(FUZZ_CLANG) llvm-profdata >/dev/null || \
	    { echo "fuzzing needs the Debian packages clang, libclang-rt-14-dev and llvm" >&2; exit 1; }

fuzz:
	$(Q)$(FUZZ)/run $(TIME:%=--time %) $(JOBS:%=--jobs %) $(FUZZ_CHOSEN)
fuzz-keep:
	$(Q)$(FUZZ)/run --keep $(FUZZ_CHOSEN)
fuzz-coverage:
	$(Q)$(FUZZ)/run --coverage $(FUZZ_CHOSEN)
