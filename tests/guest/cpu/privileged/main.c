/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Privileged instructions of a PV kernel fault into the hypervisor and are emulated: control
 * registers, I/O ports (with I/O privilege; Dom0 has most ports), clts, wbinvd; hlt is not (#GP),
 * cli and sti depend on the virtual I/O privilege level. Writes that would turn off what every PV
 * guest has are ignored or #GP. Ports that the hypervisor keeps read as ones, and their writes are
 * dropped.
 */
#include <guest.h>

static uint64_t read_cr(int which)
{
    uint64_t value = 0;

    if (which == 0)
        asm volatile("mov %%cr0, %0" : "=r"(value));
    else if (which == 2)
        asm volatile("mov %%cr2, %0" : "=r"(value));
    else if (which == 3)
        asm volatile("mov %%cr3, %0" : "=r"(value));
    else
        asm volatile("mov %%cr4, %0" : "=r"(value));
    return value;
}

static void check_control_registers(void)
{
    uint64_t cr0 = 0, cr3 = 0, cr4 = 0, cr2 = 0;

    CHECK_FAULT(NO_FAULT, cr0 = read_cr(0));
    CHECK_EQ(cr0 & (CR0_PE | CR0_PG), CR0_PE | CR0_PG);
    CHECK_FAULT(NO_FAULT, cr3 = read_cr(3));
    CHECK_EQ(cr3 >> 12, top_table_mfn());
    CHECK_FAULT(NO_FAULT, cr4 = read_cr(4));
    CHECK(cr4 & CR4_PAE);
    CHECK_FAULT(NO_FAULT, asm volatile("mov %0, %%cr2" ::"r"(0x456UL)));
    CHECK_EQ(vcpu_info()->arch.cr2, 0x456);
    CHECK_FAULT(NO_FAULT, cr2 = read_cr(2));
    CHECK_EQ(cr2, 0x456);
    CHECK_FAULT(NO_FAULT, asm volatile("mov %0, %%cr3" ::"r"(cr3)));
    CHECK_FAULT(NO_FAULT, asm volatile("mov %0, %%cr4" ::"r"(cr4)));
    CHECK_FAULT(FAULT(VEC_GP, 0), asm volatile("mov %0, %%cr0" ::"r"(cr0 & ~CR0_PG)));
    CHECK_EQ(read_cr(0) & CR0_PG, CR0_PG);
    CHECK_FAULT(FAULT(VEC_GP, 0), asm volatile("mov %0, %%cr3" ::"r"(~0UL)));
    CHECK_FAULT(FAULT(VEC_GP, 0), asm volatile("mov %0, %%cr3" ::"r"(0UL))); /* no root at all */
    CHECK_EQ(read_cr(3), cr3);
}

static void check_ports(void)
{
    uint8_t value = 0;

    if (!is_dom0()) {
        CHECK_FAULT(NO_FAULT, value = inb(0x80)); /* not its own: reads as ones */
        CHECK_EQ(value, 0xff);
        return;
    }
    CHECK_FAULT(NO_FAULT, value = inb(0x80));
    CHECK_FAULT(NO_FAULT, outb(0x80, 0x12));
    CHECK_FAULT(NO_FAULT, outb(0x70, 0x0a)); /* the clock's registers */
    CHECK_FAULT(NO_FAULT, value = inb(0x71));
    CHECK_FAULT(NO_FAULT, outb(0xcf8, 0));
    asm volatile("outl %0, %1" ::"a"(0x80000000), "Nd"((uint16_t)0xcf8));
    CHECK_EQ(inb(0xcfc), 0x86); /* PCI configuration: the host bridge is Intel's */
    (void)value;
}

static void check_others(void)
{
    CHECK_FAULT(NO_FAULT, asm volatile("clts"));
    CHECK_FAULT(NO_FAULT, asm volatile("wbinvd"));
    CHECK_FAULT(FAULT(VEC_GP, 0), asm volatile("hlt"));
    CHECK_FAULT(FAULT(VEC_GP, 0), asm volatile("lgdt (%0)" ::"r"(shared_info)));
    CHECK_FAULT(FAULT(VEC_GP, 0), asm volatile("lidt (%0)" ::"r"(shared_info)));
    CHECK_FAULT(FAULT(VEC_GP, 0), asm volatile("ltr %0" ::"r"((uint16_t)0x28)));
}

/* With I/O privilege of the guest kernel's, cli and sti do nothing; without, they are #GP. */
static void check_iopl(void)
{
    physdev_set_iopl_t iopl = {.iopl = 1};

    CHECK_EQ(hyp_physdev_op(PHYSDEVOP_set_iopl, &iopl), 0);
    CHECK_FAULT(NO_FAULT, asm volatile("cli"));
    CHECK_FAULT(NO_FAULT, asm volatile("sti"));
    check_ports();
    iopl.iopl = 4;
    CHECK_EQ(hyp_physdev_op(PHYSDEVOP_set_iopl, &iopl), -XEN_EINVAL);
    iopl.iopl = 0;
    CHECK_EQ(hyp_physdev_op(PHYSDEVOP_set_iopl, &iopl), 0);
}

GUEST_TEST("emulated privileged instructions")
{
    check_control_registers();
    CHECK_FAULT(FAULT(VEC_GP, 0), inb(0x80));
    check_others();
    check_iopl();
}
