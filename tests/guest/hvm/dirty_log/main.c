/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Many pages of a guest are written to by two vcpus between two looks: more than a processor's log of
 * them holds (PML: 512 for a vcpu), so that it is full on the way. Every page is told, and no other.
 * Then one of them writes without an end, while each look's pages are copied, as for another machine:
 * when it has stopped, and been looked at once more, nothing is missing in the copy.
 */
#include <device_model.h>

#define PORT   0x500
#define LARGE  0x200 /* pages of 2 MiB begin there: */
#define NR_LARGE 4
#define FRAMES (LARGE + NR_LARGE * 512)
#define FLAGS  3     /* the page of what the vcpus tell each other */
#define ALONE  0x807 /* is written to by the first vcpu while the other one does nothing */
#define WRITTEN 0x201 /* the first page of the second vcpu */
#define RUN    2     /* words of FLAGS: the second vcpu goes on and on */
#define LOOKS  12

/* The first writes to pages 0, 2, 4 and 6 of eight, the second, which begins 2 bytes behind it, to 1, 3
 * and 5. 0x3800: the round that is asked for, 0x3804: that is done, 0x380c: the end. */
#define ASK   "mov $0x500, %edx; in %dx, %al\n"
#define BEGIN "incl 0x3800\n"
#define WAIT  "4: pause; mov 0x3800, %ebx; cmp 0x3804, %ebx; jne 4b\n"
#define ALL(step, insn) "mov $0x200000, %eax; 5: " insn "; add $" step ", %eax; cmp $0xa00000, %eax; jb 5b\n"
asm(".pushsection .rodata\n"
    "code_log: jmp 1f\n"
    "2: pause; cmpl $0, 0x380c; jne 3f; mov 0x3800, %ebx; cmp 0x3804, %ebx; je 2b\n"
    "6: mov $0x201000, %eax\n"
    "7: incl (%rax); incl 0x2000(%rax); incl 0x4000(%rax)\n"
    "   add $0x8000, %eax; cmp $0xa00000, %eax; jb 7b\n"
    "   cmpl $0, 0x3808; jne 6b\n"
    "   mov %ebx, 0x3804; jmp 2b\n"
    "1:" ASK
    BEGIN ALL("0x2000", "incl (%rax)") WAIT ASK
    ALL("0x1000", "mov (%rax), %ebx") "incl 0x807000\n" ASK
    BEGIN WAIT ASK
    "movl $1, 0x3808\n" BEGIN ASK WAIT ASK
    "   movl $1, 0x380c\n"
    "3: cli; hlt\n"
    "code_log_end:\n"
    ".popsection\n");
extern const uint8_t code_log[], code_log_end[];

static struct device_model model;
static unsigned asked;
static uint64_t bits[FRAMES / 64];
static uint32_t copy[FRAMES]; /* of the first word of each page */

static long call(unsigned number)
{
    struct xen_domctl op = {
        .u.shadow_op = {.op = number, .dirty_bitmap = HANDLE(bits), .pages = FRAMES},
    };

    return domctl(&op, XEN_DOMCTL_shadow_op, model.domid);
}

static bool is_dirty(unsigned frame) { return bits[frame / 64] >> frame % 64 & 1; }

/* Told are those of eight pages for which `places` has a bit, and frame `one`, of those that are only
 * data. */
static void look(unsigned number, unsigned places, unsigned one)
{
    CHECK_EQ(call(number), 0);
    for (unsigned f = LARGE; f < FRAMES; f++)
        if (is_dirty(f) != ((places >> f % 8 & 1) || f == one)) {
            failure("step %u: page 0x%x is %s", asked, f,
                    is_dirty(f) ? "told, and was not written to" : "not told");
            return;
        }
}

static volatile uint32_t *map_readable(unsigned frame)
{
    void *window = window_alloc();

    CHECK_EQ(hyp_update_va_mapping_otherdomain((uint64_t)window, frame * PAGE_SIZE | PTE_RO,
                                               UVMF_INVLPG, model.domid), 0);
    return window;
}

