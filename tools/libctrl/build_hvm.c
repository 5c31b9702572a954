/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The builder of HVM guests: it starts the loader of firmware/ as a PVH kernel, with SeaBIOS as its
 * ramdisk, and has all tables ready that SeaBIOS and the operating system look for.
 */
#include "acpi.h"
#include "build_hardware.h"
#include "firmware_images.h"
#include "hvm_tables.h"

#include <public/hvm/params.h>

#include <stdio.h>
#include <string.h>

#define MIB            (1ULL << 20)
#define GIB            (1ULL << 30)
#define HOLE_MIN       (256 * MIB)
#define HOLE_MAX       (3 * GIB)
#define HOLE64_SIZE    (64 * GIB)

/* Page frames: the screen's hole, where RAM goes on, what everything below fits under. */
#define VGA_FIRST      0xa0
#define VGA_END        0xc0
#define BIG_PAGES      0x200
#define FRAME(address) ((uint64_t)(address) >> PAGE_SHIFT)
#define FIRMWARE_MIN   0x10000

/* -- the plan -- */

static int open_files(struct ctrl *h, struct build *b)
{
    const char *firmware = b->cfg->hvm.firmware;
    int ret = kernel_open_memory(h, firmware_loader, firmware_loader_end - firmware_loader,
                                 &b->kernel);

    if (ret)
        return ret;
    ret = build_open_ramdisk(h, b, firmware ? firmware : CTRL_HVM_FIRMWARE);
    return ret ? ctrl_wrap(h, ret, "no firmware for an HVM guest (Debian's package seabios)") : 0;
}

static uint64_t hole_bytes(const struct ctrl_hvm_config *hvm)
{
    return hvm->mmio_hole_kb ? hvm->mmio_hole_kb * 1024 : HOLE_MIN;
}

static int check_config(struct ctrl *h, const struct build *b)
{
    const struct ctrl_guest_config *cfg = b->cfg;

    if (cfg->kernel || cfg->ramdisk || cfg->cmdline)
        return ctrl_fail(h, -EOPNOTSUPP, "an HVM guest starts from its disks, not from a kernel");
    if (cfg->vcpus > ACPI_MAX_VCPUS)
        return ctrl_fail(h, -EINVAL, "%u vcpus: an HVM guest can have %u", cfg->vcpus,
                         ACPI_MAX_VCPUS);
    if (cfg->hvm.mmio_hole_kb > HOLE_MAX / 1024 || hole_bytes(&cfg->hvm) < HOLE_MIN ||
        hole_bytes(&cfg->hvm) % MIB)
        return ctrl_fail(h, -EINVAL, "a hole of %llu KiB: it can be 256 MiB to 3 GiB, of whole MiB",
                         (unsigned long long)cfg->hvm.mmio_hole_kb);
    if (b->ramdisk_size < FIRMWARE_MIN || b->ramdisk_size > PLATFORM_FIRMWARE_MAX ||
        b->ramdisk_size % PAGE_SIZE)
        return ctrl_fail(h, -EINVAL, "'%s' is no SeaBIOS: it has %llu bytes", b->ramdisk,
                         (unsigned long long)b->ramdisk_size);
    if (cfg->hvm.videoram_kb >= cfg->memory_kb)
        return ctrl_fail(h, -EINVAL, "the screen would take all of the memory, %llu KiB",
                         (unsigned long long)cfg->memory_kb);
    return 0;
}

static int plan(struct ctrl *h, struct build *b)
{
    uint64_t low_end = FRAME((4 * GIB) - hole_bytes(&b->cfg->hvm)), need = BIG_PAGES;
    enum pvh_error err = PVH_NO_ROOM;
    int ret = check_config(h, b);

    if (ret)
        return ret;
    b->nr_pages = (b->cfg->memory_kb - b->cfg->hvm.videoram_kb) / 4;
    if (b->nr_pages >= BIG_PAGES)
        err = pvh_layout_compute(&b->pvh, &b->kernel.elf, b->ramdisk_size, b->nr_pages, low_end,
                                 &need);
    if (err == PVH_NO_ROOM)
        return build_too_little_memory(h, b, need + FRAME(b->cfg->hvm.videoram_kb * 1024));
    if (err)
        return ctrl_fail(h, -EINVAL, "cannot place the loader: %s", pvh_error_text(err));
    b->pvh.acpi = (struct pfn_range){ FRAME(PLATFORM_TABLES), HVM_TABLE_PAGES };
    return 0;
}

/* -- the build -- */

static struct hvm_machine machine(const struct build *b)
{
    const struct ctrl_hvm_config *hvm = &b->cfg->hvm;
    uint64_t top = (b->pvh.high.first + b->pvh.high.count) << PAGE_SHIFT;
    struct hvm_machine m = {
        .vcpus = b->cfg->vcpus,
        .low = b->pvh.low,
        .high = b->pvh.high,
        .hole = 4 * GIB - hole_bytes(hvm),
        /* beyond what a device model has for its own memory behind RAM */
        .hole64 = (top + hvm->videoram_kb * 1024 + HVM_ROMS_KB * 1024 + GIB - 1) & ~(GIB - 1),
        .hole64_mb = HOLE64_SIZE / MIB,
        .acpi = hvm->acpi,
        .hpet = hvm->hpet,
        .serial = hvm->serial,
    };

    memcpy(m.uuid, b->uuid, sizeof(m.uuid));
    return m;
}

/* In the order of hardware_guest.special. */
static void write_special(const struct build *b, char *pages)
{
    struct hvm_machine m = machine(b);

    hvm_tables_write(&m, pages, pages + PAGE_SIZE, pages + 2 * PAGE_SIZE);
}

static int read_uuid(struct ctrl *h, struct build *b)
{
    struct ctrl_domain_info info;
    int ret = ctrl_domain_info(h, b->domid, &info);

    memcpy(b->uuid, info.handle, sizeof(b->uuid));
    return ret;
}

static int build(struct ctrl *h, struct build *b, struct ctrl_guest_rings *rings)
{
    const struct hvm_machine m = machine(b);
    char cmdline[80];
    const struct hardware_guest guest = {
        .ram = { { 0, 1 },
                 { 2, VGA_FIRST - 2 },
                 { VGA_END, BIG_PAGES - VGA_END },
                 { BIG_PAGES, b->pvh.low.count - BIG_PAGES },
                 b->pvh.high },
        .special = { { FRAME(PLATFORM_FIRMWARE_INFO), 1 },
                     { FRAME(PLATFORM_BOARD), 1 },
                     { FRAME(PLATFORM_TABLES), HVM_TABLE_PAGES },
                     { PVH_STORE, 1 },
                     { PVH_CONSOLE, 1 } },
        .store = PVH_STORE,
        .console = PVH_CONSOLE,
        .params = { { HVM_PARAM_ACPI_IOPORTS_LOCATION, 1 },
                    { HVM_PARAM_HPET_ENABLED, b->cfg->hvm.hpet } },
        .nr_params = 2,
        .extra_kb = HVM_ROMS_KB,
        .cmdline = cmdline,
        .write_special = write_special,
    };
    int ret = read_uuid(h, b);

    if (ret)
        return ret;
    snprintf(cmdline, sizeof(cmdline), "pci=%llx-%x pci64=%llx-%llx", (unsigned long long)m.hole,
             PLATFORM_BOARD - 1, (unsigned long long)m.hole64,
             (unsigned long long)(m.hole64 + HOLE64_SIZE - 1));
    return build_hardware(h, b, &guest, rings);
}

const struct builder build_hvm = { open_files, plan, build, NULL };
