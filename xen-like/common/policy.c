/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who may do what to whom. Three kinds of domains: the control domain may do everything, a device
 * model's domain has its target, and every domain has itself.
 */
#include <hv/arch.h>
#include <hv/policy.h>
#include <public/errno.h>

static int allow(bool yes) { return yes ? 0 : -XEN_EPERM; }

static bool is_self_or_controls(const struct domain *caller, const struct domain *target)
{
    return caller == target || caller->is_control;
}

static bool emulates_for(const struct domain *caller, const struct domain *target)
{
    return READ_ONCE(caller->target) == target;
}

int policy_control(const struct domain *caller, const struct domain *target)
{
    return allow(caller->is_control);
}

int policy_host(const struct domain *caller) { return allow(caller->is_control); }

int policy_hardware(const struct domain *caller) { return allow(caller->is_hardware); }

/* The pseudo-domains' pages are handed out by the page types, which know what each may be used for.
 */
int policy_foreign_map(const struct domain *caller, const struct domain *target)
{
    if (target == dom_io)
        return 0;
    return allow(is_self_or_controls(caller, target) || emulates_for(caller, target));
}

int policy_device_model(const struct domain *caller, const struct domain *target)
{
    return allow(caller != target && (caller->is_control || emulates_for(caller, target)));
}

int policy_event(const struct domain *caller, const struct domain *target)
{
    return allow(is_self_or_controls(caller, target) || emulates_for(caller, target));
}

int policy_grant_setup(const struct domain *caller, const struct domain *target)
{
    return allow(is_self_or_controls(caller, target));
}

int policy_pirq(const struct domain *caller, const struct domain *target)
{
    return allow(is_self_or_controls(caller, target));
}

int policy_memory(const struct domain *caller, const struct domain *target)
{
    return allow(is_self_or_controls(caller, target) || emulates_for(caller, target));
}

int policy_target(domid_t id, policy_fn *may, struct domain **target)
{
    *target = domain_lookup(id);
    return *target ? may(current->domain, *target) : -XEN_ESRCH;
}
