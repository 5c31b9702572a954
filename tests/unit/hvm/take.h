/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TEST_TAKE_H
#define TEST_TAKE_H

#include "fake.h"

#include <arch/hvm.h>

/** An entry that injects the vector, which is the one that has to come. */
static inline void take_interrupt(struct vcpu *v, uint8_t vector)
{
    v->arch.hvm->lapic.waiting = vlapic_pending(v);
    ck_assert_int_eq(v->arch.hvm->lapic.waiting, vector);
    vlapic_accept(v);
}

#endif
