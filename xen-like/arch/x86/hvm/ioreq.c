/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ioreq servers: a device model makes one for its guest, says which ports, memory and PCI devices
 * are its, and maps its two pages: slots for requests that a vcpu waits for, and a ring of writes
 * that it does not.
 */
#include <arch/hvm.h>
#include <arch/ioreq.h>
#include <hv/arch.h>
#include <hv/event_channel.h>
#include <hv/page_alloc.h>
#include <hv/rangeset.h>
#include <hv/sched.h>
#include <public/errno.h>
#include <public/hvm/hvm_op.h>
#include <public/memory.h>

_Static_assert(MAX_VCPUS_PV * sizeof(struct ioreq) <= PAGE_SIZE, "slots of all vcpus in a page");
_Static_assert(sizeof(struct buffered_iopage) <= PAGE_SIZE, "the ring is a page");

static struct ioreq_domain *servers_of(const struct domain *d) { return &d->arch.hvm->ioreq; }

void ioreq_domain_init(struct domain *d) { spin_init(&servers_of(d)->lock, LOCK_IOREQ); }

/* --- making and freeing ----------------------------------------------------------------------- */
static void *shared_page(struct domain *d)
{
    void *page = hv_alloc_page();

    if (page)
        page_share_with(page, d, true);
    return page;
}

/* It stays as long as the device model maps it. */
static void give_up_page(void *page)
{
    if (page)
        page_put_allocated(mfn_to_page(virt_to_mfn(page)));
}

/* Of one that was half made, too. Nobody finds it any more. */
static void server_free(struct domain *d, struct ioreq_server *s)
{
    for (unsigned i = 0; s->ports && i < d->max_vcpus; i++)
        if (s->ports[i])
            evtchn_close_hv(d, s->ports[i]);
    if (s->ring_port)
        evtchn_close_hv(d, s->ring_port);
    for (unsigned kind = 0; kind < IOREQ_KINDS; kind++)
        rangeset_destroy(s->ranges[kind]);
    give_up_page(s->slots);
    give_up_page(s->ring);
    hv_free(s->ports);
    hv_free(s);
}

static int open_ports(struct domain *d, struct ioreq_server *s)
{
    for (unsigned i = 0; i < d->max_vcpus; i++) {
        int n = evtchn_open_hv(d->vcpu[i], s->owner);

        if (n < 0)
            return n;
        s->ports[i] = n;
        s->slots->vcpu_ioreq[i].vp_eport = n;
    }
    return 0;
}

static int add_ring(struct domain *d, struct ioreq_server *s)
{
    int n;

    s->ring = shared_page(d);
    if (!s->ring)
        return -XEN_ENOMEM;
    n = evtchn_open_hv(d->vcpu[0], s->owner);
    if (n < 0)
        return n;
    s->ring_port = n;
    return 0;
}

static int server_fill(struct domain *d, struct ioreq_server *s)
{
    static const char *const names[IOREQ_KINDS] = { "ports", "memory", "PCI" };

    for (unsigned kind = 0; kind < IOREQ_KINDS; kind++) {
        s->ranges[kind] = rangeset_new(names[kind]);
        if (!s->ranges[kind])
            return -XEN_ENOMEM;
        rangeset_limit(s->ranges[kind], IOREQ_RANGES);
    }
    s->ports = hv_zalloc_array(d->max_vcpus, sizeof(*s->ports));
    s->slots = shared_page(d);
    return s->ports && s->slots ? open_ports(d, s) : -XEN_ENOMEM;
}

/* Its number is the first that is free: 0, -ENOSPC, or -EINVAL. */
static int server_enter(struct ioreq_domain *i, struct ioreq_server *s, ioservid_t *id)
{
    int rc = i->closed ? -XEN_EINVAL : -XEN_ENOSPC;

    spin_lock(&i->lock);
    for (ioservid_t n = 0; !i->closed && rc && n < IOREQ_SERVERS; n++)
        if (!i->servers[n]) {
            i->servers[n] = s;
            *id = n;
            rc = 0;
        }
    spin_unlock(&i->lock);
    return rc;
}

static bool has_all_vcpus(const struct domain *d)
{
    for (unsigned i = 0; i < d->max_vcpus; i++)
        if (!d->vcpu[i])
            return false;
    return true;
}

int ioreq_server_create(struct domain *d, struct xen_dm_op_create_ioreq_server *op)
{
    struct ioreq_server *s;
    int rc;

    if (op->pad[0] | op->pad[1] | op->pad[2] || !has_all_vcpus(d) ||
        op->handle_bufioreq > HVM_IOREQSRV_BUFIOREQ_ATOMIC)
        return -XEN_EINVAL;
    /* one that begins to die from here on waits for this CPU before it looks for servers */
    if (READ_ONCE(d->dying) != DOMDYING_alive)
        return -XEN_EINVAL;
    s = hv_zalloc(sizeof(*s));
    if (!s)
        return -XEN_ENOMEM;
    s->owner = current->domain->id;
    s->atomic_indices = op->handle_bufioreq == HVM_IOREQSRV_BUFIOREQ_ATOMIC;
    rc = server_fill(d, s);
    if (!rc && op->handle_bufioreq != HVM_IOREQSRV_BUFIOREQ_OFF)
        rc = add_ring(d, s);
    if (!rc)
        rc = server_enter(servers_of(d), s, &op->id);
    if (rc)
        server_free(d, s);
    return rc;
}

