/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A page in use, attacked by everything that would make something else of it. The uses: a page
 * table of each level, pinned or named by a higher one, the root of kernel and of user mode, a
 * descriptor table (GDT, LDT), a writable mapping, a grant that is mapped. The attacks: to map it
 * writable, to grant it and map the grant, to clear it, copy to it in three ways, to pin it as each
 * level, to take it as GDT, to exchange it.
 *
 * Expected: an attack that needs another use than there is is refused, and none of them exchanges
 * it. Then the page is given back (decrease_reservation) while it is in use: it stays what it is,
 * the attacks are refused as before, and it is gone with the end of its use. At last a page of the
 * same guest frame comes back.
 */
#include <guest.h>

enum kind { L1, L2, L3, L4, SEGMENT, WRITABLE, NO_KIND };

#define REF 30

static uint64_t *page; /* not mapped at its own address while in use */
static uint64_t *upper; /* a table that names it */
static uint8_t *window, *second;
static uint64_t mfn;
static gnttab_map_grant_ref_t mapped;

/* ---- uses: begin with the page's contents zero and its own mapping gone */

static long pin(enum kind level)
{
    return mmuext(MMUEXT_PIN_L1_TABLE + level, mfn, 0);
}

static long unpin(void)
{
    return mmuext(MMUEXT_UNPIN_TABLE, mfn, 0);
}

static long pin_l1(void) { return pin(L1); }
static long pin_l2(void) { return pin(L2); }
static long pin_l3(void) { return pin(L3); }
static long pin_l4(void) { return pin(L4); }

/* The page is only named by a table of the level above, which is pinned. */
static long name_as(enum kind level)
{
    upper[3] = mfn << 12 | PTE_RW;
    return page_protect(upper, PTE_RO) ?:
           mmuext(MMUEXT_PIN_L1_TABLE + level + 1, virt_to_mfn(upper), 0);
}

static long name_l1(void) { return name_as(L1); }
static long name_l2(void) { return name_as(L2); }
static long name_l3(void) { return name_as(L3); }

static long unname(void)
{
    return mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(upper), 0) ?: page_protect(upper, PTE_RW);
}

/* The kernel's own slot has been written into the page before. */
static long root(void) { return mmuext(MMUEXT_NEW_BASEPTR, mfn, 0); }
static long unroot(void) { return mmuext(MMUEXT_NEW_BASEPTR, top_table_mfn(), 0); }
static long user_root(void) { return mmuext(MMUEXT_NEW_USER_BASEPTR, mfn, 0); }
static long user_unroot(void) { return mmuext(MMUEXT_NEW_USER_BASEPTR, top_table_mfn(), 0); }
static long gdt(void) { return hyp_set_gdt(&mfn, 512); }
static long ungdt(void) { return hyp_set_gdt(NULL, 0); }

/* The descriptors are zero: to load one faults, after the page has become a descriptor table. */
static long ldt(void)
{
    long rc = map_mfn(second, mfn, PTE_RO) ?: mmuext(MMUEXT_SET_LDT, (uint64_t)second, 512);

    (void)FAULT_OF(asm volatile("mov %0, %%es" ::"r"(15)));
    return rc;
}

static long unldt(void)
{
    return mmuext(MMUEXT_SET_LDT, 0, 0) ?: unmap(second);
}

static long map_writable(void) { return map_mfn(second, mfn, PTE_RW); }
static long unmap_second(void) { return unmap(second); }

static long map_grant(uint8_t *at)
{
    grant_entry_v1_t *entry = &grant_table()[REF];

    *entry = (grant_entry_v1_t){GTF_permit_access, own_domid(), (uint32_t)mfn};
    mapped = (gnttab_map_grant_ref_t){.host_addr = (uint64_t)at, .flags = GNTMAP_host_map,
                                      .ref = REF, .dom = own_domid()};
    return hyp_grant_table_op(GNTTABOP_map_grant_ref, &mapped, 1) ?: mapped.status;
}

static long unmap_grant(uint8_t *at)
{
    gnttab_unmap_grant_ref_t end = {.host_addr = (uint64_t)at, .handle = mapped.handle};
    long rc = hyp_grant_table_op(GNTTABOP_unmap_grant_ref, &end, 1) ?: end.status;

    return rc ?: grant_end(REF) ? 0 : -1;
}

static long grant_second(void) { return map_grant(second); }
static long ungrant_second(void) { return unmap_grant(second); }

static const struct use {
    const char *name;
    enum kind kind;
    long (*begin)(void), (*end)(void);
} uses[] = {
    {"pinned L1", L1, pin_l1, unpin},
    {"pinned L2", L2, pin_l2, unpin},
    {"pinned L3", L3, pin_l3, unpin},
    {"pinned L4", L4, pin_l4, unpin},
    {"L1 named by an L2", L1, name_l1, unname},
    {"L2 named by an L3", L2, name_l2, unname},
    {"L3 named by an L4", L3, name_l3, unname},
    {"root", L4, root, unroot},
    {"root of user mode", L4, user_root, user_unroot},
    {"GDT", SEGMENT, gdt, ungdt},
    {"LDT", SEGMENT, ldt, unldt},
    {"writable mapping", WRITABLE, map_writable, unmap_second},
    {"mapped grant", WRITABLE, grant_second, ungrant_second},
};

/* ---- attacks; each takes back what it got */

static long undo(long rc, long (*how)(void))
{
    if (!rc && how())
        failure("what an attack got cannot be undone");
    return rc;
}

