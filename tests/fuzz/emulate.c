/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The emulator of instructions with devices: any bytes as the instruction, in all modes, with any
 * registers and segments, pages that are not mapped, and a device that makes the vcpu wait. Each
 * step is an instruction that is done, an exception, or one that is to be executed again, and
 * nothing else changes; memory outside of the guest's is not touched (the sanitizers see it).
 */
#include "fuzz.h"

#include "emulated_guest.h"
#include <arch/operation.h>
#include <string.h>

#define STEPS 8

static bool waits(void) { return fuzz_one_in(4); }

/* Addresses that are the guest's, as often as not. */
static uint64_t any_register(void)
{
    return fuzz_byte() & 1 ? fuzz_bytes(2) % GUEST_END : fuzz_number();
}

static struct cpu_user_regs any_registers(void)
{
    struct cpu_user_regs r = { .rflags = (fuzz_bytes(2) & 0xcd5) | 2, .rip = GUEST_CODE };

    for (unsigned i = 0; i < 8; i++)
        *insn_reg_ptr(&r, i) = any_register();
    return r;
}

static void any_segment(void)
{
    guest_segments[fuzz_below(6)] = (struct hvm_segment){
        .base = fuzz_number(), .limit = fuzz_number(), .access = fuzz_bytes(3)
    };
}

static void step(struct cpu_user_regs *r, const struct hvm_io *port)
{
    uint64_t rip = r->rip, unchanged = INSN_ARITH_FLAGS | 0x10000;
    uint64_t flags = r->rflags;
    unsigned length = port ? hvm_emulate_string_io(&guest_vcpu, r, port) :
                             hvm_emulate_memory(&guest_vcpu, r);

    FUZZ_CHECK(length <= INSN_MAX_BYTES, "%u bytes long", length);
    FUZZ_CHECK(!length || guest_exception < 0, "done, and exception %d", guest_exception);
    FUZZ_CHECK(guest_exception < 0 || (guest_exception >= 12 && guest_exception <= 14),
               "exception %d", guest_exception);
    FUZZ_CHECK(r->rip == rip, "rip has changed");
    FUZZ_CHECK(!((r->rflags ^ flags) & ~unchanged), "flags %lx, before %lx", r->rflags, flags);
    r->rip = fuzz_byte() & 3 ? rip + length : any_register();
    guest_exception = -1;
}

void fuzz_one(const uint8_t *data, size_t size)
{
    static const uint8_t modes[] = { 64, 32, 16, 64 };
    unsigned bits = modes[fuzz_byte() & 3];
    struct cpu_user_regs r;

    guest_reset(bits);
    memset(guest_bytes, 0x5a, sizeof(guest_bytes));
    for (unsigned i = 0; i < 16; i++)
        guest_bytes[GUEST_CODE + i] = fuzz_byte();
    r = any_registers();
    guest_absent = fuzz_one_in(4) ? fuzz_byte() & ~1u : 0;
    if (fuzz_one_in(4))
        any_segment();
    device_waits = waits;
    for (unsigned n = 0; n < STEPS && fuzz_left(); n++) {
        struct hvm_io port = {
            .address = (uint16_t)r.rdx, .bytes = 1u << fuzz_below(3), .write = fuzz_byte() & 1,
            .port = true,
        };

        step(&r, fuzz_one_in(3) ? &port : NULL);
    }
}
