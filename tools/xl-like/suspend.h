/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest suspends, and goes on.
 */
#ifndef XL_SUSPEND_H
#define XL_SUSPEND_H

#include <stdint.h>

/** Ask the guest to suspend, or make it, if it is one that knows nothing of its hypervisor, and wait so
 * long for it. Reports its errors, after which the guest runs as before. XL_OK, XL_FAILED or
 * XL_NO_HOST. */
int guest_suspend(uint32_t domid, int seconds);
/** 1: it has suspended; 0: not yet; -errno: it has ended, or cannot be asked. */
int guest_has_suspended(uint32_t domid);
/** One that has suspended goes on where it is, and its device model. -errno of the hypervisor or the
 * store; -ENODEV: its device model has gone, and so it ends; -ETIMEDOUT: its device model does not
 * answer, and it is suspended as before: its monitor tries again. */
int guest_resume(uint32_t domid);

#endif
