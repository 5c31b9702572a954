/* SPDX-License-Identifier: GPL-2.0-only */
/* A device model for tests (device_model.h). */
#include "device_model.h"

/* --- calls ------------------------------------------------------------------------------------ */
long dm_op(domid_t domid, struct xen_dm_op *op, uint32_t number)
{
    struct xen_dm_op_buf buf = {HANDLE(op), sizeof(*op)};

    op->op = number;
    return hyp_dm_op(domid, 1, &buf);
}

long server_create(domid_t domid, unsigned ring, ioservid_t *id)
{
    struct xen_dm_op op = {.u.create_ioreq_server.handle_bufioreq = ring};
    long result = dm_op(domid, &op, XEN_DMOP_create_ioreq_server);

    *id = op.u.create_ioreq_server.id;
    return result;
}

long server_destroy(domid_t domid, ioservid_t id)
{
    struct xen_dm_op op = {.u.destroy_ioreq_server.id = id};

    return dm_op(domid, &op, XEN_DMOP_destroy_ioreq_server);
}

long server_range(domid_t domid, ioservid_t id, uint32_t number, uint32_t kind, uint64_t first,
                  uint64_t last)
{
    struct xen_dm_op op = {.u.map_io_range_to_ioreq_server = {id, 0, kind, first, last}};

    return dm_op(domid, &op, number);
}

void *server_page(domid_t domid, ioservid_t id, uint64_t frame, long *error)
{
    xen_pfn_t mfn;
    struct xen_mem_acquire_resource a = {
        .domid = domid, .type = XENMEM_resource_ioreq_server, .id = id,
        .nr_frames = 1, .frame = frame, .frame_list = HANDLE(&mfn),
    };
    void *window = window_alloc();
    struct mmu_update u = {.ptr = entry_maddr(window, 1) | MMU_PT_UPDATE_NO_TRANSLATE};

    *error = hyp_memory_op(XENMEM_acquire_resource, &a);
    u.val = mfn << 12 | PTE_RW;
    if (!*error)
        *error = hyp_mmu_update(&u, 1, NULL, domid);
    if (!*error)
        return window;
    window_free(window);
    return NULL;
}

/* --- the whole of it -------------------------------------------------------------------------- */
static evtchn_port_t connect(domid_t domid, evtchn_port_t remote)
{
    evtchn_bind_interdomain_t bind = {.remote_dom = domid, .remote_port = remote};

    CHECK_EQ(hyp_event_channel_op(EVTCHNOP_bind_interdomain, &bind), 0);
    event_clear(bind.local_port);
    return bind.local_port;
}

static bool enable(struct device_model *m)
{
    struct xen_dm_op info = {.u.get_ioreq_server_info = {.id = m->id, .flags = XEN_DMOP_no_gfns}};
    struct xen_dm_op state = {.u.set_ioreq_server_state = {.id = m->id, .enabled = 1}};

    if (!CHECK_EQ(dm_op(m->domid, &info, XEN_DMOP_get_ioreq_server_info), 0) ||
        !CHECK_EQ(dm_op(m->domid, &state, XEN_DMOP_set_ioreq_server_state), 0))
        return false;
    m->port = connect(m->domid, m->slot->vp_eport); /* Xen writes it when it is enabled */
    m->ring_port = connect(m->domid, info.u.get_ioreq_server_info.bufioreq_port);
    return true;
}

bool model_start(struct device_model *m, domid_t domid)
{
    long error;

    *m = (struct device_model){.domid = domid};
    if (!CHECK_EQ(server_create(domid, HVM_IOREQSRV_BUFIOREQ_ATOMIC, &m->id), 0))
        return false;
    m->ring = server_page(domid, m->id, XENMEM_resource_ioreq_server_frame_bufioreq, &error);
    m->slot = server_page(domid, m->id, XENMEM_resource_ioreq_server_frame_ioreq(0), &error);
    return CHECK(m->ring && m->slot) && enable(m);
}

void model_start_at(struct device_model *m, domid_t domid, uint16_t port)
{
    if (model_start(m, domid))
        CHECK_EQ(server_range(domid, m->id, XEN_DMOP_map_io_range_to_ioreq_server,
                              XEN_DMOP_IO_RANGE_PORT, port, port), 0);
}

void model_end(struct device_model *m)
{
    server_destroy(m->domid, m->id);
    window_free((void *)m->slot);
    window_free((void *)m->ring);
    CHECK_EQ(event_close(m->port), 0);
    CHECK_EQ(event_close(m->ring_port), 0);
}

bool model_asked(struct device_model *m)
{
    if (m->slot->state != STATE_IOREQ_READY)
        return false;
    CHECK(WAIT_FOR(event_pending(m->port))); /* which comes after the request */
    event_clear(m->port);
    barrier();
    m->slot->state = STATE_IOREQ_INPROCESS;
    return true;
}

void model_answer(struct device_model *m, unsigned state, uint64_t data)
{
    m->slot->data = data;
    barrier();
    m->slot->state = state;
    CHECK_EQ(event_send(m->port), 0);
}
