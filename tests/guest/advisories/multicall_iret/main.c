/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * XSA-213 (row 5): an iret hypercall inside a multicall went to user mode, and the rest of the
 * batch ran there, with the guest kernel's rights and without the checks that belong to the new
 * mode.
 *
 * Here: iret, and a multicall with an iret in it, in the middle of a batch, with a good frame for
 * user mode on the stack. The entry is refused, the guest stays where it is in kernel mode, and the
 * entries around it are carried out. The same when the batch is interrupted before that entry.
 */
#include <guest.h>

static multicall_entry_t calls[8], inner[2];
static unsigned upcalls;
static bool went_away;

static long user_function(void)
{
    return 0x1234;
}

static void count_upcall(void)
{
    upcalls++;
}

static void entry(multicall_entry_t *e, uint64_t op, uint64_t a, uint64_t b)
{
    *e = (multicall_entry_t){.op = op, .result = 0xdead, .args = {a, b}};
}

/* The batch, with what iret would take on the top of the stack. */
static long call_with_frame(void)
{
    uint64_t ss = FLAT_USER_SS64, cs = FLAT_USER_CS64;
    register uint64_t count asm("rsi") = ARRAY_SIZE(calls);
    register uint64_t list asm("rdi") = (uint64_t)calls;
    long result;

    asm volatile("mov %%rsp, %%rbx\n\t"
                 "sub $128, %%rsp\n\t"
                 "and $-16, %%rsp\n\t"
                 "push %[ss]\n\t"
                 "push %%rbx\n\t"
                 "push $0x202\n\t"
                 "push %[cs]\n\t"
                 "push %[rip]\n\t"
                 "push $0\n\t push $0\n\t push $0\n\t push $0\n\t"
                 "mov %[op], %%eax\n\t"
                 "syscall\n\t"
                 "mov %%rbx, %%rsp"
                 : "=&a"(result), "+r"(list), "+r"(count)
                 : [ss] "r"(ss), [cs] "r"(cs), [rip] "r"(user_function),
                   [op] "i"(__HYPERVISOR_multicall)
                 : "rbx", "rcx", "rdx", "r8", "r9", "r10", "r11", "memory");
    return result;
}

static void check_batch(void)
{
    for (unsigned i = 0; i < ARRAY_SIZE(calls); i++)
        entry(&calls[i], __HYPERVISOR_xen_version, XENVER_pagesize, 0);
    entry(&calls[2], __HYPERVISOR_iret, 0, 0);
    entry(&calls[5], __HYPERVISOR_multicall, (uint64_t)inner, 2);
    entry(&inner[0], __HYPERVISOR_iret, 0, 0);
    entry(&inner[1], __HYPERVISOR_xen_version, XENVER_pagesize, 0);
    went_away = FAULT_OF(CHECK_EQ(call_with_frame(), 0)) != NO_FAULT;
    CHECK(!went_away);
    for (unsigned i = 0; i < ARRAY_SIZE(calls); i++)
        CHECK_EQ(calls[i].result, i == 2 || i == 5 ? -XEN_EINVAL : (long)PAGE_SIZE);
    CHECK_EQ(inner[0].result, 0xdead);
    CHECK_EQ(inner[1].result, 0xdead);
}

GUEST_TEST("XSA-213: iret inside a multicall")
{
    check_batch();
    upcalls = 0;
    upcall_hook(count_upcall);
    vcpu_info()->evtchn_upcall_pending = 1; /* so that the batch gives way on its way */
    *(volatile uint8_t *)&vcpu_info()->evtchn_upcall_mask = 0;
    check_batch();
    events_off();
    upcall_hook(NULL);
    CHECK(upcalls > 0);
}
