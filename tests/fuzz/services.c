/* SPDX-License-Identifier: GPL-2.0-only */
#include "services.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <hv/arch.h>
#include <hv/event_port.h>
#include <hv/grant_use.h>
#include <hv/guest_access.h>
#include <hv/page_alloc.h>
#include <hv/printk.h>
#include <public/errno.h>
#include <public/grant_table.h>

#define UNDERTAKER   (DOMID_FIRST_RESERVED - 1) /* destroys Dom0 in the end */
#define FRAMES       1536
#define GUESTS       2
#define GUEST_PAGES  24
#define MOST_DOMAINS 64

uint8_t *services_args;
static struct domain *undertaker;
static struct svc_account empty;

/* --- memory of the hypervisor's own: freed after each input, whatever became of it ------------ */

struct block {
    struct block *next, **link;
};
static struct block *blocks;

void *hv_zalloc(size_t size)
{
    struct block *b;

    if (fake_alloc_fail_after == 0)
        return NULL;
    if (fake_alloc_fail_after != ~0UL)
        fake_alloc_fail_after--;
    b = calloc(1, sizeof(*b) + size);
    if (!b)
        return NULL;
    fake_allocs_live++;
    b->next = blocks;
    b->link = &blocks;
    if (blocks)
        blocks->link = &b->next;
    blocks = b;
    return b + 1;
}

void hv_free(void *p)
{
    struct block *b;

    if (!p)
        return;
    b = (struct block *)p - 1;
    fake_allocs_live--;
    *b->link = b->next;
    if (b->next)
        b->next->link = b->link;
    free(b);
}

/* --- the console: nobody types, nothing is kept ----------------------------------------------- */

void console_write_dom0(const char *s, size_t n)
{
}

size_t console_read_input(char *buf, size_t max)
{
    return 0;
}

uint32_t console_ring_start(void)
{
    return 0;
}

size_t console_ring_copy(uint32_t *index, char *buf, size_t max)
{
    return 0;
}

void console_ring_clear(uint32_t index)
{
}

/* --- Dom0 switches the machine off: that is the end of the input ------------------------------ */

static jmp_buf off;

void machine_poweroff(void)
{
    longjmp(off, 1);
}

void machine_restart(unsigned delay_ms)
{
    longjmp(off, 1);
}

void machine_halt(void)
{
    longjmp(off, 1);
}

/* --- domains ---------------------------------------------------------------------------------- */

static bool can_run(const struct domain *d)
{
    return d != undertaker && d->dying == DOMDYING_alive && !d->is_shutting_down && d->vcpu[0];
}

static unsigned list_domains(struct domain **out, bool (*wanted)(const struct domain *))
{
    unsigned n = 0;

    for (struct domain *d = domain_first_from(0); d && n < MOST_DOMAINS; d = domain_next(d))
        if (d != undertaker && (!wanted || wanted(d)))
            out[n++] = d;
    return n;
}

struct domain *services_any_domain(void)
{
    struct domain *all[MOST_DOMAINS];

    return all[fuzz_below(list_domains(all, NULL))];
}

void services_run(domid_t id, unsigned vcpu)
{
    struct domain *d = domain_lookup(id);

    if (d && can_run(d) && vcpu < d->max_vcpus && d->vcpu[vcpu])
        svc_become(d, vcpu);
}

void services_switch(void)
{
    struct domain *all[MOST_DOMAINS], *d;
    unsigned n = list_domains(all, can_run), vcpu;

    d = n ? all[fuzz_below(n)] : undertaker;
    vcpu = fuzz_below(d->max_vcpus);
    svc_become(d, d->vcpu[vcpu] ? vcpu : 0);
}

/* As a toolstack's first step leaves it. */
static void make_domain_without_vcpus(domid_t id)
{
    struct xen_domctl_createdomain cfg = {
        .max_vcpus = 2, .max_evtchn_port = 1023, .grant_opts = 1
    };
    struct domain *d;

    FUZZ_CHECK(!domain_create(id, &cfg, false, &d), "domain %u cannot be made", id);
}

static void begin(void)
{
    svc_init_frames(FRAMES);
    undertaker = svc_control_domain(UNDERTAKER);
    svc_become(undertaker, 0);
    svc_destroy(domain_lookup(0));
    empty = svc_account();
    svc_become(svc_control_domain(0), 0);
    for (unsigned i = 0; i < GUESTS; i++)
        svc_domain(2, GUEST_PAGES);
    make_domain_without_vcpus(GUESTS + 1);
    services_args = calloc(1, SERVICES_ARGS);
    svc_guest_first = (uint64_t)services_args;
    svc_guest_last = svc_guest_first + SERVICES_ARGS - 1;
}

