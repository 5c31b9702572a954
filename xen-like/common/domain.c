/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Domains: making, finding, counting references, freeing. Ending one is teardown.c.
 *
 * Domains are found through a hash by id, and walked in the order of their ids, without a lock: a
 * reader is safe until its hypercall ends, because a domain is freed only after every CPU passed a
 * quiescent state. The last reference takes a domain off hash and list in the first such state, and
 * frees it in the second.
 */
#include <hv/arch.h>
#include <hv/bug.h>
#include <hv/domain.h>
#include <hv/event_channel.h>
#include <hv/grant_table.h>
#include <hv/page_alloc.h>
#include <hv/printk.h>
#include <hv/rangeset.h>
#include <hv/sched.h>
#include <hv/vcpu.h>
#include <public/errno.h>

#define HASH_SIZE 256

struct domain *dom_hv, *dom_io, *dom_idle, *hardware_domain;

/* LOCK_DOMAIN_LIST for changes */
static struct spinlock list_lock = SPINLOCK_INIT(LOCK_DOMAIN_LIST);
static struct domain *hash[HASH_SIZE];
static struct domain *first, *last; /* ordered by id */
static unsigned count;
static domid_t last_id;             /* handed out by domain_pick_id */

static struct domain **hash_slot(domid_t id) { return &hash[id % HASH_SIZE]; }

static struct domain *hash_find(domid_t id)
{
    struct domain *d = __atomic_load_n(hash_slot(id), __ATOMIC_ACQUIRE);

    while (d && d->id != id)
        d = __atomic_load_n(&d->next_in_hash, __ATOMIC_ACQUIRE);
    return d;
}

/* --- finding ---------------------------------------------------------------------------------- */

struct domain *domain_lookup(domid_t id)
{
    return id == DOMID_SELF ? current->domain : hash_find(id);
}

struct domain *domain_lookup_get(domid_t id)
{
    struct domain *d = domain_lookup(id);

    return d && domain_get(d) ? d : NULL;
}

struct domain *domain_first_from(domid_t id)
{
    struct domain *d = id < DOMID_FIRST_RESERVED ? hash_find(id) : NULL;

    if (d)
        return d;
    for (d = __atomic_load_n(&first, __ATOMIC_ACQUIRE); d && d->id < id;)
        d = domain_next(d);
    return d;
}

struct domain *domain_next(const struct domain *d)
{
    return __atomic_load_n(&d->next_in_list, __ATOMIC_ACQUIRE);
}

unsigned domain_count(void) { return READ_ONCE(count); }

domid_t domain_pick_id(void)
{
    domid_t id, start;

    spin_lock(&list_lock);
    start = id = last_id;
    do {
        id = id + 1U < DOMID_FIRST_RESERVED ? id + 1U : 1;
        if (!hash_find(id)) {
            last_id = id;
            goto out;
        }
    } while (id != start);
    id = DOMID_INVALID;
out:
    spin_unlock(&list_lock);
    return id;
}

/* --- references ------------------------------------------------------------------------------- */

bool domain_get(struct domain *d)
{
    int n = READ_ONCE(d->refcount);

    do {
        if (n == 0)
            return false;
    } while (!try_cmpxchg(&d->refcount, &n, n + 1));
    return true;
}

static void list_insert_domain(struct domain *d)
{
    struct domain **link = &first;

    if (last && last->id < d->id)
        link = &last->next_in_list;
    else
        while (*link && (*link)->id < d->id)
            link = &(*link)->next_in_list;
    d->next_in_list = *link;
    if (!d->next_in_list)
        last = d;
    __atomic_store_n(link, d, __ATOMIC_RELEASE);

    d->next_in_hash = *hash_slot(d->id);
    __atomic_store_n(hash_slot(d->id), d, __ATOMIC_RELEASE);
    count++;
}

static void list_remove_domain(struct domain *d)
{
    struct domain **link = hash_slot(d->id), *prev = NULL;

    while (*link != d)
        link = &(*link)->next_in_hash;
    __atomic_store_n(link, d->next_in_hash, __ATOMIC_RELEASE);

    for (link = &first; *link != d; link = &(*link)->next_in_list)
        prev = *link;
    __atomic_store_n(link, d->next_in_list, __ATOMIC_RELEASE);
    if (last == d)
        last = prev;
    count--;
}

static void free_parts(struct domain *d)
{
    for (unsigned i = 0; i < d->max_vcpus; i++)
        if (d->vcpu[i])
            vcpu_free(d->vcpu[i]);
    console_domain_free(d);
    arch_domain_free(d);
    sched_domain_destroy(d);
    grant_table_free(d);
    evtchn_domain_free(d);
    rangeset_destroy(d->irq_caps);
    rangeset_destroy(d->iomem_caps);
    hv_free(d->watchdogs);
    hv_free(d->vcpu);
    hv_free(d);
}

static void free_unlinked(struct rcu_head *h)
{
    free_parts(container_of(h, struct domain, rcu));
    send_global_virq(VIRQ_DOM_EXC);
}

static void unlink_then_free(struct rcu_head *h)
{
    struct domain *d = container_of(h, struct domain, rcu);

    spin_lock(&list_lock);
    list_remove_domain(d);
    spin_unlock(&list_lock);
    rcu_call(&d->rcu, free_unlinked);
}

