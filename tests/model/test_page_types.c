/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Model test of PV page types: many runs of random steps (steps.c).
 *
 *   test_page_types [first seed [number of seeds [steps]]]
 */
#include "machine.h"
#include "steps.h"

#include <stdio.h>
#include <stdlib.h>

static unsigned steps_left;

static bool more(void)
{
    return steps_left-- > 0;
}

int main(int argc, char **argv)
{
    unsigned first = argc > 1 ? atoi(argv[1]) : 1, n = argc > 2 ? atoi(argv[2]) : 60,
        nr_steps = argc > 3 ? atoi(argv[3]) : 4000;

    for (unsigned seed = first; seed < first + n; seed++) {
        machine_reset(seed);
        steps_left = nr_steps;
        steps_run(more);
    }
    machine_reset(1);
    unpin_what_a_stopped_check_holds();
    printf("%u runs of %u steps: %lu calls succeeded, %lu were refused; ", n, nr_steps, results[1],
           results[0]);
    printf("tables seen: L1 %lu L2 %lu L3 %lu L4 %lu\n", tables_made[1], tables_made[2],
           tables_made[3], tables_made[4]);
    return 0;
}
