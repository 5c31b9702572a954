/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of the tiny guest have of each other.
 */
#ifndef TINY_H
#define TINY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <public/event_channel.h>
#include <public/xen.h>

#define VIRT_BASE 0xffffffff80000000UL /* physical address 0 */

extern const start_info_t *info;

/* Address space to map the shared page at: a whole page, whose own frame is there while suspended. */
extern union shared_page {
    shared_info_t info;
    uint8_t page[4096];
} shared;

long hypercall(long number, uint64_t a, uint64_t b, uint64_t c);
void notify(evtchn_port_t port);
/* Sleeps until one of the ports is pending; none of them is afterwards. */
void wait_for(evtchn_port_t *ports, unsigned int n);
/* The same, but not beyond this time. */
void wait_until(evtchn_port_t *ports, unsigned int n, uint64_t time);
/* Nanoseconds since the machine was started. */
uint64_t time_now(void);

size_t length(const char *text);
/* The first n characters are the same. */
bool same(const char *a, const char *b, size_t n);
/* Is this word on the command line? */
bool asked_for(const char *word);
void print(const char *text, size_t n);

/* Sends a request of two strings (the second may be NULL, or be without its end) and waits for the
 * answer, which is ended by a zero. Returns its type. */
uint32_t store_request(uint32_t type, const char *a, const char *b, bool end_b, char *answer,
                       size_t room);
/* Waits for a message that is no answer: a watch has fired. */
uint32_t store_receive(char *payload, size_t room);

/* memory.c */
/* The machine frame of one of our pages. */
uint64_t frame_of(const void *page);
/* Maps the shared page: before anything else. */
void memory_start(void);
/* From now on it can be saved and resized. */
void memory_serve(void);
/* Suspends. True: this is another domain now; false: the same one goes on. */
bool memory_suspend(void);
/* Gives pages back, or takes some, to have so much, as far as it can. */
void memory_resize(uint64_t kib);
/* block.c: what disk=... on the command line says. */
void use_disk(void);
/* net.c: what net=... says. */
void use_network(void);
/* tty.c: what tty=... says. */
void use_tty(void);

#endif