/* LOCK_IOREQ. Vcpus that wait for it look again, and find nobody. */
static void server_leave(struct domain *d, ioservid_t id)
{
    struct ioreq_domain *i = servers_of(d);
    struct vcpu *v;

    for_each_vcpu(d, v)
        if (v->arch.hvm->ioreq.server == i->servers[id]) {
            v->arch.hvm->ioreq.server = NULL;
            vcpu_io_over(v);
        }
    i->servers[id] = NULL;
}

void ioreq_domain_release(struct domain *d)
{
    struct ioreq_domain *i = servers_of(d);

    for (ioservid_t id = 0; id < IOREQ_SERVERS; id++) {
        struct ioreq_server *s;

        spin_lock(&i->lock);
        i->closed = true;
        s = i->servers[id];
        if (s)
            server_leave(d, id);
        spin_unlock(&i->lock);
        if (s)
            server_free(d, s);
    }
}

/* --- what a device model asks for ------------------------------------------------------------- */
/* LOCK_IOREQ. */
static int find(const struct ioreq_domain *i, ioservid_t id, struct ioreq_server **s)
{
    *s = id < IOREQ_SERVERS ? i->servers[index_nospec(id, IOREQ_SERVERS)] : NULL;
    if (!*s)
        return -XEN_ENOENT;
    return (*s)->owner == current->domain->id ? 0 : -XEN_EPERM;
}

int ioreq_server_destroy(struct domain *d, ioservid_t id)
{
    struct ioreq_domain *i = servers_of(d);
    struct ioreq_server *s;
    int rc;

    spin_lock(&i->lock);
    rc = find(i, id, &s);
    if (!rc)
        server_leave(d, id);
    spin_unlock(&i->lock);
    if (!rc)
        server_free(d, s);
    return rc;
}

int ioreq_server_set_state(struct domain *d, ioservid_t id, bool enabled)
{
    struct ioreq_domain *i = servers_of(d);
    struct ioreq_server *s;
    int rc;

    spin_lock(&i->lock);
    rc = find(i, id, &s);
    if (!rc)
        s->enabled = enabled;
    spin_unlock(&i->lock);
    return rc;
}

int ioreq_server_info(struct domain *d, struct xen_dm_op_get_ioreq_server_info *op)
{
    struct ioreq_domain *i = servers_of(d);
    struct ioreq_server *s;
    int rc;

    if (op->flags & ~XEN_DMOP_no_gfns)
        return -XEN_EINVAL;
    spin_lock(&i->lock);
    rc = find(i, op->id, &s);
    if (!rc && !(op->flags & XEN_DMOP_no_gfns))
        rc = -XEN_EOPNOTSUPP;
    if (!rc)
        op->bufioreq_port = s->ring_port;
    spin_unlock(&i->lock);
    return rc;
}

static int add_range(struct rangeset *r, uint64_t first, uint64_t last)
{
    return rangeset_overlaps(r, first, last) ? -XEN_EEXIST : rangeset_add(r, first, last);
}

static int remove_range(struct rangeset *r, uint64_t first, uint64_t last)
{
    return rangeset_contains(r, first, last) ? rangeset_remove(r, first, last) : -XEN_ENOENT;
}

static int change_range(struct domain *d, const struct xen_dm_op_ioreq_server_range *op,
                        int (*change)(struct rangeset *, uint64_t, uint64_t))
{
    struct ioreq_domain *i = servers_of(d);
    struct ioreq_server *s;
    int rc;

    if (op->pad || op->start > op->end || op->type >= IOREQ_KINDS)
        return -XEN_EINVAL;
    spin_lock(&i->lock);
    rc = find(i, op->id, &s);
    if (!rc)
        rc = change(s->ranges[index_nospec(op->type, IOREQ_KINDS)], op->start, op->end);
    spin_unlock(&i->lock);
    return rc;
}

int ioreq_server_map(struct domain *d, const struct xen_dm_op_ioreq_server_range *op)
{
    return change_range(d, op, add_range);
}

int ioreq_server_unmap(struct domain *d, const struct xen_dm_op_ioreq_server_range *op)
{
    return change_range(d, op, remove_range);
}

struct ioreq_server *ioreq_server_for(struct ioreq_domain *i, const struct ioreq_target *t)
{
    for (unsigned id = 0; id < IOREQ_SERVERS; id++) {
        struct ioreq_server *s = i->servers[id];

        if (s && s->enabled && rangeset_contains(s->ranges[t->kind], t->first, t->last))
            return s;
    }
    return NULL;
}

/* --- their pages, for XENMEM_acquire_resource ------------------------------------------------- */
int arch_ioreq_frames(struct domain *d, uint32_t id, uint32_t *nr)
{
    *nr = XENMEM_resource_ioreq_server_frame_ioreq(1);
    return is_hvm_domain(d) ? 0 : -XEN_EINVAL;
}

int arch_ioreq_frame(struct domain *d, uint32_t id, uint64_t index, mfn_t *m)
{
    struct ioreq_server *s;
    void *page;
    int rc;

    if (!is_hvm_domain(d))
        return -XEN_EINVAL;
    spin_lock(&servers_of(d)->lock);
    rc = id < IOREQ_SERVERS ? find(servers_of(d), id, &s) : -XEN_ENOENT;
    if (!rc) {
        page = index == XENMEM_resource_ioreq_server_frame_bufioreq  ? (void *)s->ring
               : index == XENMEM_resource_ioreq_server_frame_ioreq(0) ? (void *)s->slots
                                                                      : NULL;
        rc = page ? 0 : -XEN_EINVAL;
    }
    if (!rc)
        *m = virt_to_mfn(page);
    spin_unlock(&servers_of(d)->lock);
    return rc;
}
