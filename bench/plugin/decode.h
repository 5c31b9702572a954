/* SPDX-License-Identifier: GPL-2.0-only */
/* Which costly event an instruction of 64-bit mode is: prefixes, opcode and ModRM, no more. */
#ifndef BENCH_DECODE_H
#define BENCH_DECODE_H

#include <stddef.h>
#include <stdint.h>

/*
 * ticks: any instruction (an iteration of a REP string is one). cr: a write of another control
 * register than CR3. inv: INVLPG, INVPCID. fence: LFENCE, MFENCE, SFENCE. hypercall: a SYSCALL of a
 * guest's kernel. enter, evtchn: not of one instruction, see events.c.
 */
#define EVENT_LIST(X)                                                                        \
    X(ticks) X(cr3) X(cr) X(inv) X(wrmsr) X(rdmsr) X(syscall) X(sysret) X(iret) X(lock)      \
    X(fence) X(io) X(cpuid) X(hypercall) X(enter) X(evtchn)

enum event {
#define EVENT_NUMBER(name) EVENT_##name,
    EVENT_LIST(EVENT_NUMBER)
#undef EVENT_NUMBER
    EVENTS
};
extern const char *const event_names[EVENTS];

struct decoded {
    enum event event; /* EVENT_ticks: none beside that */
    uint8_t mark;     /* its letter, or 0 */
};

struct decoded decode(const uint8_t *bytes, size_t size);

#endif
