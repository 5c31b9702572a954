/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Physical interrupts as a domain sees them: a table from its own numbers ("pirqs") to interrupts
 * of the machine. A line interrupt keeps its GSI as its pirq; MSIs get numbers above the GSIs.
 *
 * The domain may share a page with one bit for each pirq, which says whether an EOI call is due
 * after each interrupt.
 */
#include <arch/irq.h>
#include <arch/page.h>
#include <arch/pirq.h>
#include <hv/arch.h>
#include <hv/bug.h>
#include <hv/cpumask.h>
#include <hv/domain.h>
#include <hv/event_channel.h>
#include <hv/page_alloc.h>
#include <hv/rangeset.h>
#include <public/errno.h>

#define PIRQ_UNUSED   (-1)
#define PIRQ_RESERVED (-2) /* get_free_pirq gave the number away */

struct pirq {
    int irq;
    bool bound;
};

/* struct domain::pirqs of the domain with the hardware; the others have none */
struct domain_pirqs {
    struct pirq e[NR_IRQS];
};

static struct spinlock map_lock = SPINLOCK_INIT(LOCK_PIRQ_MAP);

static struct pirq *lookup(const struct domain *d, unsigned pirq)
{
    struct domain_pirqs *t = d->pirqs;

    return t && pirq < NR_IRQS ? &t->e[index_nospec(pirq, NR_IRQS)] : NULL;
}

int pirq_domain_init(struct domain *d)
{
    struct domain_pirqs *t;

    d->arch.pirq_eoi_map_mfn = INVALID_MFN.n;
    if (!d->is_hardware)
        return 0;
    t = hv_zalloc(sizeof(*t));
    if (!t)
        return -XEN_ENOMEM;
    for (unsigned i = 0; i < NR_IRQS; i++)
        t->e[i].irq = PIRQ_UNUSED;
    d->pirqs = t;
    return 0;
}

void pirq_domain_free(struct domain *d)
{
    hv_free(d->pirqs);
    d->pirqs = NULL;
}

/* --- the shared page -------------------------------------------------------------------------- */
static void set_eoi_bit(struct domain *d, unsigned pirq, bool needed)
{
    uint64_t *map = d->arch.pirq_eoi_map;

    if (map && needed)
        __atomic_fetch_or(&map[pirq / 64], 1UL << (pirq % 64), __ATOMIC_SEQ_CST);
    else if (map)
        __atomic_fetch_and(&map[pirq / 64], ~(1UL << (pirq % 64)), __ATOMIC_SEQ_CST);
}

static bool needs_eoi(const struct pirq *p) { return p->irq >= 0 && irq_is_level(p->irq); }

int pirq_set_eoi_map(struct domain *d, gfn_t frame)
{
    struct page *pg = page_get_writable(d, frame);
    int rc = 0;

    if (!pg)
        return -XEN_EINVAL;
    spin_lock(&map_lock);
    if (d->arch.pirq_eoi_map) {
        rc = -XEN_EBUSY;
    } else {
        d->arch.pirq_eoi_map_mfn = page_to_mfn(pg).n;
        d->arch.pirq_eoi_map = mfn_to_virt(page_to_mfn(pg));
        for (unsigned i = 0; d->pirqs && i < NR_IRQS; i++)
            set_eoi_bit(d, i, needs_eoi(lookup(d, i)));
    }
    spin_unlock(&map_lock);
    if (rc)
        page_put_and_type(pg);
    return rc;
}

static void drop_eoi_map(struct domain *d)
{
    struct page *pg = NULL;

    spin_lock(&map_lock);
    if (d->arch.pirq_eoi_map) {
        pg = mfn_to_page(mfn(d->arch.pirq_eoi_map_mfn));
        d->arch.pirq_eoi_map = NULL;
        d->arch.pirq_eoi_map_mfn = INVALID_MFN.n;
    }
    spin_unlock(&map_lock);
    if (pg)
        page_put_and_type(pg);
}

/* --- mapping ---------------------------------------------------------------------------------- */
/* A number for an MSI: `wanted` if it is not negative. */
static int choose_pirq(struct domain *d, int wanted)
{
    if (wanted >= 0) {
        const struct pirq *p = lookup(d, wanted);

        if (!p)
            return -XEN_EINVAL;
        return p->irq == PIRQ_UNUSED || p->irq == PIRQ_RESERVED ? wanted : -XEN_EEXIST;
    }
    for (unsigned i = nr_gsis(); i < NR_IRQS; i++)
        if (lookup(d, i)->irq == PIRQ_UNUSED)
            return i;
    return -XEN_ENOSPC;
}

