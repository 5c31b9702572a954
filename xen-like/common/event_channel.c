/* SPDX-License-Identifier: GPL-2.0-only */
/* event_channel_op: what a domain asks of its event channels. */
#include <hv/arch.h>
#include <hv/event_port.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/policy.h>
#include <hv/sched.h>
#include <hv/statistics.h>
#include <public/errno.h>

/* The state of a new port is set last, and under its lock, so that a sender sees it whole. */
static void set_unbound(struct port *p, domid_t remote)
{
    p->remote_id = remote;
    p->remote_port = 0;
    port_set_state(p, PORT_UNBOUND);
}

/* A port that is the guest's own, or NULL. */
static struct port *own_port(const struct domain *d, unsigned n)
{
    struct port *p = port_lookup(d->evtchn, n);

    return p && !p->for_hv ? p : NULL;
}

static domid_t real_id(domid_t id) { return id == DOMID_SELF ? current->domain->id : id; }

/* What the commands take, copied in and, if the row says so, back by do_event_channel_op. */
union event_arg {
    struct evtchn_alloc_unbound unbound;
    struct evtchn_bind_interdomain interdomain;
    struct evtchn_bind_virq virq;
    struct evtchn_bind_pirq pirq;
    struct evtchn_bind_ipi ipi;
    struct evtchn_close close;
    struct evtchn_status status;
    struct evtchn_bind_vcpu bind_vcpu;
    struct evtchn_unmask unmask;
    struct evtchn_init_control init_control;
    struct evtchn_expand_array expand_array;
    struct evtchn_set_priority priority;
};

static long op_alloc_unbound(struct domain *self, union event_arg *a)
{
    struct domain *d;
    struct port *p;
    int n = policy_target(a->unbound.dom, policy_event, &d);

    if (n)
        return n;
    spin_lock(&d->evtchn->lock);
    n = port_alloc(d, &p);
    if (n > 0)
        set_unbound(p, real_id(a->unbound.remote_dom));
    spin_unlock(&d->evtchn->lock);
    if (n < 0)
        return n;
    a->unbound.port = n;
    return 0;
}

/* Both event locks are held. */
static long connect(struct domain *ld, struct domain *rd, struct evtchn_bind_interdomain *op)
{
    struct port *rp = port_lookup(rd->evtchn, op->remote_port), *lp;
    int n;

    if (!rp || rp->state != PORT_UNBOUND || rp->remote_id != ld->id)
        return -XEN_EINVAL;
    n = port_alloc(ld, &lp);
    if (n < 0)
        return n;
    spin_lock_pair(&lp->lock, &rp->lock);
    lp->remote = rd;
    lp->remote_port = op->remote_port;
    port_put_state(lp, PORT_INTERDOMAIN);
    rp->remote = ld;
    rp->remote_port = n;
    port_put_state(rp, PORT_INTERDOMAIN);
    spin_unlock_pair(&lp->lock, &rp->lock);

    /* the other end may have sent before it was connected */
    port_set_pending(ld, lp, n);
    op->local_port = n;
    return 0;
}

static long op_bind_interdomain(struct domain *self, union event_arg *a)
{
    struct domain *rd = domain_lookup(a->interdomain.remote_dom);
    long rc;

    if (!rd || !rd->evtchn)
        return -XEN_ESRCH;
    spin_lock_pair(&self->evtchn->lock, &rd->evtchn->lock);
    rc = connect(self, rd, &a->interdomain);
    spin_unlock_pair(&self->evtchn->lock, &rd->evtchn->lock);
    return rc;
}

static long op_bind_virq(struct domain *self, union event_arg *a)
{
    return virq_bind(self, &a->virq);
}

static long op_bind_pirq(struct domain *self, union event_arg *a)
{
    return pirq_bind(self, &a->pirq);
}

