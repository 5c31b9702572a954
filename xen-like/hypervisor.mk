# SPDX-License-Identifier: GPL-2.0-only
#
# The hypervisor: every .c and .S below common/ and arch/x86/ is compiled, nothing is listed. A
# debug build has debug/ too, which puts itself before functions of the others (ld --wrap).
#
#   build/xen-like.gz     what GRUB loads (multiboot2 or multiboot 1): an ELF32 file, gzipped
#   build/xen-like        the same, not compressed, for `qemu -kernel`
#   build/xen-like-syms   the linked ELF64 file with symbols and debug information
#
# Objects are in build/hv-debug or build/hv-release (DEBUG=1 or 0).  The symbol table that the
# hypervisor carries for its own stack traces is made from a first link and checked after the last.

HV      := xen-like
HV_NAME := $(if $(filter 1 y yes,$(DEBUG)),debug,release)
HVB     := $(B)/hv-$(HV_NAME)

HV_DEBUG_DIR := $(if $(filter debug,$(HV_NAME)),$(HV)/debug)
HV_C    := $(filter-out $(HV)/arch/x86/asm_offsets.c, \
             $(sort $(shell find $(HV)/common $(HV)/arch/x86 $(HV_DEBUG_DIR) -name '*.c' 2>/dev/null)))
HV_S    := $(sort $(shell find $(HV)/common $(HV)/arch/x86 -name '*.S' ! -name '*.lds.S' 2>/dev/null))
HV_OBJS := $(HV_C:%.c=$(HVB)/obj/%.o) $(HV_S:%.S=$(HVB)/obj/%.S.o)
HV_LDS  := $(HV)/arch/x86/xen-like.lds.S

HV_CPPFLAGS := -I$(HV)/include -I$(HV)/arch/x86/include -I$(HVB)/generated -D__XEN_LIKE__
HV_CFLAGS := -std=gnu11 -O2 -g -ffreestanding -fno-strict-aliasing -fno-common -fPIE \
             -include $(HV)/include/hv/visibility.h \
             -m64 -mno-red-zone -mgeneral-regs-only \
             -fno-stack-protector -fno-asynchronous-unwind-tables -fcf-protection=none \
             -fno-delete-null-pointer-checks -mindirect-branch=thunk -mindirect-branch-register \
             -fno-jump-tables -Wall -Wextra -Wno-unused-parameter -Wvla -Werror
HV_AFLAGS := -D__ASSEMBLY__ -g -m64 -fPIE -Wa,--noexecstack
HV_LDFLAGS := -m elf_x86_64 -static -no-pie --no-dynamic-linker -z noexecstack \
              -z max-page-size=4096 --build-id=none --no-warn-rwx-segments --fatal-warnings

ifeq ($(HV_NAME),debug)
HV_CPPFLAGS += -DDEBUG
HV_CFLAGS   += -fno-omit-frame-pointer
HV_LDFLAGS  += $(addprefix --wrap=,hv_alloc_pages domain_alloc_pages domain_alloc_batch hv_zalloc \
                 hv_zalloc_array hypercall_preempt_check arch_sysctl)
endif

HV_FLAGS_NOW := $(HV_CPPFLAGS) $(HV_CFLAGS) $(HV_AFLAGS) $(HV_LDFLAGS)

# Objects depend on this file, so that changed flags rebuild them
$(HVB)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(HV_FLAGS_NOW)' | cmp -s - $@ || echo '$(HV_FLAGS_NOW)' > $@

$(HVB)/obj/%.o: %.c $(HVB)/flags $(HVB)/generated/asm_offsets.h
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) $(HV_CPPFLAGS) $(HV_CFLAGS) -MMD -MP -c -o $@ $<

$(HVB)/obj/%.S.o: %.S $(HVB)/flags $(HVB)/generated/asm_offsets.h
	@mkdir -p $(@D)
	$(QUIET_AS)$(CC) $(HV_CPPFLAGS) $(HV_AFLAGS) -MMD -MP -c -o $@ $<

