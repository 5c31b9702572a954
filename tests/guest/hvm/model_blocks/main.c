/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Strings between a device and memory come to a device model as blocks: one request for all elements
 * on a page, with the guest-physical address of their memory, which it reads and writes itself. What
 * is not all one server's comes element by element. (public/hvm/ioreq.h: count, data_is_ptr)
 */
#include <device_model.h>

#define PORT   0x500
#define DEVICE 0xd000
#define SIZE   0x100

asm(".pushsection .rodata\n"
    "code_blocks:"
    "mov $0x500, %edx; mov $0x9000, %edi; mov $0x400, %ecx; rep insl;"
    "mov $0x9ffc, %esi; mov $4, %ecx; rep outsw;"
    "mov $0xd000, %esi; mov $0xa000, %edi; mov $0x100, %ecx; rep movsb;"
    "mov $0xa000, %esi; mov $0xd000, %edi; mov $0x40, %ecx; rep movsl;"
    "mov $0xd000, %esi; mov $0xb000, %edi; mov $0x41, %ecx; rep movsl;" /* one too many */
    "cli; hlt\n"
    "code_blocks_end:\n"
    ".popsection\n");
extern const uint8_t code_blocks[], code_blocks_end[];

static const struct wanted {
    uint64_t addr, memory;
    uint32_t count;
    uint8_t size, dir, type;
} wanted[] = {
    {PORT, 0x9000, 0x400, 4, IOREQ_READ, IOREQ_TYPE_PIO},
    {PORT, 0x9ffc, 2, 2, IOREQ_WRITE, IOREQ_TYPE_PIO},
    {PORT, 0xa000, 2, 2, IOREQ_WRITE, IOREQ_TYPE_PIO},
    {DEVICE, 0xa000, 0x100, 1, IOREQ_READ, IOREQ_TYPE_COPY},
    {DEVICE, 0xa000, 0x40, 4, IOREQ_WRITE, IOREQ_TYPE_COPY},
};
#define ALONE (SIZE / 4) /* single elements, at the end */

static struct device_model model;
static unsigned asked;

static void prepare(domid_t domid)
{
    const uint32_t map = XEN_DMOP_map_io_range_to_ioreq_server;

    asked = 0;
    model_start(&model, domid);
    CHECK_EQ(server_range(domid, model.id, map, XEN_DMOP_IO_RANGE_PORT, PORT, PORT + 3), 0);
    CHECK_EQ(server_range(domid, model.id, map, XEN_DMOP_IO_RANGE_MEMORY, DEVICE,
                          DEVICE + SIZE - 1), 0);
}

static uint8_t pattern(uint64_t i) { return i * 7 + (i >> 8) + 1; }

/* What a read puts there, and a write is to find: what the read of the device has left. */
static void move(uint64_t memory, unsigned bytes, bool read)
{
    uint8_t *page = hvm_map(model.domid, memory), *at = page + (memory & ~PAGE_MASK);

    for (unsigned i = 0; i < bytes; i++)
        if (read)
            at[i] = pattern(i);
        else if (memory == 0xa000 && bytes == SIZE)
            CHECK_EQ(at[i], pattern(i));
    window_free(page);
}

static void block(const struct wanted *w)
{
    const volatile struct ioreq *slot = model.slot;

    CHECK_EQ(slot->data_is_ptr, 1);
    CHECK_EQ(slot->df, 0);
    CHECK_EQ(slot->addr, w->addr);
    CHECK_EQ(slot->count, w->count);
    CHECK_EQ(slot->size, w->size);
    CHECK_EQ(slot->dir, w->dir);
    CHECK_EQ(slot->type, w->type);
    if (CHECK_EQ(slot->data, w->memory))
        move(w->memory, w->count * w->size, w->dir == IOREQ_READ);
}

static void serve(void)
{
    if (!model_asked(&model))
        return;
    if (asked < ARRAY_SIZE(wanted)) {
        block(&wanted[asked]);
    } else {
        CHECK_EQ(model.slot->count, 1);
        CHECK_EQ(model.slot->data_is_ptr, 0);
        CHECK_EQ(model.slot->addr, DEVICE + (asked - ARRAY_SIZE(wanted)) * 4);
    }
    model_answer(&model, STATE_IORESP_READY, asked);
    asked++;
}

static void check_memory(void)
{
    uint8_t *page = hvm_map(model.domid, 0x9000);
    uint32_t *last;

    for (unsigned i = 0; i < PAGE_SIZE; i++)
        if (page[i] != pattern(i))
            failure("byte %u of the page is %u", i, page[i]);
    window_free(page);
    last = hvm_map(model.domid, 0xb000);
    CHECK_EQ(last[ALONE - 1], ARRAY_SIZE(wanted) + ALONE - 1);
    CHECK_EQ(last[ALONE], ~0U); /* nobody's */
    window_free(last);
}

static void leave(void)
{
    check_memory();
    model_end(&model);
}

GUEST_TEST("blocks of strings for a device model")
{
    struct hvm_run run = {.mode = HVM_LONG, .code = code_blocks, .end = code_blocks_end,
                          .prepare = prepare, .serve = serve, .leave = leave};

    NEEDS_HVM();
    CHECK_EQ(hvm_run(&run), SHUTDOWN_poweroff);
    CHECK_EQ(asked, ARRAY_SIZE(wanted) + ALONE);
}
