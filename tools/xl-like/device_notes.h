/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The counts of all devices, in the pages in which their daemons count (pv-drivers/lib/counts.h).
 */
#ifndef XL_DEVICE_NOTES_H
#define XL_DEVICE_NOTES_H

#include "sample.h"

struct device_notes;

/** Below this directory, which is not copied. NULL: out of memory. */
struct device_notes *device_notes_open(const char *dir);
void device_notes_close(struct device_notes *n);
/** Totals of all devices that are connected, by domain, type, number: malloc'ed into *out, the
 * number in *count. 0 or -ENOMEM; a daemon that does not run has no devices. */
int device_notes_read(struct device_notes *n, struct device_sample **out, size_t *count);

#endif
