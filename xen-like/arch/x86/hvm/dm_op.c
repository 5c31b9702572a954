/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dm_op: what a device model does to its guest, as a table. The first buffer has the operation,
 * which is copied once, and as much of it as this operation has.
 */
#include <arch/dm_op.h>
#include <arch/hvm.h>
#include <arch/hypercall.h>
#include <hv/arch.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/policy.h>
#include <public/errno.h>

#define MAX_BUFFERS 2

static long create_server(struct domain *d, struct xen_dm_op *op, const struct xen_dm_op_buf *extra)
{
    return ioreq_server_create(d, &op->u.create_ioreq_server);
}

static long server_info(struct domain *d, struct xen_dm_op *op, const struct xen_dm_op_buf *extra)
{
    return ioreq_server_info(d, &op->u.get_ioreq_server_info);
}

static long map_range(struct domain *d, struct xen_dm_op *op, const struct xen_dm_op_buf *extra)
{
    return ioreq_server_map(d, &op->u.map_io_range_to_ioreq_server);
}

static long unmap_range(struct domain *d, struct xen_dm_op *op, const struct xen_dm_op_buf *extra)
{
    return ioreq_server_unmap(d, &op->u.unmap_io_range_from_ioreq_server);
}

static long set_state(struct domain *d, struct xen_dm_op *op, const struct xen_dm_op_buf *extra)
{
    const struct xen_dm_op_set_ioreq_server_state *s = &op->u.set_ioreq_server_state;

    return s->pad ? -XEN_EINVAL : ioreq_server_set_state(d, s->id, s->enabled);
}

static long destroy_server(struct domain *d, struct xen_dm_op *op,
                           const struct xen_dm_op_buf *extra)
{
    const struct xen_dm_op_destroy_ioreq_server *s = &op->u.destroy_ioreq_server;

    return s->pad ? -XEN_EINVAL : ioreq_server_destroy(d, s->id);
}

static long remote_shutdown(struct domain *d, struct xen_dm_op *op,
                            const struct xen_dm_op_buf *extra)
{
    return domain_shutdown(d, op->u.remote_shutdown.reason & XEN_DOMINF_shutdownmask);
}

static long nr_vcpus(struct domain *d, struct xen_dm_op *op, const struct xen_dm_op_buf *extra)
{
    op->u.nr_vcpus.vcpus = d->max_vcpus;
    return 0;
}

#define BYTES(member) sizeof(((struct xen_dm_op *)0)->u.member)

static const struct {
    dm_op_fn *act;
    uint8_t bytes;
    bool answers; /* they go back; what is restarted always does */
} rows[] = {
    [XEN_DMOP_create_ioreq_server] = { create_server, BYTES(create_ioreq_server), true },
    [XEN_DMOP_get_ioreq_server_info] = { server_info, BYTES(get_ioreq_server_info), true },
    [XEN_DMOP_map_io_range_to_ioreq_server] = { map_range, BYTES(map_io_range_to_ioreq_server),
                                                false },
    [XEN_DMOP_unmap_io_range_from_ioreq_server] = { unmap_range,
                                                    BYTES(unmap_io_range_from_ioreq_server),
                                                    false },
    [XEN_DMOP_set_ioreq_server_state] = { set_state, BYTES(set_ioreq_server_state), false },
    [XEN_DMOP_destroy_ioreq_server] = { destroy_server, BYTES(destroy_ioreq_server), false },
    [XEN_DMOP_track_dirty_vram] = { dm_track_dirty_vram, BYTES(track_dirty_vram), false },
    [XEN_DMOP_set_pci_intx_level] = { dm_set_pci_intx_level, BYTES(set_pci_intx_level), false },
    [XEN_DMOP_set_isa_irq_level] = { dm_set_isa_irq_level, BYTES(set_isa_irq_level), false },
    [XEN_DMOP_set_pci_link_route] = { dm_set_pci_link_route, BYTES(set_pci_link_route), false },
    [XEN_DMOP_modified_memory] = { dm_modified_memory, BYTES(modified_memory), false },
    [XEN_DMOP_set_mem_type] = { dm_set_mem_type, BYTES(set_mem_type), false },
    [XEN_DMOP_inject_event] = { dm_inject_event, BYTES(inject_event), false },
    [XEN_DMOP_inject_msi] = { dm_inject_msi, BYTES(inject_msi), false },
    [XEN_DMOP_remote_shutdown] = { remote_shutdown, BYTES(remote_shutdown), false },
    [XEN_DMOP_relocate_memory] = { dm_relocate_memory, BYTES(relocate_memory), false },
    [XEN_DMOP_pin_memory_cacheattr] = { dm_pin_memory_cacheattr, BYTES(pin_memory_cacheattr), false },
    [XEN_DMOP_nr_vcpus] = { nr_vcpus, BYTES(nr_vcpus), true },
};

/* A server whose number its maker is not told of would stay. */
static void take_back(struct domain *d, const struct xen_dm_op *op)
{
    if (op->op == XEN_DMOP_create_ioreq_server)
        ioreq_server_destroy(d, op->u.create_ioreq_server.id);
}

static long run(struct domain *d, const struct xen_dm_op_buf *buf,
                const struct xen_dm_op_buf *extra)
{
    const size_t header = offsetof(struct xen_dm_op, u);
    struct xen_dm_op op;
    uint64_t rest = buf->h.addr + header;
    size_t bytes;
    long rc;

    if (buf->size < header || copy_from_guest_va(&op, buf->h.addr, header))
        return -XEN_EFAULT;
    if (op.pad)
        return -XEN_EINVAL;
    if (op.op >= ARRAY_SIZE(rows))
        return -XEN_EOPNOTSUPP;
    op.op = index_nospec(op.op, ARRAY_SIZE(rows));
    bytes = rows[op.op].bytes;
    if (!rows[op.op].act)
        return -XEN_EOPNOTSUPP;
    if (buf->size - header < bytes || copy_from_guest_bytes(&op.u, rest, bytes))
        return -XEN_EFAULT;
    rc = rows[op.op].act(d, &op, extra);
    if (rc != -XEN_ERESTART && (rc || !rows[op.op].answers))
        return rc;
    if (!copy_to_guest_bytes(rest, &op.u, bytes))
        return rc;
    take_back(d, &op);
    return -XEN_EFAULT;
}

long do_dm_op(uint64_t id, uint64_t nr, uint64_t handle, uint64_t a4, uint64_t a5, uint64_t a6)
{
    struct xen_dm_op_buf bufs[MAX_BUFFERS];
    struct domain *d;
    long rc = policy_target(id, policy_device_model, &d);

    if (rc)
        return rc;
    if (!is_hvm_domain(d))
        return -XEN_EINVAL;
    if ((uint32_t)nr > MAX_BUFFERS)
        return -XEN_E2BIG;
    if (!(uint32_t)nr || copy_from_guest_bytes(bufs, handle, (uint32_t)nr * sizeof(bufs[0])))
        return -XEN_EFAULT;
    rc = run(d, &bufs[0], (uint32_t)nr > 1 ? &bufs[1] : NULL);
    if (rc == -XEN_ERESTART)
        return hypercall_restart(__HYPERVISOR_dm_op, id, nr, handle);
    return rc;
}
