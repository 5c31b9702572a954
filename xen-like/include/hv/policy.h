/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who may do what to whom: the only place that decides. common/policy.c. Each returns 0 or -EPERM.
 */
#ifndef HV_POLICY_H
#define HV_POLICY_H

#include <hv/types.h>
#include <public/xen.h>

struct domain;

int policy_host(const struct domain *caller);     /* sysctl, platform_op: the machine itself */
int policy_hardware(const struct domain *caller); /* real interrupts, ports, I/O memory, PCI */

typedef int policy_fn(const struct domain *caller, const struct domain *target);
policy_fn policy_control;     /* domctl and the like on `target` */
policy_fn policy_foreign_map;
policy_fn policy_event;       /* alloc_unbound on behalf of target */
policy_fn policy_grant_setup;
policy_fn policy_pirq;        /* map and unmap */
policy_fn policy_device_model; /* dm_op: never on itself */
policy_fn policy_memory;      /* populate, decrease, maximum, pin */

/**
 * The domain that a hypercall names, if `may` allows the current one to do it: 0, -ESRCH or -EPERM.
 * Good until the end of the hypercall.
 */
int policy_target(domid_t id, policy_fn *may, struct domain **target);

#endif