int pirq_map_gsi(struct domain *d, unsigned gsi, int wanted, bool *made)
{
    unsigned pirq = wanted < 0 ? gsi : (unsigned)wanted;
    int rc = -XEN_EINVAL;
    struct pirq *p;

    *made = false;
    spin_lock(&map_lock);
    p = lookup(d, pirq);
    if (!p || gsi >= nr_gsis() || !irq_exists(gsi))
        goto out;
    rc = -XEN_EBUSY;
    if (!rangeset_contains(d->irq_caps, gsi, gsi))
        goto out; /* the hypervisor's own can be mapped like all others, but not bound */
    rc = pirq;
    if (p->irq == (int)gsi)
        goto out; /* mapped already */
    rc = -XEN_EEXIST;
    if (p->irq >= 0)
        goto out;
    for (unsigned i = 0; i < NR_IRQS; i++)
        if (lookup(d, i)->irq == (int)gsi)
            goto out;
    p->irq = gsi;
    set_eoi_bit(d, pirq, needs_eoi(p));
    *made = true;
    rc = pirq;
out:
    spin_unlock(&map_lock);
    return rc;
}

int pirq_map_msi(struct domain *d, const struct msi_request *req, int wanted)
{
    int pirq, irq;

    spin_lock(&map_lock);
    pirq = d->pirqs ? choose_pirq(d, wanted) : -XEN_EINVAL;
    if (pirq < 0)
        goto out;
    irq = msi_setup(req);
    if (irq < 0)
        pirq = irq;
    else
        lookup(d, pirq)->irq = irq;
out:
    spin_unlock(&map_lock);
    return pirq;
}

static void unbind(struct domain *d, unsigned pirq)
{
    struct pirq *p = lookup(d, pirq);

    if (p && p->bound) {
        p->bound = false;
        irq_unbind_guest(p->irq);
    }
}

static void unmap(struct domain *d, unsigned pirq)
{
    struct pirq *p = lookup(d, pirq);

    unbind(d, pirq);
    if (p->irq >= MAX_GSIS)
        msi_release(p->irq);
    p->irq = PIRQ_UNUSED;
    set_eoi_bit(d, pirq, false);
}

int pirq_unmap(struct domain *d, unsigned pirq)
{
    const struct pirq *p;
    int rc = 0;

    spin_lock(&map_lock);
    p = lookup(d, pirq);
    if (!p || p->irq == PIRQ_UNUSED)
        rc = -XEN_EINVAL;
    else
        unmap(d, pirq);
    spin_unlock(&map_lock);
    return rc;
}

int pirq_reserve(struct domain *d)
{
    int pirq;

    spin_lock(&map_lock);
    pirq = d->pirqs ? choose_pirq(d, -1) : -XEN_EINVAL;
    if (pirq >= 0)
        lookup(d, pirq)->irq = PIRQ_RESERVED;
    spin_unlock(&map_lock);
    return pirq;
}

void pirq_domain_release(struct domain *d)
{
    spin_lock(&map_lock);
    for (unsigned i = 0; d->pirqs && i < NR_IRQS; i++)
        if (lookup(d, i)->irq != PIRQ_UNUSED)
            unmap(d, i);
    spin_unlock(&map_lock);
    drop_eoi_map(d);
}

/* --- state ------------------------------------------------------------------------------------ */
int pirq_status(const struct domain *d, unsigned pirq, bool *eoi)
{
    const struct pirq *p = lookup(d, pirq);

    if (!p)
        return -XEN_EINVAL;
    *eoi = needs_eoi(p);
    return 0;
}

int pirq_vector(const struct domain *d, unsigned pirq)
{
    const struct pirq *p = lookup(d, pirq);

    return !p || p->irq < 0 ? -XEN_EINVAL : irq_vector(p->irq);
}

void pirq_refresh_eoi(struct domain *d, unsigned pirq)
{
    const struct pirq *p = lookup(d, pirq);

    if (p)
        set_eoi_bit(d, pirq, needs_eoi(p));
}

/* --- binding: called under the domain's event lock -------------------------------------------- */
int pirq_guest_bind(struct vcpu *v, unsigned pirq)
{
    struct domain *d = v->domain;
    int rc = -XEN_EINVAL;
    struct pirq *p;

    spin_lock(&map_lock);
    p = lookup(d, pirq);
    if (p && p->irq == PIRQ_UNUSED && pirq < nr_gsis() && irq_exists(pirq) &&
        rangeset_contains(d->irq_caps, pirq, pirq))
        p->irq = pirq; /* line interrupts may be bound without mapping them first */
    if (!p || p->irq < 0)
        goto out;
    rc = -XEN_EBUSY;
    if (p->bound)
        goto out;
    rc = irq_bind_guest(p->irq, d, pirq, v->processor);
    if (!rc) {
        p->bound = true;
        set_eoi_bit(d, pirq, needs_eoi(p));
    }
out:
    spin_unlock(&map_lock);
    return rc;
}

void pirq_guest_unbind(struct domain *d, unsigned pirq)
{
    spin_lock(&map_lock);
    unbind(d, pirq);
    spin_unlock(&map_lock);
}

void pirq_guest_eoi(struct domain *d, unsigned pirq)
{
    const struct pirq *p = lookup(d, pirq);

    if (p && p->bound && p->irq >= 0)
        irq_guest_eoi(p->irq);
}

void pirq_set_affinity(struct domain *d, unsigned pirq, unsigned cpu)
{
    const struct pirq *p = lookup(d, pirq);

    if (p && p->bound && p->irq >= 0 && cpumask_test(&cpu_online, cpu))
        irq_set_cpu(p->irq, cpu);
}
