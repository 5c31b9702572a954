/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * State of a hardware guest as the stream of records that tools exchange (public/hvm/save.h): a
 * header, records of vcpus, an end.
 */
#include <arch/features.h>
#include <arch/hvm.h>
#include <arch/platform.h>
#include <hv/arch.h>
#include <hv/guest_access.h>
#include <hv/page_alloc.h>
#include <hv/sched.h>
#include <public/domctl.h>
#include <public/errno.h>
#include <public/hvm/save.h>

#define MAX_STREAM 0x100000U /* bytes that tools may hand over at once */

/* --- writing ---------------------------------------------------------------------------------- */
struct stream {
    uint64_t at, left; /* the buffer's address in the caller, and bytes that are left in it */
    uint64_t bytes;    /* of all records so far */
    int error;
};

static void put(struct stream *s, unsigned type, unsigned instance, const void *body, unsigned len)
{
    struct hvm_save_descriptor desc = { .typecode = type, .instance = instance, .length = len };

    s->bytes += sizeof(desc) + len;
    if (!s->at || s->error)
        return;
    if (s->left < sizeof(desc) + len) {
        s->error = -XEN_ENOSPC;
        return;
    }
    if (copy_to_guest_va(s->at, &desc, sizeof(desc)) ||
        copy_to_guest_va(s->at + sizeof(desc), body, len))
        s->error = -XEN_EFAULT;
    s->at += sizeof(desc) + len;
    s->left -= sizeof(desc) + len;
}

static void put_all(struct domain *d, struct stream *s)
{
    struct hvm_save_header header = {
        .magic = HVM_FILE_MAGIC,
        .version = HVM_FILE_VERSION,
        .cpuid = cpu_features.signature,
        .gtsc_khz = tsc_hz() / 1000,
    };
    struct hvm_hw_cpu cpu;
    struct vcpu *v;

    put(s, HVM_SAVE_CODE_HEADER, 0, &header, sizeof(header));
    for_each_vcpu(d, v) {
        hvm_ops->get_registers(v, &cpu);
        put(s, HVM_SAVE_CODE_CPU, v->id, &cpu, sizeof(cpu));
    }
    put(s, HVM_SAVE_CODE_END, 0, NULL, 0);
}

long hvm_get_context(struct domain *d, struct xen_domctl *op)
{
    struct stream s = { .at = op->u.hvmcontext.buffer.addr, .left = op->u.hvmcontext.size };

    if (!is_hvm_domain(d) || d == current->domain)
        return -XEN_EINVAL;
    domain_pause(d);
    put_all(d, &s);
    domain_unpause(d);
    if (!s.error)
        op->u.hvmcontext.size = s.bytes;
    return s.error;
}

/* --- reading ---------------------------------------------------------------------------------- */
static int take_header(struct domain *d, unsigned instance, const void *body)
{
    const struct hvm_save_header *h = body;

    return h->magic == HVM_FILE_MAGIC && h->version == HVM_FILE_VERSION ? 0 : -XEN_EINVAL;
}

static int take_cpu(struct domain *d, unsigned instance, const void *body)
{
    struct vcpu *v = vcpu_by_id(d, instance);
    int rc = v ? hvm_ops->set_registers(v, body) : -XEN_EINVAL;

    if (rc)
        return rc;
    v->initialised = true;
    if (__atomic_fetch_and(&v->pause_flags, ~VPF_DOWN, __ATOMIC_SEQ_CST) & VPF_DOWN)
        vcpu_wake(v);
    return 0;
}

static const struct {
    int (*take)(struct domain *d, unsigned instance, const void *body);
    unsigned bytes;
} rows[HVM_SAVE_CODE_MAX + 1] = {
    [HVM_SAVE_CODE_HEADER] = { take_header, sizeof(struct hvm_save_header) },
    [HVM_SAVE_CODE_CPU] = { take_cpu, sizeof(struct hvm_hw_cpu) },
};

/* One record at `*at`: 1 at the end, 0, -errno. A record shorter than ours is not understood. */
static int take_record(struct domain *d, const char *buf, size_t size, size_t *at)
{
    const struct hvm_save_descriptor *desc = (const void *)(buf + *at);

    if (size - *at < sizeof(*desc) || size - *at - sizeof(*desc) < desc->length)
        return -XEN_ENODATA;
    *at += sizeof(*desc) + desc->length;
    if (desc->typecode == HVM_SAVE_CODE_END)
        return 1;
    if (desc->typecode >= ARRAY_SIZE(rows) || !rows[desc->typecode].take ||
        desc->length != rows[desc->typecode].bytes)
        return -XEN_EINVAL;
    return rows[desc->typecode].take(d, desc->instance, desc + 1);
}

static int take_all(struct domain *d, const char *buf, size_t size)
{
    size_t at = 0;
    int rc;

    do
        rc = take_record(d, buf, size, &at);
    while (!rc);
    return rc < 0 ? rc : 0;
}

long hvm_set_context(struct domain *d, struct xen_domctl *op)
{
    uint32_t size = op->u.hvmcontext.size;
    unsigned order = 0;
    char *buf;
    long rc;

    if (!is_hvm_domain(d) || d == current->domain || size > MAX_STREAM)
        return -XEN_EINVAL;
    while (PAGE_SIZE << order < size)
        order++;
    buf = hv_alloc_pages(order, 0);
    if (!buf)
        return -XEN_ENOMEM;
    rc = copy_from_guest_va(buf, op->u.hvmcontext.buffer.addr, size) ? -XEN_EFAULT : 0;
    if (!rc) {
        domain_pause(d);
        rc = take_all(d, buf, size);
        domain_unpause(d);
    }
    hv_free_pages(buf, order);
    return rc;
}
