/* SPDX-License-Identifier: GPL-2.0-only */
/* CPU policies to and from the tools: a list of leaves and a list of MSRs. */
#include <arch/cpu.h>
#include <arch/cpu_policy.h>
#include <arch/hvm.h>
#include <arch/msr_index.h>
#include <hv/domain.h>
#include <hv/guest_access.h>
#include <hv/page_alloc.h>
#include <public/errno.h>

#define MAX_LEAVES 192 /* more than a policy of ours or of the 4.17 tools has */
#define NR_MSRS 2
#define HV_LEAF_1 0x40000000U
#define HV_LEAF_2 0x40000100U

struct writer {
    xen_guest_handle_t to;
    uint32_t room, count;
    int rc;
};

static void put_leaf(struct writer *w, uint32_t leaf, uint32_t subleaf, const struct cpuid_regs *r)
{
    struct xen_cpuid_leaf l = { leaf, subleaf, r->a, r->b, r->c, r->d };

    if (!w->rc && w->count == w->room)
        w->rc = -XEN_ENOBUFS;
    if (!w->rc && copy_to_guest_at(w->to, w->count, &l))
        w->rc = -XEN_EFAULT;
    w->count++;
}

static void put_array(struct writer *w, uint32_t leaf, const struct cpuid_regs *r, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        put_leaf(w, leaf, i, &r[i]);
}

static void put_basic(struct writer *w, const struct cpu_policy *p)
{
    for (uint32_t i = 0; i <= p->basic[0].a && i < POLICY_BASIC; i++) {
        switch (i) {
        case 4: put_array(w, i, p->cache, POLICY_CACHE); break;
        case 7: put_array(w, i, p->feat, MIN(p->feat[0].a + 1, (uint32_t)POLICY_FEAT)); break;
        case 0xb: put_array(w, i, p->topo, POLICY_TOPO); break;
        case 0xd: put_array(w, i, p->xstate, POLICY_XSTATE); break;
        default: put_leaf(w, i, XEN_CPUID_NO_SUBLEAF, &p->basic[i]); break;
        }
    }
}

static int put_leaves(const struct cpu_policy *p, uint32_t *nr, xen_guest_handle_t to)
{
    static const struct cpuid_regs none;
    struct writer w = { to, *nr, 0, 0 };

    put_basic(&w, p);
    put_leaf(&w, HV_LEAF_1, XEN_CPUID_NO_SUBLEAF, &none);
    put_leaf(&w, HV_LEAF_2, XEN_CPUID_NO_SUBLEAF, &none);
    for (uint32_t i = 0; i <= (p->ext[0].a & 0xffff) && i < POLICY_EXT; i++)
        put_leaf(&w, 0x80000000U + i, XEN_CPUID_NO_SUBLEAF, &p->ext[i]);
    *nr = w.count;
    return w.rc;
}

static int put_msrs(const struct cpu_policy *p, uint32_t *nr, xen_guest_handle_t to)
{
    const struct xen_msr_entry m[NR_MSRS] = {
        { MSR_PLATFORM_INFO, 0, p->platform_info },
        { MSR_ARCH_CAPABILITIES, 0, p->arch_caps },
    };
    uint32_t room = *nr;

    *nr = NR_MSRS;
    if (room < NR_MSRS)
        return -XEN_ENOBUFS;
    for (unsigned i = 0; i < NR_MSRS; i++)
        if (copy_to_guest_at(to, i, &m[i]))
            return -XEN_EFAULT;
    return 0;
}

int policy_to_guest(const struct cpu_policy *p, uint32_t *nr_leaves, xen_guest_handle_t leaves,
                    uint32_t *nr_msrs, xen_guest_handle_t msrs)
{
    int rc = 0;

    if (guest_handle_is_null(leaves))
        *nr_leaves = MAX_LEAVES;
    else
        rc = put_leaves(p, nr_leaves, leaves);
    if (rc)
        return rc;
    if (guest_handle_is_null(msrs))
        *nr_msrs = NR_MSRS;
    else
        rc = put_msrs(p, nr_msrs, msrs);
    return rc;
}

