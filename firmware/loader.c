/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The loader of hardware guests with a PC's devices: it is in the guest, started as a PVH kernel
 * is, with SeaBIOS as its first module. It does what SeaBIOS on Xen expects to have been done: PCI,
 * the chips of the board, its place below 1 MiB. Then its memory is the guest's.
 *
 * Its command line says what is free for devices: "pci=FIRST-LAST pci64=FIRST-LAST", hexadecimal.
 */
#include "chipset.h"
#include "console.h"
#include "pci.h"
#include "platform.h"

#include <public/hvm/start_info.h>

#include <stddef.h>

#define MIB         0x100000
#define MIN_IMAGE   0x10000         /* the segment that it is entered in */
#define GIB4        0x100000000ULL

void enter_firmware(void);

static void *at(uint64_t address)
{
    return (void *)(uintptr_t)address;
}

/* -- the command line -- */

static const char *read_hex(const char *s, uint64_t *n)
{
    for (*n = 0;; s++) {
        if (*s >= '0' && *s <= '9')
            *n = *n << 4 | (*s - '0');
        else if (*s >= 'a' && *s <= 'f')
            *n = *n << 4 | (*s - 'a' + 10);
        else
            return s;
    }
}

/* What follows `name` at the beginning of the line or after a space; NULL: it is not there. */
static const char *find_word(const char *line, const char *name)
{
    for (;; line++) {
        size_t i = 0;

        while (name[i] && line[i] == name[i])
            i++;
        if (!name[i])
            return line + i;
        while (*line && *line != ' ')
            line++;
        if (!*line)
            return NULL;
    }
}

static void read_window(const char *line, const char *name, struct pci_window *w)
{
    const char *s = find_word(line, name);
    struct pci_window read;

    if (!s)
        return;
    s = read_hex(s, &read.first);
    if (*s != '-')
        return;
    read_hex(s + 1, &read.last);
    *w = read;
}

/* -- the steps -- */

static const char *copy_firmware(const struct hvm_start_info *info)
{
    const struct hvm_modlist_entry *module = at(info->modlist_paddr);
    const volatile uint32_t *from;
    volatile uint32_t *to;

    if (!info->nr_modules)
        return "there is no firmware";
    if (module->size > PLATFORM_FIRMWARE_MAX || module->size < MIN_IMAGE || module->size % 4)
        return "the firmware's size is none of a BIOS";
    if (module->paddr < MIB || module->paddr >= GIB4)
        return "the firmware is where it cannot be";
    from = at(module->paddr);
    to = at(MIB - module->size);
    for (uint32_t i = 0; i < module->size / 4; i++) {
        to[i] = from[i];
        if (to[i] != from[i])
            return "memory below 1 MiB cannot be written";
    }
    return NULL;
}

static const char *prepare(const struct hvm_start_info *info)
{
    struct pci_window windows[PCI_SPACES] = {
        [PCI_IO] = { PLATFORM_IO_FIRST, PLATFORM_IO_LAST },
        [PCI_LOW] = { PLATFORM_HOLE_DEFAULT, PLATFORM_BOARD - 1 },
        [PCI_HIGH] = { 1, 0 },
    };

    if (info->magic != XEN_HVM_START_MAGIC_VALUE)
        return "not started as a PVH kernel";
    if (info->cmdline_paddr) {
        read_window(at(info->cmdline_paddr), "pci=", &windows[PCI_LOW]);
        read_window(at(info->cmdline_paddr), "pci64=", &windows[PCI_HIGH]);
    }
    pci_assign(windows);
    chipset_setup();
    chipset_setup_cpu(windows[PCI_LOW].first);
    return copy_firmware(info);
}

/* Called by start.S; returns only if it cannot go on. */
void loader(const struct hvm_start_info *info)
{
    const char *wrong = prepare(info);

    if (!wrong)
        enter_firmware();
    print("loader: ");
    print(wrong);
    print("\n");
}
