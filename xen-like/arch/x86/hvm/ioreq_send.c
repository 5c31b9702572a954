/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests to device models. A vcpu's instruction sends one, and the vcpu sleeps; when the device
 * model has sent an event the instruction is run again and finds the answer in the slot. Whatever
 * else is asked for meanwhile (an INIT, other code in the same place) waits for the slot.
 */
#include <arch/decode.h>
#include <arch/hvm.h>
#include <arch/ioreq.h>
#include <hv/arch.h>
#include <hv/event_channel.h>
#include <hv/sched.h>

#define PCI_ADDRESS_PORT 0xcf8
#define PCI_DATA_PORT    0xcfc
#define PCI_ENABLED      (1U << 31)
#define VGA_FIRST        0xa0000UL
#define VGA_END          0xc0000UL
#define RING_TRIES       4

#define SLOT_WORDS (sizeof(struct ioreq) / sizeof(uint64_t))
enum { DATA_WORD = offsetof(struct ioreq, data) / 8, STATE_WORD = offsetof(struct ioreq, type) / 8 };

union slot {
    struct ioreq req;
    uint64_t words[SLOT_WORDS];
};

/* --- whose it is ------------------------------------------------------------------------------ */
/* By the port pair of PCI configuration mechanism 1, or by address. */
static struct ioreq_target target_of(const struct ioreq_domain *i, const struct hvm_io *io)
{
    uint64_t bytes = io->port || !io->count ? io->bytes : (uint64_t)io->count * io->bytes;

    if (io->port && (io->address & ~3UL) == PCI_DATA_PORT && (i->pci_address & PCI_ENABLED)) {
        uint64_t device = i->pci_address >> 8 & 0xffff;

        return (struct ioreq_target){ XEN_DMOP_IO_RANGE_PCI, device, device,
                                      device << 32 | (i->pci_address & 0xfc) | (io->address & 3) };
    }
    return (struct ioreq_target){ io->port ? XEN_DMOP_IO_RANGE_PORT : XEN_DMOP_IO_RANGE_MEMORY,
                                  io->address, io->address + bytes - 1, io->address };
}

/* --- the slot --------------------------------------------------------------------------------- */
static union slot *slot_of(const struct vcpu *v, const struct ioreq_server *s)
{
    return (union slot *)&s->slots->vcpu_ioreq[v->id];
}

/* The last word has the state: whoever sees it sees the rest. */
static void send(struct vcpu *v, struct ioreq_server *s, union slot new)
{
    union slot *slot = slot_of(v, s);

    new.req.vp_eport = s->ports[v->id];
    new.req.state = STATE_IOREQ_READY;
    for (unsigned i = 0; i < STATE_WORD; i++)
        WRITE_ONCE(slot->words[i], new.words[i]);
    __atomic_store_n(&slot->words[STATE_WORD], new.words[STATE_WORD], __ATOMIC_SEQ_CST);
    evtchn_notify_remote(v->domain, s->ports[v->id]);
}

static union slot request_of(const struct ioreq_target *t, const struct hvm_io *io)
{
    static const uint8_t types[IOREQ_KINDS] = { IOREQ_TYPE_PIO, IOREQ_TYPE_COPY,
                                                IOREQ_TYPE_PCI_CONFIG };

    return (union slot){ .req = { .addr = t->address,
                                  .data = io->write || io->count ? io->data : 0,
                                  .count = io->count ? io->count : 1,
                                  .data_is_ptr = io->count != 0,
                                  .size = io->bytes,
                                  .dir = io->write ? IOREQ_WRITE : IOREQ_READ,
                                  .type = types[t->kind] } };
}

static unsigned state_in(const union slot *slot)
{
    union slot seen;

    seen.words[STATE_WORD] = __atomic_load_n(&slot->words[STATE_WORD], __ATOMIC_SEQ_CST);
    return seen.req.state;
}

static bool is_working(unsigned state)
{
    return state == STATE_IOREQ_READY || state == STATE_IOREQ_INPROCESS;
}

enum answer { NOT_YET, HERE, NONSENSE };

/* What a server that has gone leaves behind is all ones. */
static enum answer look(const struct vcpu *v, uint64_t *data)
{
    const struct ioreq_server *s = v->arch.hvm->ioreq.server;
    unsigned state;

