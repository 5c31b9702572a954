/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The multicast addresses that a frontend wants packets for, when it asks for that control.
 */
#ifndef NET_MULTICAST_H
#define NET_MULTICAST_H

#include <stdbool.h>
#include <stdint.h>

#define MULTICAST_MAX 64
#define MAC_BYTES     6

struct multicast {
    bool on; /* packets to other groups are dropped */
    unsigned int count;
    uint8_t groups[MULTICAST_MAX][MAC_BYTES];
};

/* False: the list is full. */
bool multicast_add(struct multicast *m, const uint8_t group[MAC_BYTES]);
void multicast_remove(struct multicast *m, const uint8_t group[MAC_BYTES]);
/* Whether the guest wants a packet to this address. */
bool multicast_wants(const struct multicast *m, const uint8_t to[MAC_BYTES]);

#endif
