/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The neighbour of the offenders: a guest that does nothing but honest work, and would notice if
 * any of it went wrong. In each round it
 *
 *   - fills its pages with numbers of this round and sums them up with weights: the result is known
 *     by a formula, so a lost, changed or swapped word shows;
 *   - looks whether its page tables are as they were in the beginning;
 *   - sleeps until a timer of its own has fired.
 *
 * It also is what a neighbour can be to a stranger: it grants one page to each of the domains 2 to
 * `neighbours=`, and has an event channel open for each. Each round ends with a line that tells how
 * many of these grants are in use. With endless=1 (tests/system/hostile.py) it goes on for ever.
 */
#include <guest.h>

#define PAGES  200
#define WORDS  (PAGES * PAGE_SIZE / 8)
#define PASSES 2
#define ROUNDS 4 /* without endless=1 */
#define STEP   0x9e3779b97f4a7c15UL
#define FIRST_REF 8 /* of the neighbours' grants: FIRST_REF + domid */
#define MAX_NEIGHBOURS 100

static uint64_t memory[WORDS] __attribute__((aligned(4096)));
static uint8_t *shared;
static unsigned neighbours;
static evtchn_port_t timer;

/* The sum over i of (i + 1) * (STEP * i + first), by the formulas for sums of i and of squares. */
static uint64_t expected_sum(uint64_t first)
{
    uint64_t n = WORDS;

    return STEP * ((n - 1) * n * (n + 1) / 3) + first * (n * (n + 1) / 2);
}

static bool memory_good(uint64_t first)
{
    volatile uint64_t *words = memory;
    uint64_t sum = 0;

    for (uint64_t i = 0; i < WORDS; i++)
        words[i] = STEP * i + first;
    for (uint64_t i = 0; i < WORDS; i++)
        sum += (i + 1) * words[i];
    return sum == expected_sum(first);
}

/* The L1 table that maps the memory, without accessed and dirty bits. */
static uint64_t tables_sum(void)
{
    const volatile uint64_t *entry;
    uint64_t sum = 0;

    for (uint64_t i = 0; i < PAGES; i++) {
        entry = entry_of((uint8_t *)memory + i * PAGE_SIZE, 1);
        sum += (i + 1) * (*entry & ~(PTE_A | PTE_D));
    }
    return sum;
}

static void wait_for_timer(void)
{
    sched_poll_t poll = {.ports = HANDLE(&timer), .nr_ports = 1};

    CHECK_EQ(hyp_set_timer_op(now() + 10 * MS), 0);
    while (!event_pending(timer))
        hyp_sched_op(SCHEDOP_poll, &poll);
    event_clear(timer);
}

static unsigned grants_in_use(void)
{
    const volatile grant_entry_v1_t *table = grant_table();
    unsigned n = 0;

    for (unsigned domid = 2; domid <= neighbours; domid++)
        n += (table[FIRST_REF + domid].flags & (GTF_reading | GTF_writing)) != 0;
    return n;
}

static void offer(void)
{
    const char *last = option("neighbours");

    neighbours = last ? (unsigned)number(last) : 0;
    if (neighbours > MAX_NEIGHBOURS)
        neighbours = MAX_NEIGHBOURS;
    for (unsigned domid = 2; domid <= neighbours; domid++) {
        grant(FIRST_REF + domid, shared, (domid_t)domid, 0);
        alloc_unbound((domid_t)domid);
    }
}

static void one_round(unsigned round, uint64_t tables)
{
    unsigned bad = 0;

    for (unsigned pass = 0; pass < PASSES; pass++)
        bad += !memory_good((uint64_t)round << 32 | pass);
    if (bad)
        failure("round %u: the memory is wrong", round);
    if (tables_sum() != tables)
        failure("round %u: the page tables are wrong", round);
    wait_for_timer();
    printk("bystander: round %u %s, grants in use: %u\n", round, bad ? "WRONG" : "right",
           grants_in_use());
}

GUEST_TEST("the bystander: honest work that notices what goes wrong")
{
    bool endless = option("endless");
    uint64_t tables = tables_sum();

    shared = page_alloc();
    timer = bind_virq(VIRQ_TIMER, 0);
    offer();
    for (unsigned round = 1; endless || round <= ROUNDS; round++)
        one_round(round, tables);
    event_close(timer);
    page_free(shared);
}
