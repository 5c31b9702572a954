/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PV page types: the model test (tests/model) with the input for its random numbers. Two vcpus of a
 * guest and one of a control domain make, change, pin and take apart page tables, with calls that
 * give way anywhere; the reference recomputes every count after every step. The guest's vcpus begin
 * with tables, which they see read-only.
 */
#include "fuzz.h"

#include "../model/machine.h"
#include "../model/steps.h"

#include <arch/cpu.h>
#include <arch/hypercall.h>

#define SEEN_AT 4 /* entry of the L1 that maps the L1 itself */

/* The guest's first frames become tables: 1 is the L4, 4 the L1. */
static void give_tables(void)
{
    static struct continuation none;
    struct mmuext_op ops[] = { { .cmd = MMUEXT_PIN_L4_TABLE, .arg1.mfn = 1 },
                               { .cmd = MMUEXT_NEW_BASEPTR, .arg1.mfn = 1 } };
    unsigned percent = preempt_percent;

    for (unsigned n = 1; n < 4; n++)
        frame_at(n)[0] = pte_make(mfn(n + 1), PTE_P | PTE_RW | PTE_US);
    frame_at(4)[SEEN_AT] = pte_make(mfn(4), PTE_P | PTE_US);
    continuation = &none;
    preempt_percent = 0;
    for (unsigned i = 0; i < 2; i++) {
        fake_current = domains[1].vcpu[i];
        FUZZ_CHECK(!do_mmuext_op((uint64_t)&ops[i], 2 - i, 0, DOMID_SELF, 0, 0),
                   "the guest's tables are refused");
    }
    preempt_percent = percent;
}

static bool more(void)
{
    static bool begun;

    if (!begun)
        give_tables();
    begun = true;
    return fuzz_left() > 0;
}

void fuzz_one(const uint8_t *data, size_t size)
{
    random_source = fuzz_below;
    machine_reset(1);
    steps_run(more);
}
