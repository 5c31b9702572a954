/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the verbs of every kind of device have in common.
 */
#ifndef XL_DEVICE_VERBS_H
#define XL_DEVICE_VERBS_H

#include "device.h"
#include "guest_cfg.h"
#include "json.h"

struct device_verbs {
    const struct device_kind *kind;
    /* Number of a device by what the user calls it; false: it is no such name. */
    bool (*parse)(const char *name, uint32_t *devid);
    const char *names; /* what such names are, for a message */
    const char *list;  /* the verb that lists them */
    /* A line of the list, and the one above all. */
    const char *head;
    void (*print)(struct xstore *x, const struct device_id *d);
    /* Its keys in JSON, behind domid and devid; what its daemon has counted follows. */
    void (*describe)(yajl_gen g, struct xstore *x, const struct device_id *d);
    /* Take it out of a configuration. */
    void (*forget)(struct guest_cfg *g, uint32_t devid);
};

/** The domain, which is not Dom0, and the store. Reports its errors; an exit status. */
int device_domain(const char *verb, const char *which, uint32_t *domid);
/** A device that the domain has, by its name or number. The same. */
int device_find(const struct device_verbs *v, const char *verb, uint32_t domid, const char *which,
                struct device_id *d);

/** The verbs KIND-detach and KIND-list. */
int device_verb_detach(const struct device_verbs *v, int argc, char **argv);
int device_verb_list(const struct device_verbs *v, int argc, char **argv);

#endif
