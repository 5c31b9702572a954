/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The devices of libctrl as drivers see them, with one guest behind: pages that it grants, and
 * ports.
 */
#ifndef FAKE_CTRL_H
#define FAKE_CTRL_H

#include <stdbool.h>
#include <stdint.h>

#define FAKE_DOMID 7
#define FAKE_PAGES 2048
#define FAKE_PORTS 64

struct fake_guest {
    uint8_t (*memory)[4096]; /* page i is granted as reference i */
    bool revoked[FAKE_PAGES];
    unsigned int mapped, maps, copies; /* pages mapped now; calls */
    unsigned int split;                /* pieces copied from or to two of our pages */
    unsigned int notified[FAKE_PORTS]; /* events sent to the guest, by our port */
    unsigned int bound;                /* ports bound now */
};

extern struct fake_guest fake;

/* A guest with empty pages and no ports; what was before is gone. */
void fake_reset(void);
/* Nothing is left of it. */
void fake_end(void);
/* The guest sends an event to our port: delivered now, or once it is unmasked. */
void fake_event(uint32_t port);
/* Whether events of this port are held back. */
bool fake_masked(uint32_t port);

#endif
