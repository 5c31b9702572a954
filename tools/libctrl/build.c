/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Building guests: the files and the plan first, then the domain, so that what can be said without
 * one is said before there is any.
 */
#include "build.h"

#include <public/grant_table.h>
#include <public/xen.h>

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const struct builder *const builders[] = {
    [CTRL_PV] = &build_pv,
    [CTRL_PVH] = &build_pvh,
    [CTRL_HVM] = &build_hvm,
};

/* -- the files and the plan -- */

static int check_memory(struct ctrl *h, struct build *b)
{
    uint64_t max_kb = b->cfg->maxmem_kb;

    if (max_kb && max_kb < b->cfg->memory_kb)
        return ctrl_fail(h, -EINVAL, "maxmem of %llu KiB is less than memory of %llu KiB",
                         (unsigned long long)max_kb, (unsigned long long)b->cfg->memory_kb);
    return builders[b->cfg->type]->plan(h, b);
}

int build_too_little_memory(struct ctrl *h, const struct build *b, uint64_t need_pages)
{
    return ctrl_fail(h, -ENOSPC,
                     "memory of %llu KiB is too little: this kernel and ramdisk need "
                     "at least %llu KiB to start",
                     (unsigned long long)b->cfg->memory_kb, (unsigned long long)need_pages * 4);
}

int build_open_ramdisk(struct ctrl *h, struct build *b, const char *path)
{
    int ret = file_open(h, path, &b->ramdisk_fd, &b->ramdisk_size);

    b->ramdisk = path;
    return ret ? ctrl_wrap(h, ret, "cannot load ramdisk '%s'", path) : 0;
}

int build_open_files(struct ctrl *h, struct build *b)
{
    int ret = kernel_open(h, b->cfg->kernel, &b->kernel);

    if (ret || !b->cfg->ramdisk)
        return ret;
    ret = build_open_ramdisk(h, b, b->cfg->ramdisk);
    if (ret)
        kernel_close(&b->kernel);
    return ret;
}

static void close_files(struct build *b)
{
    if (b->ramdisk_fd >= 0)
        close(b->ramdisk_fd);
    kernel_close(&b->kernel);
}

static int prepare(struct ctrl *h, struct build *b, const struct ctrl_guest_config *cfg)
{
    int ret;

    *b = (struct build){ .cfg = cfg, .nr_pages = cfg->memory_kb / 4, .ramdisk_fd = -1 };
    if (cfg->cmdline && strlen(cfg->cmdline) >= MAX_GUEST_CMDLINE)
        return ctrl_fail(h, -E2BIG, "the command line has %zu bytes, %u are the most",
                         strlen(cfg->cmdline), MAX_GUEST_CMDLINE - 1);
    ret = builders[cfg->type]->open(h, b);
    if (ret)
        return ret;
    ret = check_memory(h, b);
    if (ret)
        close_files(b);
    return ret;
}

static void finish(struct build *b)
{
    if (builders[b->cfg->type]->finish)
        builders[b->cfg->type]->finish(b);
    close_files(b);
}

/* -- for the builders -- */

int build_map(struct ctrl *h, struct build *b, const uint64_t *frames, size_t count)
{
    void *p = NULL;
    int ret = ctrl_map_foreign(h, b->domid, PROT_READ | PROT_WRITE, frames, count, &p);

    if (ret)
        return ret;
    b->pages = p;
    b->mapped = count;
    return 0;
}

int build_load_segment(struct ctrl *h, const struct build *b, const struct elf_segment *s,
                       char *dst)
{
    int ret = kernel_read(h, &b->kernel, s->offset, dst, s->file_size);

    if (ret)
        return ctrl_wrap(h, ret, "cannot load kernel '%s'", b->cfg->kernel);
    memset(dst + s->file_size, 0, s->mem_size - s->file_size);
    return 0;
}

