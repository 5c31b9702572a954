/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libxstore: client of the store, over xstored's socket or the kernel's own connection.
 *
 * Functions return 0 or a count on success and -errno on failure. A handle may be used by several
 * threads: requests are served one after the other, and nobody waits for one that waits for an
 * event. What a function hands out in a pointer argument is from malloc() and belongs to the caller.
 *
 * When the daemon at a socket ends, a handle waits half a minute for the next one and goes on:
 * watches are set again (and each has its first event again), the request that was under way is
 * made again, what belongs to a transaction fails with -EAGAIN. The end of a transaction whose
 * answer was lost does so too, although it may have happened: a transaction has to be one that may
 * be done twice. After that half minute, and on a device, the result is -ENOTCONN.
 */
#ifndef XEN_LIKE_XSTORE_H
#define XEN_LIKE_XSTORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct xstore;

/** Number of a transaction; XSTORE_NO_TXN acts at once. */
typedef uint32_t xstore_txn_t;
#define XSTORE_NO_TXN 0u

#define XSTORE_SOCKET "/run/xenstored/socket"

/** Connect: $XENSTORED_PATH, else XSTORE_SOCKET, else /dev/xen/xenbus. -errno of the last attempt.
 * At the socket of a daemon that was killed the next one is waited for, half a minute at most. */
int xstore_open(struct xstore **out);
/** Connect to one socket or device. */
int xstore_open_path(const char *path, struct xstore **out);
void xstore_close(struct xstore *x);

/** Value of a node with a 0 byte behind it; *len (may be NULL) is its length without that byte. */
int xstore_read(struct xstore *x, xstore_txn_t t, const char *path, char **value, size_t *len);
/** Values of n nodes, which one after the other would cost a wake-up of the daemon each: values[i] is
 * as xstore_read has it, NULL if that node cannot be read. On failure there are no values. */
int xstore_read_all(struct xstore *x, const char *const paths[], size_t n, char *values[]);
int xstore_write(struct xstore *x, xstore_txn_t t, const char *path, const void *value, size_t len);
/** Write formatted text. */
int xstore_printf(struct xstore *x, xstore_txn_t t, const char *path, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
int xstore_mkdir(struct xstore *x, xstore_txn_t t, const char *path);
/** Remove a node and everything below it. */
int xstore_rm(struct xstore *x, xstore_txn_t t, const char *path);
/** Names of the children, sorted; one block: free(*names) frees all. Returns
 * their number. */
int xstore_directory(struct xstore *x, xstore_txn_t t, const char *path, char ***names);

struct xstore_perm {
    uint32_t domid;
    bool read, write;
};
/** The first entry is the owner, its rights those of everybody not named. Returns the number of
 * entries. */
int xstore_get_perms(struct xstore *x, xstore_txn_t t, const char *path,
                     struct xstore_perm **perms);
int xstore_set_perms(struct xstore *x, xstore_txn_t t, const char *path,
                     const struct xstore_perm *perms, size_t n);

int xstore_txn_start(struct xstore *x, xstore_txn_t *t);
/** Commit or abandon. -EAGAIN: something that was read has changed; do the transaction again. */
int xstore_txn_end(struct xstore *x, xstore_txn_t t, bool commit);
/** Commit if what was done in it went well (`ret` is not negative), else abandon and return `ret`. */
int xstore_txn_finish(struct xstore *x, xstore_txn_t t, int ret);

/** From now on changes at or below `path` (or the special names @introduceDomain, @releaseDomain)
 * are events with `token`. One event comes at once. */
int xstore_watch(struct xstore *x, const char *path, const char *token);
/** No more events than this wait in a handle (or one for each watch, if there are more watches).
 * Where one more comes, all that wait give way to a new first event of each watch: an event at a
 * watch's own path means that anything there may have changed. */
#define XSTORE_EVENTS 1024
int xstore_unwatch(struct xstore *x, const char *path, const char *token);
/** Poll for reading: an event may be waiting. Then call xstore_next_event(x, false, ..) until it
 * says -EAGAIN. */
int xstore_fd(struct xstore *x);
/** The next event; path and token in one block (free(*path)). Without `wait`, -EAGAIN if there is
 * none. */
int xstore_next_event(struct xstore *x, bool wait, char **path, char **token);

int xstore_introduce(struct xstore *x, uint32_t domid, uint64_t ring_mfn, uint32_t port);
int xstore_release(struct xstore *x, uint32_t domid);
/** A domain that has suspended goes on: its end will be told of. */
int xstore_resume(struct xstore *x, uint32_t domid);
/** 1 or 0. */
int xstore_is_introduced(struct xstore *x, uint32_t domid);
/** "/local/domain/N" */
int xstore_domain_path(struct xstore *x, uint32_t domid, char **path);
int xstore_set_target(struct xstore *x, uint32_t domid, uint32_t target);
/** A command to the daemon itself, e.g. "quota", with an argument or NULL. The answer is text. */
int xstore_control(struct xstore *x, const char *command, const char *arg, char **answer);

#endif
