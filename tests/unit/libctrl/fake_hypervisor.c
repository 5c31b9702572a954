/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fake hypervisor. Maps of foreign frames are copies that are written back when they are
 * unmapped, which also shows what is written after that.
 */
#include "fake_hypervisor.h"

#include <public/event_channel.h>
#include <public/hvm/hvm_op.h>
#include <public/sysctl.h>
#include <public/version.h>

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct fake fake;

static struct map {
    void *addr;
    uint64_t *mfns;
    size_t count;
    bool writable;
} maps[8];

struct ctrl *fake_start(void)
{
    struct ctrl *h = calloc(1, sizeof(*h));

    memset(&fake, 0, sizeof(fake));
    fake.first_mfn = FAKE_FIRST_MFN;
    fake.memory = malloc(FAKE_PAGES * PAGE_SIZE);
    memset(fake_page(FAKE_SHARED_INFO), 0xc2, PAGE_SIZE);
    memset(fake_page(FAKE_GRANT_TABLE), 0, PAGE_SIZE);
    fake.mfn_of = calloc(FAKE_GFNS, sizeof(*fake.mfn_of));
    h->arena = malloc(ARENA_SIZE);
    return h;
}

void fake_end(struct ctrl *h)
{
    free(fake.memory);
    free(fake.mfn_of);
    ctrl_close(h);
}

void ctrl_close(struct ctrl *h)
{
    free(h->arena);
    free(h->line);
    free(h);
}

static bool fails(int *ret)
{
    *ret = fake.fail_with;
    return ++fake.calls == fake.fail_at;
}

int hypercall_buffer_get(struct ctrl *h, size_t size, void **out)
{
    int ret;

    if (fails(&ret))
        return ctrl_fail(h, ret, "fake: no such memory");
    *out = calloc(1, size);
    fake.maps++;
    return 0;
}

void hypercall_buffer_put(void *p, size_t size)
{
    (void)size;
    free(p);
    fake.maps--;
}

void *arena_get(struct ctrl *h, size_t size)
{
    void *p = h->arena + h->arena_used;

    size = (size + 15) & ~15UL;
    ck_assert_uint_le(size, ARENA_SIZE - h->arena_used);
    h->arena_used += size;
    return memset(p, 0, size);
}

void arena_put(struct ctrl *h, void *p)
{
    h->arena_used = (char *)p - h->arena;
}

/* ---- maps ---- */

static bool is_guests(uint64_t mfn)
{
    return mfn >= fake.first_mfn && mfn < fake.first_mfn + fake.tot_pages;
}

static bool may_be_mapped(uint64_t mfn)
{
    return mfn == FAKE_SHARED_INFO || mfn == FAKE_GRANT_TABLE || is_guests(mfn);
}

/* The machine frame that a map's frame means. */
static uint64_t frame(uint64_t n)
{
    if (!fake.hvm)
        return n;
    ck_assert_uint_lt(n, FAKE_GFNS);
    ck_assert_uint_ne(fake.mfn_of[n], 0);
    return fake.mfn_of[n];
}

static uint64_t itself(uint64_t mfn) { return mfn; }

void *fake_guest(uint64_t phys)
{
    return (char *)fake_page(frame(phys / PAGE_SIZE)) + phys % PAGE_SIZE;
}

static struct map *find_map(const void *addr)
{
    for (size_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++)
        if (maps[i].addr == addr)
            return &maps[i];
    ck_abort_msg(addr ? "no such map" : "too many maps");
    return NULL;
}

