/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * memory_op's operations that only x86 knows: where the machine-to-physical table is, and memory
 * maps.
 */
#include <arch/boot.h>
#include <arch/hvmap.h>
#include <arch/mm.h>
#include <hv/arch.h>
#include <hv/guest_access.h>
#include <hv/page_alloc.h>
#include <hv/policy.h>
#include <public/errno.h>
#include <public/memory.h>

#define M2P_PIECE (2UL << 20) /* XENMEM_machphys_mfn_list names one frame for each */
#define MAP_ENTRIES_MAX 128

/** As the interface has it: 20 bytes. */
struct memory_map_entry {
    uint64_t start, bytes;
    uint32_t type;
} __attribute__((packed));

/**
 * First frame of the piece of the guests' view of the table at `va`, which is one big page; 0 where
 * the piece describes no RAM. Only on machines too small for a big page has it 4 KiB pages, and its
 * frames need not follow each other.
 */
static xen_pfn_t m2p_frame_at(uint64_t va)
{
    pte_t e = hv_pte(va);

    return e && page_owner_id(mfn_to_page(pte_mfn(e))) == DOMID_XEN ? pte_mfn(e).n : 0;
}

static long machphys_mfn_list(uint64_t arg)
{
    xen_guest_handle_t h = { arg };
    struct xen_machphys_mfn_list list;
    xen_pfn_t last = 0;
    unsigned n, nr;

    if (policy_host(current->domain))
        return -XEN_EPERM;
    if (copy_from_guest(&list, h))
        return -XEN_EFAULT;
    nr = MIN(DIV_ROUND_UP(max_page * sizeof(uint64_t), M2P_PIECE), (unsigned long)list.max_extents);
    for (n = 0; n < nr; n++) {
        xen_pfn_t frame = m2p_frame_at(RO_M2P_START + n * M2P_PIECE);

        if (frame)
            last = frame; /* for a hole the one before: whoever maps all pieces can do so */
        if (copy_to_guest_at(list.extent_start, n, &last))
            return -XEN_EFAULT;
    }
    list.nr_extents = nr;
    return copy_to_guest(h, &list);
}

static long machphys_mapping(uint64_t arg)
{
    struct xen_machphys_mapping map = {
        .v_start = MACH2PHYS_VIRT_START,
        .v_end = MACH2PHYS_VIRT_END,
        .max_mfn = max_page - 1,
    };

    return copy_to_guest_va(arg, &map, sizeof(map));
}

static long write_map_entry(const struct xen_memory_map *map, unsigned i, uint64_t start,
                            uint64_t bytes, uint32_t type)
{
    struct memory_map_entry e = { start, bytes, type };

    if (i >= map->nr_entries)
        return -XEN_EINVAL;
    return copy_to_guest_at(map->buffer, i, &e);
}

static long machine_memory_map(uint64_t arg)
{
    xen_guest_handle_t h = { arg };
    struct xen_memory_map map;

    if (policy_host(current->domain))
        return -XEN_EPERM;
    if (copy_from_guest(&map, h))
        return -XEN_EFAULT;
    for (unsigned i = 0; i < boot_info.nr_e820; i++) {
        const struct e820_entry *e = &boot_info.e820[i];
        long rc = write_map_entry(&map, i, e->start, e->bytes, e->type);

        if (rc)
            return rc;
    }
    map.nr_entries = boot_info.nr_e820;
    return copy_to_guest(h, &map);
}

static long own_memory_map(uint64_t arg)
{
    struct domain *d = current->domain;
    struct memory_map_entry *entries;
    xen_guest_handle_t h = { arg };
    struct xen_memory_map map;
    unsigned n;
    long rc;

    if (copy_from_guest(&map, h))
        return -XEN_EFAULT;
    entries = hv_zalloc_array(MAP_ENTRIES_MAX, sizeof(*entries));
    if (!entries)
        return -XEN_ENOMEM;
    spin_lock(&d->lock);
    n = MIN(d->arch.memory_map_entries, map.nr_entries);
    for (unsigned i = 0; i < n; i++)
        entries[i] = d->arch.memory_map[i];
    rc = d->arch.memory_map ? 0 : -XEN_ENOSYS;
    spin_unlock(&d->lock);
    if (!rc)
        rc = copy_to_guest_va(map.buffer.addr, entries, n * sizeof(*entries));
    hv_free(entries);
    map.nr_entries = n;
    return rc ? rc : copy_to_guest(h, &map);
}

static long set_memory_map(uint64_t arg)
{
    struct memory_map_entry *entries, *old;
    struct xen_foreign_memory_map fmap;
    xen_guest_handle_t h = { arg };
    struct domain *d;
    int rc;

    if (copy_from_guest(&fmap, h))
        return -XEN_EFAULT;
    if (fmap.map.nr_entries > MAP_ENTRIES_MAX)
        return -XEN_E2BIG;
    rc = policy_target(fmap.domid, policy_memory, &d);
    if (rc)
        return rc;
    entries = hv_zalloc_array(MAX(fmap.map.nr_entries, 1u), sizeof(*entries));
    if (!entries)
        return -XEN_ENOMEM;
    if (copy_from_guest_va(entries, fmap.map.buffer.addr, fmap.map.nr_entries * sizeof(*entries))) {
        hv_free(entries);
        return -XEN_EFAULT;
    }
    spin_lock(&d->lock);
    old = d->arch.memory_map;
    d->arch.memory_map = entries;
    d->arch.memory_map_entries = fmap.map.nr_entries;
    spin_unlock(&d->lock);
    hv_free(old);
    return 0;
}

/** There is no populate-on-demand: a target is refused, the figures are the domain's pages. */
static long pod_target(unsigned cmd, uint64_t arg)
{
    xen_guest_handle_t h = { arg };
    struct xen_pod_target t;
    struct domain *d;
    int rc;

    if (copy_from_guest(&t, h))
        return -XEN_EFAULT;
    rc = policy_target(t.domid, policy_memory, &d);
    if (rc)
        return rc;
    if (cmd == XENMEM_set_pod_target)
        return -XEN_EOPNOTSUPP;
    t.tot_pages = READ_ONCE(d->tot_pages);
    t.pod_cache_pages = t.pod_entries = 0;
    return copy_to_guest(h, &t);
}

long arch_memory_op(unsigned cmd, uint64_t arg)
{
    switch (cmd) {
    case XENMEM_exchange:
        return memory_exchange(arg);
    case XENMEM_machphys_mfn_list:
        return machphys_mfn_list(arg);
    case XENMEM_machphys_mapping:
        return machphys_mapping(arg);
    case XENMEM_machine_memory_map:
        return machine_memory_map(arg);
    case XENMEM_memory_map:
        return own_memory_map(arg);
    case XENMEM_set_memory_map:
        return set_memory_map(arg);
    case XENMEM_set_pod_target:
    case XENMEM_get_pod_target:
        return pod_target(cmd, arg);
    default:
        return -XEN_ENOSYS;
    }
}