int build_load_ramdisk(struct ctrl *h, const struct build *b, char *dst)
{
    int ret = file_read(h, b->ramdisk_fd, 0, dst, b->ramdisk_size);

    if (ret)
        return ctrl_wrap(h, ret, "cannot load ramdisk '%s'", b->ramdisk);
    return 0;
}

int make_rings(struct ctrl *h, uint32_t domid, uint32_t store_backend, uint32_t console_backend,
               uint64_t store_frame, uint64_t console_frame, struct ctrl_guest_rings *rings)
{
    const struct ctrl_grant grants[] = {
        { GNTTAB_RESERVED_CONSOLE, console_backend, console_frame },
        { GNTTAB_RESERVED_XENSTORE, store_backend, store_frame },
    };
    int ret;

    rings->store_frame = store_frame;
    rings->console_frame = console_frame;
    ret = ctrl_evtchn_alloc_unbound(h, domid, store_backend, &rings->store_port);
    if (ret)
        return ret;
    ret = ctrl_evtchn_alloc_unbound(h, domid, console_backend, &rings->console_port);
    if (ret)
        return ret;
    return ctrl_grant_seed(h, domid, grants, 2);
}

int build_make_rings(struct ctrl *h, const struct build *b, uint64_t store_frame,
                     uint64_t console_frame, struct ctrl_guest_rings *rings)
{
    return make_rings(h, b->domid, b->cfg->store_backend, b->cfg->console_backend, store_frame,
                      console_frame, rings);
}

int build_set_max_mem(struct ctrl *h, const struct build *b, uint64_t extra_kb)
{
    uint64_t kb = b->cfg->maxmem_kb ? b->cfg->maxmem_kb : b->cfg->memory_kb;

    return ctrl_domain_set_max_mem(h, b->domid, kb + extra_kb);
}

/* -- the domain -- */

/* Said before the hypervisor has tried in vain for as long as its memory lasts. */
static int check_free_memory(struct ctrl *h, const struct build *b)
{
    struct ctrl_physinfo info;
    int ret = ctrl_physinfo(h, &info);

    if (ret)
        return ret;
    if (b->nr_pages > info.free_pages)
        return ctrl_fail(h, -ENOMEM,
                         "not enough free memory: the guest wants %llu KiB, the "
                         "machine has %llu KiB left",
                         (unsigned long long)b->cfg->memory_kb,
                         (unsigned long long)info.free_pages * 4);
    return 0;
}

static int fill(struct ctrl *h, struct build *b, struct ctrl_guest_rings *rings)
{
    int ret = ctrl_domain_set_tsc_mode(h, b->domid, b->cfg->tsc_mode);

    return ret ? ret : builders[b->cfg->type]->build(h, b, rings);
}

int ctrl_guest_check(struct ctrl *h, const struct ctrl_guest_config *cfg)
{
    struct build b;
    int ret = prepare(h, &b, cfg);

    if (!ret)
        finish(&b);
    return ret;
}

int ctrl_guest_build(struct ctrl *h, uint32_t domid, const struct ctrl_guest_config *cfg,
                     struct ctrl_guest_rings *rings)
{
    struct build b;
    int ret = prepare(h, &b, cfg);

    if (ret)
        return ret;
    b.domid = domid;
    ret = fill(h, &b, rings);
    finish(&b);
    return ret;
}

int ctrl_guest_create(struct ctrl *h, const struct ctrl_domain_config *dom,
                      const struct ctrl_guest_config *cfg, uint32_t *domid,
                      struct ctrl_guest_rings *rings)
{
    struct ctrl_domain_config typed = *dom;
    struct build b;
    int ret = prepare(h, &b, cfg);

    if (ret)
        return ret;
    typed.type = cfg->type;
    b.domid = *domid;
    ret = check_free_memory(h, &b);
    if (ret)
        goto out;
    ret = ctrl_domain_create(h, &typed, &b.domid);
    if (ret)
        goto out;
    ret = fill(h, &b, rings);
    if (ret)
        domain_abandon(h, b.domid);
    else
        *domid = b.domid;
out:
    finish(&b);
    return ret;
}
