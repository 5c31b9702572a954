/* SPDX-License-Identifier: GPL-2.0-only */
/* Guest memory is reached as in the unit tests. */
#include "../../../unit/fake/include/arch/guest_copy.h"
