/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A saved guest becomes a domain again. The file is believed in nothing: sizes, order and frames
 * are checked here, page tables and registers by the hypervisor when it is asked to take them.
 */
#include "build_hardware.h"
#include "restore.h"
#include "../../firmware/platform.h"

#include <public/domctl.h>
#include <public/xen.h>

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define LEVELS 4

/* The frame of the first of an HVM guest's tables. */
#define HVM_BOARD (PLATFORM_BOARD >> PAGE_SHIFT)

/* In a kind, here: its contents have come. */
#define KIND_LOADED 0x80

/* Entries of the guest's list that have one of these bits are marks of its own. */
#define LIST_MARKS (3ULL << 62)

static bool is_hvm(const struct restore *r) { return r->dom->type == CTRL_HVM; }

/* ---- what there is ---- */

static int take_domain(struct ctrl *h, struct restore *r)
{
    struct ctrl_physinfo machine;
    int ret = ctrl_physinfo(h, &machine);

    if (ret)
        return ret;
    if (r->reader->size != sizeof(r->domain))
        return record_wrong(h, r->reader, "it has another size");
    memcpy(&r->domain, r->reader->body, sizeof(r->domain));
    if (r->domain.nr_frames == 0 || r->domain.nr_frames > PV_FRAMES_MAX ||
        r->domain.nr_frames > machine.total_pages + HOLE_FRAMES)
        return ctrl_fail(h, -ENOMEM, "the guest has %llu frames, and this machine's memory %llu",
                         (unsigned long long)r->domain.nr_frames,
                         (unsigned long long)machine.total_pages);
    if (r->hardware && r->domain.start_info)
        return record_wrong(h, r->reader, "a hardware guest has no start_info");
    if (r->domain.max_vcpus > r->dom->max_vcpus)
        return ctrl_fail(h, -EINVAL, "the guest has %u vcpus, and its configuration %u",
                         r->domain.max_vcpus, r->dom->max_vcpus);
    if (pv_frames_alloc(&r->frames, r->domain.nr_frames, 0))
        return ctrl_fail(h, -ENOMEM, "no memory for a list of %llu frames",
                         (unsigned long long)r->domain.nr_frames);
    return 0;
}

static bool is_kind(const struct restore *r, uint8_t kind)
{
    if (r->hardware)
        return kind == SAVE_KIND_ABSENT || kind == 0;
    return kind == SAVE_KIND_ABSENT ||
           (kind <= (SAVE_KIND_LEVEL | SAVE_KIND_PINNED) && (kind & SAVE_KIND_LEVEL) <= LEVELS);
}

static int take_frames(struct ctrl *h, struct restore *r)
{
    const struct save_frames *f = (const void *)r->reader->body;
    uint64_t count = r->reader->size - sizeof(*f);

    if (r->reader->size <= sizeof(*f) || f->first != r->nr_kinds ||
        count > r->frames.nr_frames - r->nr_kinds)
        return record_wrong(h, r->reader, "it is not about the next frames");
    for (uint64_t i = 0; i < count; i++) {
        if (!is_kind(r, f->kinds[i]))
            return record_wrong(h, r->reader, "there is no such kind of frame");
        r->frames.kinds[r->nr_kinds + i] = f->kinds[i];
        r->nr_present += f->kinds[i] != SAVE_KIND_ABSENT;
    }
    r->nr_kinds += count;
    return 0;
}

/* ---- its memory ---- */

static bool is_present(const struct restore *r, uint64_t pfn)
{
    return r->frames.kinds[pfn] != SAVE_KIND_ABSENT;
}

static int populate(struct ctrl *h, struct restore *r)
{
    uint64_t next;
    int ret = 0;

    for (uint64_t pfn = 0; !ret && pfn < r->frames.nr_frames; pfn = next) {
        bool present = is_present(r, pfn);

        for (next = pfn + 1; next < r->frames.nr_frames && is_present(r, next) == present; next++)
            ;
        if (present)
            ret = ctrl_populate(h, r->domid, pfn, next - pfn,
                                r->hardware ? NULL : r->frames.mfns + pfn);
        for (uint64_t i = pfn; r->hardware && present && i < next; i++)
            r->frames.mfns[i] = i;
    }
    return ret;
}

/* The rings of a hardware guest and the like count as its memory, but not as memory it may have, as
 * an HVM guest's screen does. */
