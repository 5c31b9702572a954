/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SCHEDOP_watchdog: id 0 takes a free watchdog of the two and returns its number; with all taken it
 * is -ENOSPC (Xen returns it as 32 bits). Naming it re-arms it, a timeout of 0 stops it. None may
 * fire during the test: the domain would be shut down.
 */
#include <guest.h>

static long watchdog(uint32_t id, uint32_t timeout)
{
    sched_watchdog_t arg = {id, timeout};

    return hyp_sched_op(SCHEDOP_watchdog, &arg);
}

GUEST_TEST("watchdogs")
{
    long first = watchdog(0, 600), second = watchdog(0, 600);

    CHECK_EQ(first, 1);
    CHECK_EQ(second, 2);
    CHECK_EQ((int)watchdog(0, 600), -XEN_ENOSPC);
    CHECK_EQ(watchdog(1, 500), 0);
    CHECK_EQ(watchdog(1, 0), 0);
    CHECK_EQ(watchdog(2, 0), 0);
    CHECK_EQ(watchdog(1, 500), -XEN_EINVAL);
    CHECK_EQ(watchdog(3, 500), -XEN_EINVAL);
    CHECK_EQ(watchdog(~0U, 500), -XEN_EINVAL);
}
