/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The short way to guest memory: a structure whose size the compiler knows is moved by a few
 * instructions in place. Others go through arch/x86/mm/guest_copy.c. A faulting instruction goes on
 * at its label (arch/x86/extable.c).
 */
#ifndef ARCH_GUEST_COPY_H
#define ARCH_GUEST_COPY_H

#include <arch/extable.h>
#include <arch/layout.h>
#include <arch/smap.h>
#include <public/errno.h>

/** Longest copy in place, in bytes. */
#define GUEST_COPY_SHORT 64
/** Sizes that are copied in place. */
#define guest_copy_is_short(bytes) ((bytes) <= GUEST_COPY_SHORT && (bytes) % 2 == 0)

/* Move one unit at an offset; either side may be the guest's. */
#define GUEST_MOVE(suffix, reg, offset)                                             \
    __asm__ goto("1: mov" suffix " %c2(%1), %%" reg "\n"                            \
                 "2: mov" suffix " %%" reg ", %c2(%0)\n" EXTABLE("1b", "%l[fault]") \
                     EXTABLE("2b", "%l[fault]")                                     \
                 :                                                                  \
                 : "r"(dst), "r"(src), "i"(offset)                                  \
                 : "rax", "memory"                                                  \
                 : fault)

#define GUEST_MOVE_WORD(n)                                                                        \
    do {                                                                                          \
        if (bytes >= 8 * (n) + 8)                                                                 \
            GUEST_MOVE("q", "rax", 8 * (n));                                                      \
    } while (0)

/* What is left after `n` words: 4, 2 and 1 bytes. */
#define GUEST_MOVE_TAIL(n)                                                                        \
    do {                                                                                          \
        if (bytes / 8 != (n))                                                                     \
            break;                                                                                \
        if (bytes & 4)                                                                            \
            GUEST_MOVE("l", "eax", 8 * (n));                                                      \
        if ((bytes & 6) == 6)                                                                     \
            GUEST_MOVE("w", "ax", 8 * (n) + 4);                                                   \
        if ((bytes & 6) == 2)                                                                     \
            GUEST_MOVE("w", "ax", 8 * (n));                                                       \
    } while (0)

/** `bytes` is an even constant, at most GUEST_COPY_SHORT. 0 or -EFAULT. */
static inline __attribute__((always_inline)) int guest_move_short(void *dst, const void *src,
                                                                  size_t bytes)
{
    stac();
    GUEST_MOVE_WORD(0);
    GUEST_MOVE_WORD(1);
    GUEST_MOVE_WORD(2);
    GUEST_MOVE_WORD(3);
    GUEST_MOVE_WORD(4);
    GUEST_MOVE_WORD(5);
    GUEST_MOVE_WORD(6);
    GUEST_MOVE_WORD(7);
    GUEST_MOVE_TAIL(0);
    GUEST_MOVE_TAIL(1);
    GUEST_MOVE_TAIL(2);
    GUEST_MOVE_TAIL(3);
    GUEST_MOVE_TAIL(4);
    GUEST_MOVE_TAIL(5);
    GUEST_MOVE_TAIL(6);
    GUEST_MOVE_TAIL(7);
    clac();
    return 0;
fault:
    clac();
    return -XEN_EFAULT;
}

/**
 * No byte of a short copy from here is the hypervisor's. Addresses that are not canonical fault
 * like any other bad one, and a copy that runs over the highest address goes on at the lowest,
 * which is the guest's too.
 */
static inline bool guest_short_ok(uint64_t addr)
{
    return addr - (HV_VIRT_START - GUEST_COPY_SHORT) >=
           HV_VIRT_END - HV_VIRT_START + GUEST_COPY_SHORT;
}

static inline __attribute__((always_inline)) int guest_read_short(void *dst, uint64_t src,
                                                                  size_t bytes)
{
    return __builtin_expect(guest_short_ok(src), 1)
               ? guest_move_short(dst, (const void *)src, bytes)
               : -XEN_EFAULT;
}

static inline __attribute__((always_inline)) int guest_write_short(uint64_t dst, const void *src,
                                                                   size_t bytes)
{
    return __builtin_expect(guest_short_ok(dst), 1) ? guest_move_short((void *)dst, src, bytes)
                                                    : -XEN_EFAULT;
}

/** Six arguments of a hypercall, which can go from the guest's memory straight into registers. */
struct guest_args {
    uint64_t a1, a2, a3, a4, a5, a6;
};

/** Read them from `src`, six words. 0 or -EFAULT. */
static inline __attribute__((always_inline)) int guest_read_args(struct guest_args *a, uint64_t src)
{
    uint64_t a1, a2, a3, a4, a5, a6;

    if (__builtin_expect(!guest_short_ok(src), 0))
        return -XEN_EFAULT;
    stac();
    __asm__ goto("1: mov (%6), %0\n 2: mov 8(%6), %1\n 3: mov 16(%6), %2\n 4: mov 24(%6), %3\n"
                 "5: mov 32(%6), %4\n 6: mov 40(%6), %5\n"
                 EXTABLE("1b", "%l[fault]") EXTABLE("2b", "%l[fault]") EXTABLE("3b", "%l[fault]")
                 EXTABLE("4b", "%l[fault]") EXTABLE("5b", "%l[fault]") EXTABLE("6b", "%l[fault]")
                 : "=&r"(a1), "=&r"(a2), "=&r"(a3), "=&r"(a4), "=&r"(a5), "=&r"(a6)
                 : "r"(src)
                 : "memory"
                 : fault);
    clac();
    *a = (struct guest_args){ a1, a2, a3, a4, a5, a6 };
    return 0;
fault:
    clac();
    return -XEN_EFAULT;
}

#endif
