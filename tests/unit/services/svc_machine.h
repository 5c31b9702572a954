/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine under the tests of the services: the real page allocator and the real handlers, with
 * guest memory that is ordinary memory of the test, page types that only count, and page tables
 * that are an array of slots.
 */
#ifndef SVC_MACHINE_H
#define SVC_MACHINE_H

#include "fake.h"

#include <hv/hypercall.h>
#include <public/domctl.h>

#define SVC_FRAMES 8192

/** Start the machine with one CPU, a control domain (id 0) and nothing else. */
void svc_init(void);
/** The same with so many frames of memory; svc_init has SVC_FRAMES. */
void svc_init_frames(unsigned long frames);
/** The end of a test: destroys all domains but the control domain, whose ports it closes; then the
 * pages and objects in use have to be those of the start. */
void svc_end(void);

/** A control domain with two vcpus, made as the hypervisor makes Dom0. */
struct domain *svc_control_domain(domid_t id);
/** A domain with that many vcpus and pages, made by domctl as a toolstack does. */
struct domain *svc_domain(unsigned vcpus, unsigned pages);
/** Destroy it by domctl, until nothing is left of it but what others hold. */
void svc_destroy(struct domain *d);

/** Vcpu `id` of `d` is what the CPU runs. */
void svc_become(struct domain *d, unsigned id);

/** Issue a hypercall as the current vcpu, as often as it asks to be restarted. */
long svc_call(hypercall_fn *fn, unsigned number, uint64_t a1, uint64_t a2, uint64_t a3);
#define CALL(name, ...) svc_call(do_##name, __HYPERVISOR_##name, __VA_ARGS__)
extern unsigned svc_restarts; /* of the last call */
/** Every n-th question whether to give way is answered with yes; 0 = never. */
extern unsigned svc_preempt_every;
/** What the guest's other vcpus do meanwhile: called whenever guest memory was read, and before a
 * call is issued again. NULL: nothing. */
extern void (*svc_guest_acts)(void);
/** The same in the middle of a handler: called when a frame of the guest has been taken for a use. */
extern void (*svc_frame_taken)(void);
/** What arch_clock_id says of the CPU. */
extern unsigned svc_clock_id;
/** Guest memory is every address from the first to the last. */
extern uint64_t svc_guest_first, svc_guest_last;

/** Let all CPUs pass a quiescent state, until nothing waits for one. */
void svc_quiesce(void);

/** Machine frame of the n-th page of a domain, and its memory. */
uint64_t svc_frame(struct domain *d, unsigned n);
void *svc_memory(uint64_t frame);

/** Slots of the fake page tables: grants are mapped at addresses n * 4096, n from 1. */
#define SVC_SLOTS 128
struct svc_slot {
    bool used, write;
    uint64_t frame;
    struct domain *owner; /* whose table it is in */
};
extern struct svc_slot svc_slots[SVC_SLOTS];
/** The guest overwrites the slot itself: references go, the grant code is not told. */
void svc_slot_clear(unsigned n);

extern unsigned svc_kicks[DOMID_FIRST_RESERVED & 63]
                         [8]; /* vcpu_mark_events_pending, by domain and vcpu */
extern unsigned svc_unblocks;

/** What must be the same before and after. */
struct svc_account {
    unsigned long free_pages, objects;
};
struct svc_account svc_account(void);
void svc_check_account(struct svc_account before);

/** A small generator of numbers, the same on every machine. */
unsigned svc_random(unsigned below);

#endif
