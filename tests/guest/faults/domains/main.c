/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Control operations on a domain, with each of their allocations failing: they answer -ENOMEM and
 * leave nothing behind, neither memory nor a domain nor half a setting, and succeed afterwards.
 * Vcpus that were made before another could not be are the exception: they go with the domain.
 */
#include <guest.h>

#define VCPUS     17 /* one more than a page of descriptor windows is for */
#define STRIDE    7  /* through the allocations for vcpus: each kind comes by */
#define FIRST_MFN 0xfd000UL
#define LEAVES    256

static domid_t domid;
static uint8_t leaves[LEAVES * 24];
static uint8_t msrs[16 * 16];
static uint32_t nr_leaves, nr_msrs;
static struct xen_domctl_vcpuextstate extstate; /* as the new vcpu has it */
static uint8_t image[4096];
static vcpu_guest_context_t context;

static long create(void)
{
    struct xen_domctl op = {.u.createdomain = {.max_vcpus = VCPUS, .max_evtchn_port = 1023,
                                               .max_grant_frames = 4, .max_maptrack_frames = 4,
                                               .grant_opts = XEN_DOMCTL_GRANT_version(1)}};
    long result = domctl(&op, XEN_DOMCTL_createdomain, 0);

    domid = op.domain;
    return result;
}

static void destroy(void)
{
    CHECK_EQ(domain_destroy(domid), 0);
}

static long max_vcpus(void)
{
    struct xen_domctl op = {.u.max_vcpus.max = VCPUS};

    return domctl(&op, XEN_DOMCTL_max_vcpus, domid);
}

static long iomem(uint64_t first, uint64_t nr, bool allow)
{
    struct xen_domctl op = {.u.iomem_permission = {.first_mfn = first, .nr_mfns = nr,
                                                   .allow_access = allow}};

    return domctl(&op, XEN_DOMCTL_iomem_permission, domid);
}

static long iomem_allow(void) { return iomem(FIRST_MFN, 16, true); }
static void iomem_deny(void) { CHECK_EQ(iomem(FIRST_MFN, 16, false), 0); }
static long iomem_split(void) { return iomem(FIRST_MFN + 4, 1, false); }
static void iomem_join(void) { CHECK_EQ(iomem(FIRST_MFN + 4, 1, true), 0); }

static long irq(bool allow)
{
    struct xen_domctl op = {.u.irq_permission = {.pirq = 5, .allow_access = allow}};

    return domctl(&op, XEN_DOMCTL_irq_permission, domid);
}

static long irq_allow(void) { return irq(true); }
static void irq_deny(void) { CHECK_EQ(irq(false), 0); }

static long ioport(bool allow)
{
    struct xen_domctl op = {.u.ioport_permission = {.first_port = 0x80, .nr_ports = 1,
                                                    .allow_access = allow}};

    return domctl(&op, XEN_DOMCTL_ioport_permission, domid);
}

static long ioport_allow(void) { return ioport(true); }
static void ioport_deny(void) { CHECK_EQ(ioport(false), 0); }

static long memory_map(void)
{
    static uint8_t ram[20] = {[9] = 0x10, [16] = 1}; /* 1 MiB from 0 on, RAM */
    xen_foreign_memory_map_t arg = {.domid = domid, .map = {1, HANDLE(ram)}};

    return hyp_memory_op(XENMEM_set_memory_map, &arg);
}

static struct xen_domctl policy(void)
{
    return (struct xen_domctl){.u.cpu_policy = {.nr_leaves = nr_leaves, .leaves = HANDLE(leaves),
                                                .nr_msrs = nr_msrs, .msrs = HANDLE(msrs)}};
}

static void policy_read(void)
{
    nr_leaves = LEAVES;
    nr_msrs = sizeof(msrs) / 16;
    struct xen_domctl op = policy();
    CHECK_EQ(domctl(&op, XEN_DOMCTL_get_cpu_policy, domid), 0);
    nr_leaves = op.u.cpu_policy.nr_leaves;
    nr_msrs = op.u.cpu_policy.nr_msrs;
}

static long policy_set(void)
{
    struct xen_domctl op = policy();

    return domctl(&op, XEN_DOMCTL_set_cpu_policy, domid);
}

static long extstate_get(void)
{
    struct xen_domctl op = {.u.vcpuextstate = extstate};
    long result;

    op.u.vcpuextstate.size = sizeof(image);
    result = domctl(&op, XEN_DOMCTL_getvcpuextstate, domid);
    if (!result)
        extstate.size = op.u.vcpuextstate.size;
    return result;
}

static long extstate_set(void)
{
    struct xen_domctl op = {.u.vcpuextstate = extstate};

    return domctl(&op, XEN_DOMCTL_setvcpuextstate, domid);
}

static void extstate_read(void)
{
    struct xen_domctl op = {0};

    CHECK_EQ(domctl(&op, XEN_DOMCTL_getvcpuextstate, domid), 0);
    extstate = op.u.vcpuextstate;
    extstate.buffer = (xen_guest_handle_t)HANDLE(image);
    CHECK_EQ(extstate_get(), 0);
}

/* No root table: refused for that when all allocations succeed, and that leaves nothing either. */
static long context_set(void)
{
    struct xen_domctl op = {.u.vcpucontext = {.vcpu = 0, .ctxt = HANDLE(&context)}};
    long result = domctl(&op, XEN_DOMCTL_setvcpucontext, domid);

    return result == -XEN_EINVAL ? 0 : result;
}

static const struct fault_case making = {.name = "createdomain", .act = create, .undo = destroy};
static const struct fault_case on_domain[] = {
    {.name = "iomem_permission: allow", .act = iomem_allow, .undo = iomem_deny},
    {.name = "irq_permission", .act = irq_allow, .undo = irq_deny},
    {.name = "ioport_permission", .act = ioport_allow, .undo = ioport_deny},
    {.name = "set_memory_map", .act = memory_map, .kept = KEPT_ON_SUCCESS},
    {.name = "set_cpu_policy", .act = policy_set},
    {.name = "setvcpucontext", .act = context_set},
    {.name = "getvcpuextstate", .act = extstate_get},
    {.name = "setvcpuextstate", .act = extstate_set},
};
static const struct fault_case splitting = {
    .name = "iomem_permission: split", .act = iomem_split, .undo = iomem_join};

/* In a domain of its own each time, since vcpus stay. */
static void check_max_vcpus(void)
{
    struct usage before = usage_now();
    uint64_t failed = 1;

    for (unsigned n = 1; failed; n += STRIDE) {
        CHECK_EQ(create(), 0);
        fault_arm(n, 1);
        long result = max_vcpus();
        failed = fault_disarm();
        CHECK_EQ(result, failed ? -XEN_ENOMEM : 0);
        CHECK_EQ(max_vcpus(), 0);
        destroy();
    }
    usage_same(&before, "max_vcpus");
}

GUEST_TEST("making and setting up a domain while allocations fail")
{
    struct usage before;

    NEEDS_FAULTS();
    CHECK(fault_each(&making) > 10);
    check_max_vcpus();
    before = usage_now();
    CHECK_EQ(create(), 0);
    CHECK_EQ(max_vcpus(), 0);
    policy_read();
    extstate_read();
    for (unsigned i = 0; i < ARRAY_SIZE(on_domain); i++)
        CHECK(fault_each(&on_domain[i]) > 0);
    CHECK_EQ(iomem_allow(), 0);
    CHECK_EQ(fault_each(&splitting), 1);
    destroy();
    usage_same(&before, "all of them");
}