static long unmap_window(void) { return unmap(window); }
static long attack_map(void) { return undo(map_mfn(window, mfn, PTE_RW), unmap_window); }
static long ungrant_window(void) { return unmap_grant(window); }

/* A grant that is in use keeps its entry as it is. */
static long attack_grant(void)
{
    return grant_table()[REF].flags & GTF_writing ? -1 : undo(map_grant(window), ungrant_window);
}

static long attack_clear(void) { return mmuext(MMUEXT_CLEAR_PAGE, mfn, 0); }
static long attack_copy(void) { return mmuext(MMUEXT_COPY_PAGE, mfn, virt_to_mfn(upper)); }

static long attack_grant_copy(void)
{
    gnttab_copy_t copy = {.source = {.u.gmfn = virt_to_mfn(upper), .domid = DOMID_SELF},
                          .dest = {.u.gmfn = mfn, .domid = DOMID_SELF}, .len = 64};

    return hyp_grant_table_op(GNTTABOP_copy, &copy, 1) ?: copy.status;
}

static long attack_l1(void) { return undo(pin(L1), unpin); }
static long attack_l2(void) { return undo(pin(L2), unpin); }
static long attack_l3(void) { return undo(pin(L3), unpin); }
static long attack_l4(void) { return undo(pin(L4), unpin); }
static long attack_gdt(void) { return undo(gdt(), ungdt); }

static long attack_exchange(void)
{
    xen_pfn_t in = mfn, out = virt_to_pfn(page);
    xen_memory_exchange_t x = {
        .in = {.extent_start = HANDLE(&in), .nr_extents = 1, .domid = DOMID_SELF},
        .out = {.extent_start = HANDLE(&out), .nr_extents = 1, .domid = DOMID_SELF},
    };

    return hyp_memory_op(XENMEM_exchange, &x);
}

static const struct attack {
    const char *name;
    enum kind kind; /* the use it needs */
    long (*run)(void);
} attacks[] = {
    {"map writable", WRITABLE, attack_map},
    {"map a grant", WRITABLE, attack_grant},
    {"clear", WRITABLE, attack_clear},
    {"copy", WRITABLE, attack_copy},
    {"grant copy", WRITABLE, attack_grant_copy},
    {"pin as L1", L1, attack_l1},
    {"pin as L2", L2, attack_l2},
    {"pin as L3", L3, attack_l3},
    {"pin as L4", L4, attack_l4},
    {"GDT", SEGMENT, attack_gdt},
    {"exchange", NO_KIND, attack_exchange},
};

static void attack_all(const struct use *use, const char *when)
{
    for (unsigned i = 0; i < ARRAY_SIZE(attacks); i++)
        if (attacks[i].kind != use->kind && attacks[i].run() >= 0)
            failure("%s%s: %s succeeds", use->name, when, attacks[i].name);
}

/* ---- the page itself */

static void prepare(const struct use *use)
{
    CHECK_EQ(page_protect(page, PTE_RW), 0);
    memset(page, 0, PAGE_SIZE);
    memset(upper, 0, PAGE_SIZE);
    if (use->kind == L4)
        page[511] = *(uint64_t *)(start_info->pt_base + 511 * 8);
    mfn = virt_to_mfn(page);
    CHECK_EQ(unmap(page), 0);
}

static void give_back(const struct use *use)
{
    xen_pfn_t frame = mfn;
    xen_memory_reservation_t r = {.extent_start = HANDLE(&frame), .nr_extents = 1,
                                  .domid = DOMID_SELF};

    if (hyp_memory_op(XENMEM_decrease_reservation, &r) != 1)
        failure("%s: cannot be given back", use->name);
    if (hyp_memory_op(XENMEM_decrease_reservation, &r) != 0)
        failure("%s: can be given back twice", use->name);
}

static void take_again(const struct use *use)
{
    xen_pfn_t frame = virt_to_pfn(page);
    xen_memory_reservation_t r = {.extent_start = HANDLE(&frame), .nr_extents = 1,
                                  .domid = DOMID_SELF};

    if (!map_mfn(window, mfn, PTE_RO))
        failure("%s: still there after it was given back", use->name);
    CHECK_EQ(hyp_memory_op(XENMEM_populate_physmap, &r), 1);
    p2m()[virt_to_pfn(page)] = frame;
    CHECK_EQ(page_protect(page, PTE_RW), 0);
}

static bool begin(const struct use *use)
{
    long rc;

    prepare(use);
    rc = use->begin();
    if (rc)
        failure("%s: cannot begin: %ld", use->name, rc);
    return !rc;
}

static void end(const struct use *use)
{
    long rc = use->end();

    if (rc)
        failure("%s: cannot end: %ld", use->name, rc);
}

static void try_use(const struct use *use)
{
    if (!begin(use))
        return;
    attack_all(use, "");
    end(use);
    if (!begin(use))
        return;
    give_back(use);
    attack_all(use, ", given back");
    end(use);
    take_again(use);
}

GUEST_TEST("pages in use: nothing else can be made of them")
{
    page = page_alloc();
    upper = page_alloc();
    window = window_alloc();
    second = window_alloc();
    for (unsigned i = 0; i < ARRAY_SIZE(uses); i++)
        try_use(&uses[i]);
    CHECK_EQ(page_protect(page, PTE_RW), 0);
    window_free(window);
    window_free(second);
    page_free(page);
    page_free(upper);
}
