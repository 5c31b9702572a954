/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The builder of PVH guests: kernel and ramdisk, ACPI tables, and the two rings.
 */
#include "acpi.h"
#include "build_hardware.h"

static int plan(struct ctrl *h, struct build *b)
{
    uint64_t need;
    enum pvh_error err = pvh_layout_compute(&b->pvh, &b->kernel.elf, b->ramdisk_size, b->nr_pages,
                                            PVH_LOW_END, &need);

    if (err == PVH_NO_ROOM)
        return build_too_little_memory(h, b, need);
    if (err)
        return ctrl_fail(h, -EINVAL, "cannot load kernel '%s': %s", b->cfg->kernel,
                         pvh_error_text(err));
    if (b->cfg->vcpus > ACPI_MAX_VCPUS)
        return ctrl_fail(h, -EINVAL, "%u vcpus: a PVH guest can have %u", b->cfg->vcpus,
                         ACPI_MAX_VCPUS);
    return 0;
}

static void write_special(const struct build *b, char *pages)
{
    acpi_write(pages, PVH_ACPI << PAGE_SHIFT, b->cfg->vcpus);
}

static int build(struct ctrl *h, struct build *b, struct ctrl_guest_rings *rings)
{
    const struct hardware_guest guest = {
        .ram = { b->pvh.low, b->pvh.high },
        .special = { { PVH_ACPI, PVH_ACPI_PAGES }, { PVH_STORE, 1 }, { PVH_CONSOLE, 1 } },
        .store = PVH_STORE,
        .console = PVH_CONSOLE,
        .cmdline = b->cfg->cmdline,
        .write_special = write_special,
    };

    return build_hardware(h, b, &guest, rings);
}

const struct builder build_pvh = { build_open_files, plan, build, NULL };
