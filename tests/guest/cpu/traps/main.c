/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * set_trap_table and the bounce of exceptions to the guest kernel: each exception that software can
 * raise arrives at its handler with the processor's error code, cr2 in vcpu_info for page faults,
 * and the interrupted registers. `int n` goes through the guest's own table, with its privilege
 * levels (only the successful case: QEMU 7.2 gives a wrong error code for a refused one). Entries
 * with a bad selector are repaired, with a non-canonical address refused, as is a table that cannot
 * be read; a table is replaced piece by piece.
 */
#include <guest.h>

static void check_exceptions(void)
{
    uint64_t zero = 0;

    CHECK_FAULT(FAULT(VEC_DE, 0), asm volatile("div %0" ::"r"(zero), "a"(1), "d"(0)));
    CHECK_FAULT(FAULT(VEC_BP, 0), asm volatile("int3"));
    CHECK_FAULT(FAULT(VEC_UD, 0), asm volatile("ud2"));
    CHECK_FAULT(FAULT(VEC_GP, 0), (void)*(volatile uint8_t *)0x8000000000000000UL);
}

static void check_page_faults(void)
{
    uint8_t *hole = (uint8_t *)0x123456789000;

    CHECK_FAULT(FAULT(VEC_PF, 0), (void)*(volatile uint8_t *)hole);
    CHECK_EQ(self()->last_cr2, (uint64_t)hole);
    CHECK_FAULT(FAULT(VEC_PF, PF_WRITE), *(volatile uint8_t *)(hole + 5) = 1);
    CHECK_EQ(self()->last_cr2, (uint64_t)hole + 5);
    CHECK_FAULT(FAULT(VEC_PF, PF_WRITE), asm volatile("movb $1, (%0)" ::"r"(hole), "a"(0x77aa)
                                                      : "memory"));
    CHECK_EQ(self()->last.rax, 0x77aa);
    /* the hypervisor's own addresses */
    CHECK(FAULT_OF((void)*(volatile uint8_t *)(HYPERVISOR_VIRT_END - 4096)) != NO_FAULT);
}

static void check_software_interrupts(void)
{
    CHECK_FAULT(FAULT(0x80, 0), asm volatile("int $0x80"));
    CHECK_FAULT(FAULT(VEC_BP, 0), asm volatile("int $3"));
}

static void check_table(void)
{
    trap_info_t bad[2] = {{0x81, 0, FLAT_KERNEL_CS64, 0x8000000000000000UL}, {0}};
    trap_info_t kernel_cs[2] = {{0x81, 0, 8, (uint64_t)entry_soft_80}, {0}};
    trap_info_t one[2] = {{0x81, 1, FLAT_KERNEL_CS64, (uint64_t)entry_soft_80}, {0}};

    CHECK_EQ(hyp_set_trap_table(bad), -XEN_EINVAL);
    CHECK_EQ(hyp_set_trap_table(kernel_cs), 0); /* the selector is made a flat one */
    CHECK_EQ(hyp_set_trap_table(one), 0);
    CHECK_FAULT(FAULT(VEC_UD, 0), asm volatile("ud2")); /* the others are still there */
    CHECK_EQ(hyp_set_trap_table((void *)0x1000), -XEN_EFAULT);
    CHECK_EQ(hyp_set_trap_table((void *)HYPERVISOR_VIRT_START), -XEN_EFAULT);
}

GUEST_TEST("trap table and bounced exceptions")
{
    check_exceptions();
    check_page_faults();
    check_software_interrupts();
    check_table();
    CHECK_EQ(hyp_set_trap_table(NULL), 0); /* takes all entries away */
    traps_init();
    CHECK_FAULT(FAULT(VEC_UD, 0), asm volatile("ud2"));
}