static long op_bind_ipi(struct domain *self, union event_arg *a)
{
    struct port *p;
    int n;

    if (!vcpu_by_id(self, a->ipi.vcpu))
        return -XEN_ENOENT;
    n = port_alloc(self, &p);
    if (n < 0)
        return n;
    p->vcpu = a->ipi.vcpu;
    port_set_state(p, PORT_IPI);
    a->ipi.port = n;
    return 0;
}

static long op_close(struct domain *self, union event_arg *a)
{
    return port_close(self, a->close.port, false);
}

/* --- sending ---------------------------------------------------------------------------------- */

/* The port's lock is held, so its other end stays. */
static void deliver(const struct port *p)
{
    struct domain *rd = p->remote;
    struct port *rp = port_lookup(rd->evtchn, p->remote_port);

    if (unlikely(rp->for_hv))
        vcpu_io_over(rd->vcpu[rp->vcpu]);
    else
        port_set_pending(rd, rp, p->remote_port);
}

static inline __attribute__((always_inline)) long send_from(struct domain *d, unsigned n,
                                                            bool by_hv)
{
    struct port *p = port_lookup(d->evtchn, n);
    long rc = 0;

    if (!p || (p->for_hv && !by_hv))
        return -XEN_EINVAL;
    spin_lock(&p->lock);
    switch (p->state) {
    case PORT_INTERDOMAIN:
        deliver(p);
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

void evtchn_notify_remote(struct domain *d, unsigned n) { send_from(d, n, true); }

/* --- state ------------------------------------------------------------------------------------ */

/* The event lock is held. */
static long describe(struct domain *d, struct evtchn_status *op)
{
    struct port *p = port_lookup(d->evtchn, op->port);

    if (!p)
        return -XEN_EINVAL;
    if (p->for_hv)
        return -XEN_EACCES;
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

static long op_status(struct domain *self, union event_arg *a)
{
    struct domain *d;
    long rc = policy_target(a->status.dom, policy_event, &d);

    if (rc)
        return rc;
    spin_lock(&d->evtchn->lock);
    rc = describe(d, &a->status);
    spin_unlock(&d->evtchn->lock);
    return rc;
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

static long op_bind_vcpu(struct domain *self, union event_arg *a)
{
    struct port *p = own_port(self, a->bind_vcpu.port);

    if (!vcpu_by_id(self, a->bind_vcpu.vcpu))
        return -XEN_ENOENT;
    return p ? move_to_vcpu(self, p, a->bind_vcpu.vcpu) : -XEN_EINVAL;
}

static bool is_open(const struct port *p) { return p && READ_ONCE(p->state) > PORT_RESERVED; }

static long op_unmask(struct domain *self, union event_arg *a)
{
    struct port *p = own_port(self, a->unmask.port);

    if (!is_open(p))
        return -XEN_EINVAL;
    port_unmask(self, p, a->unmask.port);
    return 0;
}

/* --- the FIFO ABI ----------------------------------------------------------------------------- */

static long op_init_control(struct domain *self, union event_arg *a)
{
    return fifo_init_control(self, &a->init_control);
}

static long op_expand_array(struct domain *self, union event_arg *a)
{
    return fifo_expand_array(self, &a->expand_array);
}

static long op_set_priority(struct domain *self, union event_arg *a)
{
    struct port *p = own_port(self, a->priority.port);

    if (!fifo_of(self))
        return -XEN_ENOSYS;
    if (!is_open(p) || a->priority.priority > EVTCHN_FIFO_PRIORITY_MIN)
        return -XEN_EINVAL;
    WRITE_ONCE(p->priority, a->priority.priority);
    return 0;
}

/* --- dispatch --------------------------------------------------------------------------------- */

#define LOCKED  1 /* with the caller's event lock */
#define ANSWERS 2 /* the argument goes back */
#define BYTES(member) sizeof(((union event_arg *)0)->member)
#define PORT(member) offsetof(union event_arg, member)

static const struct event_row {
    long (*act)(struct domain *self, union event_arg *a);
    uint8_t bytes, flags;
    uint8_t port; /* where the answer has the number of a new port; 0: it has none */
} rows[] = {
    [EVTCHNOP_bind_interdomain] = { op_bind_interdomain, BYTES(interdomain), ANSWERS,
                                    PORT(interdomain.local_port) },
    [EVTCHNOP_bind_virq] = { op_bind_virq, BYTES(virq), LOCKED | ANSWERS, PORT(virq.port) },
    [EVTCHNOP_bind_pirq] = { op_bind_pirq, BYTES(pirq), LOCKED | ANSWERS, PORT(pirq.port) },
    [EVTCHNOP_close] = { op_close, BYTES(close), 0 },
    [EVTCHNOP_status] = { op_status, BYTES(status), ANSWERS },
    [EVTCHNOP_alloc_unbound] = { op_alloc_unbound, BYTES(unbound), ANSWERS, PORT(unbound.port) },
    [EVTCHNOP_bind_ipi] = { op_bind_ipi, BYTES(ipi), LOCKED | ANSWERS, PORT(ipi.port) },
    [EVTCHNOP_bind_vcpu] = { op_bind_vcpu, BYTES(bind_vcpu), LOCKED },
    [EVTCHNOP_unmask] = { op_unmask, BYTES(unmask), 0 },
    [EVTCHNOP_init_control] = { op_init_control, BYTES(init_control), LOCKED | ANSWERS },
    [EVTCHNOP_expand_array] = { op_expand_array, BYTES(expand_array), LOCKED },
    [EVTCHNOP_set_priority] = { op_set_priority, BYTES(priority), 0 },
};

/* A port that its owner is not told of would stay for ever. */
static void close_new(struct domain *self, const struct event_row *row, const union event_arg *a)
{
    struct domain *d = row->act == op_alloc_unbound ? domain_lookup(a->unbound.dom) : self;
    evtchn_port_t port;

    __builtin_memcpy(&port, (const char *)a + row->port, sizeof(port));
    while (d && port_close(d, port, false) == -XEN_EAGAIN)
        ;
}

static long run(const struct event_row *row, uint64_t arg)
{
    struct domain *d = current->domain;
    union event_arg a;
    long rc;

    if (copy_from_guest_va(&a, arg, row->bytes))
        return -XEN_EFAULT;
    if (row->flags & LOCKED)
        spin_lock(&d->evtchn->lock);
    rc = row->act(d, &a);
    if (row->flags & LOCKED)
        spin_unlock(&d->evtchn->lock);
    if (rc || !(row->flags & ANSWERS) || !copy_to_guest_va(arg, &a, row->bytes))
        return rc;
    if (row->port)
        close_new(d, row, &a);
    return -XEN_EFAULT;
}

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
    rc = policy_target(op.dom, policy_event, &d);
    if (!rc)
        rc = evtchn_reset(d, resuming);
    if (rc == -XEN_ERESTART)
        return hypercall_restart(__HYPERVISOR_event_channel_op, EVTCHNOP_reset | RESET_GOES_ON,
                                 arg);
    return rc;
}

long do_event_channel_op(uint64_t cmd, uint64_t arg, uint64_t a3, uint64_t a4, uint64_t a5,
                         uint64_t a6)
{
    struct evtchn_send send;

    cmd = (uint32_t)cmd;
    if (likely(cmd == EVTCHNOP_send)) { /* the commonest by far: without a look at the table */
        if (copy_from_guest_va(&send, arg, sizeof(send)))
            return -XEN_EFAULT;
        statistics_count_event(current);
        return send_from(current->domain, send.port, false);
    }
    if (cmd < ARRAY_SIZE(rows) && rows[cmd].act)
        return run(&rows[cmd], arg);
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
    if (cmd > EVTCHNOP_unmask)
        return -XEN_ENOSYS;
    return do_event_channel_op(cmd, arg + offsetof(struct evtchn_op, u), 0, 0, 0, 0);
}
