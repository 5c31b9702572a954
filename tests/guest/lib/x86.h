/* SPDX-License-Identifier: GPL-2.0-only */
/* Instructions and numbers of the processor. */
#ifndef GUEST_X86_H
#define GUEST_X86_H

#include <stdint.h>

#define VEC_DE 0
#define VEC_DB 1
#define VEC_NMI 2
#define VEC_BP 3
#define VEC_OF 4
#define VEC_BR 5
#define VEC_UD 6
#define VEC_NM 7
#define VEC_DF 8
#define VEC_TS 10
#define VEC_NP 11
#define VEC_SS 12
#define VEC_GP 13
#define VEC_PF 14
#define VEC_MF 16
#define VEC_AC 17
#define VEC_XM 19

/* Error code of a page fault */
#define PF_PROT  1
#define PF_WRITE 2
#define PF_USER  4
#define PF_RSVD  8
#define PF_INSN  16

#define RFLAGS_CF 0x1UL
#define RFLAGS_TF 0x100UL
#define RFLAGS_IF 0x200UL
#define RFLAGS_DF 0x400UL
#define RFLAGS_NT 0x4000UL
#define RFLAGS_AC 0x40000UL
#define RFLAGS_ID 0x200000UL

#define CR0_PE 0x1UL
#define CR0_TS 0x8UL
#define CR0_WP 0x10000UL
#define CR0_PG 0x80000000UL
#define CR4_TSD 0x4UL
#define CR4_DE 0x8UL
#define CR4_PAE 0x20UL
#define CR4_VMXE 0x2000UL
#define CR4_FSGSBASE 0x10000UL
#define CR4_OSXSAVE 0x40000UL

#define barrier() asm volatile("" ::: "memory")

static inline uint64_t rdtsc(void)
{
    uint32_t low, high;

    asm volatile("lfence; rdtsc" : "=a"(low), "=d"(high)::"memory");
    return (uint64_t)high << 32 | low;
}

static inline uint64_t read_flags(void)
{
    uint64_t flags;

    asm volatile("pushf; pop %0" : "=r"(flags));
    return flags;
}

static inline uint64_t rdmsr(uint32_t msr)
{
    uint32_t low, high;

    asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
    return (uint64_t)high << 32 | low;
}

static inline void wrmsr(uint32_t msr, uint64_t value)
{
    asm volatile("wrmsr" ::"c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)));
}

static inline uint8_t inb(uint16_t port)
{
    uint8_t value;

    asm volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline void outb(uint16_t port, uint8_t value)
{
    asm volatile("outb %0, %1" ::"a"(value), "Nd"(port));
}

static inline void relax(void)
{
    asm volatile("pause" ::: "memory");
}

#endif
