/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a machine's buttons do, done to a domain by its controller.
 */
#include <arch/hvm.h>
#include <arch/pv.h>
#include <arch/vplatform.h>
#include <hv/sched.h>
#include <public/domctl.h>
#include <public/errno.h>
#include <public/sched.h>

static long raise_nmi(struct vcpu *v)
{
    if (is_hvm_domain(v->domain)) {
        hvm_raise_nmi(v);
        return 0;
    }
    if (!v->arch.nmi_callback)
        return -XEN_EINVAL;
    pv_raise_nmi(v);
    return 0;
}

/* The first vcpu would go on in firmware, and there need not be any. */
static long raise_init(struct vcpu *v)
{
    if (!is_hvm_domain(v->domain) || v->id == 0)
        return -XEN_EOPNOTSUPP;
    hvm_init_ipi(v);
    return 0;
}

static long press(struct domain *d, enum vpm_button button)
{
    if (!is_hvm_domain(d) || !d->arch.hvm->platform)
        return -XEN_EOPNOTSUPP;
    vpm_press(d->arch.hvm->platform, button);
    return 0;
}

/* Whoever watches over the domain starts it anew. */
static long reset(struct domain *d)
{
    return is_hvm_domain(d) ? domain_shutdown(d, SHUTDOWN_reboot) : -XEN_EOPNOTSUPP;
}

long domain_trigger(struct domain *d, struct xen_domctl *op)
{
    struct vcpu *v = vcpu_by_id(d, op->u.sendtrigger.vcpu);

    if (!v)
        return -XEN_ESRCH;
    switch (op->u.sendtrigger.trigger) {
    case XEN_DOMCTL_SENDTRIGGER_NMI: return raise_nmi(v);
    case XEN_DOMCTL_SENDTRIGGER_INIT: return raise_init(v);
    case XEN_DOMCTL_SENDTRIGGER_RESET: return reset(d);
    case XEN_DOMCTL_SENDTRIGGER_POWER: return press(d, VPM_POWER);
    case XEN_DOMCTL_SENDTRIGGER_SLEEP: return press(d, VPM_SLEEP);
    default: return -XEN_ENOSYS;
    }
}
