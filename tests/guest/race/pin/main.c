/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A page becomes a page table on one vcpu while another maps it writable, writes, unmaps it without
 * asking for a TLB flush, and writes once more through what its TLB still knows (advisories 401,
 * 408 and 286).
 *
 * Expected: whenever the pin succeeds the page stays as it is until it is unpinned; the other
 * vcpu's late writes fault or hit before the pin. Its mapping attempts fail meanwhile. The values
 * written are entries that are not present, so that a hypervisor that fails this test survives it.
 */
#include <guest.h>

#define OFFSET 0x888

static uint8_t *page, *window;
static volatile unsigned written, refused, late;
static unsigned held, changed;

static void write_at(uint64_t value)
{
    *(volatile uint64_t *)(window + OFFSET) = value;
}

static void writer(void)
{
    static uint64_t n;

    if (hyp_update_va_mapping((uint64_t)window, virt_to_mfn(page) << 12 | PTE_RW, UVMF_NONE)) {
        refused++;
        return;
    }
    if (FAULT_OF(write_at(n += 0x1000)) == NO_FAULT)
        written++;
    hyp_update_va_mapping((uint64_t)window, 0, UVMF_NONE);
    for (unsigned i = 0; i < 20; i++) {
        relax();
        if (FAULT_OF(write_at((n += 0x1000) | 2)) == NO_FAULT)
            late++;
    }
}

/* If nobody writes the page just now it is a table for a while, and does not change meanwhile. */
static void hold(void)
{
    volatile uint64_t *word = (volatile uint64_t *)(page + OFFSET);
    uint64_t mfn = virt_to_mfn(page), seen;

    if (mmuext(MMUEXT_PIN_L1_TABLE, mfn, 0))
        return;
    held++;
    seen = *word;
    random_pause();
    for (unsigned i = 0; i < 100; i++) {
        changed += *word != seen;
        relax();
    }
    if (mmuext(MMUEXT_UNPIN_TABLE, mfn, 0))
        failure("a pinned table could not be unpinned");
}

GUEST_TEST("race: a page becomes a table while it is written elsewhere")
{
    NEEDS_VCPUS(2);
    page = page_alloc();
    window = window_alloc();
    CHECK_EQ(page_protect(page, PTE_RO), 0);
    written = refused = late = held = changed = 0;
    do
        race(hold, writer, 200);
    while (!held || !written);
    printk("table %u times; written %u, late %u, mappings refused %u\n", held, written, late,
           refused);
    CHECK_EQ(changed, 0);
    window_free(window);
    CHECK_EQ(page_protect(page, PTE_RW), 0);
    page_free(page);
}
