/* SPDX-License-Identifier: GPL-2.0-only */
/* A PV domain's memory, from its creation to its end, and what tools ask about its frames. */
#include <arch/hvm.h>
#include <arch/mm.h>
#include <hv/arch.h>
#include <hv/page_alloc.h>
#include <public/domctl.h>
#include <public/errno.h>

int mm_domain_init(struct domain *d)
{
    spin_init(&d->arch.mm_lock, LOCK_MM);
    return perdomain_init(d);
}

void mm_domain_free(struct domain *d)
{
    perdomain_free(d);
    hv_free(d->arch.memory_map);
    d->arch.memory_map = NULL;
}

uint32_t page_frame_info(struct domain *d, gfn_t g)
{
    struct page *pg = page_get_from_gfn(d, g);
    uint64_t type;
    uint32_t info;

    if (!pg)
        return XEN_DOMCTL_PFINFO_XTAB;
    if (is_hvm_domain(d) && (READ_ONCE(pg->count) & PGC_HV)) { /* mapped there, but not its memory */
        page_put(pg);
        return XEN_DOMCTL_PFINFO_XTAB;
    }
    type = READ_ONCE(pg->type);
    info = (uint32_t)valid_table_level(type) << XEN_DOMCTL_PFINFO_LTAB_SHIFT;
    if (info && (type & PGT_PINNED))
        info |= XEN_DOMCTL_PFINFO_LPINTAB;
    page_put(pg);
    return info;
}
