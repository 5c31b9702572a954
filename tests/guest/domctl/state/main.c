/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a toolstack reads and writes of a domain beyond its settings: page types of its frames
 * (getpageframeinfo3), extended vcpu context, MSRs, CPU policy, scheduling parameters,
 * time stamp counter mode, hypercall page, nodes. Each with a wrong vcpu, size or pointer.
 */
#include <guest.h>

static domid_t domid;
static struct xen_domctl op;

static long call(unsigned cmd)
{
    return domctl(&op, cmd, domid);
}

static void check_frames(void)
{
    static uint64_t mfns[2];
    xen_pfn_t frames[3];

    memset(&op, 0, sizeof(op));
    op.u.max_mem.max_memkb = 64;
    CHECK_EQ(call(XEN_DOMCTL_max_mem), 0);
    CHECK_EQ(domain_populate(domid, 0, 2, mfns), 2);
    frames[0] = mfns[0];
    frames[1] = mfns[1];
    frames[2] = 0; /* somebody else's */
    op.u.getpageframeinfo3.num = 3;
    op.u.getpageframeinfo3.array = HANDLE(frames);
    CHECK_EQ(call(XEN_DOMCTL_getpageframeinfo3), 0);
    CHECK_EQ(frames[0] & XEN_DOMCTL_PFINFO_LTAB_MASK, XEN_DOMCTL_PFINFO_NOTAB);
    CHECK_EQ(frames[2] & XEN_DOMCTL_PFINFO_LTAB_MASK, XEN_DOMCTL_PFINFO_XTAB);
    op.u.getpageframeinfo3.num = 100000;
    CHECK_EQ(call(XEN_DOMCTL_getpageframeinfo3), -XEN_E2BIG);
    op.u.getpageframeinfo3.num = 1;
    op.u.getpageframeinfo3.array = HANDLE(0x1000);
    CHECK_EQ(call(XEN_DOMCTL_getpageframeinfo3), -XEN_EFAULT);
    op.u.hypercall_init.gmfn = mfns[0];
    CHECK_EQ(call(XEN_DOMCTL_hypercall_init), 0);
    op.u.hypercall_init.gmfn = ~0UL;
    CHECK(call(XEN_DOMCTL_hypercall_init) < 0);
}

static void check_vcpu_state(void)
{
    memset(&op, 0, sizeof(op));
    CHECK_EQ(call(XEN_DOMCTL_get_ext_vcpucontext), 0);
    CHECK(op.u.ext_vcpucontext.size > 0);
    op.u.ext_vcpucontext.vcpu = 9;
    CHECK(call(XEN_DOMCTL_get_ext_vcpucontext) < 0);
    memset(&op, 0, sizeof(op));
    CHECK_EQ(call(XEN_DOMCTL_get_vcpu_msrs), 0);
    op.u.vcpu_msrs.vcpu = 9;
    CHECK(call(XEN_DOMCTL_get_vcpu_msrs) < 0);
}

static void check_policy(void)
{
    static xen_cpuid_leaf_t leaves[256];
    static xen_msr_entry_t msrs[16];

    memset(&op, 0, sizeof(op));
    op.u.cpu_policy.nr_leaves = ARRAY_SIZE(leaves);
    op.u.cpu_policy.nr_msrs = ARRAY_SIZE(msrs);
    op.u.cpu_policy.leaves = HANDLE(leaves);
    op.u.cpu_policy.msrs = HANDLE(msrs);
    CHECK_EQ(call(XEN_DOMCTL_get_cpu_policy), 0);
    CHECK(op.u.cpu_policy.nr_leaves > 5);
    CHECK_EQ(call(XEN_DOMCTL_set_cpu_policy), 0); /* what it has */
    leaves[0].a = 0xfffffff; /* more leaves than there are */
    CHECK(call(XEN_DOMCTL_set_cpu_policy) < 0);
    op.u.cpu_policy.leaves = HANDLE(0x1000);
    CHECK_EQ(call(XEN_DOMCTL_get_cpu_policy), -XEN_EFAULT);
}

static uint32_t scheduler(void)
{
    struct xen_sysctl host = {0};

    CHECK_EQ(sysctl(&host, XEN_SYSCTL_sched_id), 0);
    return host.u.sched_id.sched_id;
}

static void check_schedule(void)
{
    uint32_t id = scheduler();

    if (id != XEN_SCHEDULER_CREDIT && id != XEN_SCHEDULER_CREDIT2)
        return;
    memset(&op, 0, sizeof(op)); /* both schedulers have weight and cap at the same place */
    op.u.scheduler_op.sched_id = id;
    op.u.scheduler_op.cmd = XEN_DOMCTL_SCHEDOP_putinfo;
    op.u.scheduler_op.u.credit.weight = 512;
    op.u.scheduler_op.u.credit.cap = 50;
    CHECK_EQ(call(XEN_DOMCTL_scheduler_op), 0);
    op.u.scheduler_op.cmd = XEN_DOMCTL_SCHEDOP_getinfo;
    op.u.scheduler_op.u.credit.weight = 0;
    CHECK_EQ(call(XEN_DOMCTL_scheduler_op), 0);
    CHECK_EQ(op.u.scheduler_op.u.credit.weight, 512);
    CHECK_EQ(op.u.scheduler_op.u.credit.cap, 50);
    op.u.scheduler_op.sched_id = XEN_SCHEDULER_RTDS;
    CHECK_EQ(call(XEN_DOMCTL_scheduler_op), -XEN_EINVAL);
}

static void check_others(void)
{
    memset(&op, 0, sizeof(op));
    CHECK_EQ(call(XEN_DOMCTL_settscinfo), 0);
    CHECK_EQ(call(XEN_DOMCTL_gettscinfo), 0);
    op.u.tsc_info.tsc_mode = 77;
    CHECK_EQ(call(XEN_DOMCTL_settscinfo), -XEN_EINVAL);
    memset(&op, 0, sizeof(op));
    op.u.sendtrigger.trigger = 77;
    CHECK_EQ(call(XEN_DOMCTL_sendtrigger), -XEN_ENOSYS);
    op.u.sendtrigger.trigger = XEN_DOMCTL_SENDTRIGGER_NMI; /* it has no handler */
    CHECK_EQ(call(XEN_DOMCTL_sendtrigger), -XEN_EINVAL);
    op.u.sendtrigger.vcpu = 1;
    CHECK_EQ(call(XEN_DOMCTL_sendtrigger), -XEN_ESRCH);
    memset(&op, 0, sizeof(op));
    CHECK_EQ(call(XEN_DOMCTL_resumedomain), 0);
    op.u.set_virq_handler.virq = NR_VIRQS;
    CHECK_EQ(call(XEN_DOMCTL_set_virq_handler), -XEN_EINVAL);
    memset(&op, 0, sizeof(op));
    op.u.address_size.size = 16;
    CHECK_EQ(call(XEN_DOMCTL_set_address_size), -XEN_EINVAL);
}

GUEST_TEST("state of a domain, read and written by its controller")
{
    NEEDS_DOM0();
    CHECK_EQ(domain_create(0, &domid), 0);
    memset(&op, 0, sizeof(op));
    op.u.max_vcpus.max = 1;
    CHECK_EQ(call(XEN_DOMCTL_max_vcpus), 0);
    check_frames();
    check_vcpu_state();
    check_policy();
    check_schedule();
    check_others();
    CHECK_EQ(domain_destroy(domid), 0);
}
