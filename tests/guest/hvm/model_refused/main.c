/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a device model is refused: servers beyond a number, ranges twice, too many, or of no kind,
 * servers and pages that are not there, guests that are none or are dying, and calls that are not
 * whole. Its mappings outlive its server. (public/hvm/dm_op.h)
 */
#include <device_model.h>
#include <public/hvm/params.h>

#define SERVERS 8
#define RANGES  256

static const uint32_t map = XEN_DMOP_map_io_range_to_ioreq_server,
                      unmap_range = XEN_DMOP_unmap_io_range_from_ioreq_server;

static void ranges(domid_t domid, ioservid_t id)
{
    for (uint32_t kind = 0; kind < 3; kind++) {
        for (unsigned i = 0; i < RANGES; i++)
            CHECK_EQ(server_range(domid, id, map, kind, i * 4, i * 4 + 1), 0);
        CHECK_EQ(server_range(domid, id, map, kind, RANGES * 4, RANGES * 4), -XEN_ENOSPC);
        CHECK_EQ(server_range(domid, id, map, kind, 0, 0), -XEN_EEXIST);
        CHECK_EQ(server_range(domid, id, map, kind, 0, ~0UL), -XEN_EEXIST);
        CHECK_EQ(server_range(domid, id, map, kind, 2, 1), -XEN_EINVAL);
        CHECK_EQ(server_range(domid, id, unmap_range, kind, 0, 2), -XEN_ENOENT);
        CHECK_EQ(server_range(domid, id, unmap_range, kind, 0, 1), 0);
        CHECK_EQ(server_range(domid, id, unmap_range, kind, 0, 1), -XEN_ENOENT);
        CHECK_EQ(server_range(domid, id, map, kind, ~0UL, ~0UL), 0);
    }
    CHECK_EQ(server_range(domid, id, map, 3, 0, 1), -XEN_EINVAL);
    CHECK_EQ(server_range(domid, id, map, ~0U, 0, 1), -XEN_EINVAL);
    CHECK_EQ(server_range(domid, id + 1, map, 0, 0, 1), -XEN_ENOENT);
    CHECK_EQ(server_range(domid, 0xffff, map, 0, 0, 1), -XEN_ENOENT);
}

static void pages(domid_t domid, ioservid_t with_ring, ioservid_t without)
{
    long error;
    uint64_t *page;

    CHECK(!server_page(domid, without, XENMEM_resource_ioreq_server_frame_bufioreq, &error));
    CHECK_EQ(error, -XEN_EINVAL);
    CHECK(!server_page(domid, with_ring, 2, &error));
    CHECK_EQ(error, -XEN_EINVAL);
    CHECK(!server_page(domid, with_ring, ~0UL, &error));
    CHECK_EQ(error, -XEN_EINVAL);
    CHECK(!server_page(domid, SERVERS, 0, &error));
    CHECK_EQ(error, -XEN_ENOENT);
    page = server_page(domid, with_ring, 0, &error);
    if (!CHECK(page))
        return;
    CHECK_EQ(server_destroy(domid, with_ring), 0);
    CHECK_EQ(server_destroy(domid, with_ring), -XEN_ENOENT);
    page[511] = 1;
    CHECK_EQ(page[511], 1);
    window_free(page);
}

static void servers(domid_t domid)
{
    ioservid_t id;

    for (unsigned i = 0; i < SERVERS; i++) {
        CHECK_EQ(server_create(domid, i ? HVM_IOREQSRV_BUFIOREQ_OFF : HVM_IOREQSRV_BUFIOREQ_LEGACY,
                               &id), 0);
        CHECK_EQ(id, i);
        if (i == 0)
            ranges(domid, id);
    }
    CHECK_EQ(server_create(domid, 0, &id), -XEN_ENOSPC);
    CHECK_EQ(server_create(domid, 3, &id), -XEN_EINVAL);
    pages(domid, 0, 1);
    CHECK_EQ(server_create(domid, 0, &id), 0);
    CHECK_EQ(id, 0);
}

