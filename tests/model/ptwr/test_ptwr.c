/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Emulated page-table writes against the processor itself: each instruction runs natively on a word
 * of memory, and through ptwr_fault on a page-table entry with the same value; registers, flags and
 * the word must agree. Entries stay "not present", so that every value is allowed; a value that
 * would be present may be refused, but then nothing may have changed.
 */
#include "../machine.h"

#include <arch/hypercall.h>
#include <arch/pv.h>
#include <hv/arch.h>
#include <public/errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define ARITH 0x8d5UL /* CF PF AF ZF SF OF */
#define TABLE_VA 0x3000UL /* where the guest sees its L1, read-only */

struct template {
    const char *name;
    uint8_t bytes[12];
    uint8_t length;
    bool af_undefined;
};

/* The memory operand is [rdi]; the other one rsi, cl/ecx/rcx or an immediate. */
#define T(n, undef, ...) { n, { __VA_ARGS__ }, sizeof((uint8_t[]){ __VA_ARGS__ }), undef }
static const struct template templates[] = {
    T("mov %rsi", false, 0x48, 0x89, 0x37),
    T("mov %esi", false, 0x89, 0x37),
    T("mov %si", false, 0x66, 0x89, 0x37),
    T("mov %cl", false, 0x88, 0x0f),
    T("mov %sil", false, 0x40, 0x88, 0x37),
    T("mov %ch", false, 0x88, 0x2f),
    T("movq $imm", false, 0x48, 0xc7, 0x07, 0x40, 0x20, 0x00, 0x80),
    T("movl $imm", false, 0xc7, 0x07, 0x40, 0x20, 0x00, 0x80),
    T("movb $imm", false, 0xc6, 0x07, 0x60),
    T("xchg %rsi", false, 0x48, 0x87, 0x37),
    T("xchg %esi", false, 0x87, 0x37),
    T("xchg %cl", false, 0x86, 0x0f),
    T("lock and %rsi", true, 0xf0, 0x48, 0x21, 0x37),
    T("lock andb $~2", true, 0xf0, 0x80, 0x27, 0xfd),
    T("andq $imm8", true, 0x48, 0x83, 0x27, 0xbc),
    T("orq $imm32", true, 0x48, 0x81, 0x0f, 0x60, 0x00, 0x00, 0x00),
    T("or %ecx", true, 0x09, 0x0f),
    T("xor %rsi", true, 0x48, 0x31, 0x37),
    T("xorb %cl", true, 0x30, 0x0f),
    T("add %rsi", false, 0x48, 0x01, 0x37),
    T("addb $imm", false, 0x80, 0x07, 0x7e),
    T("addl $imm", false, 0x83, 0x07, 0xf0),
    T("sub %rsi", false, 0x48, 0x29, 0x37),
    T("subw %si", false, 0x66, 0x29, 0x37),
    T("lock cmpxchg %rsi", false, 0xf0, 0x48, 0x0f, 0xb1, 0x37),
    T("cmpxchg %esi", false, 0x0f, 0xb1, 0x37),
    T("cmpxchg %cl", false, 0x0f, 0xb0, 0x0f),
    T("lock xadd %rsi", false, 0xf0, 0x48, 0x0f, 0xc1, 0x37),
    T("xadd %ecx", false, 0x0f, 0xc1, 0x0f),
    T("xadd %cl", false, 0x0f, 0xc0, 0x0f),
    T("lock btrq $6", true, 0xf0, 0x48, 0x0f, 0xba, 0x37, 0x06),
    T("btsq $5", true, 0x48, 0x0f, 0xba, 0x2f, 0x05),
    T("btcl $9", true, 0x0f, 0xba, 0x3f, 0x09),
    /* further ones, and those that only read: for other users of insn/operation.c */
    T("btw $3", true, 0x66, 0x0f, 0xba, 0x27, 0x03),
    T("adc %rsi", false, 0x48, 0x11, 0x37),
    T("adcb $imm", false, 0x80, 0x17, 0xff),
    T("sbb %esi", false, 0x19, 0x37),
    T("sbbw $imm", false, 0x66, 0x81, 0x1f, 0x34, 0x92),
    T("incb", false, 0xfe, 0x07),
    T("inc", false, 0x48, 0xff, 0x07),
    T("decl", false, 0xff, 0x0f),
    T("notw", false, 0x66, 0xf7, 0x17),
    T("negl", false, 0xf7, 0x1f),
    T("negb", false, 0xf6, 0x1f),
    T("mov to %rcx", false, 0x48, 0x8b, 0x0f),
    T("mov to %cx", false, 0x66, 0x8b, 0x0f),
    T("mov to %ch", false, 0x8a, 0x2f),
    T("movzbl to %ecx", false, 0x0f, 0xb6, 0x0f),
    T("movzwq to %rcx", false, 0x48, 0x0f, 0xb7, 0x0f),
    T("movsbw to %cx", false, 0x66, 0x0f, 0xbe, 0x0f),
    T("movswl to %ecx", false, 0x0f, 0xbf, 0x0f),
    T("movslq to %rcx", false, 0x48, 0x63, 0x0f),
    T("add to %rsi", false, 0x48, 0x03, 0x37),
    T("adc to %cl", false, 0x12, 0x0f),
    T("sbb to %esi", false, 0x1b, 0x37),
    T("and to %cx", true, 0x66, 0x23, 0x0f),
    T("cmp %rsi", false, 0x48, 0x39, 0x37),
    T("cmp to %cl", false, 0x3a, 0x0f),
    T("cmpl $imm", false, 0x83, 0x3f, 0x80),
    T("test %esi", true, 0x85, 0x37),
    T("testb $imm", true, 0xf6, 0x07, 0x81),
    T("movnti %rsi", false, 0x48, 0x0f, 0xc3, 0x37),
};

