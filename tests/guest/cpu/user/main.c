/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * User mode of a 64-bit PV guest: entered by the iret hypercall with a user selector, left by
 * syscall (to the syscall callback), by exceptions (to the trap table, with the user bit in page
 * faults), or by `int n` whose entry is open to it. From user mode a hypercall is not possible: the
 * same instruction reaches the guest kernel. I/O and privileged instructions are #GP in user mode.
 * With two page-table bases, the user's base is what it sees.
 */
#include <guest.h>

static long value(void)
{
    return 0x1234;
}

static long try_hypercall(void)
{
    return hyp_xen_version(XENVER_version, NULL);
}

static long read_null(void)
{
    return *(volatile long *)0x1000;
}

static long undefined(void)
{
    asm volatile("ud2");
    return 0;
}

static long breakpoint(void)
{
    asm volatile("int3");
    return 0;
}

static long soft_interrupt(void)
{
    asm volatile("int $0x80");
    return 0;
}

static long halt(void)
{
    asm volatile("hlt");
    return 0;
}

static long interrupts_off(void)
{
    asm volatile("cli");
    return 0;
}

static long port(void)
{
    return inb(0x61);
}

static long model_register(void)
{
    return (long)rdmsr(0xc0000080);
}

static long control_register(void)
{
    long cr0;

    asm volatile("mov %%cr0, %0" : "=r"(cr0));
    return cr0;
}

#define CHECK_USER(want, function) \
    check_fault(user_run(function), want, __FILE__, __LINE__, #function)

static void check_leaving(void)
{
    CHECK_USER(FAULT(VEC_SYSCALL, 0), value);
    CHECK_EQ(self()->last.rax, USER_RETURN);
    CHECK_EQ(self()->last.rdi, 0x1234);
    CHECK_EQ(self()->last.cs & 0xffff, FLAT_USER_CS64);
    CHECK_EQ(self()->last.ss & 0xffff, FLAT_USER_SS64);
    CHECK_USER(FAULT(VEC_SYSCALL, 0), try_hypercall);
    CHECK_EQ(self()->last.rax, __HYPERVISOR_xen_version);
    CHECK_USER(FAULT(VEC_PF, PF_USER), read_null);
    CHECK_EQ(self()->last_cr2, 0x1000);
    CHECK_USER(FAULT(VEC_UD, 0), undefined);
    CHECK_USER(FAULT(VEC_BP, 0), breakpoint);
    CHECK_USER(FAULT(0x80, 0), soft_interrupt);
}

static void check_privileged(void)
{
    CHECK_USER(FAULT(VEC_GP, 0), halt);
    CHECK_USER(FAULT(VEC_GP, 0), interrupts_off);
    CHECK_USER(FAULT(VEC_GP, 0), port);
    CHECK_USER(FAULT(VEC_GP, 0), model_register);
    CHECK_USER(FAULT(VEC_GP, 0), control_register);
}

/* A base of its own for user mode, without the kernel's half: nothing is there to execute. */
static void check_own_base(void)
{
    uint64_t *l4 = page_alloc();

    CHECK_EQ(page_protect(l4, PTE_RO), 0);
    CHECK_EQ(mmuext(MMUEXT_PIN_L4_TABLE, virt_to_mfn(l4), 0), 0);
    CHECK_EQ(mmuext(MMUEXT_NEW_USER_BASEPTR, virt_to_mfn(l4), 0), 0);
    CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(l4), 0), 0);
    CHECK_USER(FAULT(VEC_PF, PF_USER | PF_INSN), value);
    CHECK_EQ(self()->last_cr2, (uint64_t)user_entry);
    CHECK_EQ(mmuext(MMUEXT_NEW_USER_BASEPTR, top_table_mfn(), 0), 0);
    CHECK_EQ(page_protect(l4, PTE_RW), 0);
    CHECK_USER(FAULT(VEC_SYSCALL, 0), value);
    page_free(l4);
}

GUEST_TEST("user mode: in and out")
{
    check_leaving();
    check_privileged();
    check_own_base();
}
