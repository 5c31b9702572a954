/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * event_channel_op: what a domain asks of its event channels.
 */
#include <hv/arch.h>
#include <hv/event_port.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/policy.h>
#include <public/errno.h>

/* The state of a new port is set last, and under its lock, so that a sender sees it whole. */
static void set_unbound(struct port *p, domid_t remote)
{
    p->remote_id = remote;
    p->remote_port = 0;
    port_set_state(p, PORT_UNBOUND);
}

static domid_t real_id(domid_t id)
{
    return id == DOMID_SELF ? current->domain->id : id;
}

static long op_alloc_unbound(uint64_t arg)
{
    struct evtchn_alloc_unbound op;
    struct domain *d;
    int n;

    if (copy_from_guest_va(&op, arg, sizeof(op)))
        return -XEN_EFAULT;
    d = domain_lookup(op.dom);
    if (!d)
        return -XEN_ESRCH;
    if (policy_event(current->domain, d))
        return -XEN_EPERM;
    spin_lock(&d->evtchn->lock);
    n = port_alloc(d);
    if (n > 0)
        set_unbound(port_lookup(d->evtchn, n), real_id(op.remote_dom));
    spin_unlock(&d->evtchn->lock);
    if (n < 0)
        return n;
    op.port = n;
    return copy_to_guest_va(arg, &op, sizeof(op));
}

/* Both event locks are held. */
static long connect(struct domain *ld, struct domain *rd, struct evtchn_bind_interdomain *op)
{
    struct port *rp = port_lookup(rd->evtchn, op->remote_port), *lp;
    int n;

    if (!rp || rp->state != PORT_UNBOUND || rp->remote_id != ld->id)
        return -XEN_EINVAL;
    n = port_alloc(ld);
    if (n < 0)
        return n;
    lp = port_lookup(ld->evtchn, n);
    spin_lock_pair(&lp->lock, &rp->lock);
    lp->remote = rd;
    lp->remote_port = op->remote_port;
    lp->state = PORT_INTERDOMAIN;
    rp->remote = ld;
    rp->remote_port = n;
    rp->state = PORT_INTERDOMAIN;
    spin_unlock_pair(&lp->lock, &rp->lock);

    /* the other end may have sent before it was connected */
    port_set_pending(ld, lp, n);
    op->local_port = n;
    return 0;
}

static long op_bind_interdomain(uint64_t arg)
{
    struct evtchn_bind_interdomain op;
    struct domain *ld = current->domain, *rd;
    long rc;

    if (copy_from_guest_va(&op, arg, sizeof(op)))
        return -XEN_EFAULT;
    rd = domain_lookup(op.remote_dom);
    if (!rd || !rd->evtchn)
        return -XEN_ESRCH;
    spin_lock_pair(&ld->evtchn->lock, &rd->evtchn->lock);
    rc = connect(ld, rd, &op);
    spin_unlock_pair(&ld->evtchn->lock, &rd->evtchn->lock);
    return rc ? rc : copy_to_guest_va(arg, &op, sizeof(op));
}

static long op_bind_virq(uint64_t arg)
{
    struct domain *d = current->domain;
    struct evtchn_bind_virq op;
    long rc;

    if (copy_from_guest_va(&op, arg, sizeof(op)))
        return -XEN_EFAULT;
    spin_lock(&d->evtchn->lock);
    rc = virq_bind(d, &op);
    spin_unlock(&d->evtchn->lock);
    return rc ? rc : copy_to_guest_va(arg, &op, sizeof(op));
}

static long op_bind_pirq(uint64_t arg)
{
    struct domain *d = current->domain;
    struct evtchn_bind_pirq op;
    long rc;

    if (copy_from_guest_va(&op, arg, sizeof(op)))
        return -XEN_EFAULT;
    spin_lock(&d->evtchn->lock);
    rc = pirq_bind(d, &op);
    spin_unlock(&d->evtchn->lock);
    return rc ? rc : copy_to_guest_va(arg, &op, sizeof(op));
}

static bool has_vcpu(const struct domain *d, uint32_t id)
{
    return vcpu_by_id(d, id);
}

static long op_bind_ipi(uint64_t arg)
{
    struct evtchn_bind_ipi op;
    struct domain *d = current->domain;
    struct port *p;
    int n;

    if (copy_from_guest_va(&op, arg, sizeof(op)))
        return -XEN_EFAULT;
    if (!has_vcpu(d, op.vcpu))
        return -XEN_ENOENT;
    spin_lock(&d->evtchn->lock);
    n = port_alloc(d);
    if (n > 0) {
        p = port_lookup(d->evtchn, n);
        p->vcpu = op.vcpu;
        port_set_state(p, PORT_IPI);
    }
    spin_unlock(&d->evtchn->lock);
    if (n < 0)
        return n;
    op.port = n;
    return copy_to_guest_va(arg, &op, sizeof(op));
}