/* `name` says which machine frame a map's frame is. */
static int make_map(struct ctrl *h, int prot, const uint64_t *mfns, size_t count,
                    uint64_t (*name)(uint64_t), void **addr)
{
    struct map *m = find_map(NULL);
    int ret;

    if (fails(&ret))
        return ctrl_fail(h, ret, "fake: cannot map");
    for (size_t i = 0; i < count; i++)
        if (!may_be_mapped(name(mfns[i])))
            return ctrl_fail(h, -EINVAL, "fake: not a frame of the guest");
    m->writable = prot & PROT_WRITE;
    ck_assert(!fake.pinned || !m->writable);
    m->addr = aligned_alloc(PAGE_SIZE, count * PAGE_SIZE);
    m->mfns = malloc(count * sizeof(*mfns));
    m->count = count;
    for (size_t i = 0; i < count; i++) {
        m->mfns[i] = name(mfns[i]);
        memcpy((char *)m->addr + i * PAGE_SIZE, fake_page(m->mfns[i]), PAGE_SIZE);
    }
    fake.maps++;
    *addr = m->addr;
    return 0;
}

int ctrl_map_foreign(struct ctrl *h, uint32_t domid, int prot, const uint64_t *mfns, size_t count,
                     void **addr)
{
    ck_assert_uint_eq(domid, fake.domid);
    return make_map(h, prot, mfns, count, frame, addr);
}

static int map_statistics(struct ctrl *h, uint32_t domid, uint32_t id, uint64_t first, size_t count,
                          int prot, void **addr)
{
    int ret;

    ck_assert_uint_eq(domid, DOMID_XEN);
    ck_assert_uint_eq(id + first, 0);
    ck_assert_int_eq(prot, PROT_READ);
    if (fails(&ret) || count > fake.statistics.nr_frames)
        return ctrl_fail(h, -EINVAL, "fake: cannot map");
    fake.statistics_maps++;
    *addr = fake.entries;
    return 0;
}

int ctrl_map_resource(struct ctrl *h, uint32_t domid, uint32_t type, uint32_t id, uint64_t first,
                      size_t count, int prot, void **addr)
{
    static const uint64_t table = FAKE_GRANT_TABLE;

    if (type == XENMEM_resource_statistics)
        return map_statistics(h, domid, id, first, count, prot, addr);
    ck_assert_uint_eq(domid, fake.domid);
    ck_assert_uint_eq(type, XENMEM_resource_grant_table);
    ck_assert_uint_eq(id + first, 0);
    ck_assert_uint_eq(count, 1);
    return make_map(h, prot, &table, 1, itself, addr);
}

void ctrl_unmap(void *addr, size_t count)
{
    struct map *m;

    if (addr == fake.entries) {
        fake.statistics_maps--;
        return;
    }
    m = find_map(addr);
    ck_assert_uint_eq(count, m->count);
    for (size_t i = 0; i < count && m->writable; i++)
        memcpy(fake_page(m->mfns[i]), (char *)addr + i * PAGE_SIZE, PAGE_SIZE);
    free(m->mfns);
    free(addr);
    m->addr = NULL;
    fake.maps--;
}

/* ---- hypercalls ---- */

static long get_info(struct xen_domctl *op)
{
    memset(&op->u, 0, sizeof(op->u));
    op->u.getdomaininfo.domain = fake.domid;
    op->u.getdomaininfo.shared_info_frame = FAKE_SHARED_INFO;
    op->u.getdomaininfo.max_pages = fake.max_pages;
    op->u.getdomaininfo.max_vcpu_id = 1;
    if (fake.hvm) {
        op->u.getdomaininfo.flags = XEN_DOMINF_hvm_guest;
        op->u.getdomaininfo.arch_config.emulation_flags = fake.emulation;
    }
    if (fake.suspended)
        op->u.getdomaininfo.flags |= XEN_DOMINF_shutdown | 2 << XEN_DOMINF_shutdownshift;
    return 0;
}

/* ---- what is asked of a guest that is saved ---- */

/* Level of a page table below the one at `mfn` of level `level`: 0 if `which` is none of them. */
static unsigned int level_below(uint64_t mfn, unsigned int level, uint64_t which)
{
    const uint64_t *table = fake_page(mfn);
    unsigned int found = mfn == which ? level : 0;

    for (int i = 0; !found && level > 1 && i < 512; i++)
        if (table[i] & 1 && is_guests(table[i] >> PAGE_SHIFT & 0xffffffff))
            found = level_below(table[i] >> PAGE_SHIFT & 0xffffffff, level - 1, which);
    return found;
}

