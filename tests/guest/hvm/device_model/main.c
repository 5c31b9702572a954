/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Dom0 as the device model of a guest: ports, memory and PCI registers are asked for as the guest
 * names them, once each, and the answer is what the guest gets, whatever else stands in the slot by
 * then. Writes to a screen's memory go to the ring, in their order, until it is full. An interrupt
 * waits until the instruction is done. When the guest gives memory back the server is told, before it
 * is asked for anything else. One that goes leaves all ones, one that breaks the slot ends its guest.
 * (public/hvm/ioreq.h)
 */
#include <device_model.h>
#include <hvm_code.h>

#define PORT  "0x500"
#define FIRST 0x500
#define LAST  0x50f
#define SCREEN 0xa0000
#define SCREEN_END 0xc0000
#define DEVICE 0x210 /* 2:2.0 */

#define CODE(name, text)                                       \
    asm(".pushsection .rodata\n"                               \
        "code_" #name ": mov $" PORT ", %edx\n"                \
        text "\n"                                              \
        "cli; hlt\n"                                           \
        "code_" #name "_end:\n"                                \
        ".popsection\n");                                      \
    extern const uint8_t code_##name[], code_##name##_end[]

#define TO(port) "mov $" port ", %edx; "

CODE(ports,
     "mov $-1, %rax; in %dx, %al; stosq; mov $-1, %rax; in %dx, %ax; stosq;"
     "mov $-1, %rax; in %dx, %eax; stosq;"
     "mov $0x11223344, %eax; out %al, %dx; out %ax, %dx; out %eax, %dx;"
     TO("0x50c") "in %dx, %eax; stosq;"
     TO("0x50d") "in %dx, %eax; stosq;" /* not all of it is served */
     TO("0x510") "xor %eax, %eax; in %dx, %al; stosq;"
     TO("0xcf8") "mov $0x80021044, %eax; out %eax, %dx;"
     TO("0xcfe") "in %dx, %ax; stosq; out %ax, %dx;"
     TO("0xcf8") "mov $0x80021844, %eax; out %eax, %dx;" /* nobody's */
     TO("0xcfc") "in %dx, %eax; stosq;"
     "mov 0xd008, %eax; stosq; movl $0x55667788, 0xd00c; movq $-2, 0xd010;"
     "mov 0xd0fe, %eax; stosq"); /* beyond its end */
CODE(one, "mov $-1, %rax; in %dx, %al; stosq");

/* --- what is asked ---------------------------------------------------------------------------- */
static const struct wanted {
    uint64_t addr;
    uint8_t size, dir, type;
    uint64_t data; /* of a write; what is answered to a read */
} wanted[] = {
    {FIRST, 1, IOREQ_READ, IOREQ_TYPE_PIO, 0xfedcba9876543210},
    {FIRST, 2, IOREQ_READ, IOREQ_TYPE_PIO, 0xfedcba9876543211},
    {FIRST, 4, IOREQ_READ, IOREQ_TYPE_PIO, 0xfedcba9876543212},
    {FIRST, 1, IOREQ_WRITE, IOREQ_TYPE_PIO, 0x44},
    {FIRST, 2, IOREQ_WRITE, IOREQ_TYPE_PIO, 0x3344},
    {FIRST, 4, IOREQ_WRITE, IOREQ_TYPE_PIO, 0x11223344},
    {0x50c, 4, IOREQ_READ, IOREQ_TYPE_PIO, 0x12345678},
    {(uint64_t)DEVICE << 32 | 0x46, 2, IOREQ_READ, IOREQ_TYPE_PCI_CONFIG, 0x8086},
    {(uint64_t)DEVICE << 32 | 0x46, 2, IOREQ_WRITE, IOREQ_TYPE_PCI_CONFIG, 0x8086},
    {0xd008, 4, IOREQ_READ, IOREQ_TYPE_COPY, 0x87654321},
    {0xd00c, 4, IOREQ_WRITE, IOREQ_TYPE_COPY, 0x55667788},
    {0xd010, 8, IOREQ_WRITE, IOREQ_TYPE_COPY, 0xfffffffffffffffe},
};
static const uint64_t results[] = {0xffffffffffffff10, 0xffffffffffff3211, 0x76543212, 0x12345678,
                                   0xffffffff, 0xff, 0x80028086, 0xffffffff, 0x87654321,
                                   0xffffffff};

static struct device_model model;
static unsigned asked;
static void (*answer)(void); /* to a request */

static void prepare(domid_t domid)
{
    const uint32_t map = XEN_DMOP_map_io_range_to_ioreq_server;

    asked = 0;
    model_start(&model, domid);
    CHECK_EQ(server_range(domid, model.id, map, XEN_DMOP_IO_RANGE_PORT, FIRST, LAST), 0);
    CHECK_EQ(server_range(domid, model.id, map, XEN_DMOP_IO_RANGE_PCI, DEVICE, DEVICE), 0);
    CHECK_EQ(server_range(domid, model.id, map, XEN_DMOP_IO_RANGE_MEMORY, 0xd000, 0xd0ff), 0);
    CHECK_EQ(server_range(domid, model.id, map, XEN_DMOP_IO_RANGE_MEMORY, SCREEN, SCREEN_END - 1),
             0);
}

