/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hypercalls: the handlers' common form and how a long one is interrupted.
 *
 * The table stands in arch/x86/hypercall.c: number, name, handler, who may call. A handler gets up
 * to six register arguments and returns the ABI's result (-errno). Handlers run with interrupts
 * enabled on the CPU's stack; they cannot block.
 */
#ifndef HV_HYPERCALL_H
#define HV_HYPERCALL_H

#include <hv/types.h>
#include <hv/guest_access.h>
#include <public/errno.h>

struct domain;
struct vcpu;

typedef long hypercall_fn(uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5,
                          uint64_t a6);

/** True when the current hypercall should give way (softirq or event pending): cheap, call it once
 * per unit of work. */
bool hypercall_preempt_check(void);

/**
 * hypercall_restart(number, argument, ...): arrange for the current hypercall to be issued again by
 * the guest with these arguments, and return the value that the handler must return at once. Works
 * from the plain entry (instruction pointer moved back) and inside multicall.
 */
long hypercall_restart_args(unsigned number, unsigned nr_args, const uint64_t *args);
#define hypercall_restart(number, ...)                                                       \
    hypercall_restart_args(number, sizeof((uint64_t[]){ __VA_ARGS__ }) / sizeof(uint64_t), \
                           (const uint64_t[]){ __VA_ARGS__ })

/* handlers in common/ (x86's own stand in arch/x86) */
hypercall_fn do_memory_op, do_event_channel_op, do_grant_table_op, do_sched_op, do_vcpu_op,
    do_xen_version, do_console_io, do_domctl, do_sysctl, do_set_timer_op, do_vm_assist,
    do_multicall, do_callback_op, do_xsm_op, do_nmi_op, do_xenpmu_op,
    do_event_channel_op_compat, do_sched_op_compat;

/** Most arguments of a hypercall. */
#define HYPERCALL_ARGS 6

/**
 * Part of hypercall_restart_args: if the current hypercall is an entry of a multicall, change the
 * entry in place so that it is issued again when the multicall is resumed, and return true
 * (common/multicall.c).
 */
bool multicall_note_restart(unsigned number, unsigned nr_args, const uint64_t *args);

/**
 * Handler of hypercall `number` for a multicall entry of the current vcpu; one that only returns an
 * error if there is no such call or the domain may not make it.
 */
hypercall_fn *hypercall_handler(uint64_t number);

#endif
