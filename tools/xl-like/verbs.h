/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The verbs of xl-like. Each gets its own name and arguments as argv, and returns an exit status of
 * report.h.
 */
#ifndef XL_VERBS_H
#define XL_VERBS_H

#include <stdbool.h>

typedef int verb_fn(int argc, char **argv);

/* create.c */
verb_fn verb_create;
/* config_update.c */
verb_fn verb_config_update;
/* lifecycle.c */
verb_fn verb_destroy, verb_shutdown, verb_reboot, verb_pause, verb_unpause;
/* save.c, restore.c, dump_core.c */
verb_fn verb_save, verb_restore, verb_dump_core;
/* list.c */
verb_fn verb_list, verb_claims, verb_vcpu_list, verb_domid, verb_domname;
/* console.c */
verb_fn verb_console;
/* vncviewer.c, cdrom.c */
verb_fn verb_vncviewer, verb_cd_insert, verb_cd_eject;
/* console_list.c */
verb_fn verb_console_list;
/* info.c */
verb_fn verb_info, verb_dmesg;
/* block.c */
verb_fn verb_block_attach, verb_block_detach, verb_block_list, verb_block_resize;
/* network.c */
verb_fn verb_network_attach, verb_network_detach, verb_network_list;
/* setup_bridge.c */
verb_fn verb_setup_bridge;
/* sched.c */
verb_fn verb_sched;
/* memory.c */
verb_fn verb_mem_set, verb_mem_max;
/* vcpus.c */
verb_fn verb_vcpu_set, verb_vcpu_pin;
/* rename.c, uptime.c, keys.c, trigger.c */
verb_fn verb_rename, verb_uptime, verb_sysrq, verb_debug_keys, verb_trigger;
/* doctor.c */
verb_fn verb_doctor;
/* top.c, stats.c */
verb_fn verb_top, verb_stats;
/* main.c */
verb_fn verb_help;

/** Usage line of a verb on stderr; returns XL_USAGE. */
int usage_error(const char *verb);
/** For verbs that take one domain and no options: the domain's number in *domid, or an exit status.
 */
int one_domain(int argc, char **argv, unsigned *domid);
/** For verbs that list: [--json] [DOMAIN]; *which is NULL without one. XL_OK or XL_USAGE. */
int list_options(int argc, char **argv, bool *json, const char **which);

#endif
