/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * GDT, IDT, TSS and system call MSRs of each CPU. The processor reads the GDT where the running
 * guest has it: the guest's frames in its window, with this CPU's page at FIRST_RESERVED_GDT_PAGE;
 * without a guest, this CPU's page alone, placed so that selectors are the same.
 */
#include <arch/boot.h>
#include <arch/cpu.h>
#include <arch/hvmap.h>
#include <arch/insn.h>
#include <arch/mm.h>
#include <arch/msr_index.h>
#include <arch/percpu.h>
#include <arch/pv.h>
#include <arch/traps.h>
#include <hv/bug.h>
#include <hv/softirq.h>

struct tss {
    uint32_t reserved0;
    uint64_t rsp0, rsp1, rsp2;
    uint64_t reserved1;
    uint64_t ist[7];
    uint64_t reserved2;
    uint16_t reserved3;
    uint16_t iomap_base;
} __attribute__((packed));

struct gate {
    uint16_t offset0;
    uint16_t selector;
    uint8_t ist;
    uint8_t type;
    uint16_t offset1;
    uint32_t offset2;
    uint32_t reserved;
};

struct table_register {
    uint16_t limit;
    uint64_t base;
} __attribute__((packed));

#define GATE_INTERRUPT 0x8e
#define DPL3 0x60
enum { IST_NMI = 1, IST_MCE, IST_DF, IST_DEBUG };
#define STACK_DEBUG_END (STACK_IST_DF - 0x800) /* shares the page of the double fault's stack */

extern char exc_divide[], exc_debug[], exc_nmi[], exc_int3[], exc_overflow[], exc_bounds[],
    exc_invalid_op[], exc_no_device[], exc_double_fault[], exc_coproc_overrun[], exc_invalid_tss[],
    exc_no_segment[], exc_stack[], exc_protection[], exc_page_fault[], exc_spurious[], exc_x87[],
    exc_alignment[], exc_machine_check[], exc_simd[], exc_control[], exc_int80[], exc_reserved[],
    irq_stubs[], syscall_stubs[], syscall32_stubs[], sysenter_entry[];

static const struct {
    const char *entry;
    uint8_t vector, ist, dpl;
} exceptions[] = {
    { exc_divide, 0, 0, 0 },
    { exc_debug, 1, IST_DEBUG, 0 },
    { exc_nmi, 2, IST_NMI, 0 },
    { exc_int3, 3, 0, DPL3 },
    { exc_overflow, 4, 0, DPL3 },
    { exc_bounds, 5, 0, 0 },
    { exc_invalid_op, 6, 0, 0 },
    { exc_no_device, 7, 0, 0 },
    { exc_double_fault, 8, IST_DF, 0 },
    { exc_coproc_overrun, 9, 0, 0 },
    { exc_invalid_tss, 10, 0, 0 },
    { exc_no_segment, 11, 0, 0 },
    { exc_stack, 12, 0, 0 },
    { exc_protection, 13, 0, 0 },
    { exc_page_fault, 14, 0, 0 },
    { exc_spurious, 15, 0, 0 },
    { exc_x87, 16, 0, 0 },
    { exc_alignment, 17, 0, 0 },
    { exc_machine_check, 18, IST_MCE, 0 },
    { exc_simd, 19, 0, 0 },
    { exc_control, 21, 0, 0 },
    { exc_int80, 0x80, 0, DPL3 },
};

#define IRQ_FIRST 0x20
#define IRQ_STUB_SIZE 16
#define SYSCALL_STUB_SIZE 64

static void set_gate(struct gate *idt, unsigned vector, const char *entry, unsigned ist,
                     unsigned dpl)
{
    uint64_t a = VA(entry);

    idt[vector] = (struct gate){
        .offset0 = a & 0xffff,
        .selector = HV_CS,
        .ist = ist,
        .type = GATE_INTERRUPT | dpl,
        .offset1 = a >> 16 & 0xffff,
        .offset2 = a >> 32,
    };
}

static void fill_idt(struct gate *idt)
{
    for (unsigned v = 0; v < IRQ_FIRST; v++)
        set_gate(idt, v, exc_reserved, 0, 0);
    for (unsigned v = IRQ_FIRST; v < 256; v++)
        set_gate(idt, v, irq_stubs + (v - IRQ_FIRST) * IRQ_STUB_SIZE, 0, 0);
    for (unsigned i = 0; i < ARRAY_SIZE(exceptions); i++)
        set_gate(idt, exceptions[i].vector, exceptions[i].entry, exceptions[i].ist,
                 exceptions[i].dpl);
}