static uint64_t special_kb(const struct restore *r)
{
    uint64_t first = is_hvm(r) ? HVM_BOARD : PVH_LOW_END, kb = is_hvm(r) ? HVM_EXTRA_KB : 0;

    for (uint64_t pfn = first; r->hardware && pfn < PVH_HIGH_START && pfn < r->frames.nr_frames; pfn++)
        kb += is_present(r, pfn) ? 4 : 0;
    return kb;
}

int restore_give_memory(struct ctrl *h, struct restore *r)
{
    uint64_t kb = r->cfg->maxmem_kb + special_kb(r);
    struct ctrl_physinfo machine;
    int ret;

    if (r->created)
        return 0;
    if (r->nr_kinds != r->frames.nr_frames)
        return record_wrong(h, r->reader, "not all frames are known yet");
    if (r->nr_present * 4 > kb)
        kb = r->nr_present * 4;
    ret = ctrl_physinfo(h, &machine);
    if (ret)
        return ret;
    if (r->nr_present > machine.free_pages)
        return ctrl_fail(h, -ENOMEM,
                         "not enough free memory: the guest has %llu KiB, the machine "
                         "has %llu KiB left",
                         (unsigned long long)r->nr_present * 4,
                         (unsigned long long)machine.free_pages * 4);
    ret = ctrl_domain_create(h, r->dom, &r->domid);
    if (ret)
        return ret;
    r->created = true;
    ret = ctrl_domain_set_max_mem(h, r->domid, kb);
    return ret ? ret : populate(h, r);
}

static int take_list(struct ctrl *h, struct restore *r)
{
    uint64_t most = (r->frames.nr_frames + ENTRIES_PER_PAGE - 1) / ENTRIES_PER_PAGE;
    uint64_t count = r->reader->size / sizeof(uint64_t);
    const uint64_t *pfns = (const void *)r->reader->body;

    int ret = restore_give_memory(h, r);

    if (ret)
        return ret;
    if (!r->list) {
        r->list = malloc(most * sizeof(r->list[0]));
        if (!r->list)
            return ctrl_fail(h, -ENOMEM, "no memory for a list of %llu frames",
                             (unsigned long long)most);
    }
    if (r->reader->size % sizeof(uint64_t) || count > most - r->nr_list)
        return record_wrong(h, r->reader, "it is longer than the guest's list");
    for (uint64_t i = 0; i < count; i++) {
        uint64_t mfn = pv_frames_mfn(&r->frames, pfns[i]);

        if (mfn == NO_FRAME || r->frames.kinds[pfns[i]] != 0)
            return record_wrong(h, r->reader, "a frame of it is not the guest's");
        r->list[r->nr_list++] = mfn;
    }
    return 0;
}

/* ---- contents ---- */

/* One of the pages of a batch; *data moves on. */
static int put_page(struct ctrl *h, struct restore *r, uint64_t pfn, char *to, const char **data)
{
    unsigned int level = r->frames.kinds[pfn & ~SAVE_ZERO_PAGE] & SAVE_KIND_LEVEL;
    const char *from = *data;
    uint64_t bad;

    if (pfn & SAVE_ZERO_PAGE) {
        memset(to, 0, PAGE_SIZE);
        return 0;
    }
    *data += PAGE_SIZE;
    if (level == 0)
        memcpy(to, from, PAGE_SIZE);
    else if (!pv_table_translate(&r->frames, level, (const uint64_t *)from, (uint64_t *)to,
                                 pv_frames_mfn, &bad))
        return record_wrong(h, r->reader, "a page table maps a frame that is not there");
    return 0;
}

/* The frames of a batch, each for the first time. */
static int take_pfns(struct ctrl *h, struct restore *r, const struct save_pages *p, uint64_t *mfns)
{
    uint64_t size = r->reader->size, contents = 0;

    if (size < sizeof(*p) || p->count == 0 || p->count > SAVE_PAGES_MAX ||
        size < sizeof(*p) + p->count * sizeof(p->pfns[0]))
        return record_wrong(h, r->reader, "it has no such number of pages");
    for (uint64_t i = 0; i < p->count; i++) {
        uint64_t pfn = p->pfns[i] & ~SAVE_ZERO_PAGE;

        mfns[i] = pv_frames_mfn(&r->frames, pfn);
        if (mfns[i] == NO_FRAME || r->frames.kinds[pfn] & KIND_LOADED)
            return record_wrong(h, r->reader, "it has a page that is not there, or twice");
        r->frames.kinds[pfn] |= KIND_LOADED;
        contents += p->pfns[i] & SAVE_ZERO_PAGE ? 0 : PAGE_SIZE;
    }
    r->nr_loaded += p->count;
    if (size != sizeof(*p) + p->count * sizeof(p->pfns[0]) + contents)
        return record_wrong(h, r->reader, "its contents have another size");
    return 0;
}

