/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The verbs of xl-like. Each gets its own name and arguments as argv, and returns an exit status of
 * report.h.
 */
#ifndef XL_VERBS_H
#define XL_VERBS_H

typedef int verb_fn(int argc, char **argv);

/* create.c */
verb_fn verb_create;
/* lifecycle.c */
verb_fn verb_destroy, verb_shutdown, verb_reboot, verb_pause, verb_unpause;
/* list.c */
verb_fn verb_list, verb_vcpu_list, verb_domid, verb_domname;
/* console.c */
verb_fn verb_console;
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
/* main.c */
verb_fn verb_help;

/** Usage line of a verb on stderr; returns XL_USAGE. */
int usage_error(const char *verb);
/** For verbs that take one domain and no options: the domain's number in *domid, or an exit status.
 */
int one_domain(int argc, char **argv, unsigned *domid);

#endif