static void calls(domid_t domid)
{
    struct xen_dm_op op = {.op = XEN_DMOP_nr_vcpus};
    struct xen_dm_op_buf bufs[] = {{HANDLE(&op), sizeof(op)}, {HANDLE(&op), 8}};

    CHECK_EQ(hyp_dm_op(domid, 1, bufs), 0);
    CHECK_EQ(op.u.nr_vcpus.vcpus, 1);
    CHECK_EQ(hyp_dm_op(domid, 0, bufs), -XEN_EFAULT);
    CHECK_EQ(hyp_dm_op(domid, 1000, bufs), -XEN_E2BIG);
    CHECK_EQ(hyp_dm_op(domid, 2, (void *)-8UL), -XEN_EFAULT);
    CHECK_EQ(hyp_dm_op(domid, 1, &bufs[1]), -XEN_EFAULT);
    bufs[0].size = 4;
    CHECK_EQ(hyp_dm_op(domid, 1, bufs), -XEN_EFAULT);
    op.pad = 1;
    CHECK_EQ(dm_op(domid, &op, XEN_DMOP_nr_vcpus), -XEN_EINVAL);
    op.pad = 0;
    CHECK_EQ(dm_op(domid, &op, 0), -XEN_EOPNOTSUPP);
    CHECK_EQ(dm_op(domid, &op, ~0U), -XEN_EOPNOTSUPP);
    CHECK_EQ(dm_op(DOMID_SELF, &op, XEN_DMOP_nr_vcpus), -XEN_EPERM);
    CHECK_EQ(dm_op(12345, &op, XEN_DMOP_nr_vcpus), -XEN_ESRCH);
}

/* Where ACPI's registers are cannot be chosen. */
static void parameters(domid_t domid)
{
    struct xen_hvm_param p = {domid, 0, HVM_PARAM_ACPI_IOPORTS_LOCATION, 0};

    CHECK_EQ(hyp_hvm_op(HVMOP_set_param, &p), -XEN_EOPNOTSUPP);
    CHECK_EQ(hyp_hvm_op(HVMOP_get_param, &p), 0);
    CHECK_EQ(p.value, 1);
    CHECK_EQ(hyp_hvm_op(HVMOP_set_param, &p), 0);
}

/* One that is dead, but that a mapping of its memory keeps. */
static void dying(void)
{
    struct xen_domctl op = {.u.max_mem.max_memkb = 64};
    struct xen_domctl_getdomaininfo info;
    uint64_t frame;
    ioservid_t id;
    domid_t domid;
    void *window;

    CHECK_EQ(hvm_create(&domid, 1, XEN_X86_EMU_LAPIC), 0);
    CHECK_EQ(domctl(&op, XEN_DOMCTL_max_mem, domid), 0);
    op.u.max_vcpus.max = 1;
    CHECK_EQ(domctl(&op, XEN_DOMCTL_max_vcpus, domid), 0);
    CHECK_EQ(domain_populate(domid, 0, 1, &frame), 1);
    window = hvm_map(domid, 0);
    CHECK_EQ(domctl(&op, XEN_DOMCTL_destroydomain, domid), 0);
    CHECK(domain_info(domid, &info) && (info.flags & XEN_DOMINF_dying));
    CHECK_EQ(server_create(domid, 0, &id), -XEN_EINVAL);
    window_free(window);
    CHECK(WAIT_FOR(!domain_info(domid, &info)));
    CHECK_EQ(server_create(domid, 0, &id), -XEN_ESRCH);
}

GUEST_TEST("what a device model is refused")
{
    struct xen_domctl op = {.u.max_vcpus.max = 1};
    ioservid_t id;
    domid_t domid;

    NEEDS_HVM();
    CHECK_EQ(domain_create(0, &domid), 0);
    CHECK_EQ(server_create(domid, 0, &id), -XEN_EINVAL);
    CHECK_EQ(domain_destroy(domid), 0);

    CHECK_EQ(hvm_create(&domid, 1, XEN_X86_EMU_LAPIC), 0);
    CHECK_EQ(server_create(domid, 0, &id), -XEN_EINVAL); /* no vcpus yet */
    CHECK_EQ(domctl(&op, XEN_DOMCTL_max_vcpus, domid), 0);
    calls(domid);
    parameters(domid);
    servers(domid);
    CHECK_EQ(domain_destroy(domid), 0);
    dying();
}