/* Where a leaf of the tools' list belongs; NULL if nowhere */
static struct cpuid_regs *place_of(struct cpu_policy *p, uint32_t leaf, uint32_t subleaf)
{
    static const struct {
        uint32_t leaf;
        unsigned first, count;
    } arrays[] = {
        { 4, offsetof(struct cpu_policy, cache), POLICY_CACHE },
        { 7, offsetof(struct cpu_policy, feat), POLICY_FEAT },
        { 0xb, offsetof(struct cpu_policy, topo), POLICY_TOPO },
        { 0xd, offsetof(struct cpu_policy, xstate), POLICY_XSTATE },
    };

    for (unsigned i = 0; i < ARRAY_SIZE(arrays); i++)
        if (leaf == arrays[i].leaf)
            return subleaf < arrays[i].count
                       ? (struct cpuid_regs *)((char *)p + arrays[i].first) + subleaf
                       : NULL;
    if (subleaf != XEN_CPUID_NO_SUBLEAF)
        return NULL;
    if (leaf < POLICY_BASIC)
        return &p->basic[leaf];
    if (leaf - 0x80000000U < POLICY_EXT)
        return &p->ext[leaf - 0x80000000U];
    return NULL;
}

static int take_leaves(struct cpu_policy *p, struct xen_domctl_cpu_policy *op)
{
    if (op->nr_leaves > MAX_LEAVES)
        return -XEN_E2BIG;
    for (uint32_t i = 0; i < op->nr_leaves; i++) {
        struct xen_cpuid_leaf l;
        struct cpuid_regs *r;

        if (copy_from_guest_at(&l, op->leaves, i))
            return -XEN_EFAULT;
        if (l.leaf == HV_LEAF_1 || l.leaf == HV_LEAF_2)
            continue; /* the hypervisor's own leaves are not for the tools to set */
        r = place_of(p, l.leaf, l.subleaf);
        if (!r) {
            op->err_leaf = l.leaf;
            op->err_subleaf = l.subleaf;
            return -XEN_ERANGE;
        }
        *r = (struct cpuid_regs){ l.a, l.b, l.c, l.d };
    }
    return 0;
}

static int take_msrs(struct cpu_policy *p, struct xen_domctl_cpu_policy *op)
{
    if (op->nr_msrs > NR_MSRS)
        return -XEN_E2BIG;
    for (uint32_t i = 0; i < op->nr_msrs; i++) {
        struct xen_msr_entry m;

        if (copy_from_guest_at(&m, op->msrs, i))
            return -XEN_EFAULT;
        op->err_msr = m.idx;
        if (m.flags)
            return -XEN_EINVAL;
        if (m.idx == MSR_PLATFORM_INFO)
            p->platform_info = m.val;
        else if (m.idx == MSR_ARCH_CAPABILITIES)
            p->arch_caps = m.val;
        else
            return -XEN_ERANGE;
    }
    op->err_msr = ~0U;
    return 0;
}

int policy_set_domain(struct domain *d, struct xen_domctl_cpu_policy *op)
{
    const struct cpu_policy *max = is_hvm_domain(d) ? &policy_hvm_max : &policy_pv_max;
    struct cpu_policy *p = hv_zalloc(sizeof(*p));
    int rc;

    if (!p)
        return -XEN_ENOMEM;
    *p = *d->arch.cpu_policy;
    op->err_leaf = op->err_subleaf = op->err_msr = ~0U;
    rc = take_leaves(p, op);
    if (!rc)
        rc = take_msrs(p, op);
    if (!rc)
        rc = policy_check(p, max, &op->err_leaf, &op->err_subleaf, &op->err_msr);
    if (!rc)
        *d->arch.cpu_policy = *p;
    hv_free(p);
    return rc;
}