/* A hardware guest's frames are memory or none. */
static uint64_t hvm_kind(uint64_t gfn)
{
    return gfn < FAKE_GFNS && fake.mfn_of[gfn] ? 0 : XEN_DOMCTL_PFINFO_XTAB;
}

static long frame_kinds(struct xen_domctl *op)
{
    xen_pfn_t *list = (void *)(uintptr_t)op->u.getpageframeinfo3.array.addr;

    for (uint64_t i = 0; i < op->u.getpageframeinfo3.num; i++) {
        uint64_t mfn = list[i];

        if (fake.hvm) {
            list[i] = hvm_kind(mfn);
            continue;
        }
        list[i] = is_guests(mfn) ? (uint64_t)level_below(fake.cr3, 4, mfn) << 28 : 0xfUL << 28;
        if (mfn == fake.cr3)
            list[i] |= XEN_DOMCTL_PFINFO_LPINTAB;
    }
    return 0;
}

static long get_context(struct xen_domctl *op)
{
    if (op->u.vcpucontext.vcpu)
        return -ENODATA;
    memcpy((void *)(uintptr_t)op->u.vcpucontext.ctxt.addr, &fake.context, sizeof(fake.context));
    return 0;
}

static long extended_state(struct xen_domctl *op)
{
    struct xen_domctl_vcpuextstate *x = &op->u.vcpuextstate;
    void *buffer = (void *)(uintptr_t)x->buffer.addr;

    if (op->cmd == XEN_DOMCTL_setvcpuextstate) {
        if (x->size != FAKE_XSTATE || x->xfeature_mask != 7)
            return -EINVAL;
        memcpy(fake.xstate, buffer, FAKE_XSTATE);
        return 0;
    }
    x->size = FAKE_XSTATE;
    x->xfeature_mask = 7;
    if (buffer)
        memcpy(buffer, fake.xstate, FAKE_XSTATE);
    return 0;
}

static long callbacks(struct xen_domctl *op)
{
    if (op->cmd == XEN_DOMCTL_set_ext_vcpucontext)
        fake.callbacks = op->u.ext_vcpucontext;
    else
        op->u.ext_vcpucontext = fake.callbacks;
    return 0;
}

static long create_domain(struct xen_domctl *op)
{
    ck_assert(!fake.exists);
    fake.exists = true;
    fake.first_mfn += fake.tot_pages;
    fake.tot_pages = 0;
    fake.pinned = fake.suspended = fake.started = false;
    fake.hvm = op->u.createdomain.flags & XEN_DOMCTL_CDF_hvm;
    fake.emulation = op->u.createdomain.arch.emulation_flags;
    memset(fake.mfn_of, 0, FAKE_GFNS * sizeof(*fake.mfn_of));
    memset(fake.params, 0, sizeof(fake.params));
    ck_assert(fake.hvm == !!op->u.createdomain.arch.emulation_flags);
    fake.domid = op->domain ? op->domain : 7;
    op->domain = fake.domid;
    return 0;
}

static long set_hvm_context(struct xen_domctl *op)
{
    const uint8_t *p = (void *)(uintptr_t)op->u.hvmcontext.buffer.addr;
    const uint8_t *end = p + op->u.hvmcontext.size;
    const struct hvm_save_descriptor *d;

    ck_assert(fake.hvm && fake.vcpus);
    ck_assert_uint_le(fake.maps, 1); /* that of the buffer */
    do {
        d = (const void *)p;
        if ((size_t)(end - p) < sizeof(*d) || (size_t)(end - p) - sizeof(*d) < d->length)
            return -ENODATA;
        p = (const uint8_t *)(d + 1) + d->length;
        if (d->typecode == HVM_SAVE_CODE_CPU) {
            if (d->length != sizeof(fake.cpu) || d->instance)
                return -EINVAL;
            memcpy(&fake.cpu, d + 1, sizeof(fake.cpu));
            fake.started = true;
        }
    } while (d->typecode != HVM_SAVE_CODE_END);
    return 0;
}

