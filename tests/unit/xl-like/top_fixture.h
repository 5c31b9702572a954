/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Samples of a machine that there is not, for what shows samples.
 */
#ifndef TEST_TOP_FIXTURE_H
#define TEST_TOP_FIXTURE_H

#include "sample.h"

/** Sample number `n`, one second after number n - 1, which may be taken just before: four CPUs,
 * Dom0 and so many guests. It stays until the second call after this one. */
const struct sample *fixture_sample(unsigned n, unsigned guests);

#endif
