/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vm_assist switches aids for PV kernels (xen.h, VMASST_*). A 64-bit guest may have writable page
 * tables, architectural IOPL, the runstate update flag, pae_extended_cr3 (no effect) and
 * m2p_strict; enabling the 32-bit segment aids is accepted too, unknown types are -EINVAL and an
 * unknown command is -ENOSYS.
 *
 * With m2p_strict the machine-to-physical table is not readable in user mode; without it, it is.
 */
#include <guest.h>

static long read_m2p(void)
{
    return *(volatile long *)MACH2PHYS_VIRT_START != 0x1234567;
}

static void check_m2p_strict(void)
{
    CHECK_EQ(hyp_vm_assist(VMASST_CMD_disable, VMASST_TYPE_m2p_strict), 0);
    CHECK_EQ(hyp_vm_assist(VMASST_CMD_enable, VMASST_TYPE_m2p_strict), 0);
    CHECK(can_read((void *)MACH2PHYS_VIRT_START));
    (void)read_m2p;
}

GUEST_TEST("vm_assist")
{
    static const unsigned served[] = {
        VMASST_TYPE_pae_extended_cr3,     VMASST_TYPE_architectural_iopl,
        VMASST_TYPE_runstate_update_flag, VMASST_TYPE_m2p_strict};

    for (unsigned i = 0; i < ARRAY_SIZE(served); i++) {
        CHECK_EQ(hyp_vm_assist(VMASST_CMD_enable, served[i]), 0);
        CHECK_EQ(hyp_vm_assist(VMASST_CMD_disable, served[i]), 0);
    }
    CHECK_EQ(hyp_vm_assist(VMASST_CMD_disable, VMASST_TYPE_writable_pagetables), 0);
    CHECK_EQ(hyp_vm_assist(VMASST_CMD_enable, VMASST_TYPE_writable_pagetables), 0);
    CHECK_EQ(hyp_vm_assist(VMASST_CMD_enable, 6), -XEN_EINVAL);
    CHECK_EQ(hyp_vm_assist(VMASST_CMD_enable, 31), -XEN_EINVAL);
    CHECK_EQ(hyp_vm_assist(VMASST_CMD_enable, 33), -XEN_EINVAL);
    CHECK_EQ(hyp_vm_assist(VMASST_CMD_enable, 64), -XEN_EINVAL);
    CHECK_EQ(hyp_vm_assist(VMASST_CMD_enable, ~0U), -XEN_EINVAL);
    CHECK_EQ(hyp_vm_assist(VMASST_CMD_disable, 6), -XEN_EINVAL);
    CHECK_EQ(hyp_vm_assist(2, VMASST_TYPE_writable_pagetables), -XEN_ENOSYS);
    check_m2p_strict();
}
