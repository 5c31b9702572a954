/* SPDX-License-Identifier: GPL-2.0-only */
#include "pci.h"
#include "console.h"

#include <stdbool.h>
#include <stddef.h>

#define SLOTS     32
#define FUNCTIONS 8

#define NOBODY 0xffff

/* Kinds of headers, and what each has of base addresses. */
#define HEADER_TYPE 0x7f
#define HEADER_KINDS 2
static const struct {
    uint8_t bars, rom; /* rom: its register */
} headers[HEADER_KINDS] = { { 6, 0x30 }, { 2, 0x38 } };

/* Low bits of a base address. */
#define BAR_IO        0x1U
#define BAR_TYPE      0x6U
#define BAR_TYPE_1M   0x2U /* below 1 MiB: obsolete, and such a device is served as any other */
#define BAR_TYPE_64   0x4U
#define BAR_IO_FLAGS  0x3U
#define BAR_MEM_FLAGS 0xfU
#define IO_PORTS      0xfffcU
#define ROM_FLAGS     0x7ffU

struct want {
    uint64_t size;
    uint32_t flags; /* bits of the register that are none of the address */
    uint8_t devfn, reg;
    bool io, wide;  /* wide: 64 bits */
};

/* All that bus 0 can want: the one that wants most is first. */
static struct want wants[SLOTS * FUNCTIONS * (6 + 1)];
static unsigned int nr_wants;

void pci_each(void (*visit)(uint8_t devfn, void *arg), void *arg)
{
    for (unsigned int slot = 0; slot < SLOTS; slot++) {
        uint8_t first = slot * FUNCTIONS;
        unsigned int functions = pci_read8(first, PCI_HEADER) & PCI_HEADER_MANY ? FUNCTIONS : 1;

        if (pci_read16(first, PCI_VENDOR) == NOBODY)
            continue;
        for (unsigned int f = 0; f < functions; f++)
            if (pci_read16(first + f, PCI_VENDOR) != NOBODY)
                visit(first + f, arg);
    }
}

/* -- what they want -- */

static void add(const struct want *w)
{
    unsigned int i = nr_wants++;

    for (; i > 0 && wants[i - 1].size < w->size; i--)
        wants[i] = wants[i - 1];
    wants[i] = *w;
}

/* The bits of a register that can be set; it is 0 afterwards. */
static uint32_t settable(uint8_t devfn, uint8_t reg)
{
    uint32_t bits;

    pci_write32(devfn, reg, 0xffffffff);
    bits = pci_read32(devfn, reg);
    pci_write32(devfn, reg, 0);
    return bits;
}

static uint64_t lowest_bit(uint64_t n)
{
    return n & -n;
}

/* One base address; true if it takes the next register as well. */
static bool ask_bar(uint8_t devfn, uint8_t reg, bool last)
{
    uint32_t low = settable(devfn, reg);
    struct want w = { .devfn = devfn, .reg = reg, .io = low & BAR_IO };

    w.flags = w.io ? BAR_IO_FLAGS : BAR_MEM_FLAGS;
    if (w.io) {
        w.size = lowest_bit(low & IO_PORTS);
    } else if ((low & BAR_TYPE) == BAR_TYPE_64 && !last) {
        w.wide = true;
        w.size = lowest_bit((uint64_t)settable(devfn, reg + 4) << 32 | (low & ~BAR_MEM_FLAGS));
    } else if ((low & BAR_TYPE) <= BAR_TYPE_1M) {
        w.size = lowest_bit(low & ~BAR_MEM_FLAGS);
    }
    if (w.size)
        add(&w);
    return w.wide;
}

static void ask(uint8_t devfn, void *arg)
{
    unsigned int kind = pci_read8(devfn, PCI_HEADER) & HEADER_TYPE;
    struct want rom = { .devfn = devfn, .flags = ROM_FLAGS };

    (void)arg;
    pci_write16(devfn, PCI_COMMAND,
                pci_read16(devfn, PCI_COMMAND) & ~(PCI_COMMAND_IO | PCI_COMMAND_MEMORY));
    if (kind >= HEADER_KINDS)
        return;
    for (unsigned int i = 0; i < headers[kind].bars; i++)
        i += ask_bar(devfn, PCI_BAR + 4 * i, i == headers[kind].bars - 1U);
    rom.reg = headers[kind].rom;
    rom.size = lowest_bit(settable(devfn, rom.reg) & ~ROM_FLAGS);
    if (rom.size)
        add(&rom);
}

/* -- what they get -- */

static bool take(struct pci_window *w, uint64_t size, uint64_t *base)
{
    if (w->last < w->first || size - 1 > UINT64_MAX - w->first)
        return false;
    *base = (w->first + size - 1) & ~(size - 1);
    if (*base > w->last || size - 1 > w->last - *base)
        return false;
    w->first = *base + size;
    return true;
}

static void say(const struct want *w, uint64_t base, bool given)
{
    print("pci ");
    print_hex(w->devfn >> 3);
    print(".");
    print_hex(w->devfn & 7);
    print(" register ");
    print_hex(w->reg);
    print(w->io ? ": ports " : ": memory ");
    print_hex(w->size);
    print(given ? " at " : " not given");
    if (given)
        print_hex(base);
    print("\n");
}

/* False if the device keeps another address in it. */
static bool write_base(const struct want *w, uint64_t base)
{
    pci_write32(w->devfn, w->reg, base);
    if ((pci_read32(w->devfn, w->reg) & ~w->flags) != (uint32_t)base)
        return false;
    if (!w->wide)
        return true;
    pci_write32(w->devfn, w->reg + 4, base >> 32);
    return pci_read32(w->devfn, w->reg + 4) == base >> 32;
}

static bool give(const struct want *w, struct pci_window windows[PCI_SPACES])
{
    uint64_t base = 0;
    bool given = (take(&windows[w->io ? PCI_IO : PCI_LOW], w->size, &base) ||
                  (w->wide && take(&windows[PCI_HIGH], w->size, &base))) &&
                 write_base(w, base);

    say(w, base, given);
    return given;
}

void pci_assign(const struct pci_window windows[PCI_SPACES])
{
    struct pci_window left[PCI_SPACES] = { windows[PCI_IO], windows[PCI_LOW], windows[PCI_HIGH] };
    uint8_t wanted[SLOTS * FUNCTIONS] = { 0 }, refused[SLOTS * FUNCTIONS] = { 0 };

    nr_wants = 0;
    pci_each(ask, NULL);
    for (unsigned int i = 0; i < nr_wants; i++) {
        const struct want *w = &wants[i];
        uint8_t kind = w->io ? PCI_COMMAND_IO : PCI_COMMAND_MEMORY;

        wanted[w->devfn] |= kind;
        if (!give(w, left))
            refused[w->devfn] |= kind;
    }
    for (unsigned int f = 0; f < SLOTS * FUNCTIONS; f++)
        if (wanted[f] & ~refused[f])
            pci_write16(f, PCI_COMMAND,
                        pci_read16(f, PCI_COMMAND) | (wanted[f] & ~refused[f]));
}
