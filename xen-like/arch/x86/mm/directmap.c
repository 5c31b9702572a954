/* SPDX-License-Identifier: GPL-2.0-only */
/* Pages by their place in the direct map. */
#include <arch/page.h>
#include <hv/arch.h>

void *mfn_to_virt(mfn_t m) { return maddr_to_virt(mfn_to_maddr(m)); }

mfn_t virt_to_mfn(const void *va) { return maddr_to_mfn(virt_to_maddr(va)); }

void clear_page(void *va)
{
    uint64_t n = PAGE_SIZE / 8;

    __asm__ volatile("rep stosq" : "+D"(va), "+c"(n) : "a"(0) : "memory");
}

void copy_page(void *dst, const void *src)
{
    uint64_t n = PAGE_SIZE / 8;

    __asm__ volatile("rep movsq" : "+D"(dst), "+S"(src), "+c"(n)::"memory");
}
