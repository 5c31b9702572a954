/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Arguments that change while they are read: one vcpu issues mmu_update and multicall requests, the
 * other flips them all the while between a harmless entry and one that would map a page table
 * writable. A hypervisor that reads an argument twice would check the one and write the other.
 * Expected: after each call the entry is one that may be there, and never names the table writable.
 */
#include <guest.h>

static volatile mmu_update_t request;
static volatile multicall_entry_t call;
static uint64_t good, bad, maddr;
static uint8_t *window;
static unsigned forbidden, done, failed;

static void flip(void)
{
    request.val = bad;
    call.args[1] = bad;
    call.op = __HYPERVISOR_xen_version;
    relax();
    request.val = good;
    call.args[1] = good;
    call.op = __HYPERVISOR_update_va_mapping;
}

static void check_entry(void)
{
    uint64_t entry = *(volatile uint64_t *)entry_of(window, 1);

    if ((entry & PTE_P) && (entry & PTE_W) && (entry & PTE_MFN) == (bad & PTE_MFN))
        forbidden++;
}

static void ask(void)
{
    if (hyp_mmu_update((void *)&request, 1, NULL, DOMID_SELF))
        failed++;
    else
        done++;
    check_entry();
    call.args[0] = (uint64_t)window;
    hyp_multicall((void *)&call, 1);
    check_entry();
}

GUEST_TEST("race: arguments that change while they are read")
{
    uint8_t *page;

    NEEDS_VCPUS(2);
    page = page_alloc();
    window = window_alloc();
    maddr = entry_maddr(window, 1);
    good = virt_to_mfn(page) << 12 | PTE_RW;
    bad = (maddr & PTE_MFN) | PTE_RW;
    request = (mmu_update_t){maddr, good};
    call = (multicall_entry_t){.op = __HYPERVISOR_update_va_mapping,
                               .args = {(uint64_t)window, good, UVMF_INVLPG}};
    forbidden = done = failed = 0;
    do
        race(ask, flip, 1000);
    while (!done || !failed);
    printk("updates done %u, refused %u\n", done, failed);
    CHECK_EQ(forbidden, 0);
    window_free(window);
    page_free(page);
}
