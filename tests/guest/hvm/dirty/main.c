/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which pages of a guest were written to is told exactly, for whoever copies them while it runs
 * (XEN_DOMCTL_shadow_op): what the guest writes, in pages that were part of a large one; what the
 * hypervisor writes for it; what Dom0 may have written through mappings, from their beginning until after
 * their end; what a device model says that it wrote; what came and went. Looking at a screen at the same
 * time takes nothing away. The guest waits for its device model between the steps; its second vcpu
 * writes to one page all the time, which every look has to find again although its TLB knows the page
 * (that of Bochs, 2.7, forgets it at each exit).
 * The guest's own page tables count as written by any walk through them, where the processor says so.
 */
#include <device_model.h>

#define PORT  0x500
#define LARGE 0x200 /* a page of 2 MiB begins there */
#define BUSY  0x20c /* is always written to */
#define HOLE  0x410
#define FRAMES 0x420

/* The second vcpu begins 2 bytes behind the first. */
#define ASK "mov $0x500, %edx; in %dx, %al\n"
asm(".pushsection .rodata\n"
    "code_dirty: jmp 1f\n"
    "2: incl 0x20c000; pause\n"
    "   cmpl $0, 0x4800; je 2b; cli; hlt\n"
    "1: movl $1, 0x9000; movl $1, 0x205000\n" ASK
    "   mov 0xa000, %eax; mov 0x206000, %eax; push %rax; pop %rax\n" ASK
    "   mov $17, %eax; mov $1, %edi; mov $0xa000, %esi; vmcall\n" ASK /* xen_version */
    "   mov $0x9000, %edi; mov $0x80, %edx; insb\n" ASK
    "   movl $2, 0x9000; movl $2, 0x3ff000\n" ASK
    "   movl $3, 0x9000; movl $3, 0x3ff000\n" ASK
    "   movl $1, 0x4800; cli; hlt\n"
    "code_dirty_end:\n"
    ".popsection\n");
extern const uint8_t code_dirty[], code_dirty_end[];

static struct device_model model;
static unsigned asked;
static uint64_t bits[FRAMES / 64 + 1];

static long call(struct xen_domctl_shadow_op *s, unsigned number)
{
    struct xen_domctl op = {.u.shadow_op = *s};
    long result;

    op.u.shadow_op.op = number;
    result = domctl(&op, XEN_DOMCTL_shadow_op, model.domid);
    *s = op.u.shadow_op;
    return result;
}

static long simple(unsigned number)
{
    struct xen_domctl_shadow_op s = {0};

    return call(&s, number);
}

static long look(unsigned number, uint32_t *count)
{
    struct xen_domctl_shadow_op s = {.dirty_bitmap = HANDLE(bits), .pages = FRAMES};
    long result;

    memset(bits, 0xff, sizeof(bits));
    result = call(&s, number);
    CHECK_EQ(s.pages, FRAMES);
    CHECK_EQ(bits[FRAMES / 64] >> FRAMES % 64, ~0UL >> FRAMES % 64);
    *count = s.stats.dirty_count;
    return result;
}

static bool is_dirty(unsigned frame) { return bits[frame / 64] >> frame % 64 & 1; }

/* Tables of the guest's, and the page that its second vcpu writes to. */
static bool says_nothing(unsigned frame) { return (frame >= 6 && frame <= 8) || frame == BUSY; }

static void expect(const char *what, unsigned number, const unsigned *frames, unsigned n)
{
    uint32_t count, others = 0;

    CHECK_EQ(look(number, &count), 0);
    for (unsigned f = 0; f < FRAMES; f++) {
        bool wanted = false;

        for (unsigned i = 0; i < n; i++)
            wanted |= frames[i] == f;
        if (says_nothing(f))
            others += is_dirty(f);
        else if (is_dirty(f) != wanted)
            failure("step %u, %s: page 0x%x is %s", asked, what, f,
                    wanted ? "not told" : "told, and was not written to");
    }
    CHECK_EQ(count, n + others);
}

