/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The FIFO event ABI: one word per port in pages of the guest, linked into 16 queues per vcpu.
 *
 * The guest can change any word and any head at any time. What decides where memory is touched
 * (tails, which queue a port was put into, how many words there are) is kept on our side; words are
 * changed by single atomic operations, and nothing is tried more than a few times.
 */
#include <hv/arch.h>
#include <hv/event_port.h>
#include <hv/page_alloc.h>
#include <hv/printk.h>
#include <public/errno.h>

#define PENDING (1U << EVTCHN_FIFO_PENDING)
#define MASKED  (1U << EVTCHN_FIFO_MASKED)
#define LINKED  (1U << EVTCHN_FIFO_LINKED)
#define BUSY    (1U << EVTCHN_FIFO_BUSY)

#define LINK_TRIES  4 /* to change the word of a queue's tail while the guest changes it too */
#define QUEUE_TRIES 3 /* to lock the queue that a port was last in */

static event_word_t *word_of(const struct evtchn_fifo *f, unsigned n)
{
    if (n >= __atomic_load_n(&f->nr_words, __ATOMIC_ACQUIRE))
        return NULL;
    return &f->pages[n / WORDS_PER_PAGE][n % WORDS_PER_PAGE];
}

/* --- linking ---------------------------------------------------------------------------------- */

enum link_result { LINK_DONE, LINK_NO_TAIL, LINK_CHANGED };

static enum link_result try_link(event_word_t *tail, unsigned n)
{
    event_word_t seen = READ_ONCE(*tail), w;

    if (!(seen & LINKED))
        return LINK_NO_TAIL;
    w = (seen & ~(BUSY | EVTCHN_FIFO_LINK_MASK)) | n;
    return try_cmpxchg(tail, &seen, w) ? LINK_DONE : LINK_CHANGED;
}

/*
 * Put port n behind the queue's tail. False if the guest has taken the tail out of the queue, which
 * then is empty. A guest that is only busy stops changing the word when it sees BUSY.
 */
static bool link_behind(event_word_t *tail, unsigned n)
{
    enum link_result r = try_link(tail, n);

    if (r != LINK_CHANGED)
        return r == LINK_DONE;
    __atomic_fetch_or(tail, BUSY, __ATOMIC_SEQ_CST);
    for (unsigned i = 0; i < LINK_TRIES && r == LINK_CHANGED; i++)
        r = try_link(tail, n);
    if (r == LINK_DONE)
        return true;
    __atomic_fetch_and(tail, ~BUSY, __ATOMIC_SEQ_CST);
    if (r == LINK_CHANGED)
        gprintk(LOG_WARNING, "FIFO events: guest keeps changing the tail of a queue\n");
    return false;
}

struct queue_locks {
    struct evtchn_vcpu *new, *old;
    unsigned new_id, old_id;
    unsigned long flags;
};

static struct evtchn_vcpu *queue_owner(const struct domain *d, unsigned queue)
{
    struct vcpu *v = d->vcpu[queue / EVTCHN_FIFO_MAX_QUEUES];

    return v ? READ_ONCE(v->evtchn) : NULL;
}

static unsigned wanted_queue(const struct port *p)
{
    return READ_ONCE(p->vcpu) * EVTCHN_FIFO_MAX_QUEUES + READ_ONCE(p->priority);
}

static void unlock_queues(struct queue_locks *l)
{
    spin_unlock_pair(&l->new->lock, &l->old->lock);
    irq_restore(l->flags);
}

/* Lock the queue that the port should be in and the one it was in last, which others may be
 * changing. */
static bool lock_queues(const struct domain *d, const struct port *p, struct queue_locks *l)
{
    for (unsigned i = 0; i < QUEUE_TRIES; i++) {
        l->new_id = wanted_queue(p);
        l->old_id = READ_ONCE(p->queued);
        l->new = queue_owner(d, l->new_id);
        l->old = queue_owner(d, l->old_id);
        if (!l->new)
            return false;
        if (!l->old)
            l->old = l->new;
        l->flags = irq_save();
        spin_lock_pair(&l->new->lock, &l->old->lock);
        if (l->old_id == p->queued && l->new_id == wanted_queue(p))
            return true;
        unlock_queues(l);
    }
    return false;
}

/* Both queues are locked and the port's word has just become LINKED. True if its queue was empty.
 */