static int take_pages(struct ctrl *h, struct restore *r)
{
    const struct save_pages *p = (const void *)r->reader->body;
    uint64_t mfns[SAVE_PAGES_MAX];
    const char *data;
    void *pages;
    int ret = r->hardware ? restore_give_memory(h, r) : 0;

    if (!ret)
        ret = take_pfns(h, r, p, mfns);
    if (!ret)
        ret = ctrl_map_foreign(h, r->domid, PROT_READ | PROT_WRITE, mfns, p->count, &pages);
    if (ret)
        return ret;
    data = (const char *)&p->pfns[p->count];
    for (uint64_t i = 0; !ret && i < p->count; i++)
        ret = put_page(h, r, p->pfns[i], (char *)pages + i * PAGE_SIZE, &data);
    ctrl_unmap(pages, p->count);
    if (!ret && r->cfg->progress)
        r->cfg->progress(r->cfg->arg, r->nr_loaded, r->nr_present);
    return ret;
}

/* ---- what names machine frames ---- */

static void put_list_frame(const struct restore *r, uint64_t i, uint64_t *entries)
{
    for (uint64_t j = 0; j < ENTRIES_PER_PAGE; j++) {
        uint64_t pfn = i * ENTRIES_PER_PAGE + j;

        if (pv_frames_mfn(&r->frames, pfn) != NO_FRAME)
            entries[j] = r->frames.mfns[pfn];
        else if (!(entries[j] & LIST_MARKS))
            entries[j] = NO_FRAME;
    }
}

static int put_list(struct ctrl *h, const struct restore *r)
{
    for (uint64_t i = 0; i < r->nr_list; i++) {
        void *page;
        int ret = ctrl_map_foreign(h, r->domid, PROT_READ | PROT_WRITE, &r->list[i], 1, &page);

        if (ret)
            return ret;
        put_list_frame(r, i, page);
        ctrl_unmap(page, 1);
    }
    return 0;
}

static int put_start_info(struct ctrl *h, struct restore *r)
{
    uint64_t mfn = pv_frames_mfn(&r->frames, r->domain.start_info), store, console;
    struct start_info *si;
    void *page;
    int ret;

    if (mfn == NO_FRAME)
        return record_wrong(h, r->reader, "there is no frame of start_info");
    ret = ctrl_map_foreign(h, r->domid, PROT_READ | PROT_WRITE, &mfn, 1, &page);
    if (ret)
        return ret;
    si = page;
    store = pv_frames_mfn(&r->frames, si->store_mfn);
    console = pv_frames_mfn(&r->frames, si->console.domU.mfn);
    if (store == NO_FRAME || console == NO_FRAME)
        ret = record_wrong(h, r->reader, "the rings of store and console are not the guest's");
    else
        ret = make_rings(h, r->domid, r->cfg->store_backend, r->cfg->console_backend, store,
                         console, r->rings);
    if (!ret) {
        si->nr_pages = r->frames.nr_frames;
        si->shared_info = r->shared_info_mfn << PAGE_SHIFT;
        si->flags &= SIF_VIRT_P2M_4TOOLS;
        si->store_mfn = store;
        si->store_evtchn = r->rings->store_port;
        si->console.domU.mfn = console;
        si->console.domU.evtchn = r->rings->console_port;
    }
    ctrl_unmap(page, 1);
    return ret;
}

/* Events of before are no more; what it says of its list the guest says anew. */
static int put_shared_info(struct ctrl *h, struct restore *r)
{
    const struct shared_info *old = (const void *)r->reader->body;
    struct shared_info *shared;
    void *page;
    int ret = ctrl_map_foreign(h, r->domid, PROT_READ | PROT_WRITE, &r->shared_info_mfn, 1, &page);

    if (ret)
        return ret;
    shared = page;
    memset(shared, 0, PAGE_SIZE);
    memset(shared->evtchn_mask, 0xff, sizeof(shared->evtchn_mask));
    for (unsigned int i = 0; i < XEN_LEGACY_MAX_VCPUS; i++)
        shared->vcpu_info[i].evtchn_upcall_mask = old->vcpu_info[i].evtchn_upcall_mask;
    shared->arch.max_pfn = old->arch.max_pfn;
    ctrl_unmap(page, 1);
    return 0;
}