static uint32_t first_word(unsigned frame)
{
    volatile uint32_t *window = map_readable(frame);
    uint32_t word = *window;

    window_free((void *)window);
    return word;
}

static void copy_dirty(void)
{
    CHECK_EQ(call(XEN_DOMCTL_SHADOW_OP_CLEAN), 0);
    for (unsigned f = LARGE; f < FRAMES; f++)
        if (is_dirty(f))
            copy[f] = first_word(f);
}

static void copy_what_is_written(void)
{
    volatile uint32_t *written = map_readable(WRITTEN);
    uint32_t *flags;

    for (unsigned f = LARGE; f < FRAMES; f++)
        copy[f] = first_word(f);
    for (unsigned i = 0; i < LOOKS; i++) {
        uint32_t seen = *written;

        copy_dirty();
        CHECK(WAIT_FOR(*written != seen));
    }
    window_free((void *)written);
    flags = hvm_map(model.domid, FLAGS * PAGE_SIZE);
    flags[0x800 / sizeof(*flags) + RUN] = 0;
    window_free(flags);
}

static void compare(void)
{
    copy_dirty();
    for (unsigned f = LARGE; f < FRAMES; f++)
        if (copy[f] != first_word(f)) {
            failure("page 0x%x: %u was copied, %u is there", f, copy[f], first_word(f));
            return;
        }
}

static void prepare(domid_t domid)
{
    struct xen_domctl op = {.u.max_mem.max_memkb = 1024 + NR_LARGE * 2048};
    uint64_t *table;

    asked = 0;
    CHECK_EQ(domctl(&op, XEN_DOMCTL_max_mem, domid), 0);
    table = hvm_map(domid, 0x8000);
    for (unsigned i = 0; i < NR_LARGE; i++) {
        uint64_t frame = LARGE + i * 512;
        xen_memory_reservation_t r = {.extent_start = HANDLE(&frame), .nr_extents = 1,
                                      .extent_order = 9, .domid = domid};

        table[i + 1] = frame * PAGE_SIZE | 0x83;
        CHECK_EQ(hyp_memory_op(XENMEM_populate_physmap, &r), 1);
    }
    window_free(table);
    model_start_at(&model, domid, PORT);
}

static void step(void)
{
    switch (++asked) {
    case 1:
        CHECK_EQ(call(XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY), 0);
        look(XEN_DOMCTL_SHADOW_OP_CLEAN, 0, 0);
        break;
    case 2:
        look(XEN_DOMCTL_SHADOW_OP_PEEK, 0x7f, 0);
        look(XEN_DOMCTL_SHADOW_OP_CLEAN, 0x7f, 0);
        look(XEN_DOMCTL_SHADOW_OP_CLEAN, 0, 0);
        break;
    case 3:
        look(XEN_DOMCTL_SHADOW_OP_CLEAN, 0, ALONE);
        break;
    case 4:
        look(XEN_DOMCTL_SHADOW_OP_CLEAN, 0x2a, 0);
        break;
    case 5:
        copy_what_is_written();
        break;
    default:
        compare();
        CHECK_EQ(call(XEN_DOMCTL_SHADOW_OP_OFF), 0);
    }
    model_answer(&model, STATE_IORESP_READY, 0);
}

static void serve(void)
{
    if (model_asked(&model))
        step();
}

static void leave(void) { model_end(&model); }

GUEST_TEST("more pages are written to than a log holds, and while they are looked at")
{
    struct hvm_run run = {.mode = HVM_LONG, .vcpus = 2, .code = code_log, .end = code_log_end,
                          .prepare = prepare, .serve = serve, .leave = leave};

    NEEDS_HVM();
    CHECK_EQ(hvm_run(&run), SHUTDOWN_poweroff);
    CHECK_EQ(asked, 6);
}