/* Of the one vcpu that the builder starts. */
static long get_hvm_context(struct xen_domctl *op)
{
    struct {
        struct hvm_save_descriptor cpu_is;
        struct hvm_hw_cpu cpu;
        struct hvm_save_descriptor end_is;
    } stream = { .cpu_is = { HVM_SAVE_CODE_CPU, 0, sizeof(fake.cpu) }, .cpu = fake.cpu };

    if (op->u.hvmcontext.buffer.addr && op->u.hvmcontext.size < sizeof(stream))
        return -ENOSPC;
    if (op->u.hvmcontext.buffer.addr)
        memcpy((void *)(uintptr_t)op->u.hvmcontext.buffer.addr, &stream, sizeof(stream));
    op->u.hvmcontext.size = sizeof(stream);
    return 0;
}

static long domctl(struct xen_domctl *op)
{
    ck_assert_uint_eq(op->interface_version, XEN_DOMCTL_INTERFACE_VERSION);
    if (op->cmd == XEN_DOMCTL_createdomain)
        return create_domain(op);
    if (!fake.exists || op->domain != fake.domid)
        return -ESRCH;
    switch (op->cmd) {
    case XEN_DOMCTL_destroydomain:
        ck_assert_uint_eq(fake.maps, 0);
        fake.exists = false;
        return 0;
    case XEN_DOMCTL_max_vcpus: fake.vcpus = true; return 0;
    case XEN_DOMCTL_max_mem: fake.max_pages = op->u.max_mem.max_memkb / 4; return 0;
    case XEN_DOMCTL_settscinfo: return 0;
    case XEN_DOMCTL_getdomaininfo: return get_info(op);
    case XEN_DOMCTL_hypercall_init: fake.hypercall_page = op->u.hypercall_init.gmfn; return 0;
    case XEN_DOMCTL_sethvmcontext: return set_hvm_context(op);
    case XEN_DOMCTL_gethvmcontext: return get_hvm_context(op);
    case XEN_DOMCTL_getvcpuinfo: op->u.getvcpuinfo.online = fake.started; return 0;
    case XEN_DOMCTL_gettscinfo: op->u.tsc_info.gtsc_khz = 2000000; return 0;
    case XEN_DOMCTL_getpageframeinfo3: return frame_kinds(op);
    case XEN_DOMCTL_getvcpucontext: return get_context(op);
    case XEN_DOMCTL_getvcpuextstate:
    case XEN_DOMCTL_setvcpuextstate: return extended_state(op);
    case XEN_DOMCTL_get_ext_vcpucontext:
    case XEN_DOMCTL_set_ext_vcpucontext: return callbacks(op);
    case XEN_DOMCTL_resumedomain: fake.suspended = false; return 0;
    case XEN_DOMCTL_setvcpucontext:
        if (!fake.vcpus || (!fake.pinned && !fake.hvm))
            return -EINVAL;
        memcpy(&fake.context, (void *)(uintptr_t)op->u.vcpucontext.ctxt.addr,
               sizeof(fake.context));
        fake.started = true;
        memset(fake.xstate, 0, fake.hvm ? 0 : sizeof(fake.xstate));
        return 0;
    default: return -ENOSYS;
    }
}

/* Machine memory is given out downwards, so that pfn and mfn run in opposite directions. */
static long populate(struct xen_memory_reservation *op)
{
    xen_pfn_t *list = (void *)(uintptr_t)op->extent_start.addr;
    uint64_t pages = 1UL << op->extent_order, i;

    ck_assert(fake.exists && op->domid == fake.domid);
    if (op->extent_order > 9)
        return -EPERM;
    for (i = 0; i < op->nr_extents; i++) {
        uint64_t mfn = fake.first_mfn + fake.tot_pages;

        if (fake.tot_pages + pages > fake.max_pages || mfn + pages > FAKE_PAGES)
            break;
        memset(fake_page(mfn), 0xc2, pages * PAGE_SIZE);
        for (uint64_t p = 0; p < pages; p++) {
            fake.pfn_of[mfn + p] = list[i] + p;
            if (list[i] + p < FAKE_GFNS)
                fake.mfn_of[list[i] + p] = mfn + p;
        }
        fake.tot_pages += pages;
        if (!fake.hvm)
            list[i] = mfn;
    }
    return i;
}

