/* SPDX-License-Identifier: GPL-2.0-only */
/* Allocations of the hypervisor that fail on purpose (hv/fault_inject.h), and what is left then. */
#include "guest.h"

#include <hv/fault_inject.h>

#define FOREVER (~0UL)

static long call(struct fault_inject *f)
{
    struct xen_sysctl op = {0};
    long result;

    _Static_assert(sizeof(*f) <= sizeof(op.u), "the arguments fit into the call");
    memcpy(&op.u, f, sizeof(*f));
    result = sysctl(&op, XEN_SYSCTL_debug_fault_inject);
    memcpy(f, &op.u, sizeof(*f));
    return result;
}

bool faults_possible(void)
{
    struct fault_inject f = {0};

    return is_dom0() && !call(&f);
}

void fault_arm(uint64_t first, uint64_t nr)
{
    struct fault_inject f = {.first = first, .nr = nr};

    CHECK_EQ(call(&f), 0);
}

void fault_interrupt(uint64_t nth)
{
    struct fault_inject f = {.interrupt = nth};

    CHECK_EQ(call(&f), 0);
}

bool fault_interrupted(uint64_t nth)
{
    struct fault_inject f = {0};

    CHECK_EQ(call(&f), 0);
    return f.asked >= nth;
}

uint64_t fault_disarm(void)
{
    struct fault_inject f = {0};

    CHECK_EQ(call(&f), 0);
    return f.failed;
}

struct usage usage_now(void)
{
    struct fault_inject f = {0};

    if (!WAIT_FOR(call(&f) || !f.unfinished))
        failure("what waits for a quiescent state is never freed");
    return (struct usage){f.heap_bytes, host_free_pages() + f.heap_pages};
}

bool usage_same(const struct usage *before, const char *what)
{
    struct usage after = usage_now();

    if (before->heap_bytes == after.heap_bytes && before->pages_left == after.pages_left)
        return true;
    failure("%s: heap bytes %lu -> %lu, pages %lu -> %lu", what, before->heap_bytes,
            after.heap_bytes, before->pages_left, after.pages_left);
    return false;
}

/* One attempt; true if nothing failed in it, so that there is no further n. */
static bool attempt(const struct fault_case *c, uint64_t n, uint64_t nr)
{
    struct usage before = usage_now();
    uint64_t failed;
    long result;

    fault_arm(n, nr);
    result = c->act();
    failed = fault_disarm();
    if (failed && result != (c->error ? c->error : -XEN_ENOMEM))
        failure("%s, allocation %lu of %lu failing: %ld%s", c->name, n, nr, result,
                errno_name(result));
    if (!failed && result)
        failure("%s, nothing failing: %ld%s", c->name, result, errno_name(result));
    if (!result && c->undo)
        c->undo();
    if (!(c->kept & (result ? KEPT_ON_FAILURE : KEPT_ON_SUCCESS)))
        usage_same(&before, c->name);
    return !failed;
}

unsigned fault_each(const struct fault_case *c)
{
    unsigned n = 1;

    while (!attempt(c, n, FOREVER) && !attempt(c, n, 1))
        n++;
    printk("%s: %u allocations\n", c->name, n - 1);
    return n - 1;
}
