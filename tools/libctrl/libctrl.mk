# SPDX-License-Identifier: GPL-2.0-only
#
# libctrl: build/tools/libctrl.a, to be linked with $(LIBCTRL_LIBS); and xen-like-unpack-kernel.

LIBCTRL      := $(B)/tools/libctrl.a
LIBCTRL_LIBS := $(LIBCTRL) -l:libdeflate.a -l:libz.a -l:liblzma.a -l:libzstd.a -l:liblz4.a -lpthread
LIBCTRL_C    := $(filter-out tools/libctrl/unpack_kernel.c,$(wildcard tools/libctrl/*.c)) \
                xen-like/common/elf.c
LIBCTRL_OBJS := $(LIBCTRL_C:%.c=$(B)/tools/obj/%.o) $(FIRMWARE_IMAGES)
UNPACK_OBJS  := $(B)/tools/obj/tools/libctrl/unpack_kernel.o

PRODUCTS += $(LIBCTRL) $(B)/tools/xen-like-unpack-kernel

$(LIBCTRL_C:%.c=$(B)/tools/obj/%.o) $(UNPACK_OBJS): $(B)/tools/obj/%.o: %.c
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) $(HOST_CFLAGS) -Ixen-like/include -MMD -MP -c -o $@ $<

$(LIBCTRL): $(LIBCTRL_OBJS)
	$(QUIET_LD)rm -f $@; ar rcs $@ $^

$(B)/tools/xen-like-unpack-kernel: $(UNPACK_OBJS) $(LIBCTRL)
	$(QUIET_LD)$(CC) $(HOST_CFLAGS) -o $@ $< $(LIBCTRL_LIBS)

-include $(LIBCTRL_OBJS:.o=.d) $(UNPACK_OBJS:.o=.d)

# Unit tests: the library's sources with sanitizers; test_create, test_save and test_statistics have a fake
# hypervisor in the place of the kernel's devices
LIBCTRL_T      := $(B)/tests/unit/libctrl
LIBCTRL_TESTS  := $(addprefix $(LIBCTRL_T)/test_,elf layout pvh hvm_tables bzimage ctrl create save statistics)
ON_FAKE        := create save statistics
LIBCTRL_T_OBJS := $(LIBCTRL_C:%.c=$(LIBCTRL_T)/obj/%.o) $(FIRMWARE_IMAGES)
LIBCTRL_T_OWN  := $(patsubst %.c,$(LIBCTRL_T)/obj/%.o, \
                    $(wildcard tests/unit/libctrl/*.c) tests/unit/alloc/failing.c)
LIBCTRL_T_LIBS := $$(pkg-config --libs check) -ldeflate -lz -llzma -lzstd -llz4
LIBCTRL_SAN    := -O1 -fsanitize=address,undefined -fno-sanitize-recover=all
UNIT_TESTS     += $(LIBCTRL_TESTS)

$(LIBCTRL_T_OBJS): LIBCTRL_T_CFLAGS = $(FAILING_CFLAGS)
$(LIBCTRL_C:%.c=$(LIBCTRL_T)/obj/%.o) $(LIBCTRL_T_OWN): $(LIBCTRL_T)/obj/%.o: %.c tools/libctrl/libctrl.mk \
		tests/unit/unit.mk
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) $(HOST_CFLAGS) $(LIBCTRL_SAN) $(LIBCTRL_T_CFLAGS) -Ixen-like/include \
	    -Itools/libctrl -Itests/unit/alloc -MMD -MP -c -o $@ $<

$(LIBCTRL_TESTS): $(LIBCTRL_T)/obj/tests/unit/alloc/failing.o
$(addprefix $(LIBCTRL_T)/test_,$(ON_FAKE)): $(filter-out %/handle.o %/foreign.o,$(LIBCTRL_T_OBJS)) \
		$(LIBCTRL_T)/obj/tests/unit/libctrl/fake_hypervisor.o
$(filter-out $(addprefix $(LIBCTRL_T)/test_,$(ON_FAKE)),$(LIBCTRL_TESTS)): $(LIBCTRL_T_OBJS)

$(LIBCTRL_TESTS): $(LIBCTRL_T)/%: $(LIBCTRL_T)/obj/tests/unit/libctrl/%.o
	$(QUIET_LD)$(CC) $(LIBCTRL_SAN) -o $@ $^ $(LIBCTRL_T_LIBS)

-include $(LIBCTRL_T_OBJS:.o=.d) $(LIBCTRL_T_OWN:.o=.d)
