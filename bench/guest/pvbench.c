/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What single operations of the hypervisor cost a PV guest, in ticks of the processor's counter;
 * with QEMU's instruction counting (tests/lib/boot --icount) that is instructions, and repeats
 * exactly.
 *
 * Each operation is done in a loop; the least of ten rounds is divided by the number of
 * operations. Prints one line for each, `BENCH name value operations`: value in tenths of a tick,
 * operations in a round. The rounds are marked for bench/plugin. An operation that fails prints its
 * error instead and fails the run.
 */
#include <guest.h>

#include "../marks.h"

#define ROUNDS 11 /* the first one warms up */

static long first_error;
static uint8_t *page_a, *page_b, *window, *table;
static uint64_t window_entry;
static evtchn_port_t port;
volatile unsigned bench_upcalls;

/* Bare entry points: as little as possible beside the hypervisor's part. */
void bench_skip_2(void);
void bench_skip_3_error(void);
void bench_event(void);
void bench_iret(void);

asm(".text\n"
    ".macro IRET_BACK\n"
    "    push $0; push %rcx; push %r11; push %rax; mov $23, %eax; syscall\n"
    ".endm\n"
    "bench_skip_2:\n"
    "    pop %rcx; pop %r11; addq $2, (%rsp); IRET_BACK\n"
    "bench_skip_3_error:\n"
    "    pop %rcx; pop %r11; add $8, %rsp; addq $3, (%rsp); IRET_BACK\n"
    "bench_event:\n"
    "    pop %rcx; pop %r11; push %rax; push %rdx\n"
    "    mov bench_words(%rip), %rdx\n"       /* vcpu_info */
    "    movb $0, (%rdx); movq $0, 8(%rdx)\n"
    "    mov bench_words+8(%rip), %rdx\n"     /* pending word */
    "    movq $0, (%rdx)\n"
    "    incl bench_upcalls(%rip)\n"
    "    pop %rdx; pop %rax; IRET_BACK\n"
    "bench_iret:\n"                           /* to its own return address */
    "    mov (%rsp), %rdx; lea 8(%rsp), %rcx; pushf; pop %rax\n"
    "    push $0xe02b; push %rcx; push %rax; push $0xe030; push %rdx\n"
    "    IRET_BACK\n");

uint64_t bench_words[2];

static void note(long result)
{
    if (result && !first_error)
        first_error = result;
}

static uint64_t next_entry(void)
{
    static unsigned flip;

    return virt_to_mfn(++flip & 1 ? page_a : page_b) << 12 | PTE_RW;
}

/* ---- the operations */

static void op_nothing(void)
{
    barrier();
}

static void op_null(void)
{
    hyp_xen_version(XENVER_version, NULL);
}

static void op_multicall(void)
{
    static multicall_entry_t calls[8];

    for (unsigned i = 0; i < ARRAY_SIZE(calls); i++) {
        calls[i].op = __HYPERVISOR_xen_version;
        calls[i].args[0] = XENVER_version;
    }
    note(hyp_multicall(calls, ARRAY_SIZE(calls)));
}

static void op_iret(void)
{
    bench_iret();
}

static void op_fault(void)
{
    register uint8_t *p asm("r8") = (uint8_t *)0x1000;

    asm volatile(".byte 0x41, 0x88, 0x00" ::"r"(p), "a"(0) : "memory"); /* mov %al, (%r8) */
}

static void op_ud2(void)
{
    asm volatile("ud2");
}

static void op_rdmsr(void)
{
    rdmsr(0xc0000080);
}

static void op_cpuid(void)
{
    uint32_t a = 0, b, c = 0, d;

    asm volatile(XEN_CPUID : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
}

static void op_mmu_update(void)
{
    mmu_update_t request = {window_entry, next_entry()};

    note(hyp_mmu_update(&request, 1, NULL, DOMID_SELF));
}

static void op_mmu_update_32(void)
{
    static mmu_update_t requests[32];

    for (unsigned i = 0; i < ARRAY_SIZE(requests); i++)
        requests[i] = (mmu_update_t){window_entry, next_entry()};
    note(hyp_mmu_update(requests, ARRAY_SIZE(requests), NULL, DOMID_SELF));
}

static void op_va_mapping(void)
{
    note(hyp_update_va_mapping((uint64_t)window, next_entry(), UVMF_INVLPG | UVMF_LOCAL));
}

static void op_emulated_write(void)
{
    *(volatile uint64_t *)bench_words[1] = next_entry();
}

static void op_pin(void)
{
    uint64_t mfn = virt_to_mfn(table);

    note(mmuext(MMUEXT_PIN_L1_TABLE, mfn, 0));
    note(mmuext(MMUEXT_UNPIN_TABLE, mfn, 0));
}

static void op_flush(void)
{
    note(mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0, 0));
}

static void op_new_base(void)
{
    note(mmuext(MMUEXT_NEW_BASEPTR, top_table_mfn(), 0));
}

static void op_event(void)
{
    note(event_send(port));
}

static void op_stack_switch(void)
{
    note(hyp_stack_switch(FLAT_KERNEL_SS64, (uint64_t)self() + STACK_BYTES / 2));
}

static void op_set_timer(void)
{
    note(hyp_set_timer_op(0));
}

