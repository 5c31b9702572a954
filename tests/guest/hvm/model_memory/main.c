/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a device model does to its guest's memory while the guest waits for it: writes to a page that
 * became read-only vanish, pages that were written since the last look are told (all of them, where
 * the processor does not know), and a page that moves takes its contents along.
 * (public/hvm/dm_op.h)
 */
#include <device_model.h>
#include <public/hvm/hvm_op.h>

#define PAGE 9 /* it and the next are used by nothing else */
#define HOLE 0x20
#define PORT 0x500

/* The port is read between the steps. */
#define ASK "mov $0x500, %edx; in %dx, %al;"
asm(".pushsection .rodata\n"
    "code_memory:"
    "movl $0x1234, 0x9000;" ASK
    "movl $1, 0x9000; incl 0x9000; lock xaddl %eax, 0x9000; push 0x9000; pop 0x9000;"
    "mov 0x9000, %eax; stosl; movl $2, 0xa000;" ASK
    "movl $3, 0x9000;" ASK
    "mov 0x20000, %eax; stosl; mov 0xa000, %eax; stosl; cli; hlt\n"
    "code_memory_end:\n"
    ".popsection\n");
extern const uint8_t code_memory[], code_memory_end[];

static const uint32_t results[] = {0x1234, 3, 2};
static struct device_model model;
static unsigned asked;
static uint8_t unknown; /* pages that are dirty always, since the processor does not tell */

static long set_type(uint64_t first, uint32_t nr, unsigned type)
{
    struct xen_dm_op op = {.u.set_mem_type = {nr, type, 0, first}};

    return dm_op(model.domid, &op, XEN_DMOP_set_mem_type);
}

static int type_of(uint64_t gfn)
{
    struct xen_hvm_get_mem_type t = {.domid = model.domid, .pfn = gfn};

    CHECK_EQ(hyp_hvm_op(HVMOP_get_mem_type, &t), 0);
    return t.mem_type;
}

static long relocate(uint64_t from, uint64_t to, uint32_t nr)
{
    struct xen_dm_op op = {.u.relocate_memory = {nr, 0, from, to}};

    return dm_op(model.domid, &op, XEN_DMOP_relocate_memory);
}

static long track(uint32_t nr, uint8_t *bits, uint64_t bytes)
{
    struct xen_dm_op op = {.op = XEN_DMOP_track_dirty_vram, .u.track_dirty_vram = {nr, 0, PAGE}};
    struct xen_dm_op_buf bufs[] = {{HANDLE(&op), sizeof(op)}, {HANDLE(bits), bytes}};

    return hyp_dm_op(model.domid, bytes ? 2 : 1, bufs);
}

static uint8_t dirty(void)
{
    uint8_t bits = 0xff;

    CHECK_EQ(track(2, &bits, 1), 0);
    return bits;
}

static void prepare(domid_t domid)
{
    asked = 0;
    model_start_at(&model, domid, PORT);
    dirty();
    unknown = dirty();
    CHECK(unknown == 0 || unknown == 3);
}

static void step(void)
{
    switch (++asked) {
    case 1:
        CHECK_EQ(dirty(), 1 | unknown);
        CHECK_EQ(set_type(PAGE, 1, HVMMEM_ram_ro), 0);
        CHECK_EQ(type_of(PAGE), HVMMEM_ram_ro);
        break;
    case 2:
        CHECK_EQ(dirty(), 2 | unknown);
        CHECK_EQ(set_type(PAGE, 2, HVMMEM_ram_rw), 0);
        CHECK_EQ(type_of(PAGE), HVMMEM_ram_rw);
        break;
    default:
        CHECK_EQ(dirty(), 1 | unknown);
        CHECK_EQ(relocate(PAGE, HOLE, 1), 0);
        CHECK_EQ(type_of(PAGE), HVMMEM_mmio_dm);
        CHECK_EQ(type_of(HOLE), HVMMEM_ram_rw);
    }
    model_answer(&model, STATE_IORESP_READY, 0);
}

static void serve(void)
{
    if (model_asked(&model))
        step();
}

static void refused(void)
{
    struct xen_dm_op op = {.u.modified_memory.nr_extents = 0};
    uint8_t bits;

    CHECK_EQ(set_type(HOLE + 1, 1, HVMMEM_ram_ro), -XEN_EINVAL);
    CHECK_EQ(set_type(HOLE + 1, 1, HVMMEM_mmio_dm), 0);
    CHECK_EQ(set_type(PAGE + 1, 1, HVMMEM_mmio_dm), -XEN_EOPNOTSUPP);
    CHECK_EQ(set_type(PAGE + 1, 1, HVMMEM_ioreq_server), -XEN_EOPNOTSUPP);
    CHECK_EQ(set_type(PAGE + 1, 1, HVMMEM_unused), -XEN_EINVAL);
    CHECK_EQ(set_type(~0UL, 2, HVMMEM_ram_rw), -XEN_EINVAL);
    CHECK_EQ(set_type(1UL << 40, 1, HVMMEM_ram_rw), -XEN_EINVAL);
    CHECK_EQ(track(8, &bits, 0), -XEN_EINVAL);
    CHECK_EQ(track(9, &bits, 1), -XEN_EINVAL);
    CHECK_EQ(track(1 << 20, &bits, 1 << 20), -XEN_EINVAL);
    CHECK_EQ(track(8, (uint8_t *)-8UL, 1), -XEN_EFAULT);
    CHECK_EQ(track(0, &bits, 0), 0);
    CHECK_EQ(relocate(HOLE + 1, HOLE + 2, 1), -XEN_EINVAL);
    CHECK_EQ(relocate(HOLE, 1UL << 40, 1), -XEN_EINVAL);
    CHECK_EQ(type_of(HOLE), HVMMEM_ram_rw); /* it has not moved */
    CHECK_EQ(relocate(~0UL, ~0UL - 1, 1), -XEN_EINVAL);
    CHECK_EQ(dm_op(model.domid, &op, XEN_DMOP_modified_memory), 0);
}

static void leave(void)
{
    refused();
    model_end(&model);
}

GUEST_TEST("a device model changes what its guest's memory is")
{
    struct hvm_run run = {.mode = HVM_LONG, .code = code_memory, .end = code_memory_end,
                          .prepare = prepare, .serve = serve, .leave = leave};

    NEEDS_HVM();
    CHECK_EQ(hvm_run(&run), SHUTDOWN_poweroff);
    CHECK_EQ(asked, 3);
    for (unsigned i = 0; i < ARRAY_SIZE(results); i++)
        CHECK_EQ(((uint32_t *)run.results)[i], results[i]);
}
