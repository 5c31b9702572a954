/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Saving a guest that has suspended: what frames it has, their contents, its vcpus. Frames of a
 * hardware guest are called by the same numbers in the guest and in maps of its memory.
 */
#include "save.h"

#include <public/domctl.h>

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

int save_put(struct ctrl *h, const struct saving *s, enum save_type type, const void *a,
             size_t a_size, const void *b, size_t b_size)
{
    struct iovec v[] = { { (void *)a, a_size }, { (void *)b, b_size } };

    return record_write(h, s->cfg->fd, type, v, b_size ? 2 : 1);
}

/* ---- frames ---- */

static int put_frames(struct ctrl *h, const struct saving *s)
{
    const uint64_t most = SAVE_BODY_MAX / 2;
    int ret = 0;

    for (uint64_t first = 0; !ret && first < s->frames.nr_frames; first += most) {
        struct save_frames head = { first };
        uint64_t n = s->frames.nr_frames - first;

        ret = save_put(h, s, SAVE_FRAMES, &head, sizeof(head), s->frames.kinds + first,
                       n < most ? n : most);
    }
    return ret;
}

static int put_list(struct ctrl *h, struct saving *s)
{
    const uint64_t most = SAVE_BODY_MAX / 2 / sizeof(uint64_t);
    int ret = 0;

    for (uint64_t i = 0; i < s->nr_list; i++) {
        s->list_mfns[i] = pv_frames_pfn(&s->frames, s->list_mfns[i]);
        if (s->list_mfns[i] == NO_FRAME)
            return ctrl_fail(h, -EINVAL, "the guest's list of frames is not in its own memory");
    }
    for (uint64_t i = 0; !ret && i < s->nr_list; i += most) {
        uint64_t n = s->nr_list - i;

        ret = save_put(h, s, SAVE_P2M, s->list_mfns + i, (n < most ? n : most) * sizeof(uint64_t),
                       NULL, 0);
    }
    return ret;
}

/* ---- contents ---- */

static bool is_zero(const char *page)
{
    return page[0] == 0 && memcmp(page, page + 1, PAGE_SIZE - 1) == 0;
}

/* Appends a page's contents at `out`, or marks it. Returns the bytes, or -errno. */
static int take_page(struct ctrl *h, const struct saving *s, uint64_t *pfn, const char *from,
                     char *out)
{
    unsigned int level = s->frames.kinds[*pfn] & SAVE_KIND_LEVEL;
    uint64_t bad;

    if (level == 0) {
        if (is_zero(from)) {
            *pfn |= SAVE_ZERO_PAGE;
            return 0;
        }
        memcpy(out, from, PAGE_SIZE);
    } else if (!pv_table_translate(&s->frames, level, (const uint64_t *)from, (uint64_t *)out,
                                   pv_frames_pfn, &bad)) {
        return ctrl_fail(h, -EXDEV, "its page tables map machine frame %#llx, which is not its own",
                         (unsigned long long)bad);
    }
    return PAGE_SIZE;
}

static int put_batch(struct ctrl *h, const struct saving *s, uint64_t *pfns, unsigned int n,
                     char *buffer)
{
    uint64_t mfns[SAVE_PAGES_MAX], *head = (uint64_t *)buffer;
    char *out = buffer + (1 + n) * sizeof(uint64_t);
    void *pages;
    int ret;

    for (unsigned int i = 0; i < n; i++)
        mfns[i] = s->frames.mfns[pfns[i]];
    ret = ctrl_map_foreign(h, s->domid, PROT_READ, mfns, n, &pages);
    if (ret)
        return ret;
    for (unsigned int i = 0; ret >= 0 && i < n; i++) {
        ret = take_page(h, s, &pfns[i], (char *)pages + i * PAGE_SIZE, out);
        out += ret > 0 ? ret : 0;
    }
    ctrl_unmap(pages, n);
    if (ret < 0)
        return ret;
    head[0] = n;
    memcpy(head + 1, pfns, n * sizeof(pfns[0]));
    return save_put(h, s, SAVE_PAGES, buffer, out - buffer, NULL, 0);
}

static int put_pages(struct ctrl *h, const struct saving *s)
{
    char *buffer = malloc((SAVE_PAGES_MAX + 1) * (PAGE_SIZE + sizeof(uint64_t)));
    uint64_t pfns[SAVE_PAGES_MAX], done = 0;
    unsigned int n = 0;
    int ret = 0;

    if (!buffer)
        return ctrl_fail(h, -ENOMEM, "no memory for %u pages", SAVE_PAGES_MAX);
    for (uint64_t pfn = 0; !ret && pfn < s->frames.nr_frames; pfn++) {
        if (s->frames.mfns[pfn] != NO_FRAME)
            pfns[n++] = pfn;
        if (n != SAVE_PAGES_MAX && pfn != s->frames.nr_frames - 1)
            continue;
        ret = n ? put_batch(h, s, pfns, n, buffer) : 0;
        done += n;
        n = 0;
        if (s->cfg->progress)
            s->cfg->progress(s->cfg->arg, done, s->nr_present);
    }
    free(buffer);
    return ret;
}