    *data = ~0UL;
    if (!s)
        return HERE;
    state = state_in(slot_of(v, s));
    if (is_working(state))
        return NOT_YET;
    if (state != STATE_IORESP_READY)
        return NONSENSE;
    *data = READ_ONCE(slot_of(v, s)->words[DATA_WORD]);
    WRITE_ONCE(slot_of(v, s)->words[STATE_WORD], s->ports[v->id]); /* STATE_IOREQ_NONE */
    return HERE;
}

/* First the flag, then the look: an answer that comes in between finds the flag and clears it. */
static void sleep(struct vcpu *v)
{
    __atomic_fetch_or(&v->pause_flags, VPF_IO, __ATOMIC_SEQ_CST);
    if (is_working(state_in(slot_of(v, v->arch.hvm->ioreq.server))))
        vcpu_sleep_nosync(v);
    else
        __atomic_fetch_and(&v->pause_flags, ~VPF_IO, __ATOMIC_SEQ_CST);
}

/* --- the ring --------------------------------------------------------------------------------- */
static bool is_posted(const struct hvm_io *io)
{
    return io->write && !io->port && !io->count && io->address >= VGA_FIRST &&
           io->address + io->bytes <= VGA_END && !(io->bytes & (io->bytes - 1));
}

/*
 * Indices are taken back by whole rounds, both at once, so that they never overflow: the ring's
 * length divides no power of two. A reader that is as fast leaves it for the next time.
 */
static void rewind_ring(struct ioreq_server *s, uint32_t read)
{
    uint64_t *both = (uint64_t *)&s->ring->read_pointer;
    uint32_t rounds = read / IOREQ_BUFFER_SLOT_NUM * IOREQ_BUFFER_SLOT_NUM;
    uint64_t seen = (uint64_t)s->ring_written << 32 | read;

    _Static_assert(offsetof(struct buffered_iopage, write_pointer) == 4, "the upper half");
    for (unsigned i = 0; rounds && i < RING_TRIES; i++) {
        uint64_t new = seen - ((uint64_t)rounds << 32 | rounds);

        if (__atomic_compare_exchange_n(both, &seen, new, false, __ATOMIC_SEQ_CST,
                                        __ATOMIC_SEQ_CST)) {
            s->ring_written -= rounds;
            return;
        }
        if (seen >> 32 != s->ring_written || (uint32_t)seen < rounds)
            return; /* the device model has written what is not its to write */
    }
}

union ring_entry {
    buf_ioreq_t entry;
    uint64_t word;
};

static union ring_entry entry_of(const struct hvm_io *io, uint32_t data)
{
    return (union ring_entry){ .entry = { .type = IOREQ_TYPE_COPY,
                                          .dir = IOREQ_WRITE,
                                          .size = __builtin_ctz(io->bytes),
                                          .addr = io->address,
                                          .data = data } };
}

/* False if there is no room, by what the reader says of itself. */
static bool post(struct domain *d, struct ioreq_server *s, const union ring_entry *new, unsigned n)
{
    uint32_t read;

    if (!s->ring)
        return false;
    read = READ_ONCE(s->ring->read_pointer);
    if (s->ring_written - read > IOREQ_BUFFER_SLOT_NUM - n)
        return false;
    for (unsigned i = 0; i < n; i++)
        WRITE_ONCE(*(uint64_t *)&s->ring->buf_ioreq[(s->ring_written + i) % IOREQ_BUFFER_SLOT_NUM],
                   new[i].word);
    s->ring_written += n;
    __atomic_store_n(&s->ring->write_pointer, s->ring_written, __ATOMIC_SEQ_CST);
    if (s->atomic_indices)
        rewind_ring(s, read);
    evtchn_notify_remote(d, s->ring_port);
    return true;
}

static bool post_write(struct domain *d, struct ioreq_server *s, const struct hvm_io *io)
{
    const union ring_entry new[] = { entry_of(io, io->data), entry_of(io, io->data >> 32) };

    return is_posted(io) && post(d, s, new, io->bytes == 8 ? 2 : 1);
}

/* --- memory that has gone --------------------------------------------------------------------- */
/*
 * A device model keeps parts of its guest's memory mapped, which holds pages that the guest gives
 * back. It is told by its ring, or before the next request, if that has no room: either is before
 * whatever the guest asks it for afterwards.
 */