void domain_put(struct domain *d)
{
    if (__atomic_sub_fetch(&d->refcount, 1, __ATOMIC_ACQ_REL) == 0)
        rcu_call(&d->rcu, unlink_then_free);
}

/* --- making ----------------------------------------------------------------------------------- */

static struct domain *alloc_domain(domid_t id, unsigned max_vcpus)
{
    struct domain *d = hv_zalloc(sizeof(*d));

    if (!d)
        return NULL;
    d->vcpu = hv_zalloc_array(max_vcpus, sizeof(d->vcpu[0]));
    if (!d->vcpu) {
        hv_free(d);
        return NULL;
    }
    d->id = id;
    d->max_vcpus = max_vcpus;
    d->refcount = 1;
    d->shutdown_code = SHUTDOWN_CODE_INVALID;
    spin_init(&d->lock, LOCK_DOMAIN);
    spin_init(&d->page_lock, LOCK_PAGE_LIST);
    return d;
}

static struct domain *make_pseudo_domain(domid_t id, unsigned max_vcpus)
{
    struct domain *d = alloc_domain(id, max_vcpus);

    if (!d)
        panic("no memory for the pseudo-domain %#x", id);
    d->refcount = 1 << 30;
    return d;
}

void domains_init(void)
{
    dom_hv = make_pseudo_domain(DOMID_XEN, 1);
    dom_io = make_pseudo_domain(DOMID_IO, 1);
    dom_idle = make_pseudo_domain(DOMID_IDLE, MAX_CPUS);
}

static void set_attributes(struct domain *d, const struct xen_domctl_createdomain *cfg,
                           bool control)
{
    d->is_control = d->is_hardware = control;
    d->options = cfg->flags;
    d->ssidref = cfg->ssidref;
    d->config = cfg->arch;
    d->control_pause_count = d->pause_count = 1;
    for (unsigned i = 0; i < sizeof(d->handle); i++)
        d->handle[i] = cfg->handle[i];
}

static int share_info_page(struct domain *d)
{
    d->shared_info = hv_alloc_page();
    if (!d->shared_info)
        return -XEN_ENOMEM;
    page_share_with(d->shared_info, d, true);
    return 0;
}

static void unshare_info_page(struct domain *d)
{
    BUG_ON(page_unshare(d->shared_info, d)); /* nobody can have mapped it yet */
    hv_free_page(d->shared_info);
}

static int make_rangesets(struct domain *d)
{
    d->iomem_caps = rangeset_new("iomem");
    d->irq_caps = rangeset_new("irq");
    if (d->iomem_caps && d->irq_caps)
        return 0;
    rangeset_destroy(d->irq_caps);
    rangeset_destroy(d->iomem_caps);
    return -XEN_ENOMEM;
}

static int publish(struct domain *d)
{
    int rc = -XEN_EEXIST;

    spin_lock(&list_lock);
    if (!hash_find(d->id)) {
        list_insert_domain(d);
        rc = 0;
    }
    spin_unlock(&list_lock);
    return rc;
}

int domain_create(domid_t id, const struct xen_domctl_createdomain *requested, bool control,
                  struct domain **out)
{
    struct xen_domctl_createdomain cfg = *requested;
    struct domain *d;
    int rc;

    if (id >= DOMID_FIRST_RESERVED || cfg.max_vcpus == 0 || cfg.max_vcpus > MAX_VCPUS_PV ||
        (cfg.flags & ~(2U * XEN_DOMCTL_CDF_MAX - 1)) || cfg.vmtrace_size || cfg.cpupool_id ||
        (cfg.iommu_opts & ~(2U * XEN_DOMCTL_IOMMU_MAX - 1)) ||
        cfg.grant_opts != XEN_DOMCTL_GRANT_version(1)) /* there is no other */
        return -XEN_EINVAL;
    rc = arch_sanitise_config(&cfg);
    if (rc)
        return rc;
    if (hash_find(id))
        return -XEN_EEXIST;

    d = alloc_domain(id, cfg.max_vcpus);
    if (!d)
        return -XEN_ENOMEM;
    set_attributes(d, &cfg, control);
    rc = make_rangesets(d);
    if (rc)
        goto free_domain;
    rc = share_info_page(d);
    if (rc)
        goto free_rangesets;
    rc = evtchn_domain_init(d, cfg.max_evtchn_port);
    if (rc)
        goto free_shared_info;
    rc = grant_table_init(d, cfg.max_grant_frames, cfg.max_maptrack_frames);
    if (rc)
        goto free_events;
    rc = sched_domain_init(d);
    if (rc)
        goto free_grants;
    d->hypercalls = ~0UL;
    rc = arch_domain_create(d, &cfg);
    if (rc)
        goto free_sched;
    update_wallclock(d);
    rc = publish(d);
    if (rc)
        goto free_arch;
    if (control)
        hardware_domain = d;
    *out = d;
    return 0;

free_arch:
    arch_domain_free(d);
free_sched:
    sched_domain_destroy(d);
free_grants:
    grant_table_free(d);
free_events:
    evtchn_domain_free(d);
free_shared_info:
    unshare_info_page(d);
free_rangesets:
    rangeset_destroy(d->irq_caps);
    rangeset_destroy(d->iomem_caps);
free_domain:
    hv_free(d->vcpu);
    hv_free(d);
    return rc;
}
