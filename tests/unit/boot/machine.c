/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory below the guard page, and the few services of the memory map that the readers use.
 */
#include "machine.h"
#include "fake.h"

#include <string.h>
#include <sys/mman.h>

#include <arch/hvmap.h>

char image_start[0x100000], image_text_end[1], image_rodata_end[1], image_data_end[1];
char image_boot_start[1];
__asm__(".globl image_end\n.set image_end, image_start + 0x100000");

void machine_memory_init(void)
{
    void *at = mmap((void *)DIRECTMAP_START, MEMORY_END, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);

    ck_assert_ptr_eq(at, (void *)DIRECTMAP_START);
}

void machine_put(uint64_t addr, const void *bytes, size_t n)
{
    memcpy((char *)DIRECTMAP_START + addr, bytes, n);
}

uint64_t machine_put_at_end(const void *bytes, size_t n, size_t align)
{
    uint64_t at = (MEMORY_END - n) & ~(align - 1);

    machine_put(at, bytes, n);
    return at;
}

bool in_directmap(uint64_t maddr, size_t bytes)
{
    return maddr < MEMORY_END && bytes <= MEMORY_END - maddr;
}

const void *firmware_map(uint64_t maddr, size_t bytes)
{
    return in_directmap(maddr, bytes) ? (const char *)DIRECTMAP_START + maddr : NULL;
}

uint64_t hv_maddr(const void *va)
{
    const char *p = va;

    return p >= (char *)DIRECTMAP_START ? (uint64_t)p - DIRECTMAP_START : 0x5000;
}
