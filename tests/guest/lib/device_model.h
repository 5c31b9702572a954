/* SPDX-License-Identifier: GPL-2.0-only */
/* A device model of a hardware guest with one vcpu, in Dom0 (public/hvm/ioreq.h). device_model.c. */
#ifndef GUEST_DEVICE_MODEL_H
#define GUEST_DEVICE_MODEL_H

#include "hvm.h"
#include <public/hvm/ioreq.h>

struct device_model {
    domid_t domid;
    ioservid_t id;
    volatile struct ioreq *slot;
    volatile struct buffered_iopage *ring;
    evtchn_port_t port, ring_port; /* this end of them */
};

/** dm_op with one buffer. */
long dm_op(domid_t domid, struct xen_dm_op *op, uint32_t number);
long server_create(domid_t domid, unsigned ring, ioservid_t *id);
long server_destroy(domid_t domid, ioservid_t id);
/** map or unmap (XEN_DMOP_*_io_range_*) of one kind. */
long server_range(domid_t domid, ioservid_t id, uint32_t number, uint32_t kind, uint64_t first,
                  uint64_t last);
/** Maps a frame of a server: NULL and the error if it cannot be had. */
void *server_page(domid_t domid, ioservid_t id, uint64_t frame, long *error);

/** A server that is asked from now on, with its pages and ports. */
bool model_start(struct device_model *m, domid_t domid);
/** The same, for accesses to one port. */
void model_start_at(struct device_model *m, domid_t domid, uint16_t port);
/** Its server may have gone before. */
void model_end(struct device_model *m);
/** Is there a request? It is the model's from then on. */
bool model_asked(struct device_model *m);
/** The answer to it: the slot's state, and an event. */
void model_answer(struct device_model *m, unsigned state, uint64_t data);

#endif
