/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The processor's log of pages that a guest makes dirty: in the order from its last entry to its first,
 * each when EPT_DIRTY is set in the page's entry. It is on all the time: entries are dirty from the
 * beginning, until somebody wants to know and makes them clean. (Intel SDM volume 3, 28.3.6)
 */
#include <arch/ept.h>
#include <arch/hvm.h>
#include <arch/vmcs.h>
#include <arch/vmx.h>
#include <arch/vmx_vcpu.h>
#include <hv/arch.h>
#include <hv/page_alloc.h>
#include <public/errno.h>

#define LAST (PAGE_SIZE / sizeof(uint64_t) - 1)

int vmx_log_alloc(struct vcpu *v)
{
    if (!vmx_uses(VMX_PML))
        return 0;
    v->arch.hvm->dirty_log = hv_alloc_page();
    return v->arch.hvm->dirty_log ? 0 : -XEN_ENOMEM;
}

void vmx_log_begin(const struct vcpu *v)
{
    if (!v->arch.hvm->dirty_log)
        return;
    vmwrite(VMCS_PML_ADDRESS, virt_to_mfn(v->arch.hvm->dirty_log).n << PAGE_SHIFT);
    vmwrite(VMCS_PML_INDEX, LAST);
}

void vmx_log_free(struct vcpu *v)
{
    if (v->arch.hvm->dirty_log)
        hv_free_page(v->arch.hvm->dirty_log);
    v->arch.hvm->dirty_log = NULL;
}

/* The index is that of the next entry; below the first one it wraps around. */
void vmx_log_drain(struct vcpu *v)
{
    const uint64_t *log = v->arch.hvm->dirty_log;
    uint16_t first;

    if (!log)
        return;
    first = vmread(VMCS_PML_INDEX) + 1;
    if (first > LAST)
        return;
    ept_mark_tables(v->domain, log + first, LAST + 1 - first);
    vmwrite(VMCS_PML_INDEX, LAST);
}
