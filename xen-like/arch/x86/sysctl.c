/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Operations on the machine that only x86 knows: what the CPUs can do, and what domains may be
 * shown of it.
 */
#include <arch/boot.h>
#include <arch/cpu_policy.h>
#include <arch/features.h>
#include <hv/arch.h>
#include <hv/control.h>
#include <hv/guest_access.h>
#include <hv/page.h>
#include <public/errno.h>

static long levelling_caps(struct xen_sysctl *op)
{
    op->u.cpu_levelling_caps.caps =
        cpu_features.cpuid_faulting ? XEN_SYSCTL_CPU_LEVELCAP_faulting : 0;
    return 0;
}

static long featureset(struct xen_sysctl *op)
{
    struct xen_sysctl_cpu_featureset *f = &op->u.cpu_featureset;
    const struct cpu_policy *const policies[] = {
        [XEN_SYSCTL_cpu_featureset_raw] = &policy_raw,
        [XEN_SYSCTL_cpu_featureset_host] = &policy_machine,
        [XEN_SYSCTL_cpu_featureset_pv] = &policy_pv_default,
        [XEN_SYSCTL_cpu_featureset_pv_max] = &policy_pv_max,
        [XEN_SYSCTL_cpu_featureset_hvm] = arch_has_hvm() ? &policy_hvm_default : NULL,
        [XEN_SYSCTL_cpu_featureset_hvm_max] = arch_has_hvm() ? &policy_hvm_max : NULL,
    };
    uint32_t words[FEATURESET_WORDS], n = FEATURESET_WORDS;
    long rc = 0;

    if (f->index >= ARRAY_SIZE(policies) || !policies[f->index])
        return f->index <= XEN_SYSCTL_cpu_featureset_hvm_max ? -XEN_EOPNOTSUPP : -XEN_EINVAL;
    if (!guest_handle_is_null(f->features)) {
        policy_featureset(policies[f->index], words);
        n = MIN(f->nr_features, n);
        if (copy_to_guest_va(f->features.addr, words, n * sizeof(words[0])))
            return -XEN_EFAULT;
        if (n < FEATURESET_WORDS)
            rc = -XEN_ENOBUFS;
    }
    f->nr_features = n;
    return rc;
}

static long cpu_policy(struct xen_sysctl *op)
{
    struct xen_sysctl_cpu_policy *p = &op->u.cpu_policy;
    const struct cpu_policy *const policies[] = {
        [XEN_SYSCTL_cpu_policy_raw] = &policy_raw,
        [XEN_SYSCTL_cpu_policy_host] = &policy_machine,
        [XEN_SYSCTL_cpu_policy_pv_max] = &policy_pv_max,
        [XEN_SYSCTL_cpu_policy_pv_default] = &policy_pv_default,
        [XEN_SYSCTL_cpu_policy_hvm_max] = arch_has_hvm() ? &policy_hvm_max : NULL,
        [XEN_SYSCTL_cpu_policy_hvm_default] = arch_has_hvm() ? &policy_hvm_default : NULL,
    };

    if (p->_rsvd)
        return -XEN_EINVAL;
    if (p->index >= ARRAY_SIZE(policies) || !policies[p->index])
        return p->index <= XEN_SYSCTL_cpu_policy_hvm_default ? -XEN_EOPNOTSUPP : -XEN_EINVAL;
    return policy_to_guest(policies[p->index], &p->nr_leaves, p->leaves, &p->nr_msrs, p->msrs);
}

const struct sysctl_row *arch_sysctl(uint32_t cmd)
{
    static const struct sysctl_row rows[] = {
        [XEN_SYSCTL_get_cpu_levelling_caps] = { levelling_caps, CONTROL_ANSWERS },
        [XEN_SYSCTL_get_cpu_featureset] = { featureset, CONTROL_ANSWERS },
        [XEN_SYSCTL_get_cpu_policy] = { cpu_policy, CONTROL_ANSWERS },
    };

    return cmd < ARRAY_SIZE(rows) && rows[cmd].fn ? &rows[cmd] : NULL;
}

unsigned long arch_ram_pages(void)
{
    unsigned long pages = 0;

    for (unsigned i = 0; i < boot_info.nr_e820; i++) {
        uint64_t start = ROUND_UP(boot_info.e820[i].start, PAGE_SIZE) >> PAGE_SHIFT;
        uint64_t end = (boot_info.e820[i].start + boot_info.e820[i].bytes) >> PAGE_SHIFT;

        if (boot_info.e820[i].type == E820_RAM && start < MIN(end, max_page))
            pages += MIN(end, max_page) - start;
    }
    return pages;
}

void arch_physinfo(struct xen_sysctl_physinfo *info)
{
    uint32_t words[FEATURESET_WORDS];

    policy_featureset(&policy_machine, words);
    for (unsigned i = 0; i < ARRAY_SIZE(info->hw_cap); i++)
        info->hw_cap[i] = words[i];
    if (arch_has_hvm())
        info->capabilities |= XEN_SYSCTL_PHYSCAP_hvm | XEN_SYSCTL_PHYSCAP_hap;
}
