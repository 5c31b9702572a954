/* SPDX-License-Identifier: GPL-2.0-only */
/* Writing over the hypervisor's own code at boot. */
#include <arch/insn.h>
#include <arch/msr_index.h>
#include <arch/patch.h>
#include <hv/string.h>

void text_patch(void *at, const void *bytes, size_t len)
{
    uint64_t cr0 = read_cr0();

    write_cr0(cr0 & ~CR0_WP);
    memcpy(at, bytes, len);
    write_cr0(cr0);
    (void)cpuid(0, 0); /* serialises: what was fetched before is forgotten */
}
