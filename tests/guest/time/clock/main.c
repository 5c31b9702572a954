/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The vcpu's time page (vcpu_time_info): its version is even when it is read between updates,
 * system time goes up and never back, and its rate is that of the wall: a second of set_timer_op
 * is a second of system time. The same page can be had at an address of the guest's choosing
 * (VCPUOP_register_vcpu_time_memory_area), where it agrees.
 */
#include <guest.h>

static vcpu_time_info_t copy;

static void check_monotonic(void)
{
    uint64_t last = now();

    for (int i = 0; i < 20000; i++) {
        uint64_t t = now();

        if (t < last) {
            failure("time went back by %lu ns", last - t);
            return;
        }
        last = t;
    }
}

static void check_rate(void)
{
    uint64_t before = rdtsc(), start = now(), first = rdtsc(), ns, last;
    const vcpu_time_info_t *t = &vcpu_info()->time;

    busy_wait(20 * MS);
    last = rdtsc();
    ns = now() - start;
    CHECK(ns >= 20 * MS);
    CHECK(rdtsc() - before > ns / 100); /* cycles around ns, then cycles within them */
    CHECK((last - first) / 100 < ns);
    CHECK(!(t->version & 1));
    CHECK(t->tsc_to_system_mul != 0);
}

static void check_second_copy(void)
{
    vcpu_register_time_memory_area_t area = {.addr.p = (uint64_t)&copy};

    CHECK_EQ(hyp_vcpu_op(VCPUOP_register_vcpu_time_memory_area, 0, &area), 0);
    CHECK(copy.version != 0);
    CHECK(!(copy.version & 1));
    CHECK_EQ(copy.tsc_to_system_mul, vcpu_info()->time.tsc_to_system_mul);
    area.addr.p = 0;
    CHECK_EQ(hyp_vcpu_op(VCPUOP_register_vcpu_time_memory_area, 0, &area), 0);
    CHECK_EQ(hyp_vcpu_op(VCPUOP_register_vcpu_time_memory_area, 0, (void *)0x1000), -XEN_EFAULT);
}

GUEST_TEST("system time: monotonic, right rate, second copy")
{
    check_monotonic();
    check_rate();
    check_second_copy();
}
