/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs one suite: a line for each test, then the sums.
 */
#include "fake.h"

#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    SRunner *runner = srunner_create(unit_suite());
    int run, failed;

    srunner_run_all(runner, CK_VERBOSE);
    run = srunner_ntests_run(runner);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    printf("%d passed, %d failed\n", run - failed, failed);
    return failed || run == 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
