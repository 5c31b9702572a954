/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The domains that the daemon knows: those introduced to it, and those named in permissions.
 */
#ifndef XSTORE_DOMAIN_H
#define XSTORE_DOMAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct connection;

#define DOMAIN_NUMBERS 65536 /* as permissions can name them */
#define REFUSALS       10    /* kinds of them */

struct domain {
    struct domain *next; /* of those that have, or had, a ring */
    bool listed;         /* there */
    uint32_t domid;
    uint64_t life; /* another domain of the same number has another; 0: never heard of, or Dom0 */
    bool introduced;
    bool shutdown_told; /* @releaseDomain was sent for its shutdown */
    uint8_t handle[16]; /* its uuid: tells whether a number is still the same domain's */
    uint64_t ring_mfn;
    uint32_t remote_port;
    struct connection *conn; /* its ring */
    /* against quotas */
    int nodes;
    size_t bytes;               /* of these */
    unsigned refused[REFUSALS]; /* requests, for each limit (quota.c) */
};

/** Opens the event channels and binds VIRQ_DOM_EXC. -errno: the daemon then serves sockets only. */
int domains_open(void);
/** To be polled for reading, then domains_events(). -1 if there are no event channels. */
int domains_fd(void);
void domains_events(void);

/** Record of a domain number, begun when it is first heard of. NULL: no number of a domain. */
struct domain *domain_get(uint32_t domid);
/** Current life of a number; 0 if it was never heard of. */
uint64_t domain_life(uint32_t domid);

/** The record of a number that was heard of, else NULL; Dom0's always. */
struct domain *domain_known(uint32_t domid);
/** Records as the journal has them; an introduced domain's connection has no ring yet. */
void domain_restore(const struct domain *d);
/** NULL: out of memory. */
struct connection *domain_restore_connection(uint32_t domid);
/** Connect the domains that were restored to their rings; those that have gone meanwhile are told
 * of. */
void domains_resume(void);

/** Connect to the ring in frame `mfn` (granted as the store's reserved reference) by event channel
 * `port`. */
int domain_introduce(uint32_t domid, uint64_t mfn, uint32_t port);
int domain_release(uint32_t domid);
/** Dom0's own kernel, through xenfs. */
int domain_connect_kernel(void);
/** Cut off a domain's ring (a broken peer), with the error noted in it. */
void domain_cut_off(struct domain *d);

#endif
