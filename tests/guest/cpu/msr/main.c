/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Model specific registers are emulated by a table: EFER reads with long mode and syscall on, the
 * FS/GS bases are the guest's own, APIC base reads, syscall targets (STAR, LSTAR, CSTAR, SFMASK)
 * are the hypervisor's and not the guest's to change. Unknown registers are #GP.
 */
#include <guest.h>

#define MSR_EFER 0xc0000080

GUEST_TEST("emulated model specific registers")
{
    uint64_t value = 0;

    CHECK_FAULT(NO_FAULT, value = rdmsr(MSR_EFER));
    CHECK(value & 1 << 8);  /* long mode enabled */
    CHECK(value & 1 << 10); /* and active */
    CHECK_FAULT(NO_FAULT, value = rdmsr(0xc0000100));
    CHECK_FAULT(NO_FAULT, value = rdmsr(0x1b)); /* APIC base */
    CHECK_FAULT(NO_FAULT, value = rdmsr(0x10)); /* time stamp counter */
    CHECK_FAULT(FAULT(VEC_GP, 0), value = rdmsr(0x40001234));
    CHECK_FAULT(FAULT(VEC_GP, 0), value = rdmsr(0xdeadbeef));
    CHECK_FAULT(FAULT(VEC_GP, 0), wrmsr(0xdeadbeef, 0));
    (void)value;
}
