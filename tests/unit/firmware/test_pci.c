/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The loader's PCI set-up on buses made here: the usual, the full, the impossible, and at random.
 * Whatever devices say, it ends after a bounded number of accesses, nothing that is switched on
 * overlaps or lies outside of what was to be given, and what is off got nothing.
 */
#include "console.h"
#include "pci.h"

#include <check.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define FUNCTIONS  256
#define MAX_ACCESS 40000

static struct function {
    bool there;
    uint8_t regs[256];
    uint32_t settable[64];      /* bits of each register of 32 bits that a write changes */
} bus[FUNCTIONS];

static unsigned int accesses;

static const struct pci_window usual[PCI_SPACES] = {
    [PCI_IO] = { 0xc000, 0xffff },
    [PCI_LOW] = { 0xf0000000, 0xfbffffff },
    [PCI_HIGH] = { 1ULL << 32, (1ULL << 36) - 1 },
};

void print(const char *text)
{
    ck_assert_ptr_nonnull(text);
}

void print_hex(uint64_t n)
{
    (void)n;
}

/* ---- the bus ---- */

static uint32_t read_reg(uint8_t devfn, uint8_t reg, unsigned int bytes)
{
    uint32_t value = 0xffffffff;

    if (++accesses > MAX_ACCESS || reg % bytes)
        ck_abort_msg("access %u, register %#x", accesses, reg);
    if (bus[devfn].there)
        memcpy(&value, bus[devfn].regs + reg, bytes);
    return value;
}

static void write_reg(uint8_t devfn, uint8_t reg, uint32_t value, unsigned int bytes)
{
    uint32_t mask = (bytes == 4 ? ~0U : (1U << 8 * bytes) - 1) << 8 * (reg & 3);
    uint32_t now;

    if (++accesses > MAX_ACCESS || reg % bytes)
        ck_abort_msg("access %u, register %#x", accesses, reg);
    mask &= bus[devfn].settable[reg / 4];
    memcpy(&now, bus[devfn].regs + (reg & ~3), 4);
    now = (now & ~mask) | (value << 8 * (reg & 3) & mask);
    memcpy(bus[devfn].regs + (reg & ~3), &now, 4);
}

uint8_t pci_read8(uint8_t devfn, uint8_t reg) { return read_reg(devfn, reg, 1); }
uint16_t pci_read16(uint8_t devfn, uint8_t reg) { return read_reg(devfn, reg, 2); }
uint32_t pci_read32(uint8_t devfn, uint8_t reg) { return read_reg(devfn, reg, 4); }
void pci_write16(uint8_t devfn, uint8_t reg, uint16_t v) { write_reg(devfn, reg, v, 2); }
void pci_write32(uint8_t devfn, uint8_t reg, uint32_t v) { write_reg(devfn, reg, v, 4); }

static struct function *make(uint8_t devfn, uint8_t header)
{
    struct function *f = &bus[devfn];

    *f = (struct function){ .there = true };
    f->regs[PCI_VENDOR] = 0x86;
    f->regs[PCI_HEADER] = header;
    f->regs[PCI_COMMAND] = 0x7;
    f->settable[PCI_COMMAND / 4] = 0x7;
    return f;
}

/* Its register has these flags for ever, and takes addresses of that size. */
static void set_bar(struct function *f, uint8_t reg, uint32_t flags, uint64_t size)
{
    uint64_t bits = -size;

    memcpy(f->regs + reg, &flags, 4);
    f->settable[reg / 4] = (uint32_t)bits & ~flags;
    if (!(flags & 1) && (flags & 6) == 4)
        f->settable[reg / 4 + 1] = bits >> 32;
}

static void setup(void)
{
    memset(bus, 0, sizeof(bus));
    accesses = 0;
}

static uint32_t get(uint8_t devfn, uint8_t reg)
{
    uint32_t value;

    memcpy(&value, bus[devfn].regs + reg, 4);
    return value;
}

static uint64_t address(uint8_t devfn, uint8_t reg, bool wide)
{
    uint32_t low = get(devfn, reg), high = wide ? get(devfn, reg + 4) : 0;

    return (uint64_t)high << 32 | (low & ~(low & 1 ? 3U : 15U));
}

static unsigned int command(uint8_t devfn)
{
    return bus[devfn].regs[PCI_COMMAND];
}

