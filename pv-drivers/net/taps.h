/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TAP devices, made by a process of its own, the only one that may change the host's network
 * (CAP_NET_ADMIN). It never sees a guest's data: all it gets is names from Dom0's tools, all it
 * gives is descriptors. It ends with its owner.
 *
 * A device is there as long as somebody has a descriptor of it.
 */
#ifndef NET_TAPS_H
#define NET_TAPS_H

#include <stdbool.h>
#include <stdint.h>

#define TAP_NAME 16 /* with the byte at its end */
#define TAP_WHY  80

struct tap_request {
    char name[TAP_NAME];
    char bridge[TAP_NAME]; /* empty: another queue for the device, which is there */
    unsigned int mtu;      /* 0: the bridge's */
};

struct taps;

/* Starts that process. To be called before anything is opened. NULL: it cannot be had. */
struct taps *taps_start(void);

/*
 * A new device on a bridge, or another queue. The descriptor; -errno, and why[] says what failed.
 * -EBUSY: there is such a device, of somebody else's or a predecessor's.
 */
int taps_open(struct taps *t, const struct tap_request *r, char why[TAP_WHY]);

/* What packets to the guest may leave to it; needs no privilege. */
struct tap_offload {
    bool checksum, tso4, tso6;
};
int tap_set_offload(int fd, struct tap_offload o);
/* Whether the device has a carrier: without, the bridge sends nothing to it. */
void tap_set_carrier(int fd, bool on);

#endif