#define PEEK(what, ...) LOOK(what, XEN_DOMCTL_SHADOW_OP_PEEK, __VA_ARGS__)
#define CLEAN(what, ...) LOOK(what, XEN_DOMCTL_SHADOW_OP_CLEAN, __VA_ARGS__)
#define LOOK(what, op, ...)                               \
    do {                                                  \
        const unsigned f_[] = {__VA_ARGS__};              \
        expect(what, op, f_, ARRAY_SIZE(f_));             \
    } while (0)

/* --- who else writes -------------------------------------------------------------------------- */
static void *map_readable(uint64_t address)
{
    void *window = window_alloc();

    CHECK_EQ(hyp_update_va_mapping_otherdomain((uint64_t)window, address | PTE_RO, UVMF_INVLPG,
                                               model.domid), 0);
    return window;
}

static void mappings(void)
{
    void *window = hvm_map(model.domid, 0x5000);

    CLEAN("mapped", 5);
    CLEAN("still mapped", 5);
    window_free(window);
    PEEK("was mapped", 5);
    CLEAN("was mapped", 5);
    CLEAN("no longer mapped");
    window = map_readable(0x5000);
    CLEAN("mapped to be read");
    window_free(window);
    CLEAN("was mapped to be read");
}

static long modified(struct xen_dm_op_modified_memory_extent *e, unsigned n, unsigned room)
{
    struct xen_dm_op op = {.op = XEN_DMOP_modified_memory, .u.modified_memory.nr_extents = n};
    struct xen_dm_op_buf bufs[] = {{HANDLE(&op), sizeof(op)}, {HANDLE(e), room * sizeof(*e)}};

    return hyp_dm_op(model.domid, 2, bufs);
}

static void mark(uint64_t frame)
{
    struct xen_dm_op_modified_memory_extent e = {1, 0, frame};

    CHECK_EQ(modified(&e, 1, 1), 0);
}

static void model_writes(void)
{
    struct xen_dm_op_modified_memory_extent e[] = {{2, 0, 10}, {3, 0, LARGE}, {9000, 0, 1UL << 35}},
                                            bad = {1, 1, 10}, around = {2, 0, ~0UL};

    CHECK_EQ(modified(e, 3, 3), 0);
    CLEAN("the device model's", 10, 11, LARGE, LARGE + 1, LARGE + 2);
    CHECK_EQ(modified(e, 3, 2), -XEN_EINVAL);
    CHECK_EQ(modified(&bad, 1, 1), -XEN_EINVAL);
    CHECK_EQ(modified(&around, 1, 1), -XEN_EINVAL);
    CLEAN("what was refused");
}

static void memory_moves(void)
{
    uint64_t gone = LARGE + 7, come = HOLE;
    xen_memory_reservation_t r = {.extent_start = HANDLE(&gone), .nr_extents = 1,
                                  .domid = model.domid};
    struct xen_dm_op op = {.u.relocate_memory = {1, 0, HOLE, HOLE + 1}};

    CHECK_EQ(hyp_memory_op(XENMEM_decrease_reservation, &r), 1);
    CHECK_EQ(domain_populate(model.domid, come, 1, &come), 1);
    CLEAN("what came and went", LARGE + 7, HOLE);
    CHECK_EQ(dm_op(model.domid, &op, XEN_DMOP_relocate_memory), 0);
    CLEAN("what moved", HOLE, HOLE + 1);
}

/* --- a screen --------------------------------------------------------------------------------- */
static bool screen_is_dirty(uint64_t frame)
{
    struct xen_dm_op op = {.op = XEN_DMOP_track_dirty_vram, .u.track_dirty_vram = {1, 0, frame}};
    uint8_t bit = 0;
    struct xen_dm_op_buf bufs[] = {{HANDLE(&op), sizeof(op)}, {HANDLE(&bit), 1}};

    CHECK_EQ(hyp_dm_op(model.domid, 2, bufs), 0);
    return bit & 1;
}

static void screen(void)
{
    bool unknown = screen_is_dirty(LARGE + 8) && screen_is_dirty(LARGE + 8);

    mark(LARGE + 8);
    CHECK(screen_is_dirty(LARGE + 8));
    CHECK_EQ(screen_is_dirty(LARGE + 8), unknown);
    CLEAN("what the screen has seen", LARGE + 8);
    mark(LARGE + 8);
    CLEAN("what the screen will see", LARGE + 8);
    CHECK(screen_is_dirty(LARGE + 8));
    CHECK_EQ(screen_is_dirty(LARGE + 8), unknown);
    CLEAN("what the screen saw");
}

