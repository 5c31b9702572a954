/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The offenders of this area as unprivileged guests, made by this kernel as Dom0, beside a
 * bystander (test hostile/bystander): those that give a verdict, a hoarder that is destroyed with
 * all it holds, random calls (test hostile/calls), storms that are ended after a while, and each
 * work of test hostile/deaths ended by some of the deaths (all=1: by each).
 *
 * Expected: after each of them the domain is gone, the machine has as many free pages as before,
 * the bystander's rounds went on and were right, and none of its grants is in use.
 */
#include <guest.h>

#define BYSTANDER 1
#define OFFENDER  2
#define WARM      4  /* offenders until all caches are filled */
#define SEEDS     4
#define SLACK     2  /* objects share pages: one or two more or less are no leak */

static struct child bystander;
static unsigned offenders;
static uint64_t before;

static const char *const trials[] = {"refused", "handles", "frames", "inuse", "entries"};

static const char *const storms[] = {"spin", "timers", "periodic", "polls", "events", "console",
                                     "store", "flushes", "faults"};

static const char *const works[] = {"pins", "roots", "grants", "balloon", "exchange", "ports",
                                    "descriptors", "lists"};

static const char *const deaths[] = {"crash", "poweroff", "no_handler", "no_stack", "no_memory",
                                     "bad_iret", "balloon", "list", "none"};

/* What is left of a domain goes when every CPU has passed through a guest. */
static void check_memory(const char *what)
{
    if (++offenders <= WARM) {
        before = host_free_pages();
        return;
    }
    if (!WAIT_FOR(host_free_pages() + SLACK >= before))
        failure("%s: free pages %lu -> %lu", what, before, host_free_pages());
}

/* The first of two rounds may have begun before the offender's end. */
static void check_bystander(const char *what)
{
    static const char good[] = "grants in use: 0";

    for (int i = 0; i < 2; i++)
        if (!child_wait(&bystander, "bystander: round"))
            failure("%s: the bystander works no more", what);
    if (strcmp(bystander.heard + strlen(bystander.heard) - strlen(good), good))
        failure("%s: %s", what, bystander.heard);
}

static void end(struct child *c, const char *what)
{
    if (!child_destroy(c))
        failure("%s: the domain stays", what);
    check_memory(what);
    check_bystander(what);
}

static void try_trial(const char *name)
{
    struct child c;
    char options[32];

    snprint(options, sizeof(options), "test=%s", name);
    if (!child_start(&c, OFFENDER, options))
        return;
    if (!child_wait(&c, "TEST-"))
        failure("%s: no verdict", name);
    end(&c, name);
}

static void try_hoard(void)
{
    struct child c;

    if (!child_start(&c, OFFENDER, "test=hoard hold=1"))
        return;
    if (!child_wait(&c, "hoard:"))
        failure("the hoard is not complete");
    end(&c, "hoard");
}

/* While it blows the bystander gets rounds done, and this kernel what it takes to see them. */
static void try_storm(const char *name)
{
    struct child c;
    char options[32];

    snprint(options, sizeof(options), "test=storms storm=%s", name);
    if (!child_start(&c, OFFENDER, options))
        return;
    c.quiet = true;
    if (!child_wait(&c, "storm"))
        failure("%s: does not begin", options);
    for (int i = 0; i < 2; i++)
        if (!child_wait(&bystander, "bystander: round"))
            failure("%s: the bystander starves", options);
    if (child_ended(&c))
        failure("%s: is over", options);
    end(&c, options);
}

/* It may have made itself unable to end. */
static void try_calls(unsigned long seed)
{
    struct child c;
    char options[64];

    snprint(options, sizeof(options), "test=calls seed=%lu", seed);
    if (!child_start(&c, OFFENDER, options))
        return;
    c.quiet = c.careless = true;
    for (int i = 0; i < 20 && !child_ended(&c); i++) {
        if (!child_wait(&bystander, "bystander: round"))
            failure("%s: the bystander starves", options);
        child_look(&c, "calls:");
    }
    printk("seed %lu, %s\n", seed, c.heard);
    end(&c, options);
}

static void try_death(const char *work, const char *death)
{
    struct child c;
    char options[64];

    snprint(options, sizeof(options), "test=deaths work=%s death=%s", work, death);
    if (!child_start(&c, OFFENDER, options))
        return;
    c.quiet = true;
    if (!child_wait(&c, "death"))
        failure("%s: did not begin", options);
    if (strcmp(death, "none") && !child_wait(&c, NULL))
        failure("%s: lives on", options);
    end(&c, options);
}

GUEST_TEST("offenders as unprivileged guests, beside a bystander")
{
    unsigned long seed = option("seed") ? number(option("seed")) : 0;
    unsigned long seeds = option("seeds") ? number(option("seeds")) : SEEDS;
    static bool again; /* for the count of pages: one of each offender is enough */

    NEEDS_DOM0();
    if (!child_start(&bystander, BYSTANDER, "test=bystander endless=1 neighbours=2"))
        return;
    bystander.quiet = true;
    if (!child_wait(&bystander, "bystander: round 2"))
        failure("the bystander does not begin");
    for (unsigned i = 0; !again && i < ARRAY_SIZE(trials); i++)
        try_trial(trials[i]);
    for (unsigned i = 0; !again && i < ARRAY_SIZE(storms); i++)
        try_storm(storms[i]);
    for (; !again && seeds; seeds--)
        try_calls(seed++);
    try_hoard();
    for (unsigned w = 0; w < ARRAY_SIZE(works); w++)
        for (unsigned d = 0; d < ARRAY_SIZE(deaths); d++)
            if (option("all") || d == w || (!again && d == (w + 4) % ARRAY_SIZE(deaths)))
                try_death(works[w], deaths[d]);
    printk("%u offenders came and went\n", offenders);
    again = true;
    if (!child_destroy(&bystander))
        failure("the bystander stays");
}
