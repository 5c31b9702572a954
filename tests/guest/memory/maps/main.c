/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory maps (memory.h). Dom0 reads the machine's e820, a list of packed 20-byte entries; the
 * count comes back, and a room too small is -EINVAL. The domain's own map (memory_map) is -ENOSYS
 * until its builder set one. machphys_mapping tells where the machine-to-physical table is and
 * where it ends; machphys_mfn_list the frames that hold it (which may be kept from others than
 * Dom0): one for each 2 MiB, and the 511 after it can be mapped as well, which is how a toolstack
 * looks at the table. It is readable and never writable.
 */
#include <guest.h>

struct e820_entry {
    uint64_t address, size;
    uint32_t type;
} __attribute__((packed));

static struct e820_entry entries[128];

static void check_machine_map(void)
{
    xen_memory_map_t map = {.nr_entries = ARRAY_SIZE(entries), .buffer = HANDLE(entries)};
    uint64_t ram = 0;

    if (!is_dom0()) {
        CHECK_EQ(hyp_memory_op(XENMEM_machine_memory_map, &map), -XEN_EPERM);
        return;
    }
    CHECK_EQ(hyp_memory_op(XENMEM_machine_memory_map, &map), 0);
    CHECK(map.nr_entries > 2 && map.nr_entries < ARRAY_SIZE(entries));
    for (unsigned i = 0; i < map.nr_entries; i++) {
        if (i && entries[i].address < entries[i - 1].address + entries[i - 1].size)
            failure("entry %u overlaps the one before", i);
        if (entries[i].type == 1)
            ram += entries[i].size;
    }
    CHECK(ram > 64UL << 20);
    map.nr_entries = 1;
    map.buffer = HANDLE(entries);
    CHECK_EQ(hyp_memory_op(XENMEM_machine_memory_map, &map), -XEN_EINVAL);
    map = (xen_memory_map_t){.nr_entries = ARRAY_SIZE(entries), .buffer = HANDLE(0x1000)};
    CHECK_EQ(hyp_memory_op(XENMEM_machine_memory_map, &map), -XEN_EFAULT);
    CHECK_EQ(hyp_memory_op(XENMEM_machine_memory_map, NULL), -XEN_EFAULT);
}

static void check_own_map(void)
{
    xen_memory_map_t map = {.nr_entries = ARRAY_SIZE(entries), .buffer = HANDLE(entries)};
    struct e820_entry one = {0, 64UL << 20, 1}, back = {0};
    xen_foreign_memory_map_t set = {
        .domid = 0, .map = {.nr_entries = 1, .buffer = HANDLE(&one)}};

    if (!is_dom0())
        return;
    CHECK_EQ(hyp_memory_op(XENMEM_memory_map, &map), -XEN_ENOSYS);
    set.domid = 0x7000;
    CHECK_EQ(hyp_memory_op(XENMEM_set_memory_map, &set), -XEN_ESRCH);
    set.domid = 0;
    set.map.nr_entries = 0x10000;
    CHECK(hyp_memory_op(XENMEM_set_memory_map, &set) < 0);
    set.map.nr_entries = 1;
    CHECK_EQ(hyp_memory_op(XENMEM_set_memory_map, &set), 0);
    map = (xen_memory_map_t){.nr_entries = 1, .buffer = HANDLE(&back)};
    CHECK_EQ(hyp_memory_op(XENMEM_memory_map, &map), 0);
    CHECK_EQ(map.nr_entries, 1);
    CHECK(!memcmp(&one, &back, sizeof(one)));
    set.map.nr_entries = 0;
    CHECK_EQ(hyp_memory_op(XENMEM_set_memory_map, &set), 0);
}

static long map_piece_page(void *window, xen_pfn_t frame, uint64_t flags)
{
    return hyp_update_va_mapping_otherdomain((uint64_t)window, frame << 12 | flags,
                                             UVMF_INVLPG | UVMF_ALL, DOMID_XEN);
}

/* All frames of a piece, compared with what stands there in the table itself. */
static void check_piece(xen_pfn_t first, const uint64_t *table, unsigned long entries_left)
{
    uint64_t *window = window_alloc();

    for (unsigned i = 0; i < 512; i++, table += 512) {
        if (map_piece_page(window, first + i, PTE_RO)) {
            failure("frame %u of a piece of the table cannot be mapped", i);
            break;
        }
        if (i * 512UL < entries_left && memcmp(window, table, 64))
            failure("frame %u of a piece is not part %u of the table", i, i);
    }
    CHECK(map_piece_page(window, first, PTE_RW) < 0);
    CHECK_EQ(unmap(window), 0);
    window_free(window);
}

static void check_machphys(void)
{
    static xen_pfn_t frames[16];
    xen_machphys_mapping_t where;
    xen_machphys_mfn_list_t list = {.max_extents = 16, .extent_start = HANDLE(frames)};
    uint64_t *table;

    CHECK_EQ(hyp_memory_op(XENMEM_machphys_mapping, &where), 0);
    CHECK_EQ(where.v_start, MACH2PHYS_VIRT_START);
    CHECK_EQ(where.v_end, MACH2PHYS_VIRT_END);
    CHECK((long)where.max_mfn >= hyp_memory_op(XENMEM_maximum_ram_page, NULL) - 1);
    table = (uint64_t *)where.v_start;
    CHECK_EQ(table[virt_to_mfn(&frames)], virt_to_pfn(&frames));
    CHECK_FAULT(FAULT(VEC_PF, PF_PROT | PF_WRITE), *(volatile uint64_t *)table = 0);
    CHECK_EQ(hyp_memory_op(XENMEM_machphys_mapping, NULL), -XEN_EFAULT);
    if (hyp_memory_op(XENMEM_machphys_mfn_list, &list) == -XEN_EPERM && !is_dom0())
        return;
    CHECK(list.nr_extents >= 1);
    CHECK(frames[0] != 0);
    for (unsigned i = 0; i < list.nr_extents; i++)
        check_piece(frames[i], table + i * (2UL << 20) / 8, where.max_mfn - i * (2UL << 20) / 8);
    list.max_extents = 0;
    CHECK_EQ(hyp_memory_op(XENMEM_machphys_mfn_list, &list), 0);
    CHECK_EQ(list.nr_extents, 0);
}

GUEST_TEST("memory maps of machine and domain, machine-to-physical table")
{
    check_machine_map();
    check_own_map();
    check_machphys();
}
