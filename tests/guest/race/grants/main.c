/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Grants mapped, copied and unmapped on two vcpus at once, the same references and the same
 * handles, while the entries change (advisories 218, 228, 380). Each handle can be taken back once;
 * at the end no mark stays in any entry and the pages are ordinary ones.
 */
#include <guest.h>

#define FIRST_REF 16
#define REFS 4

static uint8_t *pages[REFS], *windows[2];
static volatile unsigned mapped[2], unmapped_here[2], stolen;
static volatile grant_handle_t shared_handle = ~0U;

/* Mappings for a device, which both vcpus try to end: each ends once. */
static volatile grant_handle_t device_handle = ~0U;
static volatile uint64_t device_address;
static volatile unsigned devices[2], devices_ended[2];

static void one_round(unsigned who, unsigned n)
{
    gnttab_map_grant_ref_t map = {.host_addr = (uint64_t)windows[who], .flags = GNTMAP_host_map,
                                  .ref = FIRST_REF + n % REFS, .dom = own_domid()};
    gnttab_unmap_grant_ref_t unmap_arg = {.host_addr = (uint64_t)windows[who]};

    if (hyp_grant_table_op(GNTTABOP_map_grant_ref, &map, 1) || map.status)
        return;
    mapped[who]++;
    unmap_arg.handle = map.handle;
    shared_handle = map.handle; /* the other one may try it, at its own address: refused */
    if (!hyp_grant_table_op(GNTTABOP_unmap_grant_ref, &unmap_arg, 1) && !unmap_arg.status)
        unmapped_here[who]++; /* at the first try: the other one's attempt is waited for */
}

static void end_device(unsigned who, grant_handle_t handle, uint64_t address)
{
    gnttab_unmap_grant_ref_t unmap_arg = {.dev_bus_addr = address, .handle = handle};

    if (!hyp_grant_table_op(GNTTABOP_unmap_grant_ref, &unmap_arg, 1) && !unmap_arg.status)
        devices_ended[who]++;
}

static void one_device(unsigned who, unsigned n)
{
    gnttab_map_grant_ref_t map = {.flags = GNTMAP_device_map, .ref = FIRST_REF + n % REFS,
                                  .dom = own_domid()};

    if (hyp_grant_table_op(GNTTABOP_map_grant_ref, &map, 1) || map.status)
        return;
    devices[who]++;
    device_address = map.dev_bus_addr;
    device_handle = map.handle;
    end_device(who, map.handle, map.dev_bus_addr);
}

static void steal(unsigned who)
{
    gnttab_unmap_grant_ref_t unmap_arg = {.host_addr = (uint64_t)windows[who],
                                          .handle = shared_handle};

    if (!hyp_grant_table_op(GNTTABOP_unmap_grant_ref, &unmap_arg, 1) && !unmap_arg.status)
        stolen++;
}

static void here(void)
{
    static unsigned n;

    one_round(0, n);
    steal(0);
    random_pause();
    end_device(0, device_handle, device_address);
    one_device(0, n++);
}

static void there(void)
{
    static unsigned n;

    one_round(1, n);
    steal(1);
    random_pause();
    end_device(1, device_handle, device_address);
    one_device(1, n++);
}

static void check_end(void)
{
    for (unsigned i = 0; i < REFS; i++) {
        if (!grant_end(FIRST_REF + i))
            failure("reference %u is still in use: flags %x", FIRST_REF + i,
                    grant_table()[FIRST_REF + i].flags);
        CHECK_EQ(page_protect(pages[i], PTE_RO), 0);
        CHECK_EQ(mmuext(MMUEXT_PIN_L1_TABLE, virt_to_mfn(pages[i]), 0), 0); /* no writer left */
        CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(pages[i]), 0), 0);
        CHECK_EQ(page_protect(pages[i], PTE_RW), 0);
        page_free(pages[i]);
    }
}

GUEST_TEST("race: grants mapped and unmapped on two vcpus")
{
    NEEDS_VCPUS(2);
    for (unsigned i = 0; i < REFS; i++) {
        pages[i] = page_alloc();
        grant(FIRST_REF + i, pages[i], own_domid(), 0);
    }
    windows[0] = window_alloc();
    windows[1] = window_alloc();
    stolen = 0;
    race(here, there, 300);
    printk("mapped %u and %u\n", mapped[0], mapped[1]);
    CHECK_EQ(unmapped_here[0], mapped[0]);
    CHECK_EQ(unmapped_here[1], mapped[1]);
    CHECK_EQ(stolen, 0);
    CHECK_EQ(devices_ended[0] + devices_ended[1], devices[0] + devices[1]);
    window_free(windows[1]);
    window_free(windows[0]);
    check_end();
}
