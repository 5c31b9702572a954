/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Domains for the fuzz targets of the services, on the machine of the unit tests
 * (tests/unit/services): Dom0, two guests with two vcpus each, a domain whose vcpus are still to be
 * made, and what must be true of all of them at any time. Every hypercall is issued by one of them,
 * from memory of its own.
 */
#ifndef FUZZ_SERVICES_H
#define FUZZ_SERVICES_H

#include "fuzz.h"
#include "svc_machine.h"

#include <hv/domain.h>

/** Start the machine, have the steps done, destroy every domain: nothing may be left of any. */
void services_fuzz(void (*steps)(void));
/** Stop if counts, lists or connections of any domain are not as they must be. */
void services_check(void);

/** One of the domains there are. */
struct domain *services_any_domain(void);
/** Some domain that is neither shut down nor dying runs, on one of its vcpus. */
void services_switch(void);
/** The current domain is the one with this number, if it can run. */
void services_run(domid_t id, unsigned vcpu);

/** Memory of the guest that runs, for arguments: from `services_args` on, SERVICES_ARGS bytes. */
#define SERVICES_ARGS 16384
extern uint8_t *services_args;

/** Values as a guest would give them: mostly sensible, some hostile. */
domid_t services_domid(void);
uint64_t services_frame(void);
/** A guest writes to memory that it shares with the hypervisor: its arguments, its pages, event
 * words and control blocks among them, its shared page or its grant table. */
void services_scribble(void);

#endif
