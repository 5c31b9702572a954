/* SPDX-License-Identifier: GPL-2.0-only */
/* What is told about the place of a crash: registers, and the functions on the stack. */
#include <arch/cpu.h>
#include <arch/insn.h>
#include <arch/layout.h>
#include <arch/traps.h>
#include <hv/arch.h>
#include <hv/bug.h>
#include <hv/domain.h>
#include <hv/printk.h>

#define STACK_LINES 24

/* What crash() was called with; NULL where panic() is called from ordinary code */
static const struct cpu_user_regs *crash_frames[MAX_CPUS];

static void show_registers(const struct cpu_user_regs *regs)
{
    unsigned long off = 0;
    const char *sym = symbol_lookup(regs->rip, &off);

    printk(LOG_ERR, "rip %04x:%016lx %s+%#lx  rflags %08lx  rsp %04x:%016lx\n", regs->cs, regs->rip,
           sym ? sym : "?", off, regs->rflags, regs->ss, regs->rsp);
    printk(LOG_ERR, "rax %016lx rbx %016lx rcx %016lx rdx %016lx\n", regs->rax, regs->rbx,
           regs->rcx, regs->rdx);
    printk(LOG_ERR, "rsi %016lx rdi %016lx rbp %016lx r8  %016lx\n", regs->rsi, regs->rdi,
           regs->rbp, regs->r8);
    printk(LOG_ERR, "r9  %016lx r10 %016lx r11 %016lx r12 %016lx\n", regs->r9, regs->r10, regs->r11,
           regs->r12);
    printk(LOG_ERR, "r13 %016lx r14 %016lx r15 %016lx\n", regs->r13, regs->r14, regs->r15);
    printk(LOG_ERR, "cr0 %lx cr2 %lx cr3 %lx cr4 %lx\n", read_cr0(), read_cr2(), read_cr3(),
           read_cr4());
}

/*
 * Interrupt stacks are one page each; between them and the ordinary stack is a page that is not
 * mapped, where %rsp is after an overflow.
 */
static uint64_t stack_end(uint64_t sp)
{
    uint64_t start = sp & ~(STACK_SIZE - 1UL);

    if (sp - start < STACK_GUARD)
        return (sp & ~(PAGE_SIZE - 1UL)) + PAGE_SIZE;
    return start + STACK_SIZE - sizeof(struct cpu_info);
}

static uint64_t first_word(uint64_t sp)
{
    uint64_t offset = sp & (STACK_SIZE - 1UL);

    if (offset >= STACK_GUARD && offset < STACK_GUARD + PAGE_SIZE)
        sp += STACK_GUARD + PAGE_SIZE - offset;
    return sp & ~7UL;
}

/* Words that look like return addresses: works without frame pointers, and in a broken state. */
static void show_stack(uint64_t sp)
{
    uint64_t end = stack_end(sp);
    unsigned shown = 0;

    printk(LOG_ERR, "Stack:\n");
    for (sp = first_word(sp); sp < end && shown < STACK_LINES; sp += 8) {
        uint64_t word = *(const uint64_t *)sp;
        unsigned long off;
        const char *sym = symbol_lookup(word, &off);

        if (sym && off) {
            printk(LOG_ERR, "  [%016lx] %s+%#lx\n", word, sym, off);
            shown++;
        }
    }
}

static bool on_own_stacks(uint64_t sp)
{
    return ((sp ^ (uint64_t)get_cpu_info()) & ~(STACK_SIZE - 1UL)) == 0;
}

void arch_show_execution_state(void)
{
    const struct cpu_user_regs *regs = crash_frames[this_cpu()];
    uint64_t here;

    if (regs) {
        show_registers(regs);
        if (!(regs->cs & 3) && on_own_stacks(regs->rsp))
            show_stack(regs->rsp);
    } else {
        __asm__ volatile("mov %%rsp, %0" : "=r"(here));
        show_stack(here);
    }
}

void arch_dump_vcpu(const struct vcpu *v)
{
    printk(LOG_ERR, "d%dv%u, guest %s mode, cr3 %lx\n", v->domain->id, v->id,
           v->arch.kernel_mode ? "kernel" : "user", v->arch.cr3);
    show_registers(v == current ? guest_regs() : &v->arch.regs);
}

void crash(const struct cpu_user_regs *regs, const char *fmt, ...)
{
    char message[160];
    va_list ap;

    crash_frames[this_cpu()] = regs;
    va_start(ap, fmt);
    vsnprintf(message, sizeof(message), fmt, ap);
    va_end(ap);
    panic("%s", message);
}
