/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who may do what to whom: the only place that decides. common/policy.c. Each returns 0 or -EPERM.
 */
#ifndef HV_POLICY_H
#define HV_POLICY_H

#include <hv/types.h>

struct domain;

int policy_control(const struct domain *caller,
                   const struct domain *target); /* domctl and the like on `target` */
int policy_host(const struct domain *caller);      /* sysctl, platform_op: the machine itself */
int policy_hardware(const struct domain *caller);  /* real interrupts, ports, I/O memory, PCI */
int policy_foreign_map(const struct domain *caller, const struct domain *target);
int policy_event(const struct domain *caller,
                 const struct domain *target); /* alloc_unbound on behalf of target */
int policy_grant_setup(const struct domain *caller, const struct domain *target);
int policy_memory(const struct domain *caller,
                  const struct domain *target); /* populate, decrease, maximum, pin */

#endif
