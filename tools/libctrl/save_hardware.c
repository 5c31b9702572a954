/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is different of a hardware guest that is saved: where it has memory, the parameters by which
 * it finds its rings, and its vcpus with their local APICs, as the hypervisor gives them.
 */
#include "build_hardware.h"
#include "save.h"

#include <public/domctl.h>
#include <public/hvm/params.h>
#include <public/memory.h>

#include <string.h>

/* ---- memory ---- */

static long highest_frame(struct ctrl *h, uint32_t domid)
{
    struct xen_memory_domain *op = arena_get(h, sizeof(*op));
    long last;

    op->domid = domid;
    last = hypercall(h, __HYPERVISOR_memory_op, XENMEM_maximum_gpfn, addr_of(op), 0, 0, 0);
    arena_put(h, op);
    return last;
}

/* What lies there that is not its memory (grant tables, shared_info) is left out like holes. */
int save_find_frames(struct ctrl *h, struct saving *s)
{
    long last = highest_frame(h, s->domid);
    int ret;

    if (last < 0)
        return ctrl_fail(h, last, "cannot ask where its memory ends: %s", strerror(-last));
    if ((uint64_t)last >= PV_FRAMES_MAX || pv_frames_alloc(&s->frames, last + 1, 0))
        return ctrl_fail(h, -ENOMEM, "no memory for a list of %ld frames", last + 1);
    for (uint64_t gfn = 0; gfn < s->frames.nr_frames; gfn++)
        s->frames.mfns[gfn] = gfn;
    ret = save_find_kinds(h, s);
    for (uint64_t gfn = 0; !ret && gfn < s->frames.nr_frames; gfn++)
        if (s->frames.kinds[gfn] && s->frames.mfns[gfn] != NO_FRAME)
            return ctrl_fail(h, -EINVAL, "its frame %#llx is of a kind that a hardware guest has "
                             "not", (unsigned long long)gfn);
    return ret;
}

/* ---- parameters ---- */

/* The last two are those of a PC's devices. */
static int put_params(struct ctrl *h, const struct saving *s)
{
    struct save_param params[] = {
        { .index = HVM_PARAM_STORE_PFN },
        { .index = HVM_PARAM_CONSOLE_PFN },
        { .index = HVM_PARAM_ACPI_IOPORTS_LOCATION },
        { .index = HVM_PARAM_HPET_ENABLED },
    };
    size_t count = s->info.pc ? 4 : 2;
    int ret = 0;

    for (size_t i = 0; !ret && i < count; i++)
        ret = hardware_get_param(h, s->domid, params[i].index, &params[i].value);
    return ret ? ret : save_put(h, s, SAVE_PARAMS, params, count * sizeof(params[0]), NULL, 0);
}

/* ---- devices and vcpus ---- */

/* The records into `buffer` of *size bytes; NULL: only how many these are. */
static int get_context(struct ctrl *h, const struct saving *s, void *buffer, uint32_t *size)
{
    struct xen_domctl *op = domctl_get(h, XEN_DOMCTL_gethvmcontext, s->domid);
    int ret;

    op->u.hvmcontext.size = *size;
    op->u.hvmcontext.buffer.addr = addr_of(buffer);
    ret = domctl_call(h, op);
    *size = op->u.hvmcontext.size;
    arena_put(h, op);
    if (ret < 0)
        return ctrl_fail(h, ret, "cannot get the state of its vcpus and devices: %s",
                         strerror(-ret));
    return 0;
}

static int put_context(struct ctrl *h, const struct saving *s)
{
    uint32_t size = 0, room;
    void *buffer;
    int ret = get_context(h, s, NULL, &size);

    if (ret)
        return ret;
    if (size == 0 || size > SAVE_BODY_MAX)
        return ctrl_fail(h, -E2BIG, "the state of its vcpus and devices has %u bytes", size);
    room = size;
    ret = hypercall_buffer_get(h, room, &buffer);
    if (ret)
        return ret;
    ret = get_context(h, s, buffer, &size);
    if (!ret)
        ret = save_put(h, s, SAVE_CONTEXT, buffer, size < room ? size : room, NULL, 0);
    hypercall_buffer_put(buffer, room);
    return ret;
}

int save_put_hardware(struct ctrl *h, const struct saving *s)
{
    int ret = put_params(h, s);

    if (!ret)
        ret = put_context(h, s);
    if (!ret && s->info.pc)
        ret = save_put(h, s, SAVE_DEVICE_MODEL, s->cfg->device_model, s->cfg->device_model_size, NULL,
                       0);
    return ret;
}
