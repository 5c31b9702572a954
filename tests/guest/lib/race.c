/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two vcpus at odds. Both go on until each has done its rounds; before each round it waits for a
 * random while, and sets its timer to a random moment, which interrupts the other one's or its own
 * work there. `seed=` on the command line chooses other moments, `times=` multiplies the rounds.
 */
#include "guest.h"

#define LONGEST_NS 30000

static struct {
    void (*there)(void);
    unsigned rounds;
    volatile unsigned done[2];
} contest;

uint32_t random_below(uint32_t limit)
{
    static uint64_t states[NR_VCPUS];
    uint64_t *state = &states[self()->id];

    if (!*state)
        *state = (number(option("seed")) * 2 + 1) * 0x9e3779b97f4a7c15UL + self()->id;
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (uint32_t)(*state >> 16) % limit;
}

void random_pause(void)
{
    unsigned turns = random_below(8);

    hyp_set_timer_op(now() + 1 + random_below(LONGEST_NS));
    while (turns--)
        relax();
}

static bool both_done(void)
{
    return contest.done[0] >= contest.rounds && contest.done[1] >= contest.rounds;
}

static void there(void *unused)
{
    (void)unused;
    while (!both_done()) {
        random_pause();
        contest.there();
        contest.done[1]++;
    }
    hyp_set_timer_op(0);
}

bool race(void (*here)(void), void (*other)(void), unsigned rounds)
{
    unsigned times = option("times") ? (unsigned)number(option("times")) : 1;
    bool ended;

    contest.there = other;
    contest.rounds = rounds * times;
    contest.done[0] = contest.done[1] = 0;
    if (!vcpu_start(1, there, NULL))
        return false;
    while (!both_done()) {
        random_pause();
        here();
        contest.done[0]++;
    }
    hyp_set_timer_op(0);
    ended = CHECK(vcpu_wait(1));
    printk("rounds: %u here, %u there\n", contest.done[0], contest.done[1]);
    return ended;
}
