# SPDX-License-Identifier: GPL-2.0-only
# Model test: the PV page-type code as it is, on a fake machine of 96 frames, with sanitizers.

MODEL_HV := $(addprefix xen-like/arch/x86/mm/, pagetype.c pte_check.c pte_ref.c promote.c pte_update.c pin.c \
              mm_lock.c owner.c root.c mmu_update.c mmuext.c va_mapping.c relinquish.c grant_map.c) xen-like/common/page.c
MODEL_PTWR := xen-like/arch/x86/pv/emul_ptwr.c $(addprefix xen-like/arch/x86/insn/,decode.c operation.c)
MODEL_SRC := $(wildcard tests/model/*.c) $(MODEL_HV) $(MODEL_PTWR)
MODEL_CC := -std=gnu11 -O2 -g -Wall -Wextra -Wno-unused-parameter -fno-strict-aliasing -DDEBUG \
    -fsanitize=address,undefined -fno-sanitize-recover=undefined \
    -Itests/model/fake -Ixen-like/include -Ixen-like/arch/x86/include
MODEL_HDRS := $(wildcard tests/model/*.h tests/model/fake/arch/*.h) xen-like/arch/x86/include/arch/mm.h \
    xen-like/arch/x86/include/arch/pte_update.h xen-like/arch/x86/include/arch/domain.h tests/model/model.mk
PTWR_SRC := tests/model/machine.c tests/model/ptwr/test_ptwr.c $(MODEL_PTWR) $(MODEL_HV)
UNIT_TESTS += $(B)/tests/model/page_types $(B)/tests/model/ptwr_writes

$(B)/tests/model/page_types: $(MODEL_SRC) $(MODEL_HDRS)
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) $(MODEL_CC) -o $@ $(MODEL_SRC)

# Emulated writes to page tables, compared with the processor that runs the test
$(B)/tests/model/ptwr_writes: $(PTWR_SRC) $(MODEL_HDRS)
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) $(MODEL_CC) -o $@ $(PTWR_SRC)