static void serve(void)
{
    if (!model_asked(&model))
        return;
    asked++;
    answer();
}

static void leave(void) { model_end(&model); }

static int run(const uint8_t *code, const uint8_t *end, void (*how)(void), struct hvm_run *r)
{
    *r = (struct hvm_run){.mode = HVM_LONG, .code = code, .end = end, .prepare = prepare,
                          .serve = serve, .leave = leave};
    answer = how;
    return hvm_run(r);
}

static void compare_and_answer(void)
{
    const volatile struct ioreq *slot = model.slot;
    const struct wanted *w = &wanted[asked - 1];

    if (!CHECK(asked <= ARRAY_SIZE(wanted))) {
        model_answer(&model, STATE_IORESP_READY, 0);
        return;
    }
    CHECK_EQ(slot->addr, w->addr);
    CHECK_EQ(slot->size, w->size);
    CHECK_EQ(slot->dir, w->dir);
    CHECK_EQ(slot->type, w->type);
    CHECK_EQ(slot->count, 1);
    CHECK_EQ(slot->data_is_ptr | slot->df, 0);
    if (w->dir == IOREQ_WRITE)
        CHECK_EQ(slot->data, w->data);
    model_answer(&model, STATE_IORESP_READY, w->data);
}

static void every_kind(void)
{
    struct hvm_run r;

    CHECK_EQ(run(code_ports, code_ports_end, compare_and_answer, &r), SHUTDOWN_poweroff);
    CHECK_EQ(asked, ARRAY_SIZE(wanted));
    for (unsigned i = 0; i < ARRAY_SIZE(results); i++)
        CHECK_EQ(((uint64_t *)r.results)[i], results[i]);
}

/* --- the ring --------------------------------------------------------------------------------- */
CODE(screen, "movb $0x12, 0xa0000; movw $0x3456, 0xbfffe; movl $0x789abcde, 0xa0004;"
     "mov $0x1122334455667788, %rax; mov %rax, 0xa0008; mov 0xa0000, %al;" /* read: all before it */
     "mov $0xa0000, %edi; mov $600, %ecx; rep stosb; mov 0xa0000, %al;"
     "movb $1, 0xa0000; movb $2, 0xa0001");

static const struct {
    uint32_t addr, data;
    uint8_t size; /* log2 */
} posted[] = {{SCREEN, 0x12, 0},           {SCREEN_END - 2, 0x3456, 1}, {SCREEN + 4, 0x789abcde, 2},
              {SCREEN + 8, 0x55667788, 3}, {SCREEN + 8, 0x11223344, 3}};

static unsigned in_ring(void) { return model.ring->write_pointer - model.ring->read_pointer; }

static void empty_ring(void)
{
    __atomic_fetch_add(&model.ring->read_pointer, in_ring(), __ATOMIC_SEQ_CST);
}

static void compare_posted(void)
{
    CHECK(event_pending(model.ring_port));
    CHECK_EQ(in_ring(), ARRAY_SIZE(posted));
    for (unsigned i = 0; i < ARRAY_SIZE(posted); i++) {
        volatile struct buf_ioreq *entry = &model.ring->buf_ioreq[i];

        CHECK_EQ(entry->addr, posted[i].addr);
        CHECK_EQ(entry->data, posted[i].data);
        CHECK_EQ(entry->size, posted[i].size);
        CHECK_EQ(entry->type, IOREQ_TYPE_COPY);
        CHECK_EQ(entry->dir, IOREQ_WRITE);
    }
}

/* What comes to the slot: a read, a write that finds the ring full, a read, two that are asked
 * because the ring is nonsense. */
static void screen(void)
{
    static const unsigned dirs[] = {IOREQ_READ, IOREQ_WRITE, IOREQ_READ, IOREQ_WRITE, IOREQ_WRITE};

    if (CHECK(asked <= ARRAY_SIZE(dirs)))
        CHECK_EQ(model.slot->dir, dirs[asked - 1]);
    if (asked == 1)
        compare_posted();
    if (asked == 2)
        CHECK_EQ(in_ring(), IOREQ_BUFFER_SLOT_NUM);
    if (asked == 3) {
        CHECK_EQ(in_ring(), 600 - IOREQ_BUFFER_SLOT_NUM - 1);
        CHECK(model.ring->write_pointer < IOREQ_BUFFER_SLOT_NUM); /* taken back by a round */
    }
    empty_ring();
    if (asked >= 3)
        model.ring->read_pointer = model.ring->write_pointer + 1;
    model_answer(&model, STATE_IORESP_READY, 0);
}

static void posts(void)
{
    struct hvm_run r;

    CHECK_EQ(run(code_screen, code_screen_end, screen, &r), SHUTDOWN_poweroff);
    CHECK_EQ(asked, 5);
}

