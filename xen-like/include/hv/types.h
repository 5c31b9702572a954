/* SPDX-License-Identifier: GPL-2.0-only */
/* Basic types and helpers that every file may use. Builds freestanding and on the host. */
#ifndef HV_TYPES_H
#define HV_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE_SHIFT 12
#define PAGE_SIZE  (1UL << PAGE_SHIFT)
#define PAGE_MASK  (~(PAGE_SIZE - 1))

/**
 * Largest number of physical CPUs that are used; further ones are named in the log and left parked.
 */
#define MAX_CPUS 128

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define container_of(ptr, type, member) ((type *)((char *)(ptr) - offsetof(type, member)))

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#define MIN(a, b) ({ __auto_type a_ = (a); __auto_type b_ = (b); a_ < b_ ? a_ : b_; })
#define MAX(a, b) ({ __auto_type a_ = (a); __auto_type b_ = (b); a_ > b_ ? a_ : b_; })

#define READ_ONCE(x)     (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))

#define smp_mb()  __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define smp_wmb() __atomic_thread_fence(__ATOMIC_RELEASE)

/** Compare and exchange, a full barrier: false, and *expected becomes what was found there. */
#define try_cmpxchg(ptr, expected, new) \
    __atomic_compare_exchange_n(ptr, expected, new, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)

#define DIV_ROUND_UP(n, d)   (((n) + (d) - 1) / (d))
#define ROUND_UP(n, align)   (((n) + (align) - 1) & ~((__typeof__(n))(align) - 1))
#define ROUND_DOWN(n, align) ((n) & ~((__typeof__(n))(align) - 1))

/** Nanoseconds of system time (since the hypervisor started). */
typedef int64_t s_time_t;
#define NS_PER_US 1000LL
#define NS_PER_MS 1000000LL
#define NS_PER_S  1000000000LL
#define STIME_MAX INT64_MAX

#endif
