/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest's configuration as it is now: the one that is kept of it follows what is attached, detached,
 * inserted and ejected while it runs. With it a guest is saved, and started again.
 */
#ifndef XL_PRESENT_CFG_H
#define XL_PRESENT_CFG_H

#include "guest_cfg.h"

/** One that is being changed: its lists `disks` and `vifs` may be. */
struct present_cfg {
    uint32_t domid;
    int lock;
    bool known; /* false: none is kept of this domain, and none will be */
    struct guest_cfg cfg;
    char *text; /* what present_check() has made of it, or NULL */
};

/** Read it, once nobody else saves the domain or changes it (kept.h): then the caller does, until
 * present_end(), which is due after XL_OK only. Reports its errors, after `verb`. */
int present_begin(const char *verb, uint32_t domid, struct present_cfg *p);
/** Whether it is one, as it is changed now. Reports why not. XL_OK or XL_FAILED. */
int present_check(const char *verb, struct present_cfg *p);
/** Keep it as it is changed, if the domain is still there. The same. */
int present_keep(const char *verb, struct present_cfg *p);
void present_end(struct present_cfg *p);

/** Change what is kept of a domain: the three above in one. */
int present_change(const char *verb, uint32_t domid, void (*edit)(struct guest_cfg *g, uint32_t devid),
                   uint32_t devid);

/** Settings for its disks and network devices, each with the number and address that it has. */
void present_print_devices(const struct guest_cfg *g, FILE *out);

#endif
