/* SPDX-License-Identifier: GPL-2.0-only */
/* Parts of a vcpu's life that only the services in common/ use. common/vcpu.c. */
#ifndef HV_VCPU_H
#define HV_VCPU_H

#include <hv/types.h>

struct vcpu;
struct domain;

/** Free a vcpu that cannot be scheduled or found any more. */
void vcpu_free(struct vcpu *v);

/** VCPUOP_set_periodic_timer: VIRQ_TIMER every `period` ns, 0 = never again. -EINVAL below 1 ms. */
int vcpu_set_periodic(struct vcpu *v, uint64_t period);

/** Write the second time area, if registered, now or when the guest's kernel memory is next in
 * reach. v is current. */
void vcpu_update_time_area(struct vcpu *v);

/** Stop and free the watchdog timers of a domain (common/sched_op.c). */
void watchdogs_kill(struct domain *d);

#endif