static bool append(const struct evtchn_fifo *f, struct port *p, event_word_t *word, unsigned n,
                   struct queue_locks *l)
{
    uint32_t *old_tail = &l->old->tail[l->old_id % EVTCHN_FIFO_MAX_QUEUES];
    uint32_t *tail = &l->new->tail[l->new_id % EVTCHN_FIFO_MAX_QUEUES];
    event_word_t *tail_word;
    bool linked = false;

    /* it was taken out of that queue, and nothing came behind it: the queue is empty */
    if (*old_tail == n)
        *old_tail = 0;
    p->queued = l->new_id;
    __atomic_fetch_and(word, ~(event_word_t)EVTCHN_FIFO_LINK_MASK, __ATOMIC_SEQ_CST);
    tail_word = *tail ? word_of(f, *tail) : NULL;
    if (tail_word)
        linked = link_behind(tail_word, n);
    if (!linked)
        WRITE_ONCE(l->new->block->head[l->new_id % EVTCHN_FIFO_MAX_QUEUES], n);
    *tail = n;
    return !linked;
}

static void enqueue(struct domain *d, const struct evtchn_fifo *f, struct port *p,
                    event_word_t *word, unsigned n)
{
    struct queue_locks l;
    bool first = false;
    uint32_t ready;

    if (!lock_queues(d, p, &l))
        return; /* no queue yet, or the guest keeps moving the port: it stays pending in its word */
    if (!(__atomic_fetch_or(word, LINKED, __ATOMIC_SEQ_CST) & LINKED))
        first = append(f, p, word, n, &l);
    unlock_queues(&l);

    ready = 1U << l.new_id % EVTCHN_FIFO_MAX_QUEUES;
    if (first && !(__atomic_fetch_or(&l.new->block->ready, ready, __ATOMIC_SEQ_CST) & ready))
        vcpu_mark_events_pending(d->vcpu[l.new_id / EVTCHN_FIFO_MAX_QUEUES]);
}

/* --- the port's operations -------------------------------------------------------------------- */

void fifo_set_pending(struct domain *d, struct evtchn_fifo *f, struct port *p, unsigned n)
{
    event_word_t *word = word_of(f, n), old;

    if (unlikely(!word)) {
        p->pending_early = true;
        smp_mb(); /* expand_array publishes words first, then looks for early ports */
        word = word_of(f, n);
        if (!word)
            return;
    }
    old = __atomic_fetch_or(word, PENDING, __ATOMIC_SEQ_CST);
    if (!(old & (MASKED | LINKED)))
        enqueue(d, f, p, word, n);
    if (!(old & PENDING))
        port_wake_pollers(d, n);
}

void fifo_clear_pending(const struct evtchn_fifo *f, unsigned n)
{
    event_word_t *word = word_of(f, n);

    if (word)
        __atomic_fetch_and(word, ~PENDING, __ATOMIC_SEQ_CST);
}

void fifo_unmask(struct domain *d, struct evtchn_fifo *f, struct port *p, unsigned n)
{
    event_word_t *word = word_of(f, n);

    if (word && __atomic_and_fetch(word, ~MASKED, __ATOMIC_SEQ_CST) & PENDING)
        fifo_set_pending(d, f, p, n);
}

bool fifo_is_pending(const struct evtchn_fifo *f, unsigned n)
{
    event_word_t *word = word_of(f, n);

    return word && READ_ONCE(*word) & PENDING;
}

bool fifo_is_busy(const struct evtchn_fifo *f, unsigned n)
{
    event_word_t *word = word_of(f, n);

    return word && READ_ONCE(*word) & LINKED;
}

/* --- set-up ----------------------------------------------------------------------------------- */

static int map_guest_page(struct domain *d, uint64_t frame, void **va)
{
    struct page *pg = page_get_writable(d, gfn(frame));

    if (!pg)
        return -XEN_EINVAL;
    *va = mfn_to_virt(page_to_mfn(pg));
    return 0;
}

static void unmap_guest_page(void *va) { page_put_and_type(mfn_to_page(virt_to_mfn(va))); }

/* What is pending in the two-level bitmap is taken over as soon as its port gets a word. */
static void take_over_pending(struct domain *d)
{
    unsigned end = twolevel_ports(d);
    struct port *p;

    for (unsigned n = 1; n < end && (p = port_lookup(d->evtchn, n)); n++) {
        p->priority = EVTCHN_FIFO_PRIORITY_DEFAULT;
        p->queued = 0;
        p->pending_early = twolevel_is_pending(d, n);
    }
}

static int create_domain_part(struct domain *d)
{
    struct evtchn_fifo *f;

    if (d->evtchn->fifo)
        return 0;
    f = hv_zalloc(sizeof(*f));
    if (!f)
        return -XEN_ENOMEM;
    take_over_pending(d);
    __atomic_store_n(&d->evtchn->fifo, f, __ATOMIC_RELEASE);
    return 0;
}

