/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Instructions of hardware guests that the hypervisor carries out itself, because an operand of
 * theirs is a device: in memory that is none, or behind a port and moved by INS or OUTS. All for
 * the current vcpu, with its registers in `regs` (the frame of its CPU).
 */
#ifndef ARCH_HVM_EMULATE_H
#define ARCH_HVM_EMULATE_H

#include <arch/decode.h>
#include <arch/hvm_io.h>
#include <arch/hvm_memory.h>

/**
 * The instruction at rip has accessed memory that is none. The bytes that rip goes on by; 0 if it
 * stays: the guest gets an exception on its next entry, or executes the instruction once more
 * (somebody was asked, or a string is not at its end, or the instruction is another one by now).
 *
 * An instruction that is not known here is logged, and faults with #GP: a process that maps a device
 * ends itself and not its guest, and a kernel shows the instruction in its own way.
 */
unsigned hvm_emulate_memory(struct vcpu *v, struct cpu_user_regs *regs);
/** The same for INS and OUTS; `port` is the access that the processor has found to be allowed. */
unsigned hvm_emulate_string_io(struct vcpu *v, struct cpu_user_regs *regs,
                               const struct hvm_io *port);

/* --- operands (hvm/operand.c) ----------------------------------------------------------------- */
enum emulation_result {
    EMULATION_DONE,
    EMULATION_AGAIN,   /* the guest executes it once more */
    EMULATION_FAULT,   /* an exception waits for the guest */
    EMULATION_UNKNOWN, /* not to be emulated */
};

struct emulation {
    struct vcpu *v;
    struct cpu_user_regs *regs;
    struct insn in;
    struct paging_mode paging;
    unsigned code_bits;  /* of the code segment: 16, 32 or 64 */
    unsigned stack_bits; /* of addresses by the stack pointer */
    bool is_protected;   /* not real or virtual-8086 mode: segments have types */
    uint32_t user;       /* WALK_USER in user mode, else 0 */
    uint64_t code_end;   /* linear address behind the code that could be read */
    uint32_t code_fault; /* what the byte there faults with; 0: it is there, or no memory is */
};

/** Where an operand of up to 8 bytes is: in one page or at the end of one and the start of another. */
struct operand {
    uint64_t gpa[2];
    uint8_t bytes, on_first;
    bool is_device; /* some of it */
};

/** Modes of the vcpu. */
void emulation_begin(struct emulation *e, struct vcpu *v, struct cpu_user_regs *regs);
/** The bytes at rip: how many there are, up to INSN_MAX_BYTES. Sets code_end and code_fault. */
unsigned emulation_fetch(struct emulation *e, uint8_t bytes[INSN_MAX_BYTES]);
/** Find `bytes` at an offset of a segment, by the processor's checks: DONE or FAULT. */
enum emulation_result operand_find(struct emulation *e, unsigned segment, uint64_t offset,
                                   unsigned bytes, bool write, struct operand *o);
/**
 * Elements of `bytes` from an offset on, at most `count`, that are on one page as the first is,
 * within the segment; they begin at o->gpa[0]. 0: not two of them can be had, or not without a
 * fault; nothing is injected.
 */
unsigned operand_run(struct emulation *e, unsigned segment, uint64_t offset, unsigned bytes,
                     uint64_t count, bool write, struct operand *o);
/** Read or write it; *value holds its bytes, and 0 above them. */
enum emulation_result operand_read(struct emulation *e, const struct operand *o, uint64_t *value);
enum emulation_result operand_write(struct emulation *e, const struct operand *o, uint64_t value);
/** One access of a device, once for each instruction. */
enum emulation_result device_access(struct emulation *e, struct hvm_io *io);

#endif
