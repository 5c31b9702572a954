/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The wall clock in shared_info is the time of day at system time 0, guarded by wc_version. Dom0
 * sets it by XENPF_settime64 (and settime32); the new value is what shared_info says. mbz must be
 * 0; nanoseconds of a second or more are refused. Other domains may not set it.
 */
#include <guest.h>

static void check_set(void)
{
    struct xen_platform_op op = {.u.settime64 = {.secs = 2000000000, .nsecs = 5,
                                                 .system_time = now()}};
    uint64_t at = op.u.settime64.system_time, seconds;

    CHECK_EQ(platform(&op, XENPF_settime64), 0);
    CHECK(!(shared_info->wc_version & 1));
    seconds = (uint64_t)shared_info->wc_sec_hi << 32 | shared_info->wc_sec;
    CHECK(seconds * 1000000000 + shared_info->wc_nsec + at == 2000000000UL * 1000000000 + 5);
    op.u.settime64.mbz = 1;
    CHECK_EQ(platform(&op, XENPF_settime64), -XEN_EINVAL);
    op.u.settime32.secs = 1900000000;
    op.u.settime32.nsecs = 0;
    op.u.settime32.system_time = 0;
    CHECK_EQ(platform(&op, XENPF_settime32), 0);
    CHECK_EQ(shared_info->wc_sec, 1900000000);
}

GUEST_TEST("wall clock")
{
    volatile shared_info_t *clock = shared_info;
    struct xen_platform_op op = {0};
    uint32_t version, seconds, nanoseconds;

    do { /* Dom0 may be setting it just now */
        CHECK(WAIT_FOR(!((version = clock->wc_version) & 1)));
        seconds = clock->wc_sec;
        nanoseconds = clock->wc_nsec;
    } while (version != clock->wc_version);
    CHECK(seconds > 1000000000);
    CHECK(nanoseconds < 1000000000);
    if (!is_dom0()) {
        CHECK_EQ(platform(&op, XENPF_settime64), -XEN_EPERM);
        return;
    }
    check_set();
    op.u.settime64.secs = seconds;
    op.u.settime64.nsecs = nanoseconds;
    CHECK_EQ(platform(&op, XENPF_settime64), 0);
}