static long op_close(uint64_t arg)
{
    struct evtchn_close op;

    if (copy_from_guest_va(&op, arg, sizeof(op)))
        return -XEN_EFAULT;
    return port_close(current->domain, op.port);
}

/* --- sending ---------------------------------------------------------------------------------- */

static long send_from(struct domain *d, unsigned n)
{
    struct port *p = port_lookup(d->evtchn, n);
    struct domain *rd;
    long rc = 0;

    if (!p)
        return -XEN_EINVAL;
    spin_lock(&p->lock);
    switch (p->state) {
    case PORT_INTERDOMAIN:
        rd = p->remote;
        port_set_pending(rd, port_lookup(rd->evtchn, p->remote_port), p->remote_port);
        break;
    case PORT_IPI:
        port_set_pending(d, p, n);
        break;
    case PORT_UNBOUND: /* lost: whoever connects later gets an event anyway */
        break;
    default:
        rc = -XEN_EINVAL;
        break;
    }
    spin_unlock(&p->lock);
    return rc;
}

static long op_send(uint64_t arg)
{
    struct evtchn_send op;

    if (copy_from_guest_va(&op, arg, sizeof(op)))
        return -XEN_EFAULT;
    return send_from(current->domain, op.port);
}

void evtchn_notify_remote(struct domain *d, unsigned n)
{
    send_from(d, n);
}

/* --- state ------------------------------------------------------------------------------------ */

/* The event lock is held. */
static long describe(struct domain *d, struct evtchn_status *op)
{
    struct port *p = port_lookup(d->evtchn, op->port);

    if (!p)
        return -XEN_EINVAL;
    op->vcpu = p->vcpu;
    switch ((enum port_state)p->state) {
    case PORT_FREE:
    case PORT_RESERVED:
        op->status = EVTCHNSTAT_closed;
        break;
    case PORT_UNBOUND:
        op->status = EVTCHNSTAT_unbound;
        op->u.unbound.dom = p->remote_id;
        break;
    case PORT_INTERDOMAIN:
        op->status = EVTCHNSTAT_interdomain;
        op->u.interdomain.dom = p->remote->id;
        op->u.interdomain.port = p->remote_port;
        break;
    case PORT_PIRQ:
        op->status = EVTCHNSTAT_pirq;
        op->u.pirq = p->pirq;
        break;
    case PORT_VIRQ:
        op->status = EVTCHNSTAT_virq;
        op->u.virq = p->virq;
        break;
    case PORT_IPI:
        op->status = EVTCHNSTAT_ipi;
        break;
    }
    return 0;
}

static long op_status(uint64_t arg)
{
    struct evtchn_status op;
    struct domain *d;
    long rc;

    if (copy_from_guest_va(&op, arg, sizeof(op)))
        return -XEN_EFAULT;
    d = domain_lookup(op.dom);
    if (!d)
        return -XEN_ESRCH;
    if (policy_event(current->domain, d))
        return -XEN_EPERM;
    spin_lock(&d->evtchn->lock);
    rc = describe(d, &op);
    spin_unlock(&d->evtchn->lock);
    return rc ? rc : copy_to_guest_va(arg, &op, sizeof(op));
}

/* The event lock is held. */
static long move_to_vcpu(struct domain *d, struct port *p, uint32_t vcpu)
{
    switch (p->state) {
    case PORT_VIRQ:
        if (!virq_is_global(p->virq))
            return -XEN_EINVAL;
        break;
    case PORT_PIRQ:
        pirq_set_affinity(d, p->pirq, d->vcpu[vcpu]->processor);
        break;
    case PORT_UNBOUND:
    case PORT_INTERDOMAIN:
        break;
    default:
        return -XEN_EINVAL;
    }
    WRITE_ONCE(p->vcpu, vcpu);
    return 0;
}

static long op_bind_vcpu(uint64_t arg)
{
    struct evtchn_bind_vcpu op;
    struct domain *d = current->domain;
    struct port *p;
    long rc;

    if (copy_from_guest_va(&op, arg, sizeof(op)))
        return -XEN_EFAULT;
    p = port_lookup(d->evtchn, op.port);
    if (!has_vcpu(d, op.vcpu))
        return -XEN_ENOENT;
    if (!p)
        return -XEN_EINVAL;
    spin_lock(&d->evtchn->lock);
    rc = move_to_vcpu(d, p, op.vcpu);
    spin_unlock(&d->evtchn->lock);
    return rc;
}

static bool is_open(const struct port *p)
{
    return p && READ_ONCE(p->state) > PORT_RESERVED;
}

