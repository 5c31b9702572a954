/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is kept of each guest in files as long as it is there: its configuration, and that of its next
 * start; and the lock of who saves it or changes them.
 */
#ifndef XL_KEPT_H
#define XL_KEPT_H

#include <stdbool.h>
#include <stdint.h>

#define KEPT_DIR "/run/xen-like"

/** Keep a configuration, as text. -errno. */
int kept_config_put(uint32_t domid, const char *text);
/** Another one instead, whole or not at all, by who holds the lock below; that of its next start
 * stays. -errno; -ENOENT: there is none. */
int kept_config_change(uint32_t domid, const char *text);
/** It, to be freed; NULL: there is none. */
char *kept_config_get(uint32_t domid);
/**
 * The one that it is to have at its next start instead, if any: put by who holds the lock below,
 * whole or not at all (-errno); to be freed, or NULL; and dropped.
 */
int kept_next_put(uint32_t domid, const char *text);
char *kept_next_get(uint32_t domid);
void kept_next_drop(uint32_t domid);
/** The domain is gone. */
void kept_forget(uint32_t domid);

/**
 * The lock is held by who gives a domain another configuration or device, and by who saves it, from
 * before it is asked to suspend until it goes on or is gone: a descriptor for kept_save_end(), or
 * -errno; -EBUSY: somebody else has it. It ends with the process, too: a domain that is suspended and is
 * saved by nobody has been left behind.
 */
int kept_save_begin(uint32_t domid);
/** The same, waiting so long for who has it. */
int kept_save_wait(uint32_t domid, int seconds);
void kept_save_end(uint32_t domid, int fd);

#endif
