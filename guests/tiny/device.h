/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What all frontends of the tiny guest do: finding a device in the store, talking to its backend by
 * states, granting pages; and saying what came of it.
 */
#ifndef TINY_DEVICE_H
#define TINY_DEVICE_H

#include "tiny.h"

#include <public/grant_table.h>
#include <public/io/xenbus.h>
#include <public/io/xs_wire.h>

#define PAGE      4096
#define FIRST_REF 8   /* references below are reserved */
#define NO_REF    500 /* in the table, but nothing is granted there */

struct device {
    const char *type; /* of the frontend: "vbd" */
    char number[16];  /* of the first that there is */
    char backend[96]; /* its directory */
    evtchn_port_t port;
};

/* The first device of this type, and a watch on its backend's state. False: there is none. */
bool device_find(struct device *d, const char *type);
/* Waits until there is one, and finds it. */
void device_await_coming(struct device *d, const char *type);
/* Its backend wants it to end, as the tools do: lets go, and waits until it is no more. */
void device_leave(struct device *d);
/* Nodes of ours are numbers; so are those of the backend's that are of use. 0: there is none. */
void device_put(const struct device *d, const char *node, uint64_t value);
uint64_t device_get(const struct device *d, const char *node);
/* Any text in our own directory; false: there is none. */
bool device_text(const struct device *d, const char *node, char *text, size_t room);
void device_await(const struct device *d, enum xenbus_state state);
void device_await_connected(const struct device *d);

/* An event channel for the backend. A former one, if any, stays with it until it has let go. */
void device_make_port(struct device *d);
/* Asks the backend to let go of everything, and waits for that. */
void device_close(struct device *d);

/* Makes the grant table visible; once. */
void grant_start(void);
void grant(grant_ref_t ref, const void *page);
/* The backend cannot begin to use the page any more. */
void grant_end(grant_ref_t ref);

void say(const char *text);
void say_number(const char *before, uint64_t n, const char *after);

/* Something that a frontend may not do: true if it is nevertheless served afterwards. */
struct attack {
    const char *word; /* on the command line: NAME=ATTACK */
    bool (*run)(void);
};

/* Does the attacks that the command line asks for, and says how each ended; then, for NAME=work,
 * works in round after round. */
void device_try(const struct device *d, const char *name, const struct attack *attacks, size_t n,
                void (*work)(uint64_t round));

#endif
