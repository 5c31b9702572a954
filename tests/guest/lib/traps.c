/* SPDX-License-Identifier: GPL-2.0-only */
/* Exceptions, callbacks, and faults as values. */
#include "guest.h"

void upcall(void);

static trap_hook_t *hooks[VEC_OTHER + 1];
static uint8_t user_stack[NR_VCPUS][PAGE_SIZE] __attribute__((aligned(16)));

void trap_hook(unsigned vector, trap_hook_t *hook)
{
    hooks[vector] = hook;
}

void catch_push(struct catch *c)
{
    c->fault = NO_FAULT;
    c->outer = self()->catch;
    self()->catch = c;
}

void catch_pop(struct catch *c)
{
    self()->catch = c->outer;
}

static void unexpected(const struct trap_frame *f)
{
    printk("unexpected entry %lx error %lx on vcpu %u: rip %lx cs %lx rflags %lx rsp %lx cr2 %lx\n",
           f->vector, f->error, self()->id, f->rip, f->cs, f->rflags, f->rsp,
           vcpu_info()->arch.cr2);
    printk("TEST-FAIL unexpected entry\n");
    power_off();
}

/* Goes on behind catch_save as if it had returned 1. */
static void unwind(struct catch *c, struct trap_frame *f)
{
    struct vcpu_self *me = self();

    me->last = *f;
    me->last_cr2 = me->id < XEN_LEGACY_MAX_VCPUS ? vcpu_info()->arch.cr2 : 0;
    c->fault = FAULT(f->vector, f->error);
    f->rbx = c->rbx;
    f->rbp = c->rbp;
    f->r12 = c->r12;
    f->r13 = c->r13;
    f->r14 = c->r14;
    f->r15 = c->r15;
    f->rsp = c->rsp;
    f->rip = c->rip;
    f->rax = 1;
    f->cs = FLAT_KERNEL_CS64 & ~3;
    f->ss = FLAT_KERNEL_SS64;
    f->rflags = f->rflags & ~(RFLAGS_TF | RFLAGS_DF | RFLAGS_NT | RFLAGS_AC | RFLAGS_IF);
    if (!vcpu_info()->evtchn_upcall_mask)
        f->rflags |= RFLAGS_IF;
}

/* A caught entry leaves events as they were before it: the entry itself may have masked them. */
void trap_handler(struct trap_frame *f)
{
    struct catch *c = self()->catch;

    if (f->vector == VEC_EVENT) {
        upcall();
        return;
    }
    if (f->vector <= VEC_OTHER && hooks[f->vector] && hooks[f->vector](f))
        return;
    if (!c)
        unexpected(f);
    if (!(f->cs >> 32 & 1))
        vcpu_info()->evtchn_upcall_mask = 0;
    unwind(c, f);
}

/** Fills a trap table: exceptions, int 0x80, and the end. Breakpoints are open to user mode. */
void trap_entries(trap_info_t *table)
{
    unsigned n = 0;

    for (unsigned v = 0; v < NR_EXCEPTIONS; v++, n++)
        table[n] = (trap_info_t){v, (v == VEC_BP || v == VEC_OF ? 3 : 0) | 4, FLAT_KERNEL_CS64,
                                 exception_entries[v]};
    table[n++] = (trap_info_t){0x80, 3 | 4, FLAT_KERNEL_CS64, (uint64_t)entry_soft_80};
    table[n] = (trap_info_t){0, 0, 0, 0};
}

static void callback(unsigned type, const void *entry)
{
    callback_register_t r = {.type = type, .flags = CALLBACKF_mask_events,
                             .address = (uint64_t)entry};

    hyp_callback_op(CALLBACKOP_register, &r);
}

void callbacks_register(void)
{
    hyp_set_callbacks((uint64_t)entry_event, (uint64_t)entry_failsafe, (uint64_t)entry_syscall);
    callback(CALLBACKTYPE_syscall, entry_syscall);
    callback(CALLBACKTYPE_failsafe, entry_failsafe);
}

void traps_init(void)
{
    trap_info_t table[NR_EXCEPTIONS + 2];

    trap_entries(table);
    hyp_set_trap_table(table);
    callbacks_register();
    hyp_stack_switch(FLAT_KERNEL_SS64, (uint64_t)self() + STACK_BYTES / 2);
}

uint64_t user_run(long (*function)(void))
{
    uint64_t frame[5] = {(uint64_t)user_entry, FLAT_USER_CS64, RFLAGS_IF | 2,
                         (uint64_t)user_stack[self()->id] + PAGE_SIZE, FLAT_USER_SS64};

    if (vcpu_info()->evtchn_upcall_mask)
        frame[2] &= ~RFLAGS_IF;
    return FAULT_OF(iret_to(frame, 0, (uint64_t)function));
}