/* --- memory that has gone --------------------------------------------------------------------- */
/* decrease_reservation of one page, twice; what the model has mapped of it is not the guest's. */
#define GIVE(page)                                                                              \
    "movq $0x3840, 0x3800; movq $1, 0x3808; movq $0, 0x3810; movq $0x7ff0, 0x3818;"            \
    "movq $" page ", 0x3840; mov $12, %eax; mov $1, %edi; mov $0x3800, %esi; vmcall;"           \
    "mov %rax, 0x3000; mov $" PORT ", %edx; in %dx, %al;"
CODE(gives, GIVE("9") GIVE("10"));

static void invalidated(void)
{
    unsigned entries = in_ring();
    volatile struct buf_ioreq *last = &model.ring->buf_ioreq[0];

    if (asked == 1) { /* in the ring, which is full from then on */
        CHECK_EQ(entries, 1);
        CHECK_EQ(last->type, IOREQ_TYPE_INVALIDATE);
        CHECK_EQ(last->dir, IOREQ_WRITE);
        model.ring->read_pointer = model.ring->write_pointer - IOREQ_BUFFER_SLOT_NUM;
    }
    CHECK_EQ(model.slot->type, asked == 2 ? IOREQ_TYPE_INVALIDATE : IOREQ_TYPE_PIO);
    model_answer(&model, STATE_IORESP_READY, 0);
}

static void memory_goes(void)
{
    struct hvm_run r;

    CHECK_EQ(run(code_gives, code_gives_end, invalidated, &r), SHUTDOWN_poweroff);
    CHECK_EQ(asked, 3); /* once it was not the guest's port that was asked for */
    CHECK_EQ(*(uint64_t *)r.results, 1);
}

/* --- what a hostile one does ------------------------------------------------------------------ */
static void change_all(void)
{
    volatile uint64_t *slot = (volatile uint64_t *)model.slot;

    CHECK_EQ(event_send(model.port), 0); /* nothing is answered yet */
    CHECK_EQ(event_send(model.ring_port), 0);
    hyp_sched_op(SCHEDOP_yield, NULL);
    CHECK_EQ(model.slot->state, STATE_IOREQ_INPROCESS);
    for (unsigned i = 0; i < sizeof(struct ioreq) / 8; i++)
        slot[i] = ~0UL;
    model_answer(&model, STATE_IORESP_READY, 0x1122334455667788);
}

static void disappear(void) { CHECK_EQ(server_destroy(model.domid, model.id), 0); }

static void break_state(void) { model_answer(&model, 9, 0); }

static void forget_state(void) { model_answer(&model, STATE_IOREQ_NONE, 0); }

static void hostile(void)
{
    struct hvm_run r;

    CHECK_EQ(run(code_one, code_one_end, change_all, &r), SHUTDOWN_poweroff);
    CHECK_EQ(*(uint64_t *)r.results, 0xffffffffffffff88);
    CHECK_EQ(run(code_one, code_one_end, disappear, &r), SHUTDOWN_poweroff);
    CHECK_EQ(*(uint64_t *)r.results, ~0UL);
    CHECK_EQ(run(code_one, code_one_end, break_state, &r), SHUTDOWN_crash);
    CHECK_EQ(run(code_one, code_one_end, forget_state, &r), SHUTDOWN_crash);
}

/* --- interrupts ------------------------------------------------------------------------------- */
#define SEND(icr, value) "mov $" icr ", %ecx; mov $" value ", %eax; xor %edx, %edx; wrmsr; "
#define RETURN_TO "0xbfc8" /* as the processor pushes it first */

/* The timer fires while the request is under way. */
#define PROBES(X, name, A, S, F)                                                           \
    X(name, SEND("0x80f", "0x1ff"), NONE)                                                  \
    X(name, SEND("0x832", "0x27") SEND("0x83e", "0xb") SEND("0x838", "100000")             \
      "mov $" PORT ", %edx; sti; nop; in %dx, %al; 5: nop; nop", 0x27)                     \
    X(name, "cmpl $5b - code_waits + 0x1000, " RETURN_TO "; je 6f; ud2; 6:", NONE)         \
    X(name, "ud2", VEC_UD)

HVM_GUEST("waits", "64", PROBES, "%rax", "%rsp", "", "rax", "rbx");
extern const uint8_t code_waits[], code_waits_end[];

static void answer_late(void)
{
    busy_wait(20 * MS);
    model_answer(&model, STATE_IORESP_READY, 0);
}

static void interrupted(void)
{
    static const uint8_t vectors[] = {NONE, 0x27, NONE, VEC_UD};
    struct hvm_run r;

    CHECK_EQ(run(code_waits, code_waits_end, answer_late, &r), SHUTDOWN_poweroff);
    CHECK_EQ(asked, 1);
    for (unsigned i = 0; i < ARRAY_SIZE(vectors); i++)
        CHECK_EQ(r.results[i], vectors[i]);
}

GUEST_TEST("a device model answers a hardware guest, or is hostile")
{
    NEEDS_HVM();
    every_kind();
    posts();
    memory_goes();
    hostile();
    interrupted();
}
