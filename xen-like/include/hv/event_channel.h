/* SPDX-License-Identifier: GPL-2.0-only */
/* Event channels: ports, the two ABIs (2-level bitmap, FIFO queues), virtual interrupts, poll. */
#ifndef HV_EVENT_CHANNEL_H
#define HV_EVENT_CHANNEL_H

#include <hv/lock.h>
#include <public/event_channel.h>

struct domain;
struct vcpu;

int evtchn_domain_init(struct domain *d, unsigned max_ports);
/** Close every port: resumable (-ERESTART). */
int evtchn_domain_close(struct domain *d);
/** Let go of the guest's pages; no CPU may still be sending to the domain (a quiescent state after
 * closing). Always 0. */
int evtchn_domain_release_pages(struct domain *d);
void evtchn_domain_free(struct domain *d);
int evtchn_reset(struct domain *d, bool resuming); /* preemptible: -ERESTART */

/** Mark all words of `info`, a vcpu_info of `d`, as having events: the vcpu looks at every port. */
void twolevel_select_all(const struct domain *d, struct vcpu_info *info);

/** Raise a virtual interrupt of one vcpu. Any context, interrupts on or off. */
void send_vcpu_virq(struct vcpu *v, unsigned virq);
/** Raise a global virtual interrupt at the domain that is registered for it (Dom0 by default):
 * console, DOM_EXC, ... */
void send_global_virq(unsigned virq);
int set_global_virq_handler(struct domain *d, unsigned virq);

/** Physical interrupt `pirq` fired for the domain that bound it (arch/x86/irq/pirq.c calls). */
void send_pirq_event(struct domain *d, unsigned pirq);

/** Move all ports bound to a vcpu's CPU after it migrated: physical interrupts follow their vcpu.
 */
void evtchn_move_pirqs(struct vcpu *v);
/** Wake vcpus of `d` that poll `port`. */
void evtchn_check_pollers(struct domain *d, unsigned port);
/** SCHEDOP_poll for the current vcpu (common/event_poll.c): 0, or -EINVAL, -EFAULT. */
struct sched_poll;
long evtchn_poll(const struct sched_poll *poll);
/** Its time has come. */
void evtchn_poll_timeout(struct vcpu *v);
/** Send from `port` of `d` to its other end on behalf of `d`; nothing if it is not connected. */
void evtchn_notify_remote(struct domain *d, unsigned port);

/**
 * A port of the hypervisor in the vcpu's domain, to which `remote` may connect; what that sends
 * ends VPF_IO of the vcpu (common/event_hv.c). Its number, or -ENOSPC, -ENOMEM, -EINVAL (the domain
 * is on its way out).
 */
int evtchn_open_hv(struct vcpu *v, domid_t remote);
/** Nothing happens if the domain's end has closed it already. */
void evtchn_close_hv(struct domain *d, unsigned port);

#endif