void ioreq_memory_changed(struct domain *d)
{
    static const union ring_entry new = { .entry = { .type = IOREQ_TYPE_INVALIDATE,
                                                     .dir = IOREQ_WRITE, .size = 2, .data = ~0U } };
    struct ioreq_domain *i = &d->arch.hvm->ioreq;

    spin_lock(&i->lock);
    WRITE_ONCE(i->memory_changed, false);
    for (unsigned id = 0; id < IOREQ_SERVERS; id++) {
        struct ioreq_server *s = i->servers[id];

        if (s && s->enabled && !post(d, s, &new, 1))
            s->stale = true;
    }
    spin_unlock(&i->lock);
}

static void send_invalidate(struct vcpu *v, struct ioreq_server *s)
{
    const union slot new = { .req = { .type = IOREQ_TYPE_INVALIDATE, .dir = IOREQ_WRITE, .size = 4,
                                      .count = 1, .data = ~0UL } };

    s->stale = false;
    v->arch.hvm->ioreq = (struct ioreq_vcpu){ .state = IOREQ_DROPPED, .server = s };
    send(v, s, new);
}

/* --- an access -------------------------------------------------------------------------------- */
static bool is_same(const struct hvm_io *a, const struct hvm_io *b)
{
    return a->address == b->address && a->bytes == b->bytes && a->write == b->write &&
           a->port == b->port && a->count == b->count &&
           (!(a->write || a->count) || a->data == b->data);
}

static enum hvm_io_result ask(struct vcpu *v, struct hvm_io *io)
{
    struct ioreq_domain *i = &v->domain->arch.hvm->ioreq;
    struct ioreq_target t = target_of(i, io);
    struct ioreq_server *s = ioreq_server_for(i, &t);

    if (io->port && io->write && io->address == PCI_ADDRESS_PORT && io->bytes == 4)
        i->pci_address = io->data;
    if (!s && !io->write)
        io->data = operand_ones(io->bytes);
    if (!s || post_write(v->domain, s, io))
        return HVM_IO_DONE;
    if (s->stale) {
        send_invalidate(v, s); /* and the instruction is run again */
    } else {
        v->arch.hvm->ioreq = (struct ioreq_vcpu){ IOREQ_WANTED, *io, guest_regs()->rip, s };
        send(v, s, request_of(&t, io));
    }
    sleep(v);
    return HVM_IO_WAIT;
}

static enum hvm_io_result access(struct vcpu *v, struct hvm_io *io)
{
    struct ioreq_vcpu *r = &v->arch.hvm->ioreq;
    uint64_t data;
    bool wanted;

    if (r->state == IOREQ_IDLE)
        return ask(v, io);
    switch (look(v, &data)) {
    case NOT_YET:
        sleep(v);
        return HVM_IO_WAIT;
    case NONSENSE:
        domain_crash(v->domain, "its device model has broken a request of vcpu %u", v->id);
        return HVM_IO_WAIT;
    default: break;
    }
    wanted = r->state == IOREQ_WANTED && is_same(&r->io, io);
    r->state = IOREQ_IDLE;
    r->server = NULL;
    if (!wanted)
        return ask(v, io);
    if (!io->write)
        io->data = data & operand_ones(io->bytes);
    return HVM_IO_DONE;
}

enum hvm_io_result ioreq_access(struct vcpu *v, struct hvm_io *io)
{
    struct ioreq_domain *i = &v->domain->arch.hvm->ioreq;
    enum hvm_io_result result;

    spin_lock(&i->lock);
    result = access(v, io);
    spin_unlock(&i->lock);
    return result;
}

bool ioreq_is_served(struct vcpu *v, const struct hvm_io *io)
{
    struct ioreq_domain *i = &v->domain->arch.hvm->ioreq;
    struct ioreq_target t;
    bool served;

    spin_lock(&i->lock);
    t = target_of(i, io);
    served = ioreq_server_for(i, &t) != NULL;
    spin_unlock(&i->lock);
    return served;
}

void ioreq_forget(struct vcpu *v)
{
    struct ioreq_vcpu *r = &v->arch.hvm->ioreq;

    if (r->state == IOREQ_WANTED)
        r->state = IOREQ_DROPPED;
}

bool ioreq_waits(const struct vcpu *v, uint64_t rip)
{
    return v->arch.hvm->ioreq.state == IOREQ_WANTED && v->arch.hvm->ioreq.rip == rip;
}
