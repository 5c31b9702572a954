/* SPDX-License-Identifier: GPL-2.0-only */
/* A machine's buttons: what each does to a hardware guest with a PC's devices, to one without, and to
 * a PV guest, and which of them have none. */
#include "pc.h"

#include <arch/hvm.h>
#include <arch/pv.h>
#include <public/domctl.h>
#include <public/errno.h>
#include <public/sched.h>

static unsigned nmis[2], inits[2], pv_nmis[2];

void hvm_raise_nmi(struct vcpu *v) { nmis[v->id]++; }
void hvm_init_ipi(struct vcpu *v) { inits[v->id]++; }
void pv_raise_nmi(struct vcpu *v) { pv_nmis[v->id]++; }

static long trigger(unsigned what, unsigned vcpu)
{
    struct xen_domctl op = { .u.sendtrigger = { .trigger = what, .vcpu = vcpu } };

    return domain_trigger(pc, &op);
}

START_TEST(of_a_pc)
{
    ck_assert_int_eq(trigger(XEN_DOMCTL_SENDTRIGGER_NMI, 1), 0);
    ck_assert(nmis[1] == 1 && nmis[0] == 0);
    ck_assert_int_eq(trigger(XEN_DOMCTL_SENDTRIGGER_INIT, 1), 0);
    ck_assert(inits[1] == 1 && inits[0] == 0);
    ck_assert_int_eq(trigger(XEN_DOMCTL_SENDTRIGGER_INIT, 0), -XEN_EOPNOTSUPP);
    ck_assert_int_eq(trigger(XEN_DOMCTL_SENDTRIGGER_POWER, 0), 0);
    ck_assert_int_eq(platform->pm.status, 0x100);
    ck_assert_int_eq(trigger(XEN_DOMCTL_SENDTRIGGER_SLEEP, 0), 0);
    ck_assert_int_eq(platform->pm.status, 0x300);
    ck_assert_int_eq(shut_down, -1);
    ck_assert_int_eq(trigger(XEN_DOMCTL_SENDTRIGGER_RESET, 0), 0);
    ck_assert_int_eq(shut_down, SHUTDOWN_reboot);
    ck_assert_int_eq(trigger(XEN_DOMCTL_SENDTRIGGER_NMI, 2), -XEN_ESRCH);
    ck_assert_int_eq(trigger(XEN_DOMCTL_SENDTRIGGER_SLEEP + 1, 0), -XEN_ENOSYS);
    ck_assert_int_eq(inits[0], 0);
}
END_TEST

/* A PVH guest has a local APIC, and nothing else of a PC. */
START_TEST(without_devices)
{
    struct vplatform *devices = pc->arch.hvm->platform;

    pc->arch.hvm->platform = NULL;
    ck_assert_int_eq(trigger(XEN_DOMCTL_SENDTRIGGER_POWER, 0), -XEN_EOPNOTSUPP);
    ck_assert_int_eq(trigger(XEN_DOMCTL_SENDTRIGGER_SLEEP, 0), -XEN_EOPNOTSUPP);
    ck_assert_int_eq(trigger(XEN_DOMCTL_SENDTRIGGER_NMI, 0), 0);
    ck_assert_int_eq(nmis[0], 1);
    pc->arch.hvm->platform = devices;
}
END_TEST

START_TEST(of_a_pv_guest)
{
    struct hvm_domain *hvm = pc->arch.hvm;

    pc->arch.hvm = NULL;
    for (unsigned what = XEN_DOMCTL_SENDTRIGGER_RESET; what <= XEN_DOMCTL_SENDTRIGGER_SLEEP; what++)
        ck_assert_int_eq(trigger(what, 1), -XEN_EOPNOTSUPP);
    ck_assert_int_eq(shut_down, -1);
    ck_assert_int_eq(trigger(XEN_DOMCTL_SENDTRIGGER_NMI, 1), -XEN_EINVAL);
    pc->vcpu[1]->arch.nmi_callback = 0xffffffff81000000;
    ck_assert_int_eq(trigger(XEN_DOMCTL_SENDTRIGGER_NMI, 1), 0);
    ck_assert(pv_nmis[1] == 1 && pv_nmis[0] == 0 && nmis[1] == 0);
    pc->arch.hvm = hvm;
}
END_TEST

Suite *unit_suite(void)
{
    const TTest *const tests[] = { of_a_pc, without_devices, of_a_pv_guest };

    return pc_suite("trigger", tests, ARRAY_SIZE(tests));
}