static int pin_tables(struct ctrl *h, const struct restore *r)
{
    int ret = 0;

    for (uint64_t pfn = 0; ret >= 0 && pfn < r->frames.nr_frames; pfn++) {
        uint8_t kind = r->frames.kinds[pfn] & ~KIND_LOADED;

        if (kind == SAVE_KIND_ABSENT || !(kind & SAVE_KIND_PINNED) || !(kind & SAVE_KIND_LEVEL))
            continue;
        ret = pin_table(h, r->domid, kind & SAVE_KIND_LEVEL, r->frames.mfns[pfn]);
    }
    return ret;
}

/* All of memory is there: what depends on all of it. */
static int take_shared_info(struct ctrl *h, struct restore *r)
{
    struct ctrl_domain_info info;
    int ret;

    if (r->reader->size != PAGE_SIZE)
        return record_wrong(h, r->reader, "it has another size");
    if (!r->list || r->nr_loaded != r->nr_present)
        return record_wrong(h, r->reader, "pages are missing before it");
    if (r->shared_info_mfn)
        return record_wrong(h, r->reader, "it comes twice");
    ret = ctrl_domain_info(h, r->domid, &info);
    r->shared_info_mfn = info.shared_info_mfn;
    if (!ret)
        ret = put_list(h, r);
    if (!ret)
        ret = put_start_info(h, r);
    if (!ret)
        ret = put_shared_info(h, r);
    return ret ? ret : pin_tables(h, r);
}

/* ---- records ---- */

static int take_end(struct ctrl *h, struct restore *r)
{
    struct xen_domctl *op;
    int ret;

    if (!r->has_vcpu0)
        return record_wrong(h, r->reader, "there was no vcpu 0");
    if (is_hvm(r) && !r->saved->device_model)
        return record_wrong(h, r->reader, "there was no state of a device model");
    op = domctl_get(h, XEN_DOMCTL_settscinfo, r->domid);
    op->u.tsc_info.tsc_mode = r->domain.tsc_mode;
    op->u.tsc_info.gtsc_khz = r->domain.tsc_khz;
    op->u.tsc_info.incarnation = r->domain.tsc_incarnation;
    op->u.tsc_info.elapsed_nsec = r->domain.tsc_elapsed_ns;
    ret = domctl_call(h, op);
    arena_put(h, op);
    return ret < 0 ? ctrl_fail(h, ret, "cannot set its time stamp counter: %s", strerror(-ret)) : 0;
}

static int take_records(struct ctrl *h, struct restore *r)
{
    static int (*const take[])(struct ctrl * h, struct restore * r) = {
        [SAVE_DOMAIN] = take_domain,
        [SAVE_FRAMES] = take_frames,
        [SAVE_P2M] = take_list,
        [SAVE_PAGES] = take_pages,
        [SAVE_SHARED_INFO] = take_shared_info,
        [SAVE_VCPU] = restore_vcpu,
        [SAVE_PARAMS] = restore_params,
        [SAVE_CONTEXT] = restore_context,
        [SAVE_DEVICE_MODEL] = restore_device_model,
        [SAVE_END] = take_end,
    };
    int ret;

    do {
        ret = record_next(h, r->reader);
        if (ret)
            return ret;
        if (r->reader->type == SAVE_CONFIG ||
            (r->reader->type == SAVE_DOMAIN) == (r->frames.nr_frames > 0))
            return record_wrong(h, r->reader, "it does not belong there");
        ret = take[r->reader->type](h, r);
    } while (!ret && r->reader->type != SAVE_END);
    return ret;
}

int ctrl_guest_restore(struct ctrl *h, struct ctrl_saved *saved,
                       const struct ctrl_domain_config *dom, const struct ctrl_restore *cfg,
                       uint32_t *domid, struct ctrl_guest_rings *rings)
{
    static const enum ctrl_guest_type types[SAVE_VERSIONS] = {
        [SAVE_VERSION_PV] = CTRL_PV,
        [SAVE_VERSION_HARDWARE] = CTRL_PVH,
        [SAVE_VERSION_HVM] = CTRL_HVM,
    };
    struct restore r = {
        .saved = saved,
        .reader = &saved->reader,
        .dom = dom,
        .cfg = cfg,
        .domid = *domid,
        .rings = rings,
        .hardware = saved->reader.version != SAVE_VERSION_PV,
    };
    int ret;

    if (dom->type != types[saved->reader.version])
        return ctrl_fail(h, -EBADMSG, "the guest's configuration is of another type than the guest");
    ret = take_records(h, &r);
    if (ret && r.created)
        domain_abandon(h, r.domid);
    if (!ret)
        *domid = r.domid;
    pv_frames_free(&r.frames);
    free(r.list);
    return ret;
}