struct registers {
    uint64_t rax, rcx, rdx, rsi, rdi, flags;
};

/* Native: load registers and flags, the instruction, store them. rbx points at struct registers. */
static void (*native)(struct registers *);
static uint8_t *native_code;

static const uint8_t prologue[] = {
    0x53,                               /* push %rbx */
    0x48, 0x89, 0xfb,                   /* mov %rdi, %rbx */
    0x48, 0x8b, 0x03,                   /* mov (%rbx), %rax */
    0x48, 0x8b, 0x4b, 0x08,             /* mov 8(%rbx), %rcx */
    0x48, 0x8b, 0x53, 0x10,             /* mov 16(%rbx), %rdx */
    0x48, 0x8b, 0x73, 0x18,             /* mov 24(%rbx), %rsi */
    0x48, 0x8b, 0x7b, 0x20,             /* mov 32(%rbx), %rdi */
    0xff, 0x73, 0x28, 0x9d,             /* push 40(%rbx); popfq */
};
static const uint8_t epilogue[] = {
    0x9c, 0x8f, 0x43, 0x28,             /* pushfq; pop 40(%rbx) */
    0x48, 0x89, 0x03, 0x48, 0x89, 0x4b, 0x08, 0x48, 0x89, 0x53, 0x10, 0x48, 0x89, 0x73, 0x18, 0x48,
        0x89, 0x7b, 0x20,
    0x5b, 0xc3,                         /* pop %rbx; ret */
};

static void run_native(const struct template *t, struct registers *r)
{
    uint8_t *p = native_code;

    memcpy(p, prologue, sizeof(prologue));
    p += sizeof(prologue);
    memcpy(p, t->bytes, t->length);
    p += t->length;
    memcpy(p, epilogue, sizeof(epilogue));
    native(r);
}

unsigned pv_fetch_code(uint64_t addr, uint8_t bytes[PV_CODE_BYTES])
{
    memcpy(bytes, (const uint8_t *)addr, PV_CODE_BYTES);
    return PV_CODE_BYTES;
}

