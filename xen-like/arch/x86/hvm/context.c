/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * State of a hardware guest as the stream of records that tools exchange (public/hvm/save.h): a
 * header, records in the order of the table, an end.
 */
#include <arch/features.h>
#include <arch/hvm.h>
#include <arch/hvm_save.h>
#include <arch/insn.h>
#include <arch/platform.h>
#include <arch/vplatform.h>
#include <hv/arch.h>
#include <hv/guest_access.h>
#include <hv/page_alloc.h>
#include <hv/sched.h>
#include <hv/string.h>
#include <public/domctl.h>
#include <public/errno.h>
#include <public/hvm/save.h>

#define MAX_STREAM 0x100000U /* bytes that tools may hand over at once */

/* --- the table -------------------------------------------------------------------------------- */
static unsigned save_header(const struct hvm_context *c, unsigned instance, void *to)
{
    *(struct hvm_save_header *)to = (struct hvm_save_header){
        .magic = HVM_FILE_MAGIC,
        .version = HVM_FILE_VERSION,
        .cpuid = cpu_features.signature,
        .gtsc_khz = domain_tsc_hz(c->d) / 1000,
    };
    return sizeof(struct hvm_save_header);
}

static int load_header(const struct hvm_context *c, unsigned instance, const void *from,
                       unsigned bytes)
{
    const struct hvm_save_header *h = from;

    return h->magic == HVM_FILE_MAGIC && h->version == HVM_FILE_VERSION &&
           hvm_set_tsc_khz(c->d, h->gtsc_khz) ? 0 : -XEN_EINVAL;
}

#define EACH_VCPU 0

static const struct row {
    uint16_t type;      /* HVM_SAVE_CODE_* */
    uint16_t instances; /* from 0 on; EACH_VCPU: the vcpus */
    uint32_t bytes;     /* of its structure */
    bool longer;        /* or more */
    bool pc;            /* of a PC's devices */
    hvm_save_fn *save;
    hvm_load_fn *load;
} rows[] = {
    { HVM_SAVE_CODE_HEADER, 1, sizeof(struct hvm_save_header), false, false, save_header,
      load_header },
    { HVM_SAVE_CODE_CPU, EACH_VCPU, sizeof(struct hvm_hw_cpu), false, false, hvm_save_cpu,
      hvm_load_cpu },
    { HVM_SAVE_CODE_PIC, 2, sizeof(struct hvm_hw_vpic), false, true, vpic_save, vpic_load },
    { HVM_SAVE_CODE_IOAPIC, 1, sizeof(struct hvm_hw_vioapic), false, true, vioapic_save,
      vioapic_load },
    { HVM_SAVE_CODE_LAPIC, EACH_VCPU, sizeof(struct hvm_hw_lapic), false, false, vlapic_save,
      vlapic_load },
    { HVM_SAVE_CODE_LAPIC_REGS, EACH_VCPU, sizeof(struct hvm_hw_lapic_regs), false, false,
      vlapic_save_regs, vlapic_load_regs },
    { HVM_SAVE_CODE_PCI_IRQ, 1, sizeof(struct hvm_hw_pci_irqs), false, true, vlines_save_pci,
      vlines_load_pci },
    { HVM_SAVE_CODE_ISA_IRQ, 1, sizeof(struct hvm_hw_isa_irqs), false, true, vlines_save_isa,
      vlines_load_isa },
    { HVM_SAVE_CODE_PCI_LINK, 1, sizeof(struct hvm_hw_pci_link), false, true, vlines_save_links,
      vlines_load_links },
    { HVM_SAVE_CODE_PIT, 1, sizeof(struct hvm_hw_pit), false, true, vpit_save, vpit_load },
    { HVM_SAVE_CODE_HPET, 1, sizeof(struct hvm_hw_hpet), false, true, vhpet_save, vhpet_load },
    { HVM_SAVE_CODE_RTC, 1, sizeof(struct hvm_hw_rtc), false, true, vrtc_save, vrtc_load },
    { HVM_SAVE_CODE_PMTIMER, 1, sizeof(struct hvm_hw_pmtimer), false, true, vpm_save, vpm_load },
    { HVM_SAVE_CODE_MTRR, EACH_VCPU, sizeof(struct hvm_hw_mtrr), false, false, hvm_save_mtrr,
      hvm_load_mtrr },
    { CPU_XSAVE_CODE, EACH_VCPU, sizeof(struct hvm_hw_cpu_xsave), true, false, hvm_save_xsave,
      hvm_load_xsave },
};