# Structure offsets for assembly: asm_offsets.c leaves lines  ->NAME $value  in its assembly
$(HVB)/asm_offsets.s: $(wildcard $(HV)/arch/x86/asm_offsets.c) $(HVB)/flags
	@mkdir -p $(@D)
	$(QUIET_GEN)if [ -f $(HV)/arch/x86/asm_offsets.c ]; then \
	    $(CC) $(HV_CPPFLAGS) $(HV_CFLAGS) -g0 -MMD -MP -MT $@ -MF $(HVB)/asm_offsets.d \
	        -S -o $@ $(HV)/arch/x86/asm_offsets.c; \
	else : > $@; fi

$(HVB)/generated/asm_offsets.h: $(HVB)/asm_offsets.s
	@mkdir -p $(@D)
	$(QUIET_GEN){ echo '/* generated from arch/x86/asm_offsets.c */'; \
	    sed -nE 's/^.*->([A-Za-z_][A-Za-z0-9_]*) \$$?(-?[0-9]+).*$$/#define \1 \2/p' $<; } > $@

# What `xl-like info` calls the changeset: the commit, marked when the hypervisor's source differs
# from it
$(HVB)/generated/changeset.h: FORCE
	@mkdir -p $(@D)
	@id=$$(git describe --always --abbrev=12 2>/dev/null || echo unknown); \
	git diff --quiet HEAD -- $(HV) 2>/dev/null || id=$$id-changed; \
	echo "#define HV_CHANGESET \"$$id\"" | cmp -s - $@ || echo "#define HV_CHANGESET \"$$id\"" > $@

$(HVB)/obj/$(HV)/common/version.o: $(HVB)/generated/changeset.h

$(HVB)/xen-like.lds: $(HV_LDS) $(HVB)/flags $(HVB)/generated/asm_offsets.h
	@mkdir -p $(@D)
	$(QUIET_GEN)$(CC) $(HV_CPPFLAGS) -D__ASSEMBLY__ -D__LINKER__ -E -P -x c -MMD -MP -MT $@ \
	    -MF $(HVB)/lds.d -o $@ $<

# Three links: without a symbol table, with one of the right size, with one of the right content
$(HVB)/xen-like-syms: $(HV_OBJS) $(HVB)/xen-like.lds $(HV)/scripts/symbols.py
	$(QUIET_LD)set -e; \
	link() { ld $(HV_LDFLAGS) -T $(HVB)/xen-like.lds -Map $(HVB)/xen-like.map -o $$2 \
	             $(HV_OBJS) $$1; }; \
	table() { nm -n $$1 | $(PYTHON) $(HV)/scripts/symbols.py > $$2; \
	          $(CC) $(HV_AFLAGS) -c -o $${2%.S}.o $$2; }; \
	nm /dev/null 2>/dev/null | $(PYTHON) $(HV)/scripts/symbols.py > $(HVB)/symbols0.S; \
	$(CC) $(HV_AFLAGS) -c -o $(HVB)/symbols0.o $(HVB)/symbols0.S; \
	link $(HVB)/symbols0.o $(HVB)/link1; table $(HVB)/link1 $(HVB)/symbols1.S; \
	link $(HVB)/symbols1.o $(HVB)/link2; table $(HVB)/link2 $(HVB)/symbols2.S; \
	link $(HVB)/symbols2.o $@;           table $@ $(HVB)/symbols3.S; \
	cmp -s $(HVB)/symbols2.S $(HVB)/symbols3.S || \
	    { echo "symbol table differs between the last two links"; exit 1; }; \
	rm -f $(HVB)/link1 $(HVB)/link2

$(HVB)/xen-like: $(HVB)/xen-like-syms $(HV)/scripts/mkimage.py
	$(QUIET_GEN)$(PYTHON) $(HV)/scripts/mkimage.py $< $@

$(HVB)/xen-like.gz: $(HVB)/xen-like
	$(QUIET_GEN)gzip -9 -n -c $< > $@

# build/ holds the flavour that was asked for last
$(B)/xen-like $(B)/xen-like.gz $(B)/xen-like-syms: $(B)/%: $(HVB)/% FORCE
	@cmp -s $< $@ || cp $< $@

HV_PRODUCTS := $(B)/xen-like.gz $(B)/xen-like $(B)/xen-like-syms
.PHONY: hypervisor
hypervisor: $(HV_PRODUCTS)
PRODUCTS += $(HV_PRODUCTS)

-include $(HV_OBJS:.o=.d) $(HVB)/asm_offsets.d $(HVB)/lds.d
