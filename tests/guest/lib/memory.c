/* SPDX-License-Identifier: GPL-2.0-only */
/* Pages, address space, and page-table entries of a PV guest. */
#include "guest.h"

#define NR_PAGES   512
#define NR_WINDOWS 64

static uint8_t pool[NR_PAGES][PAGE_SIZE] __attribute__((aligned(4096)));
static uint8_t windows[NR_WINDOWS][PAGE_SIZE] __attribute__((aligned(4096)));
static bool page_used[NR_PAGES], window_used[NR_WINDOWS];

static int take(bool *used, int count)
{
    for (int i = 0; i < count; i++) {
        if (!used[i]) {
            used[i] = true;
            return i;
        }
    }
    printk("TEST-FAIL out of pages or windows\n");
    power_off();
}

void *page_alloc(void)
{
    return memset(pool[take(page_used, NR_PAGES)], 0, PAGE_SIZE);
}

void page_free(void *page)
{
    page_used[((uint8_t *)page - pool[0]) / PAGE_SIZE] = false;
}

unsigned pages_free(void)
{
    unsigned n = 0;

    for (int i = 0; i < NR_PAGES; i++)
        n += !page_used[i];
    return n;
}

void *window_alloc(void)
{
    void *window = windows[take(window_used, NR_WINDOWS)];

    hyp_update_va_mapping((uint64_t)window, 0, UVMF_INVLPG | UVMF_ALL);
    return window;
}

void window_free(void *window)
{
    hyp_update_va_mapping((uint64_t)window, 0, UVMF_INVLPG | UVMF_ALL);
    window_used[((uint8_t *)window - windows[0]) / PAGE_SIZE] = false;
}

uint64_t *p2m(void)
{
    return (uint64_t *)start_info->mfn_list;
}

uint64_t virt_to_pfn(const void *virt)
{
    return ((uint64_t)virt - VIRT_BASE) >> 12;
}

uint64_t virt_to_mfn(const void *virt)
{
    return p2m()[virt_to_pfn(virt)];
}

uint64_t mfn_to_pfn(uint64_t mfn)
{
    return ((uint64_t *)MACH2PHYS_VIRT_START)[mfn];
}

/* The tables of the initial address space are mapped read-only at their pfn. */
static uint64_t *table_of(const void *virt, int level)
{
    uint64_t *table = (uint64_t *)start_info->pt_base;

    for (int l = 4; l > level; l--) {
        uint64_t entry = table[(uint64_t)virt >> (12 + 9 * (l - 1)) & 511];

        if (!(entry & PTE_P))
            return NULL;
        table = (uint64_t *)(VIRT_BASE + (mfn_to_pfn((entry & PTE_MFN) >> 12) << 12));
    }
    return table;
}

uint64_t *entry_of(const void *virt, int level)
{
    uint64_t *table = table_of(virt, level);

    return table ? &table[(uint64_t)virt >> (12 + 9 * (level - 1)) & 511] : NULL;
}

uint64_t entry_maddr(const void *virt, int level)
{
    uint64_t entry = (uint64_t)entry_of(virt, level);

    return virt_to_mfn((void *)entry) << 12 | (entry & 0xfff);
}

uint64_t top_table_mfn(void)
{
    return virt_to_mfn((void *)start_info->pt_base);
}

long map_mfn(void *virt, uint64_t mfn, uint64_t flags)
{
    return hyp_update_va_mapping((uint64_t)virt, mfn << 12 | flags, UVMF_INVLPG | UVMF_ALL);
}

long unmap(void *virt)
{
    return hyp_update_va_mapping((uint64_t)virt, 0, UVMF_INVLPG | UVMF_ALL);
}

long page_protect(void *page, uint64_t flags)
{
    return map_mfn(page, virt_to_mfn(page), flags);
}

long pte_write(uint64_t maddr, uint64_t value)
{
    mmu_update_t request = {maddr | MMU_NORMAL_PT_UPDATE, value};

    return hyp_mmu_update(&request, 1, NULL, DOMID_SELF);
}

long mmuext(unsigned cmd, uint64_t arg1, uint64_t arg2)
{
    struct mmuext_op op = {.cmd = cmd, .arg1.mfn = arg1, .arg2.src_mfn = arg2};

    return hyp_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

bool can_read(const void *virt)
{
    return FAULT_OF((void)*(const volatile uint8_t *)virt) == NO_FAULT;
}

bool can_write(void *virt)
{
    volatile uint8_t *p = virt;

    return FAULT_OF(*p = *p) == NO_FAULT;
}

static long reservation(unsigned cmd, xen_pfn_t *frame)
{
    xen_memory_reservation_t r = {.extent_start = HANDLE(frame), .nr_extents = 1,
                                  .domid = DOMID_SELF};

    return hyp_memory_op(cmd, &r);
}

uint64_t page_give_up(void *page)
{
    xen_pfn_t frame = virt_to_mfn(page), old = frame;

    CHECK_EQ(unmap(page), 0);
    CHECK_EQ(reservation(XENMEM_decrease_reservation, &frame), 1);
    return old;
}

void page_refill(void *page)
{
    xen_pfn_t pfn = virt_to_pfn(page), frame = pfn;

    CHECK_EQ(reservation(XENMEM_populate_physmap, &frame), 1);
    p2m()[pfn] = frame;
    CHECK_EQ(map_mfn(page, frame, PTE_RW), 0);
}
