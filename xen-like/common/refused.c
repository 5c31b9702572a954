/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hypercalls of the interface that this hypervisor has no use for, each with the ABI's way to say
 * so.
 */
#include <hv/hypercall.h>
#include <public/errno.h>

/** No security module: labels and their policy are not there. */
long do_xsm_op(uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5, uint64_t a6)
{
    return -XEN_ENOSYS;
}

/** Performance counters are not given to guests. */
long do_xenpmu_op(uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5, uint64_t a6)
{
    return -XEN_EOPNOTSUPP;
}