static void fill_tss(struct tss *tss, unsigned cpu)
{
    uint64_t stacks = percpu_area(cpu) + PERCPU_STACK;

    tss->rsp0 = (uint64_t)&percpu_info(cpu)->guest.es;
    BUG_ON(tss->rsp0 & 15);
    tss->ist[IST_NMI - 1] = stacks + STACK_IST_NMI;
    tss->ist[IST_MCE - 1] = stacks + STACK_IST_MCE;
    tss->ist[IST_DF - 1] = stacks + STACK_IST_DF;
    tss->ist[IST_DEBUG - 1] = stacks + STACK_DEBUG_END;
    tss->iomap_base = 0xffff; /* no bitmap: ports always fault in ring 3 */
}

/* Entries from FIRST_RESERVED_GDT_ENTRY on; 0xe0xx selectors of public/arch-x86.h and layout.h */
static void fill_gdt(uint64_t *gdt, uint64_t tss, unsigned limit)
{
#define SLOT(sel) (((sel) - FIRST_RESERVED_GDT_BYTE) / 8)
    gdt[SLOT(HV_CS)] = 0x00af9b000000ffff;
    gdt[SLOT(HV_DS)] = 0x00cf93000000ffff;
    gdt[SLOT(FLAT_RING3_CS32)] = 0x00cffb000000ffff;
    gdt[SLOT(FLAT_RING3_SS32)] = 0x00cff3000000ffff;
    gdt[SLOT(FLAT_RING3_CS64)] = 0x00affb000000ffff;
    gdt[SLOT(HV_TSS)] = limit | (tss & 0xffffff) << 16 | 0x89UL << 40 | (tss >> 24 & 0xff) << 56;
    gdt[SLOT(HV_TSS) + 1] = tss >> 32;
}

uint64_t cpu_gdt_pte(unsigned cpu)
{
    return pte_make(pte_mfn(hv_pte(percpu_area(cpu) + PERCPU_GDT)),
                    PTE_P | PTE_RW | PTE_A | PTE_D | PTE_NX);
}

void cpu_load_gdt(struct vcpu *v)
{
    struct table_register r = { 0xffff, 0 };

    if (v && !vcpu_is_idle(v))
        r.base = perdomain_gdt_va(v->id);
    else
        r.base = percpu_area(this_cpu()) + PERCPU_GDT - FIRST_RESERVED_GDT_BYTE;
    r.limit = FIRST_RESERVED_GDT_BYTE + PAGE_SIZE - 1;
    __asm__ volatile("lgdt %0" ::"m"(r));
}

/* CS from the new table by a far return; the data segments are null in the hypervisor, but SS */
static void load_segments(void)
{
    __asm__ volatile("pushq %0\n"
                     "lea 1f(%%rip), %%rax\n"
                     "pushq %%rax\n"
                     "lretq\n"
                     "1: mov %1, %%ss\n"
                     "mov %2, %%ds\n"
                     "mov %2, %%es\n"
                     "mov %2, %%fs\n"
                     "mov %2, %%gs\n" ::"i"(HV_CS),
                     "r"(HV_DS), "r"(0)
                     : "rax", "memory");
}

void cpu_load_syscall_msrs(unsigned cpu)
{
    wrmsr(MSR_STAR, (uint64_t)FLAT_RING3_CS32 << 48 | (uint64_t)HV_CS << 32);
    wrmsr(MSR_LSTAR, VA(syscall_stubs) + cpu * SYSCALL_STUB_SIZE);
    wrmsr(MSR_CSTAR, VA(syscall32_stubs) + cpu * SYSCALL_STUB_SIZE);
    wrmsr(MSR_SFMASK, RFLAGS_TF | RFLAGS_IF | RFLAGS_DF | RFLAGS_IOPL | RFLAGS_NT | RFLAGS_RF |
                          RFLAGS_VM | RFLAGS_AC);
    wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SCE);
    if ((cpuid(0, 0).b == 0x756e6547 /* Genu: Intel has it in 64-bit mode */)) {
        wrmsr(MSR_SYSENTER_CS, HV_CS);
        wrmsr(MSR_SYSENTER_ESP, (uint64_t)&percpu_info(cpu)->guest.es);
        wrmsr(MSR_SYSENTER_EIP, VA(sysenter_entry));
    }
}

void cpu_tables_init(unsigned cpu)
{
    uint64_t area = percpu_area(cpu);
    struct gate *idt = (struct gate *)(area + PERCPU_IDT);
    struct tss *tss = (struct tss *)(area + PERCPU_TSS);
    struct table_register idtr = { 256 * sizeof(struct gate) - 1, VA(idt) };

    BUG_ON(cpu >= MAX_CPUS);
    fill_tss(tss, cpu);
    fill_gdt((uint64_t *)(area + PERCPU_GDT), VA(tss), sizeof(*tss) - 1);
    fill_idt(idt);
    percpu_info(cpu)->softirq_pending = &softirq_cpus[cpu].pending;
    cpu_load_gdt(NULL);
    load_segments();
    __asm__ volatile("lidt %0" ::"m"(idtr));
    __asm__ volatile("lldt %w0" ::"r"(0));
    __asm__ volatile("ltr %w0" ::"r"(HV_TSS));
    cpu_load_syscall_msrs(cpu);
}