static void destroy(struct domain *d)
{
    unsigned tries = 0;

    while (domain_kill(d) == -XEN_ERESTART) {
        svc_quiesce();
        FUZZ_CHECK(++tries < 100000, "domain %u does not end", d->id);
    }
    svc_quiesce();
}

/* What is still listed was held by another one that ends later. */
static void destroy_all(void)
{
    struct domain *all[MOST_DOMAINS];
    unsigned n;

    hardware_domain = undertaker;
    svc_become(undertaker, 0);
    n = list_domains(all, NULL);
    while (n-- > 0) /* Dom0 last */
        destroy(all[n]);
}

static void free_everything(void)
{
    while (blocks)
        hv_free(blocks + 1);
    fake_memory_free();
    free(services_args);
}

/* Neither a page nor an object is left of any domain. */
static void end(void)
{
    struct domain *left;
    struct svc_account now;

    svc_guest_acts = NULL;
    fake_alloc_fail_after = ~0UL;
    svc_preempt_every = 0;
    services_check();
    destroy_all();
    left = domain_first_from(0);
    FUZZ_CHECK(left == undertaker, "domain %u is left, with %d references and %lu pages", left->id,
               left->refcount, left->tot_pages);
    now = svc_account();
    FUZZ_CHECK(now.free_pages == empty.free_pages, "%lu pages are free, %lu were", now.free_pages,
               empty.free_pages);
    FUZZ_CHECK(now.objects == empty.objects, "%lu objects are left, %lu were", now.objects,
               empty.objects);
}

void services_fuzz(void (*steps)(void))
{
    begin();
    if (!setjmp(off)) {
        steps();
        end();
    }
    free_everything();
}

/* --- what must be true ------------------------------------------------------------------------ */

static void check_pages(const struct domain *d)
{
    unsigned long n = 0;

    for (struct page *pg = page_list_first(&d->pages); pg; pg = page_list_next(pg), n++) {
        FUZZ_CHECK(page_owner_id(pg) == d->id, "domain %u lists a page of %u", d->id,
                   page_owner_id(pg));
        FUZZ_CHECK(pg->count & PGC_COUNT_MASK, "domain %u lists a page without references", d->id);
        FUZZ_CHECK(n <= d->tot_pages, "domain %u lists more pages than it has", d->id);
    }
    FUZZ_CHECK(n == d->tot_pages, "domain %u has %lu pages and lists %lu", d->id, d->tot_pages, n);
}

static void check_connected(struct domain *d, const struct port *p, unsigned n)
{
    const struct port *rp = port_lookup(p->remote->evtchn, p->remote_port);

    FUZZ_CHECK(rp && rp->state == PORT_INTERDOMAIN && rp->remote == d && rp->remote_port == n,
               "port %u of domain %u is connected on one side only", n, d->id);
}

static bool is_virq_port(const struct domain *d, unsigned virq, unsigned n)
{
    struct vcpu *v;

    for_each_vcpu(d, v)
        if (v->virq_port[virq] == n)
            return true;
    return false;
}

static void check_ports(struct domain *d)
{
    const struct evtchn_domain *e = d->evtchn;
    unsigned free_ports = 0, listed = 0;

    for (unsigned n = 1; n < e->nr_ports; n++) {
        const struct port *p = port_lookup(e, n);

        FUZZ_CHECK(p->vcpu < d->max_vcpus, "port %u of domain %u tells vcpu %u", n, d->id, p->vcpu);
        free_ports += p->state == PORT_FREE && n <= e->max_port;
        if (p->state == PORT_INTERDOMAIN)
            check_connected(d, p, n);
        if (p->state == PORT_VIRQ)
            FUZZ_CHECK(is_virq_port(d, p->virq, n), "port %u has lost its interrupt", n);
        if (p->state == PORT_PIRQ)
            FUZZ_CHECK(e->pirq_ports[p->pirq] == n, "port %u has lost its interrupt", n);
    }
    for (unsigned n = e->free_first; n; n = port_lookup(e, n)->next_free) {
        FUZZ_CHECK(port_lookup(e, n)->state == PORT_FREE, "port %u is in use and in the free list",
                   n);
        FUZZ_CHECK(++listed <= free_ports, "the free list of domain %u has a loop", d->id);
    }
    FUZZ_CHECK(listed == free_ports || !e->fifo, "domain %u has %u free ports and lists %u", d->id,
               free_ports, listed);
}

