/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest from its configuration to a running domain, and its end.
 */
#ifndef XL_GUEST_H
#define XL_GUEST_H

#include "guest_cfg.h"
#include "host.h"

/** Build the domain and enter it in the store; it is left paused. Reports its errors; on failure
 * nothing is left. XL_OK, XL_CONFIG, XL_FAILED or XL_NO_HOST. */
int guest_start(const struct guest_cfg *g, uint32_t *domid);
/** The same of a saved guest; `path` names its file in messages. */
int guest_restore(const struct guest_cfg *g, const char *path, struct ctrl_saved *saved,
                  uint32_t *domid);
/** Whether it could be built, without doing anything. */
int guest_check(const struct guest_cfg *g);
/** Let a built domain run: first the console daemon gets a moment to connect, so that nothing of
 * what the guest says is lost even if it ends at once. -errno of the hypervisor. */
int guest_unpause(uint32_t domid);
/** Kill a domain and remove it from the store. -errno is reported. */
int guest_destroy(uint32_t domid);

/* monitor.c */
/** Watch over a domain just built in a process of its own, which does what on_poweroff and the like
 * say, and let it run unless `paused`. Reports its errors, after which the domain is no more. */
int guest_run(struct guest_cfg *g, uint32_t domid, bool paused);

/** A guest's own kind, or an emulated serial port. */
enum console_kind { CONSOLE_PV, CONSOLE_SERIAL };

/** Attach the terminal to a console of the domain, the first being 0, until the user leaves it or
 * the domain ends. */
int console_attach(uint32_t domid, enum console_kind kind, uint32_t number);

#endif
