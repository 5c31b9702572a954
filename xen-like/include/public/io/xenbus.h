/* SPDX-License-Identifier: MIT */
/*
 * States of the two halves of a device, each written in decimal to the node "state" of its own
 * store directory and watched by the other.
 */
#ifndef XEN_PUBLIC_IO_XENBUS_H
#define XEN_PUBLIC_IO_XENBUS_H

enum xenbus_state {
    XenbusStateUnknown = 0,
    XenbusStateInitialising = 1,
    XenbusStateInitWait = 2,     /* waits for the other side's particulars */
    XenbusStateInitialised = 3,  /* has published its own, waits to be connected */
    XenbusStateConnected = 4,
    XenbusStateClosing = 5,
    XenbusStateClosed = 6,
    XenbusStateReconfiguring = 7,
    XenbusStateReconfigured = 8,
};
typedef enum xenbus_state XenbusState;

#endif
