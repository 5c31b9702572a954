/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sysctl: what the tools of 4.17 ask about the machine (sysctl.h): physinfo, scheduler, domain
 * list, console log, CPU and NUMA topology, CPU pool 0, idle time, feature sets, policies. Plus
 * the errors: version, handle, unknown commands.
 */
#include <guest.h>

static struct xen_sysctl op;

static void check_physinfo(void)
{
    struct xen_domctl_getdomaininfo dom0 = {0};

    CHECK_EQ(sysctl(&op, XEN_SYSCTL_physinfo), 0);
    CHECK(op.u.physinfo.nr_cpus >= 1);
    CHECK_EQ(op.u.physinfo.max_cpu_id, op.u.physinfo.nr_cpus - 1);
    CHECK_EQ(op.u.physinfo.nr_nodes, 1);
    CHECK(domain_info(0, &dom0));
    CHECK(op.u.physinfo.total_pages > op.u.physinfo.free_pages + dom0.tot_pages);
    CHECK(op.u.physinfo.capabilities & XEN_SYSCTL_PHYSCAP_pv);
    CHECK(op.u.physinfo.capabilities & XEN_SYSCTL_PHYSCAP_gnttab_v1);
    CHECK(op.u.physinfo.cpu_khz > 1000);
    CHECK(op.u.physinfo.threads_per_core >= 1 && op.u.physinfo.cores_per_socket >= 1);
}

static void check_domains(void)
{
    static struct xen_domctl_getdomaininfo list[8];

    memset(&op, 0, sizeof(op));
    op.u.getdomaininfolist.max_domains = ARRAY_SIZE(list);
    op.u.getdomaininfolist.buffer = HANDLE(list);
    CHECK_EQ(sysctl(&op, XEN_SYSCTL_getdomaininfolist), 0);
    CHECK_EQ(op.u.getdomaininfolist.num_domains, 1);
    CHECK_EQ(list[0].domain, 0);
    CHECK(list[0].flags & XEN_DOMINF_running);
    op.u.getdomaininfolist.first_domain = 1;
    CHECK_EQ(sysctl(&op, XEN_SYSCTL_getdomaininfolist), 0);
    CHECK_EQ(op.u.getdomaininfolist.num_domains, 0);
    op.u.getdomaininfolist.first_domain = 0;
    op.u.getdomaininfolist.buffer = HANDLE(0x1000);
    CHECK_EQ(sysctl(&op, XEN_SYSCTL_getdomaininfolist), -XEN_EFAULT);
}

static void check_console(void)
{
    static char text[16384];

    memset(&op, 0, sizeof(op));
    op.u.readconsole.buffer = HANDLE(text);
    op.u.readconsole.count = sizeof(text) - 1;
    CHECK_EQ(sysctl(&op, XEN_SYSCTL_readconsole), 0);
    CHECK(op.u.readconsole.count > 100);
    op.u.readconsole.incremental = 1;
    op.u.readconsole.count = sizeof(text) - 1;
    CHECK_EQ(sysctl(&op, XEN_SYSCTL_readconsole), 0);
}

static void check_scheduler(void)
{
    CHECK_EQ(sysctl(&op, XEN_SYSCTL_sched_id), 0);
    CHECK(op.u.sched_id.sched_id >= XEN_SCHEDULER_CREDIT &&
          op.u.sched_id.sched_id <= XEN_SCHEDULER_NULL);
    memset(&op, 0, sizeof(op));
    op.u.scheduler_op.sched_id = 99;
    op.u.scheduler_op.cmd = XEN_SYSCTL_SCHEDOP_getinfo;
    CHECK(sysctl(&op, XEN_SYSCTL_scheduler_op) < 0);
}

