/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PV page types: the model test (tests/model) with the input for its random numbers. Two vcpus of a
 * guest and one of a control domain make, change, pin and take apart page tables, with calls that
 * give way anywhere; the reference recomputes every count after every step.
 */
#include "fuzz.h"

#include "../model/machine.h"
#include "../model/steps.h"

static bool more(void)
{
    return fuzz_left() > 0;
}

void fuzz_one(const uint8_t *data, size_t size)
{
    random_source = fuzz_below;
    machine_reset(1);
    steps_run(more);
}