static long op_unmask(uint64_t arg)
{
    struct evtchn_unmask op;
    struct domain *d = current->domain;
    struct port *p;

    if (copy_from_guest_va(&op, arg, sizeof(op)))
        return -XEN_EFAULT;
    p = port_lookup(d->evtchn, op.port);
    if (!is_open(p))
        return -XEN_EINVAL;
    port_unmask(d, p, op.port);
    return 0;
}

/* --- the FIFO ABI ----------------------------------------------------------------------------- */

static long op_init_control(uint64_t arg)
{
    struct domain *d = current->domain;
    struct evtchn_init_control op;
    long rc;

    if (copy_from_guest_va(&op, arg, sizeof(op)))
        return -XEN_EFAULT;
    spin_lock(&d->evtchn->lock);
    rc = fifo_init_control(d, &op);
    spin_unlock(&d->evtchn->lock);
    return rc ? rc : copy_to_guest_va(arg, &op, sizeof(op));
}

static long op_expand_array(uint64_t arg)
{
    struct domain *d = current->domain;
    struct evtchn_expand_array op;
    long rc;

    if (copy_from_guest_va(&op, arg, sizeof(op)))
        return -XEN_EFAULT;
    spin_lock(&d->evtchn->lock);
    rc = fifo_expand_array(d, &op);
    spin_unlock(&d->evtchn->lock);
    return rc;
}

static long op_set_priority(uint64_t arg)
{
    struct evtchn_set_priority op;
    struct domain *d = current->domain;
    struct port *p;

    if (copy_from_guest_va(&op, arg, sizeof(op)))
        return -XEN_EFAULT;
    p = port_lookup(d->evtchn, op.port);
    if (!fifo_of(d))
        return -XEN_ENOSYS;
    if (!is_open(p) || op.priority > EVTCHN_FIFO_PRIORITY_MIN)
        return -XEN_EINVAL;
    WRITE_ONCE(p->priority, op.priority);
    return 0;
}

/* --- dispatch --------------------------------------------------------------------------------- */

static long (*const ops[])(uint64_t arg) = {
    [EVTCHNOP_bind_interdomain] = op_bind_interdomain,
    [EVTCHNOP_bind_virq] = op_bind_virq,
    [EVTCHNOP_bind_pirq] = op_bind_pirq,
    [EVTCHNOP_close] = op_close,
    [EVTCHNOP_send] = op_send,
    [EVTCHNOP_status] = op_status,
    [EVTCHNOP_alloc_unbound] = op_alloc_unbound,
    [EVTCHNOP_bind_ipi] = op_bind_ipi,
    [EVTCHNOP_bind_vcpu] = op_bind_vcpu,
    [EVTCHNOP_unmask] = op_unmask,
    [EVTCHNOP_init_control] = op_init_control,
    [EVTCHNOP_expand_array] = op_expand_array,
    [EVTCHNOP_set_priority] = op_set_priority,
};

/* The bit above the commands says that a reset goes on; without it the guest would start over each
 * time. */
#define RESET_GOES_ON 0x100

static long reset(uint64_t arg, bool resuming)
{
    struct evtchn_reset op;
    struct domain *d;
    long rc;

    if (copy_from_guest_va(&op, arg, sizeof(op)))
        return -XEN_EFAULT;
    d = domain_lookup(op.dom);
    if (!d)
        return -XEN_ESRCH;
    if (policy_event(current->domain, d))
        return -XEN_EPERM;
    rc = evtchn_reset(d, resuming);
    if (rc == -XEN_ERESTART) {
        uint64_t args[] = { EVTCHNOP_reset | RESET_GOES_ON, arg };
        rc = hypercall_restart(__HYPERVISOR_event_channel_op, ARRAY_SIZE(args), args);
    }
    return rc;
}

long do_event_channel_op(uint64_t cmd, uint64_t arg, uint64_t a3, uint64_t a4, uint64_t a5,
                         uint64_t a6)
{
    cmd = (uint32_t)cmd;
    if (cmd < ARRAY_SIZE(ops) && ops[cmd])
        return ops[cmd](arg);
    if ((cmd & ~RESET_GOES_ON) == EVTCHNOP_reset)
        return reset(arg, cmd & RESET_GOES_ON);
    return -XEN_ENOSYS;
}

/** The call of before 3.2.2: the command stands in front of the structure. */
long do_event_channel_op_compat(uint64_t arg, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5,
                                uint64_t a6)
{
    uint32_t cmd;

    if (copy_from_guest_va(&cmd, arg, sizeof(cmd)))
        return -XEN_EFAULT;
    if (cmd > EVTCHNOP_unmask || !ops[cmd])
        return -XEN_ENOSYS;
    return ops[cmd](arg + offsetof(struct evtchn_op, u));
}