/* ---- what came of it ---- */

struct range {
    uint64_t first, size;
    bool io;
};

static struct range ranges[FUNCTIONS * 7];
static unsigned int nr_ranges;

static bool is_inside(const struct range *r)
{
    for (int s = 0; s < PCI_SPACES; s++)
        if (r->io == (s == PCI_IO) && r->first >= usual[s].first && r->first <= usual[s].last &&
            r->size - 1 <= usual[s].last - r->first)
            return true;
    return false;
}

static void check_range(const struct range *r)
{
    ck_assert_uint_eq(r->first & (r->size - 1), 0);
    if (!is_inside(r))
        ck_abort_msg("%#lx of %#lx is outside", r->first, r->size);
    for (unsigned int i = 0; i < nr_ranges; i++)
        if (ranges[i].io == r->io && ranges[i].first < r->first + r->size &&
            r->first < ranges[i].first + ranges[i].size)
            ck_abort_msg("%#lx overlaps %#lx", r->first, ranges[i].first);
    ranges[nr_ranges++] = *r;
}

/* As a PC's hardware would decode what its registers say: all that is switched on. */
static void check_function(uint8_t devfn)
{
    const struct function *f = &bus[devfn];
    uint8_t bars = f->regs[PCI_HEADER] & 0x7f ? 2 : 6;

    for (uint8_t i = 0; i < bars; i++) {
        uint8_t reg = PCI_BAR + 4 * i, kind = f->regs[reg] & 6;
        bool io = f->regs[reg] & 1, wide = !io && kind == 4 && i < bars - 1;
        uint64_t bits = (f->settable[reg / 4] | get(devfn, reg)) & (io ? 0xfffcU : ~15U);

        if (wide)
            bits |= (uint64_t)(f->settable[reg / 4 + 1] | get(devfn, reg + 4)) << 32;
        if (bits && (command(devfn) & (io ? PCI_COMMAND_IO : PCI_COMMAND_MEMORY)) &&
            (io || wide || kind < 4))
            check_range(&(struct range){ address(devfn, reg, wide), bits & -bits, io });
        i += wide;
    }
}

static void assign(void)
{
    pci_assign(usual);
    nr_ranges = 0;
    for (unsigned int f = 0; f < FUNCTIONS; f++)
        if (bus[f].there && bus[f & ~7].there &&
            (f % 8 == 0 || bus[f & ~7].regs[PCI_HEADER] & 0x80) &&
            (bus[f].regs[PCI_HEADER] & 0x7f) < 2)
            check_function(f);
}

/* ---- buses ---- */

START_TEST(one_of_each)
{
    struct function *f = make(0x10, 0);

    set_bar(f, 0x10, 0x8, 16 << 20);
    set_bar(f, 0x14, 0x1, 256);
    set_bar(f, 0x18, 0x4, 1ULL << 32);
    set_bar(f, 0x20, 0, 4096);
    set_bar(f, 0x30, 0, 65536);
    assign();
    ck_assert_uint_eq(nr_ranges, 4);
    ck_assert_uint_eq(command(0x10), 7);
    ck_assert_uint_eq(address(0x10, 0x10, false), 0xf0000000);
    ck_assert_uint_eq(address(0x10, 0x14, false), 0xc000);
    ck_assert_uint_eq(address(0x10, 0x18, true), 1ULL << 32);
    ck_assert_uint_eq(address(0x10, 0x30, false), 0xf1000000);
    ck_assert_uint_eq(address(0x10, 0x20, false), 0xf1010000);
}
END_TEST

/* 1792 of them, of which most find a place. */
START_TEST(full_bus)
{
    for (unsigned int f = 0; f < FUNCTIONS; f++) {
        make(f, 0x80);
        for (unsigned int i = 0; i < 6; i++)
            set_bar(&bus[f], PCI_BAR + 4 * i, 0, 4096 << i);
        set_bar(&bus[f], 0x30, 0, 2048);
    }
    assign();
    ck_assert_uint_eq(nr_ranges, FUNCTIONS * 6);
}
END_TEST

