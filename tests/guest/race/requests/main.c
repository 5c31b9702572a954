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
static volatile bool stop;
static uint64_t good, bad, maddr;

static void flipper(void *unused)
{
    (void)unused;
    while (!stop) {
        request.val = bad;
        call.args[1] = bad;
        call.op = __HYPERVISOR_xen_version;
        relax();
        request.val = good;
        call.args[1] = good;
        call.op = __HYPERVISOR_update_va_mapping;
        relax();
    }
}

static void check_entry(const void *window, unsigned *forbidden)
{
    uint64_t entry = *(volatile uint64_t *)entry_of(window, 1);

    if ((entry & PTE_P) && (entry & PTE_W) && (entry & PTE_MFN) == (bad & PTE_MFN))
        (*forbidden)++;
}

GUEST_TEST("race: arguments that change while they are read")
{
    uint8_t *page, *window;
    unsigned forbidden = 0, done = 0, failed = 0;
    uint64_t end;

    NEEDS_VCPUS(2);
    page = page_alloc();
    window = window_alloc();
    maddr = entry_maddr(window, 1);
    good = virt_to_mfn(page) << 12 | PTE_RW;
    bad = (maddr & PTE_MFN) | PTE_RW;
    request = (mmu_update_t){maddr, good};
    call = (multicall_entry_t){.op = __HYPERVISOR_update_va_mapping,
                               .args = {(uint64_t)window, good, UVMF_INVLPG}};
    stop = false;
    CHECK(vcpu_start(1, flipper, NULL));
    for (end = now() + 1000 * MS; now() < end || !done || !failed;) {
        if (hyp_mmu_update((void *)&request, 1, NULL, DOMID_SELF))
            failed++;
        else
            done++;
        check_entry(window, &forbidden);
        call.args[0] = (uint64_t)window;
        hyp_multicall((void *)&call, 1);
        check_entry(window, &forbidden);
    }
    stop = true;
    CHECK(vcpu_wait(1));
    printk("updates done %u, refused %u\n", done, failed);
    CHECK_EQ(forbidden, 0);
    window_free(window);
    page_free(page);
}
