/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An event loop for daemons: descriptors and what to do when they are ready (epoll).
 */
#ifndef PV_LIB_LOOP_H
#define PV_LIB_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct loop {
    int epoll;
    bool stopped;
};

/* Embedded in the object it belongs to. `ready` may remove and free its source, or any other. */
struct loop_source {
    int fd;
    uint32_t events;            /* EPOLLIN, EPOLLOUT: what is waited for */
    void (*ready)(struct loop_source *s, uint32_t events);
};

/* 0 or -errno. */
int loop_init(struct loop *l);
int loop_add(struct loop *l, struct loop_source *s, int fd, uint32_t events,
             void (*ready)(struct loop_source *s, uint32_t events));
/* Wait for these events from now on; 0 stands for none (errors are still reported). */
void loop_wait_for(struct loop *l, struct loop_source *s, uint32_t events);
/* Takes the source out. Does not close its descriptor. */
void loop_remove(struct loop *l, struct loop_source *s);

/* A source that becomes ready once, `ms` milliseconds after loop_timer_start(). */
int loop_timer_add(struct loop *l, struct loop_source *s,
                   void (*ready)(struct loop_source *s, uint32_t events));
void loop_timer_start(struct loop_source *s, unsigned int ms);
/* To be called by its `ready`. */
void loop_timer_clear(struct loop_source *s);

/* A source that becomes ready after loop_wake(), however often that was called. */
int loop_wake_add(struct loop *l, struct loop_source *s,
                  void (*ready)(struct loop_source *s, uint32_t events));
void loop_wake(struct loop_source *s);
/* To be called by its `ready`. */
void loop_wake_clear(struct loop_source *s);
/* Takes it out, and closes its descriptor. */
void loop_wake_remove(struct loop *l, struct loop_source *s);

/* Runs until loop_stop(). 0 or -errno. */
int loop_run(struct loop *l);
void loop_stop(struct loop *l);

#endif