/* ---- the whole ---- */

/* By convention the call that suspends has the start_info frame as its third argument. */
static int find_start_info(struct ctrl *h, const struct saving *s, uint64_t *pfn)
{
    struct vcpu_guest_context c;
    int ret = save_get_context(h, s->domid, 0, &c);

    if (ret < 0)
        return ctrl_fail(h, ret, "cannot get the registers of vcpu 0: %s", strerror(-ret));
    *pfn = pv_frames_pfn(&s->frames, c.user_regs.rdx);
    if (*pfn == NO_FRAME)
        return ctrl_fail(h, -EINVAL,
                         "the guest has not said where its start_info is when it "
                         "suspended");
    return 0;
}

static int put_domain(struct ctrl *h, const struct saving *s)
{
    struct save_domain d = {
        .nr_frames = s->frames.nr_frames,
        .max_vcpus = s->info.max_vcpu_id + 1,
    };
    struct xen_domctl *op;
    int ret = s->info.hvm ? 0 : find_start_info(h, s, &d.start_info);

    if (ret)
        return ret;
    op = domctl_get(h, XEN_DOMCTL_gettscinfo, s->domid);
    ret = domctl_call(h, op);
    d.tsc_mode = op->u.tsc_info.tsc_mode;
    d.tsc_khz = op->u.tsc_info.gtsc_khz;
    d.tsc_incarnation = op->u.tsc_info.incarnation;
    d.tsc_elapsed_ns = op->u.tsc_info.elapsed_nsec;
    arena_put(h, op);
    if (ret < 0)
        return ctrl_fail(h, ret, "cannot ask for its time stamp counter: %s", strerror(-ret));
    return save_put(h, s, SAVE_DOMAIN, &d, sizeof(d), NULL, 0);
}

/* What there is only of PV guests; memory stands between the two. */
static int put_pv_vcpus(struct ctrl *h, const struct saving *s)
{
    int ret = save_put(h, s, SAVE_SHARED_INFO, s->shared, PAGE_SIZE, NULL, 0);

    return ret ? ret : save_put_vcpus(h, s);
}

static uint32_t version_of(const struct saving *s)
{
    if (s->info.pc)
        return SAVE_VERSION_HVM;
    return s->info.hvm ? SAVE_VERSION_HARDWARE : SAVE_VERSION_PV;
}

static int write_records(struct ctrl *h, struct saving *s)
{
    bool hardware = s->info.hvm;
    int ret = save_header_write(h, s->cfg->fd, version_of(s));

    if (!ret)
        ret = save_put(h, s, SAVE_CONFIG, s->cfg->config, strlen(s->cfg->config), NULL, 0);
    if (!ret)
        ret = put_domain(h, s);
    if (!ret)
        ret = put_frames(h, s);
    if (!ret && !hardware)
        ret = put_list(h, s);
    if (!ret)
        ret = put_pages(h, s);
    if (!ret)
        ret = hardware ? save_put_hardware(h, s) : put_pv_vcpus(h, s);
    return ret ? ret : save_put(h, s, SAVE_END, NULL, 0, NULL, 0);
}

static int check_suspended(struct ctrl *h, struct saving *s)
{
    int ret = ctrl_domain_info(h, s->domid, &s->info);

    if (ret)
        return ret;
    if (s->info.pc && s->cfg->device_model_size == 0)
        return ctrl_fail(h, -EINVAL, "of an HVM guest's devices, only its device model knows how they "
                         "are, and it has not been asked");
    if (s->info.pc && s->cfg->device_model_size > SAVE_BODY_MAX)
        return ctrl_fail(h, -E2BIG, "the state of its device model has %zu bytes",
                         s->cfg->device_model_size);
    if (!s->info.shutdown || s->info.shutdown_reason != CTRL_SHUTDOWN_SUSPEND)
        return ctrl_fail(h, -EBUSY, "it has not suspended");
    return 0;
}

static int save_pv(struct ctrl *h, struct saving *s)
{
    void *shared;
    int ret = ctrl_map_foreign(h, s->domid, PROT_READ, &s->info.shared_info_mfn, 1, &shared);

    if (ret)
        return ret;
    s->shared = shared;
    ret = save_read_list(h, s);
    if (ret)
        ret = ctrl_wrap(h, ret, "cannot read the guest's list of machine frames");
    if (!ret)
        ret = save_find_kinds(h, s);
    if (!ret)
        ret = write_records(h, s);
    ctrl_unmap(shared, 1);
    return ret;
}

static int save_hardware(struct ctrl *h, struct saving *s)
{
    int ret = save_find_frames(h, s);

    return ret ? ret : write_records(h, s);
}

int ctrl_guest_save(struct ctrl *h, uint32_t domid, const struct ctrl_save *cfg)
{
    struct saving s = { .cfg = cfg, .domid = domid };
    int ret = check_suspended(h, &s);

    if (!ret)
        ret = s.info.hvm ? save_hardware(h, &s) : save_pv(h, &s);
    pv_frames_free(&s.frames);
    free(s.list_mfns);
    return ret ? ctrl_wrap(h, ret, "cannot save domain %u", domid) : 0;
}