static void check_topology(void)
{
    xen_sysctl_cputopo_t cpus[64];
    xen_sysctl_meminfo_t memory[4];
    uint32_t distance[16];
    xen_sysctl_cpuinfo_t idle[64];
    uint64_t map = 0;

    memset(&op, 0, sizeof(op));
    CHECK_EQ(sysctl(&op, XEN_SYSCTL_cputopoinfo), 0);
    CHECK(op.u.cputopoinfo.num_cpus >= 1);
    op.u.cputopoinfo.num_cpus = 64;
    op.u.cputopoinfo.cputopo = HANDLE(cpus);
    CHECK_EQ(sysctl(&op, XEN_SYSCTL_cputopoinfo), 0);
    CHECK(cpus[0].core != XEN_INVALID_CORE_ID && cpus[0].node == 0);
    memset(&op, 0, sizeof(op));
    op.u.numainfo.num_nodes = 4;
    op.u.numainfo.meminfo = HANDLE(memory);
    op.u.numainfo.distance = HANDLE(distance);
    CHECK_EQ(sysctl(&op, XEN_SYSCTL_numainfo), 0);
    CHECK_EQ(op.u.numainfo.num_nodes, 1);
    CHECK(memory[0].memsize > memory[0].memfree && memory[0].memfree > 0);
    memset(&op, 0, sizeof(op));
    op.u.getcpuinfo.max_cpus = 64;
    op.u.getcpuinfo.info = HANDLE(idle);
    CHECK_EQ(sysctl(&op, XEN_SYSCTL_getcpuinfo), 0);
    CHECK(op.u.getcpuinfo.nr_cpus >= 1);
    memset(&op, 0, sizeof(op));
    op.u.cpupool_op.op = XEN_SYSCTL_CPUPOOL_OP_INFO;
    op.u.cpupool_op.cpumap = (struct xenctl_bitmap){HANDLE(&map), 64};
    CHECK_EQ(sysctl(&op, XEN_SYSCTL_cpupool_op), 0);
    CHECK_EQ(op.u.cpupool_op.cpupool_id, 0);
    CHECK(map & 1);
    op.u.cpupool_op.cpupool_id = 1;
    CHECK_EQ(sysctl(&op, XEN_SYSCTL_cpupool_op), -XEN_ENOENT);
}

static void check_features(void)
{
    static uint32_t features[32];
    static xen_cpuid_leaf_t leaves[256];
    static xen_msr_entry_t msrs[16];

    for (unsigned i = XEN_SYSCTL_cpu_featureset_raw; i <= XEN_SYSCTL_cpu_featureset_pv; i++) {
        memset(&op, 0, sizeof(op));
        op.u.cpu_featureset.index = i;
        op.u.cpu_featureset.nr_features = ARRAY_SIZE(features);
        op.u.cpu_featureset.features = HANDLE(features);
        CHECK_EQ(sysctl(&op, XEN_SYSCTL_get_cpu_featureset), 0);
        CHECK(features[0] & 1U << 25); /* SSE */
    }
    op.u.cpu_featureset.index = 99;
    CHECK_EQ(sysctl(&op, XEN_SYSCTL_get_cpu_featureset), -XEN_EINVAL);
    memset(&op, 0, sizeof(op));
    op.u.cpu_policy.index = XEN_SYSCTL_cpu_policy_pv_default;
    op.u.cpu_policy.nr_leaves = ARRAY_SIZE(leaves);
    op.u.cpu_policy.nr_msrs = ARRAY_SIZE(msrs);
    op.u.cpu_policy.leaves = HANDLE(leaves);
    op.u.cpu_policy.msrs = HANDLE(msrs);
    CHECK_EQ(sysctl(&op, XEN_SYSCTL_get_cpu_policy), 0);
    CHECK(op.u.cpu_policy.nr_leaves > 5 && leaves[0].leaf == 0);
    op.u.cpu_policy.nr_leaves = 1;
    CHECK_EQ(sysctl(&op, XEN_SYSCTL_get_cpu_policy), -XEN_ENOBUFS);
    CHECK_EQ(sysctl(&op, XEN_SYSCTL_get_cpu_levelling_caps), 0);
}

GUEST_TEST("sysctl: the machine as the tools see it")
{
    memset(&op, 0, sizeof(op));
    if (!is_dom0()) {
        CHECK_EQ(sysctl(&op, XEN_SYSCTL_physinfo), -XEN_EPERM);
        return;
    }
    check_physinfo();
    check_domains();
    check_console();
    check_scheduler();
    check_topology();
    check_features();
    op.cmd = XEN_SYSCTL_physinfo;
    op.interface_version = 1;
    CHECK_EQ(hyp_sysctl(&op), -XEN_EACCES);
    CHECK_EQ(hyp_sysctl(NULL), -XEN_EFAULT);
    CHECK(sysctl(&op, 999) == -XEN_ENOSYS || sysctl(&op, 999) == -XEN_EOPNOTSUPP);
}