static const struct row *row_of(unsigned type)
{
    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
        if (rows[i].type == type)
            return &rows[i];
    return NULL;
}

static bool has_instance(const struct domain *d, const struct row *row, unsigned instance)
{
    if (row->pc && !d->arch.hvm->platform)
        return false;
    return row->instances ? instance < row->instances : vcpu_by_id(d, instance) != NULL;
}

static unsigned save_one(const struct hvm_context *c, const struct row *row, unsigned instance,
                         void *to)
{
    struct vplatform *p = c->d->arch.hvm->platform;
    unsigned long flags;
    unsigned bytes;

    if (!row->pc)
        return row->save(c, instance, to);
    flags = spin_lock_irqsave(&p->lock);
    bytes = row->save(c, instance, to);
    spin_unlock_irqrestore(&p->lock, flags);
    return bytes;
}

static int load_one(const struct hvm_context *c, const struct row *row,
                    const struct hvm_save_descriptor *desc)
{
    struct vplatform *p = c->d->arch.hvm->platform;
    unsigned long flags;
    int rc;

    if (!row->pc)
        return row->load(c, desc->instance, desc + 1, desc->length);
    flags = spin_lock_irqsave(&p->lock);
    rc = row->load(c, desc->instance, desc + 1, desc->length);
    spin_unlock_irqrestore(&p->lock, flags);
    return rc;
}

static unsigned longest_record(void)
{
    unsigned most = hvm_xsave_bytes();

    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
        most = MAX(most, rows[i].bytes);
    return most;
}

/* 2^order pages have so many bytes. */
static unsigned order_of(uint32_t bytes)
{
    unsigned order = 0;

    while (PAGE_SIZE << order < bytes)
        order++;
    return order;
}

/* Nothing of it runs, and nobody else looks into its vcpus. */
static void hold(struct hvm_context *c)
{
    domain_pause(c->d);
    spin_lock(&c->d->lock);
    c->tsc = rdtsc();
}

static void let_go(const struct hvm_context *c)
{
    spin_unlock(&c->d->lock);
    domain_unpause(c->d);
}

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

static void put_all(const struct hvm_context *c, struct stream *s, void *body, unsigned most)
{
    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
        unsigned n = rows[i].instances ?: c->d->max_vcpus;

        for (unsigned instance = 0; instance < n; instance++) {
            unsigned bytes = 0;

            memset(body, 0, most);
            if (has_instance(c->d, &rows[i], instance))
                bytes = save_one(c, &rows[i], instance, body);
            if (bytes)
                put(s, rows[i].type, instance, body, bytes);
        }
    }
    put(s, HVM_SAVE_CODE_END, 0, NULL, 0);
}

long hvm_get_context(struct domain *d, struct xen_domctl *op)
{
    struct stream s = { .at = op->u.hvmcontext.buffer.addr, .left = op->u.hvmcontext.size };
    struct hvm_context c = { .d = d };
    unsigned most = longest_record();
    void *body;

    if (!is_hvm_domain(d) || d == current->domain)
        return -XEN_EINVAL;
    body = hv_alloc_pages(order_of(most), 0);
    if (!body)
        return -XEN_ENOMEM;
    hold(&c);
    put_all(&c, &s, body, most);
    let_go(&c);
    hv_free_pages(body, order_of(most));
    if (!s.error)
        op->u.hvmcontext.size = s.bytes;
    return s.error;
}

