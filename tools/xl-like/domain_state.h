/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The state of a domain as it is shown.
 */
#ifndef XL_DOMAIN_STATE_H
#define XL_DOMAIN_STATE_H

#include <ctrl.h>

#define DOMAIN_STATE_LETTERS 7 /* with the 0 byte */

/** xl's letters: r b p s c d, '-' where it does not apply. */
void domain_state_letters(const struct ctrl_domain_info *d, char s[DOMAIN_STATE_LETTERS]);
/** running, blocked, paused, shutdown, crashed or dying. */
const char *domain_state_word(const struct ctrl_domain_info *d);

#endif
