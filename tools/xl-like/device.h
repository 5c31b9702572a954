/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Devices of domains in the store: two directories of nodes for each, one the frontend's, which is
 * the guest's, one the backend's, of the daemon that serves it.
 */
#ifndef XL_DEVICE_H
#define XL_DEVICE_H

#include "cfg_parse.h"
#include "host.h"

#include <stdbool.h>
#include <stdint.h>

#define DEVICE_PATH 128

struct device_id;

/** What all devices of a kind have in common. */
struct device_kind {
    const char *what;     /* as a message names it: "disk" */
    const char *daemon;   /* serves it; the backend's type in the store */
    const char *frontend; /* the frontend's type: "vbd" */
    /* says what to do about one that its daemon does not serve, if it sees why; may be NULL */
    void (*hint)(struct xstore *x, const struct device_id *d);
};

struct device_id {
    const struct device_kind *kind;
    uint32_t domid, devid;
};

enum device_half { DEVICE_FRONTEND, DEVICE_BACKEND };

/* --- coming ----------------------------------------------------------------------------------- */

/** Devices while they are entered; errors are gathered in `ret`. */
struct device_entry {
    struct xstore *x;
    xstore_txn_t txn;
    const struct device_kind *kind;
    uint32_t domid;
    char path[2][DEVICE_PATH]; /* of the present one's halves */
    struct device_entered *entered; /* all that were begun */
    size_t nr_entered;
    int ret;
};

/** Enter devices in one transaction, so that all appear at once or not at all, and wait until their
 * daemon offers every one; else none is left. `fill` is called again if somebody else was faster.
 * Reports its errors, those of one device with its name and its place in the configuration.
 * XL_OK or XL_FAILED. */
int devices_attach(struct xstore *x, const struct device_kind *kind, uint32_t domid,
                   void (*fill)(struct device_entry *e, const void *devices), const void *devices);
/** For `fill`: begin with device `devid`, with the nodes that each device has; then put others.
 * Messages call it `name` (not copied), or by its number if that is NULL. */
void device_begin(struct device_entry *e, uint32_t devid, const char *name, struct cfg_place place);
void device_put(struct device_entry *e, enum device_half half, const char *node, const char *fmt,
                ...) __attribute__((format(printf, 4, 5)));

/* --- being there ------------------------------------------------------------------------------ */

/** The numbers of a domain's devices, as text; one block, to be freed. How many, or -errno. */
int device_numbers(struct xstore *x, const struct device_kind *kind, uint32_t domid,
                   char ***numbers);
/** A node of one of its halves: text to be freed, NULL if there is none. The guest may have written
 * anything into its own. */
char *device_read(struct xstore *x, const struct device_id *d, enum device_half half,
                  const char *node);
/** A number, -1 if there is none. */
long long device_read_number(struct xstore *x, const struct device_id *d, enum device_half half,
                             const char *node);
/** Write a node of the backend's half. 0 or -errno; -ENOENT: it is not there. */
int device_tell(struct xstore *x, const struct device_id *d, const char *node, const char *value);
/** Wait until `there` says so, looking when this node of the backend's half changes; false if that
 * does not come within so many seconds, or nobody serves the device any more. */
bool device_wait(struct xstore *x, const struct device_id *d, const char *node, int seconds,
                 bool (*there)(struct xstore *x, const struct device_id *d));
/** The backend has let go of it, or it is not there. */
bool device_is_closed(struct xstore *x, const struct device_id *d);

/* --- going ------------------------------------------------------------------------------------ */

/** Remove it from the store, whoever uses it. */
void device_remove(struct xstore *x, const struct device_id *d);
/** Ask the guest to let go of it, and remove it once it has; `force`: do not ask, but take it away.
 * Reports its errors: it still holds it after so many seconds. XL_OK or XL_FAILED. */
int device_detach(struct xstore *x, const struct device_id *d, bool force, int seconds);
/** The end of all devices of this kind of a domain that is gone: waits until the daemon has let go
 * of them, and removes their nodes. Without a daemon they are removed after a while, with a
 * warning. */
void devices_forget(struct xstore *x, const struct device_kind *kind, uint32_t domid);

#endif
