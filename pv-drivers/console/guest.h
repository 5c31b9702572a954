/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One console of a guest: its ring and event channel on one side; log, pseudo terminal and socket
 * on the other. Memory per guest is bounded: the scrollback, MAX_VIEWERS viewers, the input buffer.
 */
#ifndef CONSOLE_GUEST_H
#define CONSOLE_GUEST_H

#include "events.h"
#include "log.h"
#include "loop.h"
#include "ring.h"
#include "viewer.h"

#include "ctrl.h"

#include <stdbool.h>
#include <stdint.h>

#define MAX_VIEWERS 16
#define INPUT_SIZE  4096

/* What all guests share. */
struct console_env {
    struct loop *loop;
    struct events *events;
    struct ctrl_gnttab *gnttab;
    int log_dir;                /* directory */
    const char *run_path;       /* directory of the sockets */
    uint64_t log_limit;
};

/* System calls that a console needs beyond every daemon's: its socket, its terminal, its logs. */
#define CONSOLE_CALLS 5
extern const char *const console_calls[CONSOLE_CALLS];

struct guest {
    struct guest *next;
    const struct console_env *env;
    uint32_t domid, number;     /* the first console is 0 */
    bool connected;
    bool broken;                /* the guest did what it may not: its ring is let go for good */
    /* That has happened. May be NULL. */
    void (*disconnected)(struct guest *g, const char *why);
    void *owner;
    bool told;                  /* a failure to connect has been reported */
    struct guest *next_connected;
    uint64_t taken, given;      /* bytes from the guest and to it */
    struct event_port port;
    struct console_ring ring;
    struct console_log log;
    struct loop_source listener;
    struct viewer pty;
    struct viewer *viewers;
    unsigned int nr_viewers;
    size_t input_len;
    char input[INPUT_SIZE];
    struct scrollback scrollback;
};

/* Those that are connected, newest first. */
extern struct guest *guests_connected;

struct guest *guest_new(const struct console_env *env, uint32_t domid, uint32_t number);

/*
 * Connects to the guest: maps its ring, which it has granted as `ref`, binds to its port
 * `remote_port`, opens log, terminal and socket. 0, or -errno with everything undone.
 */
int guest_connect(struct guest *g, const char *name, uint32_t ref, uint32_t remote_port);

/* Takes what is left in the ring, says good-bye to the viewers, frees everything. */
void guest_free(struct guest *g);

/* An event of the guest's port. All of them count, however much it has to say: a guest that floods
 * waits for the next period. */
bool guest_event(struct event_port *p);

/* A socket of this name in the directory of the sockets, to be listened at; or -errno. */
int guest_listen(const struct console_env *env, const char *name);

/* Name of the terminal's slave side, for the store. Valid until the next call. */
const char *guest_tty(const struct guest *g);

/* Writes to standard error, with the guest's number in front. */
void guest_say(const struct guest *g, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
