/* SPDX-License-Identifier: GPL-2.0-only */
/* What Dom0 does to other domains and asks about the machine. */
#include "guest.h"

long domctl(struct xen_domctl *op, unsigned cmd, domid_t domid)
{
    op->cmd = cmd;
    op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    op->domain = domid;
    return hyp_domctl(op);
}

long sysctl(struct xen_sysctl *op, unsigned cmd)
{
    op->cmd = cmd;
    op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    return hyp_sysctl(op);
}

long platform(struct xen_platform_op *op, unsigned cmd)
{
    op->cmd = cmd;
    op->interface_version = XENPF_INTERFACE_VERSION;
    return hyp_platform_op(op);
}

/** A PV domain with one vcpu and no memory; wanted 0: any id. */
long domain_create(domid_t wanted, domid_t *domid)
{
    struct xen_domctl op = {
        .u.createdomain = {
            .handle = {0x7e, 0x57},
            .max_vcpus = 1,
            .max_evtchn_port = 1023,
            .max_grant_frames = 4,
            .max_maptrack_frames = 4,
            .grant_opts = XEN_DOMCTL_GRANT_version(1),
        },
    };
    long result = domctl(&op, XEN_DOMCTL_createdomain, wanted);

    *domid = op.domain;
    return result;
}

uint64_t host_free_pages(void)
{
    struct xen_sysctl op = {0};

    return sysctl(&op, XEN_SYSCTL_physinfo) ? 0 : op.u.physinfo.free_pages;
}

bool domain_info(domid_t domid, struct xen_domctl_getdomaininfo *info)
{
    struct xen_domctl op = {0};

    if (domctl(&op, XEN_DOMCTL_getdomaininfo, domid) || op.domain != domid)
        return false;
    *info = op.u.getdomaininfo;
    return true;
}

long domain_destroy(domid_t domid)
{
    struct xen_domctl op = {0};
    struct xen_domctl_getdomaininfo info;
    long result = domctl(&op, XEN_DOMCTL_destroydomain, domid);

    return result || WAIT_FOR(!domain_info(domid, &info)) ? result : -XEN_EBUSY;
}

/** Pages for a domain at guest frames first.. ; their machine frames in mfns. */
long domain_populate(domid_t domid, xen_pfn_t first, unsigned count, uint64_t *mfns)
{
    xen_memory_reservation_t r = {.extent_start = HANDLE(mfns), .nr_extents = count,
                                  .domid = domid};

    for (unsigned i = 0; i < count; i++)
        mfns[i] = first + i;
    return hyp_memory_op(XENMEM_populate_physmap, &r);
}