/* --- refused, and interrupted ------------------------------------------------------------------ */
static void refused(void)
{
    struct xen_domctl op = {.u.shadow_op.op = XEN_DOMCTL_SHADOW_OP_PEEK};
    struct xen_domctl_shadow_op s = {.mode = 2, .dirty_bitmap = HANDLE(bits), .pages = FRAMES};

    CHECK_EQ(simple(XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY), -XEN_EINVAL);
    CHECK_EQ(simple(XEN_DOMCTL_SHADOW_OP_ENABLE), -XEN_EINVAL);
    CHECK_EQ(simple(XEN_DOMCTL_SHADOW_OP_ENABLE_TEST), -XEN_EINVAL);
    CHECK_EQ(simple(99), -XEN_EINVAL);
    CHECK_EQ(call(&s, XEN_DOMCTL_SHADOW_OP_CLEAN), -XEN_EINVAL);
    CHECK_EQ(domctl(&op, XEN_DOMCTL_shadow_op, 0), -XEN_EOPNOTSUPP); /* a PV domain */

    mark(9);
    s = (struct xen_domctl_shadow_op){.dirty_bitmap = {-8UL}, .pages = FRAMES};
    CHECK_EQ(call(&s, XEN_DOMCTL_SHADOW_OP_CLEAN), -XEN_EFAULT);
    PEEK("nobody was told of", 9);
    s = (struct xen_domctl_shadow_op){.dirty_bitmap = HANDLE(bits), .pages = 0};
    CHECK_EQ(call(&s, XEN_DOMCTL_SHADOW_OP_CLEAN), 0);
    CHECK_EQ(s.stats.dirty_count, 0);
    s = (struct xen_domctl_shadow_op){.pages = 1};
    CHECK_EQ(call(&s, XEN_DOMCTL_SHADOW_OP_PEEK), 0);
    CHECK(s.stats.dirty_count >= 1);
    CHECK_EQ(s.pages, 1);
    CHECK_EQ(call(&s, XEN_DOMCTL_SHADOW_OP_CLEAN), 0); /* all, though nobody is told which */
    PEEK("cleaned without a map");
}

static unsigned between;

static void in_between(void)
{
    if (between++)
        return;
    CHECK_EQ(simple(XEN_DOMCTL_SHADOW_OP_PEEK), -XEN_EBUSY);
}

static void interrupted(void)
{
    bool more = faults_possible();

    for (unsigned n = 1; more; n++) {
        between = 0;
        mark(LARGE + 9);
        mark(HOLE + 1);
        fault_interrupt(n);
        upcall_hook(in_between);
        events_on();
        CLEAN("interrupted", LARGE + 9, HOLE + 1);
        events_off();
        upcall_hook(NULL);
        more = fault_interrupted(n);
        CHECK_EQ(more, between != 0);
    }
}

/* --- memory for tables ------------------------------------------------------------------------ */
static void pool(void)
{
    struct xen_domctl_shadow_op s = {0};
    struct xen_domctl op = {.u.paging_mempool.size = PAGE_SIZE};
    uint64_t far = 1UL << 30, usual;

    CHECK_EQ(call(&s, XEN_DOMCTL_SHADOW_OP_GET_ALLOCATION), 0);
    usual = s.mb;
    CHECK(usual >= 4);
    CHECK_EQ(domctl(&op, XEN_DOMCTL_set_paging_mempool_size, model.domid), 0); /* less than it has */
    CHECK_EQ(domain_populate(model.domid, far, 1, &far), 0);
    CHECK_EQ(domctl(&op, XEN_DOMCTL_get_paging_mempool_size, model.domid), 0);
    CHECK(op.u.paging_mempool.size > PAGE_SIZE && op.u.paging_mempool.size < 32 * PAGE_SIZE);
    op.u.paging_mempool.size = 1;
    CHECK_EQ(domctl(&op, XEN_DOMCTL_set_paging_mempool_size, model.domid), -XEN_EINVAL);
    CHECK_EQ(domctl(&op, XEN_DOMCTL_get_paging_mempool_size, 0), -XEN_EOPNOTSUPP);
    s.mb = 3;
    CHECK_EQ(call(&s, XEN_DOMCTL_SHADOW_OP_SET_ALLOCATION), 0);
    s.mb = 0;
    CHECK_EQ(call(&s, XEN_DOMCTL_SHADOW_OP_GET_ALLOCATION), 0);
    CHECK_EQ(s.mb, 3);
    far = 1UL << 30;
    CHECK_EQ(domain_populate(model.domid, far, 1, &far), 1);
}

