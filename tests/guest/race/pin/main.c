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
static volatile bool stop;
static volatile unsigned written, refused, late;

static void write_at(uint64_t value)
{
    *(volatile uint64_t *)(window + OFFSET) = value;
}

static void writer(void *unused)
{
    uint64_t entry = virt_to_mfn(page) << 12 | PTE_RW, n = 0;

    (void)unused;
    while (!stop) {
        if (hyp_update_va_mapping((uint64_t)window, entry, UVMF_NONE)) {
            refused++;
            continue;
        }
        n += 0x1000;
        if (FAULT_OF(write_at(n)) == NO_FAULT)
            written++;
        hyp_update_va_mapping((uint64_t)window, 0, UVMF_NONE);
        for (int i = 0; i < 20; i++)
            if (FAULT_OF(write_at(n | 2)) == NO_FAULT)
                late++;
    }
}

/* True if the page was a table for a while, and did not change in that time. */
static bool hold(unsigned *changed)
{
    volatile uint64_t *word = (volatile uint64_t *)(page + OFFSET);
    uint64_t mfn = virt_to_mfn(page), seen;

    if (mmuext(MMUEXT_PIN_L1_TABLE, mfn, 0))
        return false;
    seen = *word;
    for (int i = 0; i < 3000; i++)
        *changed += *word != seen;
    if (mmuext(MMUEXT_UNPIN_TABLE, mfn, 0))
        failure("a pinned table could not be unpinned");
    return true;
}

GUEST_TEST("race: a page becomes a table while it is written elsewhere")
{
    unsigned held = 0, changed = 0;
    uint64_t end;

    NEEDS_VCPUS(2);
    page = page_alloc();
    window = window_alloc();
    CHECK_EQ(page_protect(page, PTE_RO), 0);
    stop = false;
    CHECK(vcpu_start(1, writer, NULL));
    for (end = now() + 1500 * MS; now() < end || !held || !written;)
        held += hold(&changed);
    stop = true;
    CHECK(vcpu_wait(1));
    printk("table %u times; written %u, late %u, mappings refused %u\n", held, written, late,
           refused);
    CHECK_EQ(changed, 0);
    window_free(window);
    CHECK_EQ(page_protect(page, PTE_RW), 0);
    page_free(page);
}
