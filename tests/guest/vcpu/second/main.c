/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A second vcpu: brought up with a context, has its own stack, vcpu_info, traps and time; taken
 * down and up again it goes on where it was. Both count at the same time, and both see each
 * other's writes.
 */
#include <guest.h>

static volatile unsigned id, rounds;
static volatile uint64_t fault, time_there;
static volatile bool stop;

static void look_around(void *unused)
{
    (void)unused;
    id = self()->id;
    fault = FAULT_OF(asm volatile("ud2"));
    time_there = now();
}

static void count(void *unused)
{
    (void)unused;
    while (!stop)
        rounds++;
}

static bool wait_beyond(unsigned count_before)
{
    return WAIT_FOR(rounds > count_before);
}

/* It may run on for a moment, until its CPU hears of it. */
static bool comes_to_rest(void)
{
    unsigned seen;

    return WAIT_FOR((seen = rounds, sleep(20 * MS), rounds == seen));
}

GUEST_TEST("a second vcpu: own state, down and up")
{
    uint64_t before;

    NEEDS_VCPUS(2);
    before = now();
    CHECK(vcpu_start(1, look_around, NULL));
    CHECK(vcpu_wait(1));
    CHECK_EQ(id, 1);
    CHECK_EQ(fault, FAULT(VEC_UD, 0));
    CHECK(time_there + 50 * MS >= before && time_there <= now() + 50 * MS);
    CHECK_EQ(hyp_vcpu_op(VCPUOP_is_up, 1, NULL), 0);
    stop = false;
    rounds = 0;
    CHECK(vcpu_start(1, count, NULL));
    CHECK(wait_beyond(0));
    CHECK_EQ(hyp_vcpu_op(VCPUOP_is_up, 1, NULL), 1);
    CHECK_EQ(hyp_vcpu_op(VCPUOP_down, 1, NULL), 0); /* in the middle of its work */
    CHECK_EQ(hyp_vcpu_op(VCPUOP_is_up, 1, NULL), 0);
    CHECK(comes_to_rest());
    before = rounds;
    CHECK_EQ(hyp_vcpu_op(VCPUOP_up, 1, NULL), 0);
    CHECK(wait_beyond((unsigned)before));
    stop = true;
    CHECK(vcpu_wait(1));
}