/* Uses of grant `ref` of `granter`, by the handles of all domains. */
static void count_handles(const struct domain *granter, grant_ref_t ref, uint32_t *readers,
                          uint32_t *writers)
{
    for (struct domain *d = domain_first_from(0); d; d = domain_next(d)) {
        const struct grant_table *gt = d->grant_table;

        for (unsigned h = 0; h < gt->nr_tracks; h++) {
            const struct map_track *t = &gt->tracks[h / TRACKS_PER_FRAME][h % TRACKS_PER_FRAME];
            unsigned parts = !!(t->flags & GNTMAP_host_map) + !!(t->flags & GNTMAP_device_map);

            FUZZ_CHECK(!(t->flags & TRACK_BUSY), "handle %u of domain %u stays claimed", h, d->id);
            if (!parts || t->granter != granter->id || t->ref != ref)
                continue;
            *(t->flags & GNTMAP_readonly ? readers : writers) += parts;
        }
    }
}

static void check_grants(const struct domain *d)
{
    const struct grant_table *gt = d->grant_table;

    for (unsigned ref = 0; ref < gt->max_frames * GRANTS_PER_FRAME; ref++) {
        const struct grant_pin *chunk = gt->pins[ref / PINS_PER_CHUNK];
        const struct grant_pin *pin = chunk ? &chunk[ref % PINS_PER_CHUNK] : NULL;
        uint32_t readers = 0, writers = 0;

        if (!chunk) {
            ref += PINS_PER_CHUNK - 1;
            continue;
        }
        if (!pin->frame && !pin->readers && !pin->writers)
            continue; /* was never used */
        count_handles(d, ref, &readers, &writers);
        FUZZ_CHECK(pin->readers == readers && pin->writers == writers,
                   "grant %u of domain %u: %u readers, %u writers; handles say %u and %u", ref,
                   d->id, pin->readers, pin->writers, readers, writers);
    }
}

void services_check(void)
{
    for (struct domain *d = domain_first_from(0); d; d = domain_next(d)) {
        check_pages(d);
        check_ports(d);
        check_grants(d);
    }
}

/* --- values ----------------------------------------------------------------------------------- */

domid_t services_domid(void)
{
    static const domid_t special[] = { DOMID_IO, DOMID_XEN, DOMID_INVALID, DOMID_IDLE, 0x7feb };
    unsigned kind = fuzz_byte();

    if (kind < 0x60)
        return DOMID_SELF;
    if (kind < 0xf0)
        return kind % (GUESTS + 3);
    return special[kind % ARRAY_SIZE(special)];
}

uint64_t services_frame(void)
{
    struct domain *d = services_any_domain();
    unsigned n = fuzz_byte();

    if (n >= 0xf0 || !d->tot_pages)
        return n & 1 ? fuzz_bytes(2) % FRAMES : fuzz_number();
    return svc_frame(d, n % d->tot_pages);
}

/* --- what guests do to shared memory ---------------------------------------------------------- */

/* A word of the kind that stands in event arrays and control blocks: flags and a link. */
static uint32_t event_word(void)
{
    return fuzz_byte() << 24 | fuzz_below(256);
}

static void scribble_grant(const struct grant_table *gt)
{
    struct grant_entry_v1 *e;

    if (!gt->nr_frames)
        return;
    e = grant_entry(gt, fuzz_below(16));
    switch (fuzz_below(4)) {
    case 0:
        e->flags = fuzz_bytes(2);
        break;
    case 1:
        e->frame = services_frame();
        break;
    default:
        *e = (struct grant_entry_v1){ .flags = GTF_permit_access | (fuzz_byte() & GTF_readonly),
                                      .domid = fuzz_below(GUESTS + 1),
                                      .frame = services_frame() };
    }
}

static void scribble_page(struct domain *d)
{
    uint32_t *words = d->tot_pages ? svc_memory(svc_frame(d, fuzz_byte() % d->tot_pages)) : NULL;

    if (words)
        words[fuzz_below(64)] = event_word();
}

static void scribble_shared_info(struct shared_info *si)
{
    uint64_t value = fuzz_number();

    if (!si)
        return;
    switch (fuzz_below(4)) {
    case 0:
        si->evtchn_pending[fuzz_below(4)] = value;
        break;
    case 1:
        si->evtchn_mask[fuzz_below(4)] = value;
        break;
    default:
        memcpy((char *)&si->vcpu_info[fuzz_below(2)] + fuzz_below(4) * 4, &value, 4);
    }
}

void services_scribble(void)
{
    struct domain *d = services_any_domain();
    uint64_t value;

    switch (fuzz_below(4)) {
    case 0:
        scribble_grant(d->grant_table);
        break;
    case 1:
        scribble_page(d);
        break;
    case 2:
        scribble_shared_info(d->shared_info);
        break;
    default:
        value = fuzz_number();
        memcpy(services_args + fuzz_below(64) * 4, &value, 4);
    }
}
