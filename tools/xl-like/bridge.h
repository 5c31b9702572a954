/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bridges: what has to be changed until one is as it is wished, the changes one after the other,
 * and back again if one fails.
 */
#ifndef XL_BRIDGE_H
#define XL_BRIDGE_H

#include "rtnetlink.h"

#include <net/if.h>

#define BRIDGE_ADDRESSES 8
#define CHANGE_TEXT      160

/** What somebody wants. */
struct bridge_wish {
    const char *bridge;
    const char *uplink;                      /* a device that joins it; NULL: none */
    bool move;                               /* with its addresses and routes */
    const char *addresses[BRIDGE_ADDRESSES]; /* of Dom0 on it: IP/BITS */
    unsigned int nr_addresses;
    bool dry; /* change nothing */
};

/** One change, which is what was done once it is, or would be. */
struct bridge_change {
    char text[CHANGE_TEXT]; /* "make bridge xenbr0" */
    struct rt_message go, back;
};

/** A device of the host. Not there: its index is 0. */
struct bridge_link {
    uint32_t index, master, flags;
    char name[IF_NAMESIZE], kind[16];
    uint8_t mac[6];
    bool ethernet;
};

struct bridge_setup {
    const struct bridge_wish *wish;
    int socket;
    struct bridge_link bridge, uplink;
    struct bridge_change *changes;
    unsigned int nr_changes, room;
    unsigned int done; /* of them */
};

/** Makes the bridge as it is wished. Reports its errors, and takes back what was changed before
 * them; XL_OK, XL_FAILED or XL_USAGE. The setup tells what was changed; to be released. */
int bridge_set_up(struct bridge_setup *s, const struct bridge_wish *wish);
void bridge_release(struct bridge_setup *s);

/** Another change, after those before it, with this text; the caller makes its messages. NULL: no
 * memory. */
struct bridge_change *bridge_change(struct bridge_setup *s, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* bridge_addresses.c */
/** Whether the addresses can be set, and those of the uplink are to be moved if it has any. XL_OK,
 * or an exit status after a report. */
int bridge_check_addresses(struct bridge_setup *s);
/** Plans to set an address that the bridge does not have. XL_OK or XL_FAILED. */
int bridge_plan_address(struct bridge_setup *s, const char *address);
/** Plans to move the uplink's addresses and routes to the bridge. The same. */
int bridge_plan_move(struct bridge_setup *s);

#endif
