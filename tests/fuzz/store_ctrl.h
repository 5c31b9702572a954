/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * In the place of libctrl, under xstored's domains: guests 1 to STORE_GUESTS, whose rings are
 * allocations of a page's structure.
 */
#ifndef FUZZ_STORE_CTRL_H
#define FUZZ_STORE_CTRL_H

#include "fuzz.h"

#include <public/io/xs_wire.h>

#define STORE_GUESTS 3

struct store_guest {
    struct xenstore_domain_interface *page;
    bool mapped;
    int port; /* the daemon's, -1 = none */
    bool masked; /* an event was told of, and more are not wanted yet */
    bool gone, dying, shutdown;
    uint8_t handle[16];
    bool *event; /* it has sent one; NULL: it sends one whenever it is asked, without end */
    bool *told;  /* an event was sent to it; may be NULL */
};
extern struct store_guest store_guests[STORE_GUESTS];
extern bool store_event_of_death; /* VIRQ_DOM_EXC is pending */

void store_ctrl_begin(void);
/** Nothing is mapped or bound any more. */
void store_ctrl_end(void);

#endif
