/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Copying between the hypervisor and the current guest's addresses. A fault in one of the marked
 * instructions goes on at its fixup (arch/x86/extable.c), and the copy fails. Tables are entered by
 * eight bytes, unrolled; long copies use the string instructions.
 */
#include <arch/extable.h>
#include <arch/layout.h>
#include <arch/smap.h>
#include <hv/guest_access.h>
#include <public/errno.h>

#define LONG_COPY 256

/**
 * Guests may touch what is not the hypervisor's: this keeps a copy from reaching our own mappings.
 */
static inline bool range_ok(uint64_t addr, size_t bytes)
{
    uint64_t end;

    if (__builtin_add_overflow(addr, bytes, &end))
        return false;
    return end <= 0x0000800000000000UL || addr >= HV_VIRT_END;
}

/* Move one unit; either side may be the guest's. */
#define MOVE(d, s, suffix, reg)                                                       \
    __asm__ goto("1: mov" suffix " %0, %%" reg "\n"                                   \
                 "2: mov" suffix " %%" reg ", %1\n"                                    \
                 EXTABLE("1b", "%l[fault]") EXTABLE("2b", "%l[fault]")                \
                 :                                                                    \
                 : "m"(*(s)), "m"(*(d))                                               \
                 : "rax", "memory"                                                    \
                 : fault)

static int move_string(void *dst, const void *src, size_t bytes)
{
    size_t words = bytes / 8, rest = bytes % 8;

    __asm__ goto("mov %0, %%rdi\n mov %1, %%rsi\n mov %2, %%rcx\n"
                 "1: rep movsq\n"
                 "mov %3, %%rcx\n"
                 "2: rep movsb\n" EXTABLE("1b", "%l[fault]") EXTABLE("2b", "%l[fault]")
                 :
                 : "r"(dst), "r"(src), "r"(words), "r"(rest)
                 : "rdi", "rsi", "rcx", "memory"
                 : fault);
    return 0;
fault:
    return -XEN_EFAULT;
}

static inline __attribute__((always_inline)) int move_short(char *dst, const char *src,
                                                            size_t bytes)
{
    for (; bytes >= 32; bytes -= 32, dst += 32, src += 32) {
        MOVE((uint64_t *)dst, (const uint64_t *)src, "q", "rax");
        MOVE((uint64_t *)(dst + 8), (const uint64_t *)(src + 8), "q", "rax");
        MOVE((uint64_t *)(dst + 16), (const uint64_t *)(src + 16), "q", "rax");
        MOVE((uint64_t *)(dst + 24), (const uint64_t *)(src + 24), "q", "rax");
    }
    for (; bytes >= 8; bytes -= 8, dst += 8, src += 8)
        MOVE((uint64_t *)dst, (const uint64_t *)src, "q", "rax");
    if (bytes & 4) {
        MOVE((uint32_t *)dst, (const uint32_t *)src, "l", "eax");
        dst += 4, src += 4;
    }
    for (bytes &= 3; bytes; bytes--, dst++, src++)
        MOVE(dst, src, "b", "al");
    return 0;
fault:
    return -XEN_EFAULT;
}

static int move(void *dst, const void *src, size_t bytes)
{
    int rc;

    stac();
    rc = bytes < LONG_COPY ? move_short(dst, src, bytes) : move_string(dst, src, bytes);
    clac();
    return rc;
}

int copy_from_guest_bytes(void *dst, uint64_t src, size_t bytes)
{
    return likely(range_ok(src, bytes)) ? move(dst, (const void *)src, bytes) : -XEN_EFAULT;
}

int copy_to_guest_bytes(uint64_t dst, const void *src, size_t bytes)
{
    return likely(range_ok(dst, bytes)) ? move((void *)dst, src, bytes) : -XEN_EFAULT;
}

int clear_guest_va(uint64_t dst, size_t bytes)
{
    static const uint64_t zeros[32];
    size_t n;
    int rc = 0;

    for (; bytes && !rc; bytes -= n, dst += n) {
        n = MIN(bytes, sizeof(zeros));
        rc = copy_to_guest_va(dst, zeros, n);
    }
    return rc;
}
