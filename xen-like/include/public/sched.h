/* SPDX-License-Identifier: MIT */
/*
 * Scheduling calls: sched_op(cmd, arg). -ENOSYS for an unknown command, -EFAULT for a bad arg.
 */
#ifndef XEN_PUBLIC_SCHED_H
#define XEN_PUBLIC_SCHED_H

#include "event_channel.h"

#define SCHEDOP_yield           0 /* let others run */
#define SCHEDOP_block           1 /* unmask events and sleep until one is pending */
#define SCHEDOP_shutdown        2 /* sched_shutdown: stop the calling domain */
#define SCHEDOP_poll            3 /* sched_poll */
#define SCHEDOP_remote_shutdown 4 /* sched_remote_shutdown */
#define SCHEDOP_shutdown_code   5 /* sched_shutdown: replace the reason; goes on running */
#define SCHEDOP_watchdog        6 /* sched_watchdog */
#define SCHEDOP_pin_override    7 /* sched_pin_override */

/* Why a domain shut down. */
#define SHUTDOWN_poweroff   0
#define SHUTDOWN_reboot     1
#define SHUTDOWN_suspend    2
#define SHUTDOWN_crash      3
#define SHUTDOWN_watchdog   4
#define SHUTDOWN_soft_reset 5
#define SHUTDOWN_MAX        5

#ifndef __ASSEMBLER__

struct sched_shutdown {
    uint32_t reason; /* IN: SHUTDOWN_* */
};
typedef struct sched_shutdown sched_shutdown_t;

/** Sleep until one of the (masked) ports is pending or the time has come. */
struct sched_poll {
    xen_guest_handle_t ports; /* IN: nr_ports of evtchn_port_t */
    uint32_t nr_ports;        /* IN: at most 128, -EINVAL beyond */
    uint64_t timeout;         /* IN: system time in ns, 0: none */
};
typedef struct sched_poll sched_poll_t;

/** Shut another domain down; for its controller. */
struct sched_remote_shutdown {
    domid_t domain_id; /* IN */
    uint32_t reason;   /* IN: SHUTDOWN_* */
};
typedef struct sched_remote_shutdown sched_remote_shutdown_t;

/** Arm, re-arm or stop a watchdog; with id 0 a free one is taken and its id returned (1, 2). */
struct sched_watchdog {
    uint32_t id;      /* IN */
    uint32_t timeout; /* IN: seconds; 0 stops it */
};
typedef struct sched_watchdog sched_watchdog_t;

/** Run the calling vcpu on this CPU only, whatever its affinity; Dom0 only. */
struct sched_pin_override {
    int32_t pcpu; /* IN: negative: undo */
};
typedef struct sched_pin_override sched_pin_override_t;

#endif /* !__ASSEMBLER__ */
#endif