static void op_yield(void)
{
    note(hyp_sched_op(SCHEDOP_yield, NULL));
}

static void op_grant_map(void)
{
    gnttab_map_grant_ref_t map = {.host_addr = (uint64_t)window, .flags = GNTMAP_host_map,
                                  .ref = 8, .dom = own_domid()};
    gnttab_unmap_grant_ref_t unmap_op = {.host_addr = (uint64_t)window};

    note(hyp_grant_table_op(GNTTABOP_map_grant_ref, &map, 1));
    note(map.status);
    unmap_op.handle = map.handle;
    note(hyp_grant_table_op(GNTTABOP_unmap_grant_ref, &unmap_op, 1));
    note(unmap_op.status);
}

static void op_grant_copy(void)
{
    gnttab_copy_t copy = {.source = {.u.ref = 8, .domid = DOMID_SELF},
                          .dest = {.u.gmfn = virt_to_mfn(page_b), .domid = DOMID_SELF},
                          .len = PAGE_SIZE, .flags = GNTCOPY_source_gref};

    note(hyp_grant_table_op(GNTTABOP_copy, &copy, 1));
    note(copy.status);
}

/* ---- measuring */

static void bench(const char *name, void (*operation)(void), unsigned count)
{
    uint64_t least = ~0UL;

    first_error = 0;
    mark_name(name);
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t start = rdtsc(), ticks;

        MARK(MARK_BEGIN);
        for (unsigned i = 0; i < count; i++)
            operation();
        MARK(MARK_END);
        ticks = rdtsc() - start;
        if (round && ticks < least)
            least = ticks;
    }
    if (first_error)
        failure("%s: %ld%s", name, first_error, errno_name(first_error));
    else
        printk("BENCH %s %lu %u\n", name, least * 10 / count, count);
}

static void entries_on(void)
{
    trap_info_t entries[] = {{VEC_UD, 0, FLAT_KERNEL_CS64, (uint64_t)bench_skip_2},
                             {VEC_PF, 0, FLAT_KERNEL_CS64, (uint64_t)bench_skip_3_error},
                             {0, 0, 0, 0}};

    hyp_set_trap_table(entries);
    hyp_set_callbacks((uint64_t)bench_event, (uint64_t)entry_failsafe, (uint64_t)entry_syscall);
}

static void bench_entries(void)
{
    bench("loop", op_nothing, 1000);
    bench("null_hypercall", op_null, 500);
    bench("multicall_8", op_multicall, 200);
    bench("iret_hypercall", op_iret, 500);
    entries_on();
    bench("page_fault_bounce", op_fault, 500);
    bench("ud2_bounce", op_ud2, 500);
    traps_init();
    bench("emulated_rdmsr", op_rdmsr, 500);
    bench("emulated_cpuid", op_cpuid, 500);
    bench("stack_switch", op_stack_switch, 500);
    bench("set_timer_off", op_set_timer, 200);
    bench("sched_yield", op_yield, 200);
}

static void bench_memory(void)
{
    bench("mmu_update_1", op_mmu_update, 500);
    bench("mmu_update_32", op_mmu_update_32, 50);
    bench("update_va_mapping", op_va_mapping, 500);
    bench_words[1] = (uint64_t)entry_of(window, 1);
    bench("emulated_pte_write", op_emulated_write, 500);
    page_protect(table, PTE_RO);
    bench("pin_unpin_l1", op_pin, 200);
    page_protect(table, PTE_RW);
    bench("tlb_flush_local", op_flush, 500);
    bench("new_baseptr", op_new_base, 500);
}

static void bench_events(void)
{
    port = bind_ipi(0);
    event_mask(port, false);
    bench_words[0] = (uint64_t)vcpu_info();
    bench_words[1] = (uint64_t)&shared_info->evtchn_pending[port / 64];
    bench_upcalls = 0;
    entries_on();
    events_on();
    bench("event_send_upcall", op_event, 500);
    events_off();
    CHECK_EQ(bench_upcalls, 500 * ROUNDS);
    traps_init();
    event_close(port);
}

static void bench_grants(void)
{
    xen_pfn_t frame;
    gnttab_setup_table_t setup = {.dom = DOMID_SELF, .nr_frames = 1, .frame_list = HANDLE(&frame)};
    grant_entry_v1_t *grants = window_alloc();

    CHECK_EQ(hyp_grant_table_op(GNTTABOP_setup_table, &setup, 1), 0);
    CHECK_EQ(map_mfn(grants, frame, PTE_RW), 0);
    grants[8].domid = own_domid();
    grants[8].frame = (uint32_t)virt_to_mfn(page_a);
    barrier();
    grants[8].flags = GTF_permit_access;
    unmap(window);
    bench("grant_map_unmap", op_grant_map, 200);
    bench("grant_copy_4096", op_grant_copy, 200);
    grants[8].flags = 0;
    window_free(grants);
}

GUEST_TEST("cost of single operations")
{
    page_a = page_alloc();
    page_b = page_alloc();
    table = page_alloc();
    window = window_alloc();
    window_entry = entry_maddr(window, 1);
    bench_entries();
    bench_memory();
    bench_events();
    bench_grants();
    window_free(window);
    page_free(table);
    page_free(page_b);
    page_free(page_a);
}
