/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is different of a hardware guest that is restored. Its rings lie where they were, with ports
 * and grants made anew, of which it hears by its parameters; its vcpus and devices are the
 * hypervisor's matter, which believes nothing of their records; what a device model has said of itself
 * goes on to the next one.
 */
#include "build_hardware.h"
#include "restore.h"

#include <public/domctl.h>
#include <public/hvm/params.h>

#include <stdlib.h>
#include <string.h>

/* ---- parameters ---- */

static const struct save_param *find_param(const struct restore *r, uint32_t index)
{
    const struct save_param *p = (const void *)r->reader->body, *found = NULL;

    for (size_t i = 0; i < r->reader->size / sizeof(*p); i++)
        if (p[i].index == index)
            found = &p[i];
    return found;
}

/* Of an HVM guest: the hypervisor has to be told of them, and checks their values. */
static bool is_of_pc(const struct restore *r, uint32_t index)
{
    return r->dom->type == CTRL_HVM &&
           (index == HVM_PARAM_ACPI_IOPORTS_LOCATION || index == HVM_PARAM_HPET_ENABLED);
}

static bool only_known(const struct restore *r)
{
    const struct save_param *p = (const void *)r->reader->body;

    for (size_t i = 0; i < r->reader->size / sizeof(*p); i++)
        if (p[i].zero || (p[i].index != HVM_PARAM_STORE_PFN && p[i].index != HVM_PARAM_CONSOLE_PFN &&
                          !is_of_pc(r, p[i].index)))
            return false;
    return r->reader->size % sizeof(*p) == 0;
}

static int set_params_of_pc(struct ctrl *h, const struct restore *r)
{
    const struct save_param *p = (const void *)r->reader->body;
    int ret = 0;

    for (size_t i = 0; !ret && i < r->reader->size / sizeof(*p); i++)
        if (is_of_pc(r, p[i].index))
            ret = hardware_set_param(h, r->domid, p[i].index, p[i].value);
    return ret;
}

int restore_params(struct ctrl *h, struct restore *r)
{
    const struct save_param *store = find_param(r, HVM_PARAM_STORE_PFN);
    const struct save_param *console = find_param(r, HVM_PARAM_CONSOLE_PFN);
    int ret;

    if (!r->created || r->nr_loaded != r->nr_present)
        return record_wrong(h, r->reader, "pages are missing before it");
    if (r->has_params)
        return record_wrong(h, r->reader, "it comes twice");
    if (!only_known(r))
        return record_wrong(h, r->reader, "there is no such parameter");
    if (!store || !console || pv_frames_mfn(&r->frames, store->value) == NO_FRAME ||
        pv_frames_mfn(&r->frames, console->value) == NO_FRAME)
        return record_wrong(h, r->reader, "the rings of store and console are not the guest's");
    ret = make_rings(h, r->domid, r->cfg->store_backend, r->cfg->console_backend, store->value,
                     console->value, r->rings);
    if (!ret)
        ret = hardware_set_rings(h, r->domid, r->rings);
    if (!ret)
        ret = set_params_of_pc(h, r);
    r->has_params = true;
    return ret;
}

/* ---- devices and vcpus ---- */

static int set_context(struct ctrl *h, const struct restore *r)
{
    struct xen_domctl *op;
    void *buffer;
    int ret = hypercall_buffer_get(h, r->reader->size, &buffer);

    if (ret)
        return ret;
    memcpy(buffer, r->reader->body, r->reader->size);
    op = domctl_get(h, XEN_DOMCTL_sethvmcontext, r->domid);
    op->u.hvmcontext.size = r->reader->size;
    op->u.hvmcontext.buffer.addr = addr_of(buffer);
    ret = domctl_call(h, op);
    arena_put(h, op);
    hypercall_buffer_put(buffer, r->reader->size);
    if (ret < 0)
        return ctrl_fail(h, ret, "the hypervisor refuses the state of its vcpus and devices: %s",
                         strerror(-ret));
    return 0;
}

/* A vcpu of which the records say nothing has never been started. */
static int check_vcpu0(struct ctrl *h, struct restore *r)
{
    struct ctrl_vcpu_info info;
    int ret = ctrl_vcpu_info(h, r->domid, 0, &info);

    if (!ret)
        r->has_vcpu0 = info.online;
    return ret;
}

int restore_context(struct ctrl *h, struct restore *r)
{
    int ret;

    if (!r->has_params)
        return record_wrong(h, r->reader, "it comes before the guest's parameters");
    if (r->reader->size == 0)
        return record_wrong(h, r->reader, "it is empty");
    ret = set_context(h, r);
    return ret ? ret : check_vcpu0(h, r);
}

/* ---- the device model's state ---- */

int restore_device_model(struct ctrl *h, struct restore *r)
{
    struct ctrl_saved *s = r->saved;

    if (!r->has_vcpu0)
        return record_wrong(h, r->reader, "it comes before the guest's vcpus");
    if (s->device_model)
        return record_wrong(h, r->reader, "it comes twice");
    if (r->reader->size == 0)
        return record_wrong(h, r->reader, "it is empty");
    s->device_model = malloc(r->reader->size);
    if (!s->device_model)
        return ctrl_fail(h, -ENOMEM, "no memory for the device model's state");
    memcpy(s->device_model, r->reader->body, r->reader->size);
    s->device_model_size = r->reader->size;
    return 0;
}
