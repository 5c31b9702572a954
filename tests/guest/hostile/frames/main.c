/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every frame of the machine that is not the guest's own, and some beyond: other guests', Dom0's,
 * the hypervisor's image, heap and tables, device memory, frames that do not exist. Each is tried
 * as
 *
 *   - an entry of an L1 table, writable and read-only, by mmu_update and update_va_mapping;
 *   - an entry of an L2, L3 and L4 table;
 *   - the frame to be pinned, unpinned, loaded as root, cleared, copied from and to, named in the
 *     machine-to-physical table; the table whose entry is written;
 *   - a page of the GDT, a grant of the guest's own, a frame to give back or to exchange.
 *
 * Expected: each is refused. (The machine-to-physical table itself may be mapped read-only.) In a
 * walk through the machine each frame gets one of the attempts, the next frame the next one;
 * walks=N says how many walks, each with another beginning (22 of them are all attempts on all
 * frames). Dom0 may do some of it, so this is for unprivileged guests.
 */
#include <guest.h>

static uint8_t *window;
static uint64_t *own_page;
static uint64_t l1_entry, grant_frame;

static long l1_writable(uint64_t mfn)
{
    return pte_write(l1_entry, mfn << 12 | PTE_RW);
}

static long va_mapping(uint64_t mfn)
{
    return map_mfn(window, mfn, PTE_RW);
}

static long l1_read_only(uint64_t mfn)
{
    return pte_write(l1_entry, mfn << 12 | PTE_RO);
}

static long upper(uint64_t mfn, unsigned level)
{
    uint64_t unused_slot = (entry_maddr(window, (int)level) & PAGE_MASK) | 500 * 8;

    return pte_write(level == 4 ? top_table_mfn() << 12 | 300 * 8 : unused_slot,
                     mfn << 12 | PTE_RW);
}

static long as_l1(uint64_t mfn) { return upper(mfn, 2); }
static long as_l2(uint64_t mfn) { return upper(mfn, 3); }
static long as_l3(uint64_t mfn) { return upper(mfn, 4); }
static long pin_l1(uint64_t mfn) { return mmuext(MMUEXT_PIN_L1_TABLE, mfn, 0); }
static long pin_l4(uint64_t mfn) { return mmuext(MMUEXT_PIN_L4_TABLE, mfn, 0); }
static long unpin(uint64_t mfn) { return mmuext(MMUEXT_UNPIN_TABLE, mfn, 0); }
static long root(uint64_t mfn) { return mmuext(MMUEXT_NEW_BASEPTR, mfn, 0); }

static long user_root(uint64_t mfn)
{
    return mfn ? mmuext(MMUEXT_NEW_USER_BASEPTR, mfn, 0) : -1; /* 0 stands for none */
}

static long clear(uint64_t mfn) { return mmuext(MMUEXT_CLEAR_PAGE, mfn, 0); }

static long copy_from(uint64_t mfn)
{
    return mmuext(MMUEXT_COPY_PAGE, virt_to_mfn(own_page), mfn);
}

static long copy_to(uint64_t mfn)
{
    return mmuext(MMUEXT_COPY_PAGE, mfn, virt_to_mfn(own_page));
}

static long name_it(uint64_t mfn)
{
    mmu_update_t request = {mfn << 12 | MMU_MACHPHYS_UPDATE, 5};

    return hyp_mmu_update(&request, 1, NULL, DOMID_SELF);
}

static long write_entry(uint64_t mfn)
{
    return pte_write(mfn << 12 | 0x100, 0);
}

static long as_gdt(uint64_t mfn)
{
    return hyp_set_gdt(&mfn, 512);
}

static long descriptor(uint64_t mfn)
{
    return hyp_update_descriptor(mfn << 12, 0x00affb000000ffffUL);
}

static long give_back(uint64_t mfn)
{
    xen_memory_reservation_t r = {.extent_start = HANDLE(&mfn), .nr_extents = 1,
                                  .domid = DOMID_SELF};

    return hyp_memory_op(XENMEM_decrease_reservation, &r) == 1 ? 0 : -1;
}

static long exchange(uint64_t mfn)
{
    xen_pfn_t out = 5;
    xen_memory_exchange_t x = {
        .in = {.extent_start = HANDLE(&mfn), .nr_extents = 1, .domid = DOMID_SELF},
        .out = {.extent_start = HANDLE(&out), .nr_extents = 1, .domid = DOMID_SELF},
    };

    return hyp_memory_op(XENMEM_exchange, &x);
}