static long pin(struct mmuext_op *op)
{
    ck_assert_uint_eq(fake.maps, 0);
    if (op->cmd != MMUEXT_PIN_L4_TABLE)
        return 0;
    fake.cr3 = op->arg1.mfn;
    fake.pinned = true;
    return 0;
}

static long param(uint64_t cmd, struct xen_hvm_param *p)
{
    ck_assert(fake.hvm && p->domid == fake.domid);
    ck_assert_uint_lt(p->index, HVM_NR_PARAMS);
    if (cmd == HVMOP_get_param)
        p->value = fake.params[p->index];
    else
        fake.params[p->index] = p->value;
    return 0;
}

static long highest_frame(void)
{
    uint64_t gfn = FAKE_GFNS - 1;

    ck_assert(fake.hvm);
    while (gfn && !fake.mfn_of[gfn])
        gfn--;
    return gfn;
}

/* The one domain that there may be. */
static long list_domains(struct xen_sysctl_getdomaininfolist *l)
{
    struct xen_domctl_getdomaininfo info = { .domain = fake.domid };

    l->num_domains = fake.exists && l->max_domains && l->first_domain <= fake.domid;
    if (l->num_domains)
        memcpy((void *)(uintptr_t)l->buffer.addr, &info, sizeof(info));
    return 0;
}

static long sysctl(struct xen_sysctl *op)
{
    if (op->cmd == XEN_SYSCTL_statistics) {
        memcpy(&op->u, &fake.statistics, sizeof(fake.statistics));
        return fake.statistics.nr_frames ? 0 : -ENOSYS;
    }
    if (op->cmd == XEN_SYSCTL_getdomaininfolist)
        return list_domains(&op->u.getdomaininfolist);
    ck_assert_uint_eq(op->cmd, XEN_SYSCTL_physinfo);
    op->u.physinfo.free_pages = FAKE_PAGES - fake.first_mfn;
    op->u.physinfo.total_pages = FAKE_PAGES;
    op->u.physinfo.capabilities = fake.capabilities;
    memcpy(op->u.physinfo.hw_cap, fake.hw_cap, sizeof(fake.hw_cap));
    return 0;
}

long hypercall(struct ctrl *h, unsigned long op, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3,
               uint64_t a4)
{
    void *p0 = (void *)(uintptr_t)a0, *p1 = (void *)(uintptr_t)a1;
    int ret;

    (void)h;
    (void)a2;
    (void)a4;
    if (fails(&ret))
        return ret;
    switch (op) {
    case __HYPERVISOR_domctl: return domctl(p0);
    case __HYPERVISOR_sysctl: return sysctl(p0);
    case __HYPERVISOR_memory_op:
        if (a0 == XENMEM_maximum_ram_page)
            return FAKE_PAGES - 1;
        if (a0 == XENMEM_maximum_gpfn)
            return highest_frame();
        ck_assert_uint_eq(a0, XENMEM_populate_physmap);
        return populate(p1);
    case __HYPERVISOR_xen_version: return a0 == XENVER_version ? 4 << 16 | 17 : 0;
    case __HYPERVISOR_event_channel_op:
        ck_assert_uint_eq(a0, EVTCHNOP_alloc_unbound);
        ((struct evtchn_alloc_unbound *)p1)->port = ++fake.next_port;
        return 0;
    case __HYPERVISOR_hvm_op:
        ck_assert(a0 == HVMOP_set_param || a0 == HVMOP_get_param);
        return param(a0, p1);
    case __HYPERVISOR_mmuext_op:
        ck_assert_uint_eq(a3, fake.domid);
        return pin(p0);
    default: return -ENOSYS;
    }
}