/* One record, without its descriptor. */
static long get_one(const struct hvm_context *c, const struct row *row,
                    struct xen_domctl_hvmcontext_partial *p)
{
    unsigned order = order_of(longest_record()), bytes;
    void *body = hv_alloc_pages(order, 0);
    long rc = 0;

    if (!body)
        return -XEN_ENOMEM;
    bytes = save_one(c, row, p->instance, body);
    if (!bytes)
        rc = -XEN_ENOENT;
    else if (p->buffer.addr && p->bufsz < bytes)
        rc = -XEN_ENOSPC;
    else if (p->buffer.addr && copy_to_guest_va(p->buffer.addr, body, bytes))
        rc = -XEN_EFAULT;
    else
        p->bufsz = bytes;
    hv_free_pages(body, order);
    return rc;
}

long hvm_get_context_partial(struct domain *d, struct xen_domctl *op)
{
    struct xen_domctl_hvmcontext_partial *p = &op->u.hvmcontext_partial;
    const struct row *row = row_of(p->type);
    struct hvm_context c = { .d = d };
    long rc;

    if (!is_hvm_domain(d) || d == current->domain || !row)
        return -XEN_EINVAL;
    if (!has_instance(d, row, p->instance))
        return -XEN_ENOENT;
    hold(&c);
    rc = get_one(&c, row, p);
    let_go(&c);
    return rc;
}

/* --- reading ---------------------------------------------------------------------------------- */
/* What the stream says of a record, before the record itself is looked at. */
static int check_framing(const struct domain *d, const struct hvm_save_descriptor *desc)
{
    const struct row *row = row_of(desc->typecode);

    if (!row || (row->pc && !d->arch.hvm->platform))
        return -XEN_EOPNOTSUPP;
    if (desc->length < row->bytes || (desc->length > row->bytes && !row->longer) ||
        desc->length % sizeof(uint64_t) || !has_instance(d, row, desc->instance))
        return -XEN_EINVAL;
    return 0;
}

static int take_record(const struct hvm_context *c, const struct hvm_save_descriptor *desc,
                       bool check)
{
    const struct row *row = row_of(desc->typecode);

    return check ? check_framing(c->d, desc) : load_one(c, row, desc);
}

/* All records up to the end: first whether they are records at all, then each. */
static int take_all(const struct hvm_context *c, const char *buf, size_t size, bool check)
{
    const struct hvm_save_descriptor *desc;
    int rc = 0;

    for (size_t at = 0; !rc; at += sizeof(*desc) + desc->length) {
        desc = (const void *)(buf + at);
        if (size - at < sizeof(*desc) || size - at - sizeof(*desc) < desc->length)
            return -XEN_ENODATA;
        if ((at == 0) != (desc->typecode == HVM_SAVE_CODE_HEADER))
            return -XEN_EINVAL;
        if (desc->typecode == HVM_SAVE_CODE_END)
            return 0;
        rc = take_record(c, desc, check);
    }
    return rc;
}

long hvm_set_context(struct domain *d, struct xen_domctl *op)
{
    struct hvm_context c = { .d = d };
    uint32_t size = op->u.hvmcontext.size;
    unsigned order = order_of(size);
    char *buf;
    long rc;

    if (!is_hvm_domain(d) || d == current->domain || size > MAX_STREAM)
        return -XEN_EINVAL;
    buf = hv_alloc_pages(order, 0);
    if (!buf)
        return -XEN_ENOMEM;
    rc = copy_from_guest_va(buf, op->u.hvmcontext.buffer.addr, size) ? -XEN_EFAULT : 0;
    if (!rc) {
        hold(&c);
        rc = take_all(&c, buf, size, true);
        if (!rc)
            rc = take_all(&c, buf, size, false);
        let_go(&c);
    }
    hv_free_pages(buf, order);
    return rc;
}
