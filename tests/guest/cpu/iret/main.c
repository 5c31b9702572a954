/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The iret hypercall (xen.h, iret_context): loads rip, rsp, flags, rax, r11, rcx from the stack and
 * sets the event mask from IF; a selector with RPL 0 means guest kernel. Flags that a guest may not
 * have (IOPL, VM) do not get through.
 */
#include <guest.h>

uint64_t seen_rax, seen_rcx, seen_r11, seen_flags; /* written by landing */
static uint64_t saved_rsp;
void landing(void);

asm(".text\nlanding:\n"
    "mov %rax, seen_rax(%rip)\n"
    "mov %rcx, seen_rcx(%rip)\n"
    "mov %r11, seen_r11(%rip)\n"
    "pushf\n"
    "pop seen_flags(%rip)\n"
    "ud2\n");

/* iret to the landing place, which ends in #UD. */
static uint64_t go(uint64_t cs, uint64_t flags)
{
    uint64_t frame[5] = {(uint64_t)landing, cs, flags, 0, FLAT_KERNEL_SS64};

    asm volatile("mov %%rsp, %0" : "=r"(saved_rsp));
    frame[3] = (saved_rsp - 512) & ~15UL;
    return FAULT_OF(iret_to(frame, 0, 0));
}

static void check_registers(void)
{
    CHECK_EQ(go(FLAT_KERNEL_CS64 & ~3, 2), FAULT(VEC_UD, 0));
    CHECK_EQ(seen_rax, 0x1a1a);
    CHECK_EQ(seen_r11, 0x1b1b);
    CHECK_EQ(seen_rcx, 0x1c1c);
    CHECK_EQ(vcpu_info()->evtchn_upcall_mask, 1);
}

static void check_flags(void)
{
    CHECK_EQ(go(FLAT_KERNEL_CS64 & ~3, 2 | RFLAGS_CF | RFLAGS_AC | RFLAGS_ID), FAULT(VEC_UD, 0));
    CHECK_EQ(seen_flags & (RFLAGS_CF | RFLAGS_AC | RFLAGS_ID),
             RFLAGS_CF | RFLAGS_AC | RFLAGS_ID);
    CHECK_EQ(go(FLAT_KERNEL_CS64 & ~3, 2 | 3UL << 12), FAULT(VEC_UD, 0));
    CHECK_EQ(seen_flags >> 12 & 3, 0);
    CHECK_EQ(go(FLAT_KERNEL_CS64 & ~3, 2 | 1UL << 17), FAULT(VEC_UD, 0));
    CHECK_EQ(seen_flags & 1UL << 17, 0);
    CHECK_EQ(go(FLAT_KERNEL_CS64 & ~3, 2), FAULT(VEC_UD, 0));
    CHECK(seen_flags & RFLAGS_IF); /* the real flag is always set */
    CHECK_EQ(go(FLAT_KERNEL_CS64 & ~3, 2 | RFLAGS_IF), FAULT(VEC_UD, 0));
    CHECK_EQ(vcpu_info()->evtchn_upcall_mask, 0);
    events_off();
}

GUEST_TEST("iret hypercall")
{
    check_registers();
    check_flags();
}