/* The queues of a vcpu, complete: senders use them from the moment on that they can find them. */
static int make_queues(struct domain *d, const struct evtchn_init_control *op,
                       struct evtchn_vcpu **queues)
{
    struct evtchn_vcpu *ev = hv_zalloc(sizeof(*ev));
    void *va;
    int rc;

    if (!ev)
        return -XEN_ENOMEM;
    rc = map_guest_page(d, op->control_gfn, &va);
    if (rc) {
        hv_free(ev);
        return rc;
    }
    spin_init(&ev->lock, LOCK_EVENT_QUEUE);
    ev->block = (struct evtchn_fifo_control_block *)((char *)va + op->offset);
    *queues = ev;
    return 0;
}

static void free_queues(struct evtchn_vcpu *ev)
{
    unmap_guest_page(ev->block);
    hv_free(ev);
}

/* The event lock is held. */
int fifo_init_control(struct domain *d, struct evtchn_init_control *op)
{
    struct vcpu *v = vcpu_by_id(d, op->vcpu);
    struct evtchn_vcpu *ev;
    int rc;

    op->link_bits = EVTCHN_FIFO_LINK_BITS;
    if (!v)
        return -XEN_ENOENT;
    if (op->offset > PAGE_SIZE - sizeof(*ev->block) || op->offset % 8)
        return -XEN_EINVAL;
    if (v->evtchn || d->evtchn->closed)
        return -XEN_EINVAL;
    rc = make_queues(d, op, &ev);
    if (rc)
        return rc;
    rc = create_domain_part(d);
    if (rc) {
        free_queues(ev);
        return rc;
    }
    __atomic_store_n(&v->evtchn, ev, __ATOMIC_RELEASE);
    return 0;
}

static void deliver_early(struct domain *d, struct evtchn_fifo *f, unsigned first)
{
    struct port *p;

    for (unsigned n = first; n < first + WORDS_PER_PAGE && (p = port_lookup(d->evtchn, n)); n++) {
        if (!p->pending_early)
            continue;
        p->pending_early = false;
        if (p->state > PORT_RESERVED)
            fifo_set_pending(d, f, p, n);
    }
}

/* The event lock is held. */
int fifo_expand_array(struct domain *d, const struct evtchn_expand_array *op)
{
    struct evtchn_fifo *f = d->evtchn->fifo;
    unsigned first;
    void *va;
    int rc;

    if (!f)
        return -XEN_EOPNOTSUPP;
    if (d->evtchn->closed)
        return -XEN_EINVAL;
    first = f->nr_words;
    if (first >= EVTCHN_FIFO_NR_CHANNELS)
        return -XEN_ENOSPC;
    rc = map_guest_page(d, op->array_gfn, &va);
    if (rc)
        return rc;
    f->pages[first / WORDS_PER_PAGE] = va;
    __atomic_store_n(&f->nr_words, first + WORDS_PER_PAGE, __ATOMIC_SEQ_CST);
    smp_mb();
    deliver_early(d, f, first);
    return 0;
}

/* --- tear-down -------------------------------------------------------------------------------- */

static void free_fifo(struct rcu_head *h)
{
    struct evtchn_fifo *f = container_of(h, struct evtchn_fifo, rcu);

    for (unsigned i = 0; i < ARRAY_SIZE(f->detached); i++)
        if (f->detached[i])
            free_queues(f->detached[i]);
    for (unsigned i = 0; i < f->nr_words / WORDS_PER_PAGE; i++)
        unmap_guest_page(f->pages[i]);
    hv_free(f);
}

static struct evtchn_fifo *detach(struct domain *d)
{
    struct evtchn_fifo *f = d->evtchn->fifo;
    struct vcpu *v;

    if (!f)
        return NULL;
    __atomic_store_n(&d->evtchn->fifo, NULL, __ATOMIC_SEQ_CST);
    for_each_vcpu(d, v) {
        f->detached[v->id] = v->evtchn;
        WRITE_ONCE(v->evtchn, NULL);
    }
    return f;
}

void fifo_destroy(struct domain *d)
{
    struct evtchn_fifo *f = detach(d);

    if (f)
        rcu_call(&f->rcu, free_fifo);
}

void fifo_destroy_now(struct domain *d)
{
    struct evtchn_fifo *f = detach(d);

    if (f)
        free_fifo(&f->rcu);
}