/* --- the second vcpu -------------------------------------------------------------------------- */
static void keeps_writing(void)
{
    volatile uint32_t *counter = map_readable(BUSY * PAGE_SIZE);
    uint32_t count;

    for (unsigned i = 0; i < 5; i++) {
        uint32_t seen;

        CHECK_EQ(look(XEN_DOMCTL_SHADOW_OP_CLEAN, &count), 0);
        seen = *counter;
        CHECK(WAIT_FOR(*counter - seen >= 2)); /* one of them may have been counted already */
        CHECK_EQ(look(XEN_DOMCTL_SHADOW_OP_PEEK, &count), 0);
        CHECK(is_dirty(BUSY));
    }
    window_free((void *)counter);
}

/* --- the steps -------------------------------------------------------------------------------- */
static void prepare(domid_t domid)
{
    struct xen_domctl op = {.u.max_mem.max_memkb = 4096};
    uint64_t large = LARGE, *table;
    xen_memory_reservation_t r = {.extent_start = HANDLE(&large), .nr_extents = 1,
                                  .extent_order = 9, .domid = domid};

    asked = 0;
    CHECK_EQ(domctl(&op, XEN_DOMCTL_max_mem, domid), 0);
    CHECK_EQ(hyp_memory_op(XENMEM_populate_physmap, &r), 1);
    table = hvm_map(domid, 0x8000);
    table[1] = LARGE * PAGE_SIZE | 0x83;
    window_free(table);
    model_start_at(&model, domid, PORT);
    CHECK_EQ(simple(XEN_DOMCTL_SHADOW_OP_CLEAN), -XEN_EINVAL);
    CHECK_EQ(simple(XEN_DOMCTL_SHADOW_OP_OFF), 0);
    CHECK_EQ(simple(XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY), 0);
    PEEK("nothing yet");
}

static void step(void)
{
    struct xen_domctl_shadow_op s = {.mode = XEN_DOMCTL_SHADOW_ENABLE_LOG_DIRTY};

    switch (++asked) {
    case 1:
        PEEK("the guest's", 9, LARGE + 5);
        PEEK("the guest's, again", 9, LARGE + 5);
        CLEAN("the guest's", 9, LARGE + 5);
        CLEAN("nobody's");
        break;
    case 2:
        CLEAN("its stack", 11);
        break;
    case 3:
        CLEAN("a hypercall's", 10);
        break;
    case 4:
        CLEAN("an emulated instruction's", 9);
        mappings();
        model_writes();
        memory_moves();
        screen();
        refused();
        interrupted();
        keeps_writing();
        CHECK_EQ(simple(XEN_DOMCTL_SHADOW_OP_OFF), 0);
        CHECK_EQ(simple(XEN_DOMCTL_SHADOW_OP_PEEK), -XEN_EINVAL);
        break;
    case 5:
        CHECK_EQ(call(&s, XEN_DOMCTL_SHADOW_OP_ENABLE), 0);
        CLEAN("before it was on again");
        break;
    default:
        CLEAN("once more", 9, LARGE + 0x1ff);
        CHECK_EQ(simple(XEN_DOMCTL_SHADOW_OP_OFF), 0);
        pool();
    }
    model_answer(&model, STATE_IORESP_READY, 0);
}

static void serve(void)
{
    if (model_asked(&model))
        step();
}

static void leave(void) { model_end(&model); }

GUEST_TEST("pages of a running guest that were written to are told exactly")
{
    struct hvm_run run = {.mode = HVM_LONG, .vcpus = 2, .code = code_dirty, .end = code_dirty_end,
                          .prepare = prepare, .serve = serve, .leave = leave};

    NEEDS_HVM();
    CHECK_EQ(hvm_run(&run), SHUTDOWN_poweroff);
    CHECK_EQ(asked, 6);
}