/* A grant to itself by its number: the frame is looked at when it is copied. */
static long by_grant(uint64_t mfn)
{
    volatile grant_entry_v1_t *entry = &grant_table()[20];
    gnttab_copy_t copy = {.source = {.u.ref = 20, .domid = own_domid()},
                          .dest = {.u.gmfn = virt_to_mfn(own_page), .domid = DOMID_SELF},
                          .len = 16, .flags = GNTCOPY_source_gref};

    *entry = (grant_entry_v1_t){GTF_permit_access, own_domid(), (uint32_t)mfn};
    hyp_grant_table_op(GNTTABOP_copy, &copy, 1);
    return copy.status;
}

static long by_copy(uint64_t mfn)
{
    gnttab_copy_t copy = {.source = {.u.gmfn = mfn, .domid = DOMID_SELF},
                          .dest = {.u.gmfn = virt_to_mfn(own_page), .domid = DOMID_SELF},
                          .len = 16};

    hyp_grant_table_op(GNTTABOP_copy, &copy, 1);
    return copy.status;
}

static const struct attempt {
    const char *name;
    long (*run)(uint64_t mfn);
} attempts[] = {
    {"L1 entry, writable", l1_writable}, {"update_va_mapping", va_mapping},
    {"L1 entry, read-only", l1_read_only}, {"L2 entry", as_l1}, {"L3 entry", as_l2},
    {"L4 entry", as_l3}, {"pin as L1", pin_l1}, {"pin as L4", pin_l4}, {"unpin", unpin},
    {"root", root}, {"root of user mode", user_root}, {"clear", clear}, {"copy from", copy_from},
    {"copy to", copy_to}, {"machine-to-physical entry", name_it}, {"write an entry", write_entry},
    {"GDT", as_gdt}, {"descriptor", descriptor}, {"give back", give_back}, {"exchange", exchange},
    {"copy by grant", by_grant}, {"copy by frame", by_copy},
};

/* Of its memory, or shared with it. The machine-to-physical table may have holes. */
static bool is_own(uint64_t mfn)
{
    uint64_t pfn = ~0UL;

    if (mfn == start_info->shared_info >> 12 || mfn == grant_frame)
        return true;
    if (FAULT_OF(pfn = mfn_to_pfn(mfn)) != NO_FAULT)
        return false;
    return pfn < start_info->nr_pages && p2m()[pfn] == mfn;
}

/* Frames of the machine-to-physical table may be read by everybody. */
static bool is_public(uint64_t mfn, const struct attempt *a)
{
    uint64_t first = 0;
    bool readable;

    if (a->run != l1_read_only)
        return false;
    /* it holds this guest's own names */
    readable = !map_mfn(window, mfn, PTE_RO);
    if (readable)
        first = *(volatile uint64_t *)window;
    for (const uint64_t *m2p = (uint64_t *)MACH2PHYS_VIRT_START; readable; m2p += 512) {
        if (FAULT_OF((void)*(const volatile uint64_t *)m2p) != NO_FAULT)
            return false;
        if (*m2p == first && !memcmp(m2p, window, PAGE_SIZE))
            return true;
    }
    return false;
}

static bool try_frame(uint64_t mfn, unsigned n)
{
    const struct attempt *a = &attempts[n % ARRAY_SIZE(attempts)];

    if (a->run(mfn) || is_public(mfn, a))
        return true;
    failure("frame %lx: %s succeeds", mfn, a->name);
    return false;
}

static uint64_t frames_of_machine(void)
{
    return (uint64_t)hyp_memory_op(XENMEM_maximum_ram_page, NULL) + 1;
}

static void beyond(void)
{
    uint64_t end = frames_of_machine();
    const uint64_t mfns[] = {end, end + 1, 0xfee00, 0xfec00, 0xfed00, 0xfffff, 0x100000,
                             1UL << 28, (1UL << 40) - 1, 1UL << 40, 1UL << 52, ~0UL >> 12, ~0UL};

    for (unsigned i = 0; i < ARRAY_SIZE(mfns); i++)
        for (unsigned n = 0; n < ARRAY_SIZE(attempts); n++)
            try_frame(mfns[i], n);
}

static void walk(unsigned first_attempt, uint64_t end)
{
    unsigned n = first_attempt, wrong = 0;

    for (uint64_t mfn = 0; mfn < end && wrong < 10; mfn++)
        if (!is_own(mfn))
            wrong += !try_frame(mfn, n++);
}

GUEST_TEST("frames of everybody else")
{
    unsigned walks = option("walks") ? (unsigned)number(option("walks")) : 2;

    if (is_dom0()) {
        skip("Dom0 may do some of it");
        return;
    }
    window = window_alloc();
    own_page = page_alloc();
    l1_entry = entry_maddr(window, 1);
    grant_frame = (*entry_of(grant_table(), 1) & PTE_MFN) >> 12;
    beyond();
    for (unsigned i = 0; i < walks; i++)
        walk(i, frames_of_machine());
    window_free(window);
    page_free(own_page);
}
