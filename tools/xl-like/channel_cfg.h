/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The key `channel` of guest.cfg: consoles that a guest has beside its first, in xl's syntax, a
 * string for each:
 *   connection=pty, name=org.example.agent
 */
#ifndef XL_CHANNEL_CFG_H
#define XL_CHANNEL_CFG_H

#include "cfg_parse.h"

#define CHANNELS_MAX 15

struct channel_cfg {
    struct channel_cfg *next;
    struct cfg_place place; /* of the string */
    uint32_t devid;         /* its place in the list, from 1: 0 is the first console */
    char *name;             /* for the guest; NULL: none */
};

/** *channels becomes the list's, in order. 0, or -EINVAL after messages to cfg->errors; -ENOMEM. */
int channel_cfg_list(struct cfg *cfg, const struct cfg_value *list, struct channel_cfg **channels);
void channel_cfg_free(struct channel_cfg *channels);

#endif