static void build_guest(void)
{
    static struct continuation none;
    struct mmuext_op ops[] = { { .cmd = MMUEXT_PIN_L4_TABLE, .arg1.mfn = 1 },
                               { .cmd = MMUEXT_NEW_BASEPTR, .arg1.mfn = 1 } };

    machine_reset(1);
    continuation = &none;
    for (unsigned i = 0; i < 10; i++)
        frame_alloc(&domains[1]);
    fake_current = domains[1].vcpu[0];
    domains[1].vm_assist = 1UL << VMASST_TYPE_writable_pagetables;
    frame_at(1)[0] = pte_make(mfn(2), PTE_P | PTE_RW | PTE_US);
    frame_at(2)[0] = pte_make(mfn(3), PTE_P | PTE_RW | PTE_US);
    frame_at(3)[0] = pte_make(mfn(4), PTE_P | PTE_RW | PTE_US);
    frame_at(4)[l1_index(TABLE_VA)] = pte_make(mfn(4), PTE_P | PTE_US);
    if (do_mmuext_op((uint64_t)ops, 2, 0, DOMID_SELF, 0, 0)) {
        fprintf(stderr, "the guest's tables were refused\n");
        exit(1);
    }
}

static uint64_t rnd64(void) { return (uint64_t)rnd(1 << 16) << 48 | (uint64_t)rnd(1 << 24) << 24 |
                              rnd(1 << 24); }

static int fail(const struct template *t, const char *what, uint64_t got, uint64_t want)
{
    fprintf(stderr, "%s: %s is %#lx, the processor has %#lx\n", t->name, what, got, want);
    return 1;
}

static int compare(const struct template *t, const struct cpu_user_regs *e,
                   const struct registers *n, pte_t got, pte_t want)
{
    uint64_t flags = ARITH & ~(t->af_undefined ? 0x10UL : 0);

    if (strstr(t->name, "bt"))
        flags = 1; /* only CF is defined */
    if (got != want)
        return fail(t, "memory", got, want);
    if (e->rax != n->rax)
        return fail(t, "rax", e->rax, n->rax);
    if (e->rcx != n->rcx)
        return fail(t, "rcx", e->rcx, n->rcx);
    if (e->rsi != n->rsi)
        return fail(t, "rsi", e->rsi, n->rsi);
    if ((e->rflags ^ n->flags) & flags)
        return fail(t, "rflags", e->rflags & flags, n->flags & flags);
    return 0;
}

static int one(const struct template *t, unsigned *emulated)
{
    unsigned index = 16 + rnd(400);
    uint64_t old = rnd64() & ~1UL, word = old;
    struct registers n = { rnd(3) ? old : rnd64(), rnd64(), rnd64(), rnd64() & ~1UL,
                           (uint64_t)&word, 0x202 | (rnd(4096) & ARITH) };
    struct cpu_user_regs e = {
        .rax = n.rax, .rcx = n.rcx, .rdx = n.rdx, .rsi = n.rsi, .rflags = n.flags,
             .rip = (uint64_t)t->bytes,
    };
    bool done;

    e.rdi = TABLE_VA + index * 8;
    frame_at(4)[index] = old;
    done = ptwr_fault(&e, e.rdi);
    if (!done) {
        run_native(t, &n);
        if (!(word & PTE_P))
            return fail(t, "not emulated: memory", old, word);
        return frame_at(4)[index] != old || e.rip != (uint64_t)t->bytes;
    }
    ++*emulated;
    run_native(t, &n);
    if (e.rip != (uint64_t)t->bytes + t->length)
        return fail(t, "rip", e.rip - (uint64_t)t->bytes, t->length);
    return compare(t, &e, &n, frame_at(4)[index], word);
}

int main(void)
{
    unsigned emulated = 0;

    native_code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
                       -1, 0);
    if (native_code == MAP_FAILED)
        return 77;
    native = (void (*)(struct registers *))native_code;
    build_guest();
    for (unsigned round = 0; round < 3000; round++)
        for (unsigned i = 0; i < ARRAY_SIZE(templates); i++)
            if (one(&templates[i], &emulated))
                return 1;
    printf("%u writes by %zu instructions agree with the processor\n", emulated,
           ARRAY_SIZE(templates));
    return 0;
}
