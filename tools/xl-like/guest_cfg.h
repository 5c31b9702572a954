/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * guest.cfg: what its keys mean. The table in guest_cfg.c is the schema: key, type, range, default,
 * help.
 */
#ifndef XL_GUEST_CFG_H
#define XL_GUEST_CFG_H

#include "channel_cfg.h"
#include "disk_cfg.h"
#include "hvm_cfg.h"
#include "vif_cfg.h"

#include <ctrl.h>

/** What the monitor does when the domain has shut down for some reason. */
enum guest_action { ACTION_DESTROY, ACTION_RESTART, ACTION_PRESERVE, ACTION_RENAME_RESTART };

struct guest_cfg {
    char *name;
    char *uuid; /* as text; NULL: one is made */
    unsigned type, builder; /* enum ctrl_guest_type; what counts is type */
    char *kernel, *ramdisk;
    char *cmdline; /* complete: cmdline=, or root= and extra= put together */
    char *root, *extra;
    char *bootloader; /* then kernel and ramdisk are of the disk */
    struct cfg_texts bootloader_args;
    uint64_t memory, maxmem;  /* MiB; maxmem 0: as memory */
    uint64_t vcpus, maxvcpus; /* maxvcpus 0: as vcpus */
    char *cpus;               /* hard affinity: "all", "0-3,^2", or a list joined by commas */
    uint64_t cpu_weight, cap;
    uint64_t max_grant_frames, max_maptrack_frames, max_event_channels; /* 0: default */
    enum guest_action on_poweroff, on_reboot, on_crash, on_watchdog;
    unsigned tsc_mode; /* enum ctrl_tsc_mode */
    struct disk_cfg *disks;
    struct vif_cfg *vifs;
    struct channel_cfg *channels;
    struct hvm_cfg hvm; /* of type CTRL_HVM */
    char *text; /* all settings, as they were given */
};

/** Take the settings over, with defaults for what is not there. 0, or -EINVAL after messages to
 * cfg->errors. */
int guest_cfg_from(struct cfg *cfg, struct guest_cfg *g);
/** The same of a text; `place` names it in messages, which go to stderr. */
int guest_cfg_from_text(const char *place, const char *text, struct guest_cfg *g);
/** What the builder is to do; it points into `g`. */
struct ctrl_guest_config guest_cfg_build(const struct guest_cfg *g);
void guest_cfg_free(struct guest_cfg *g);
/** The schema as text: key, type, default, meaning. */
void guest_cfg_print_keys(FILE *out);
const char *guest_action_name(enum guest_action a);

#endif
