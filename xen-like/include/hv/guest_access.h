/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading and writing guest memory by the guest-virtual addresses that hypercalls carry.
 *
 * The address is the current vcpu's; it may be anything at all. Each function touches only memory
 * that the guest may touch itself and returns 0 or -EFAULT. Copy every argument exactly once, into
 * hypervisor memory, and use that. Implemented by the architecture (arch/x86/mm/guest_copy.c); by
 * plain memcpy in host tests.
 */
#ifndef HV_GUEST_ACCESS_H
#define HV_GUEST_ACCESS_H

#include <arch/guest_copy.h> /* guest_read_short, guest_write_short: for constant sizes */
#include <hv/types.h>
#include <public/xen.h>

int copy_from_guest_bytes(void *dst, uint64_t src, size_t bytes);
int copy_to_guest_bytes(uint64_t dst, const void *src, size_t bytes);
int clear_guest_va(uint64_t dst, size_t bytes);

static inline __attribute__((always_inline)) int copy_from_guest_va(void *dst, uint64_t src,
                                                                    size_t bytes)
{
    if (__builtin_constant_p(bytes) && guest_copy_is_short(bytes))
        return guest_read_short(dst, src, bytes);
    return copy_from_guest_bytes(dst, src, bytes);
}

static inline __attribute__((always_inline)) int copy_to_guest_va(uint64_t dst, const void *src,
                                                                  size_t bytes)
{
    if (__builtin_constant_p(bytes) && guest_copy_is_short(bytes))
        return guest_write_short(dst, src, bytes);
    return copy_to_guest_bytes(dst, src, bytes);
}

static inline uint64_t guest_index(xen_guest_handle_t h, uint64_t index, size_t elem)
{
    uint64_t off, addr;
    /* an overflowing index becomes an address that nobody can access: it is not canonical */
    if (__builtin_mul_overflow(index, elem, &off) || __builtin_add_overflow(h.addr, off, &addr))
        return 1UL << 63;
    return addr;
}

/** Copy one object, or element `i` of an array, in or out: 0 or -EFAULT. */
#define copy_from_guest(ptr, h)         copy_from_guest_va(ptr, (h).addr, sizeof(*(ptr)))
#define copy_to_guest(h, ptr)           copy_to_guest_va((h).addr, ptr, sizeof(*(ptr)))
#define copy_from_guest_at(ptr, h, i) \
    copy_from_guest_va(ptr, guest_index(h, i, sizeof(*(ptr))), sizeof(*(ptr)))
#define copy_to_guest_at(h, i, ptr) \
    copy_to_guest_va(guest_index(h, i, sizeof(*(ptr))), ptr, sizeof(*(ptr)))

static inline bool guest_handle_is_null(xen_guest_handle_t h) { return h.addr == 0; }

#endif