START_TEST(too_large)
{
    set_bar(make(0x00, 0), 0x10, 0, 1U << 31);
    set_bar(make(0x08, 0), 0x10, 0x4, 1ULL << 63);
    set_bar(make(0x10, 0), 0x10, 0x1, 0x8000);
    set_bar(make(0x18, 0), 0x10, 0, 4096);
    set_bar(&bus[0x18], 0x14, 0x1, 0x8000);
    assign();
    ck_assert_uint_eq(nr_ranges, 1);
    ck_assert_uint_eq(command(0x00) & 3, 0);
    ck_assert_uint_eq(command(0x08) & 3, 0);
    ck_assert_uint_eq(command(0x10) & 3, 0);
    ck_assert_uint_eq(command(0x18) & 3, PCI_COMMAND_MEMORY);
    ck_assert_uint_eq(address(0x08, 0x10, true), 0);
}
END_TEST

/* A BAR of 64 bits in the last register, one of a kind that there is none of, an unknown header. */
START_TEST(impossible)
{
    set_bar(make(0x00, 0), 0x24, 0x4, 4096);
    set_bar(&bus[0x00], 0x10, 0x6, 4096);
    set_bar(make(0x08, 2), 0x10, 0, 4096);
    set_bar(make(0x10, 1), 0x10, 0, 4096);
    set_bar(&bus[0x10], 0x18, 0, 4096); /* a bridge's bus numbers: not its memory */
    set_bar(make(0x21, 0), 0x10, 0, 4096); /* no function 0 beside it */
    assign();
    ck_assert_uint_eq(nr_ranges, 1);
    ck_assert_uint_eq(address(0x10, 0x10, false), 0xf0000000);
    ck_assert_uint_eq(address(0x10, 0x18, false), 0);
    ck_assert_uint_eq(command(0x08) & 3, 0);
}
END_TEST

/* Bits of its address that never become 0: it is where it wants, so it stays off. */
START_TEST(stubborn)
{
    struct function *f = make(0x00, 0);

    set_bar(f, 0x10, 0, 4096);
    f->regs[0x12] = 0x80;
    f->settable[PCI_BAR / 4] &= ~0x800000U;
    set_bar(make(0x08, 0), 0x10, 0, 4096);
    assign();
    ck_assert_uint_eq(command(0x00) & 3, 0);
    ck_assert_uint_eq(nr_ranges, 1);
}
END_TEST

START_TEST(nothing_there)
{
    assign();
    ck_assert_uint_le(accesses, 64);
}
END_TEST

START_TEST(no_windows)
{
    static const struct pci_window none[PCI_SPACES] = {
        { 1, 0 }, { 0xffffffff, 0 }, { UINT64_MAX - 1, UINT64_MAX - 1 }
    };

    set_bar(make(0x00, 0), 0x10, 0x4, 1ULL << 62);
    set_bar(&bus[0x00], 0x18, 0x1, 4);
    pci_assign(none);
    ck_assert_uint_eq(command(0x00) & 3, 0);
}
END_TEST

START_TEST(random_buses)
{
    srand(_i);
    for (unsigned int f = 0; f < FUNCTIONS; f++) {
        bus[f].there = rand() % 4;
        for (unsigned int i = 0; i < 256; i++)
            bus[f].regs[i] = rand();
        for (unsigned int i = 0; i < 64; i++)
            bus[f].settable[i] = rand() % 3 ? (-1U << rand() % 32) : (unsigned int)rand() * 3;
        bus[f].regs[PCI_HEADER] = rand() % 8 ? rand() & 0x81 : rand();
        bus[f].settable[PCI_COMMAND / 4] = 7;
        for (unsigned int i = 0; i < 6; i++)   /* what says of which kind it is does not change */
            bus[f].settable[PCI_BAR / 4 + i] &= ~15U;
    }
    assign();
}
END_TEST

int main(void)
{
    Suite *s = suite_create("pci");
    TCase *t = tcase_create("all");
    SRunner *r = srunner_create(s);
    int failed;

    suite_add_tcase(s, t);
    tcase_add_checked_fixture(t, setup, NULL);
    tcase_add_test(t, one_of_each);
    tcase_add_test(t, full_bus);
    tcase_add_test(t, too_large);
    tcase_add_test(t, impossible);
    tcase_add_test(t, stubborn);
    tcase_add_test(t, nothing_there);
    tcase_add_test(t, no_windows);
    tcase_add_loop_test(t, random_buses, 0, 50);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
