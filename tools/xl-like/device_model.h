/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The device model of a hardware guest: Debian's QEMU, one process a guest. Once it runs it has a
 * user id of its own, an empty root directory, and of the hypervisor no more than its guest.
 *
 * What there is of it: /run/xen-like/device-model/DOMID with a socket for orders (qmp) and a file
 * that it has locked (lock); nodes in the store below /local/domain/0/device-model/DOMID; a log of
 * what it says in /var/log/xen-like/device-model/NAME.log. All but the log ends with the domain.
 */
#ifndef XL_DEVICE_MODEL_H
#define XL_DEVICE_MODEL_H

#include "guest_cfg.h"

#include <sys/types.h>
#include <xstore.h>

#define DEVICE_MODEL_PROGRAM "/usr/libexec/xen-qemu-system-i386"

/* Directories; tests have their own. */
extern const char *device_model_dir, *device_model_logs;

/** What one knows of its guest's devices. */
struct device_model_state {
    void *bytes; /* NULL: nothing, the guest is new */
    size_t size;
};

/** Start that of a domain that has been built, and wait until it runs. Reports its errors, with
 * what the device model said last; then nothing is left of it but its log. XL_OK or XL_FAILED. */
int device_model_start(struct xstore *x, uint32_t domid, const struct guest_cfg *g,
                       const struct device_model_state *state);

/** End it, however it is, and remove what there is of it but the log. Fine if there is none. `x`
 * may be NULL: then its nodes stay. */
void device_model_stop(struct xstore *x, uint32_t domid);

/** Its process, 0: there is none. */
pid_t device_model_pid(uint32_t domid);

/** A connection to the one of a domain, to be closed. Reports its errors; NULL. */
struct qmp *device_model_connect(uint32_t domid);

/* device_model_state.c */

/** That of a domain that has suspended stops, when it has done all that its guest has asked for, and
 * tells what it knows. Reports its errors; it may have stopped then. XL_OK or XL_FAILED. */
int device_model_take_state(uint32_t domid, struct device_model_state *state);
void device_model_state_free(struct device_model_state *state);
/** It goes on, stopped or not. Reports its errors. */
int device_model_go_on(uint32_t domid);
/** A descriptor from which that can be read, or -errno. */
int device_model_state_open(const struct device_model_state *state);
/** Take CDs that its guest has ejected out of these disks. Reports its errors, and a CD that there is
 * and of which they do not tell. XL_OK or XL_FAILED. */
int device_model_take_cds(uint32_t domid, struct disk_cfg *disks);

/* device_model_messages.c */

/** Begin with a new device model and its log: where it is to write to, or -errno. */
int device_model_open_messages(const char *log);
/** The last line that it has written, as far as it has been taken; without what terminals heed. */
const char *device_model_last_message(void);
/** What is said by the one that this process has started last: a descriptor that becomes readable;
 * -1: there is none, or it has ended. */
int device_model_messages(void);

/** Take what there is to be read into the log, of which there is an end: a guest may make it talk.
 * False: it has ended, and the descriptor is closed. */
bool device_model_take_messages(void);

/** Leave that to another process. */
void device_model_leave_messages(void);

/* device_model_args.c */

/** Arguments of a program, the last NULL. */
struct arguments {
    char **text;
    size_t count;
    bool failed; /* there was no memory for all of them */
};

/** Those of QEMU. `nics`: descriptors of the network devices' other ends, in the order of the
 * emulated ones of g->vifs; `state`: that of what it is to begin with, -1: nothing. `dir`: the
 * directory of this domain's, `user`: who it becomes. */
void device_model_arguments(struct arguments *a, const struct guest_cfg *g, uint32_t domid,
                            const char *dir, uid_t user, const int *nics, int state);
void arguments_free(struct arguments *a);

#endif
