/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The builder of PV guests. The order: check the files and compute the layout; give the domain its
 * memory; map, in one go, every page that has to be written, and write it; unmap, since a page that
 * is mapped writable cannot become a page table; pin the L4 table, which makes the hypervisor check
 * all tables; hand over the first vcpu's registers.
 */
#include "build_pv.h"

#include <public/domctl.h>
#include <public/grant_table.h>

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define EFLAGS_IF 0x200

/* -- the files and the plan -- */

static int check_memory(struct ctrl *h, struct build *b)
{
    uint64_t pages = b->cfg->memory_kb / 4, need;
    uint64_t max_kb = b->cfg->maxmem_kb;

    if (max_kb && max_kb < b->cfg->memory_kb)
        return ctrl_fail(h, -EINVAL, "maxmem of %llu KiB is less than memory of %llu KiB",
                         (unsigned long long)max_kb, (unsigned long long)b->cfg->memory_kb);
    switch (pv_layout_compute(&b->layout, &b->kernel.elf, b->ramdisk_size, pages, &need)) {
    case LAYOUT_OK:
        return 0;
    case LAYOUT_NO_ROOM:
        return ctrl_fail(h, -ENOSPC, "memory of %llu KiB is too little: this kernel and ramdisk "
                         "need at least %llu KiB to start",
                         (unsigned long long)b->cfg->memory_kb, (unsigned long long)need * 4);
    default:
        return ctrl_fail(h, -EINVAL, "memory of %llu KiB does not fit the kernel's map",
                         (unsigned long long)b->cfg->memory_kb);
    }
}

static int open_ramdisk(struct ctrl *h, struct build *b)
{
    int ret;

    b->ramdisk_fd = -1;
    b->ramdisk_size = 0;
    if (!b->cfg->ramdisk)
        return 0;
    ret = file_open(h, b->cfg->ramdisk, &b->ramdisk_fd, &b->ramdisk_size);
    if (ret)
        return ctrl_wrap(h, ret, "cannot load ramdisk '%s'", b->cfg->ramdisk);
    return 0;
}

int build_prepare(struct ctrl *h, struct build *b, const struct ctrl_pv_config *cfg)
{
    int ret;

    *b = (struct build){ .cfg = cfg };
    if (cfg->cmdline && strlen(cfg->cmdline) >= MAX_GUEST_CMDLINE)
        return ctrl_fail(h, -E2BIG, "the command line has %zu bytes, %u are the most",
                         strlen(cfg->cmdline), MAX_GUEST_CMDLINE - 1);
    ret = kernel_open(h, cfg->kernel, &b->kernel);
    if (ret)
        return ret;
    ret = open_ramdisk(h, b);
    if (ret)
        goto close_kernel;
    ret = check_memory(h, b);
    if (ret)
        goto close_ramdisk;
    return 0;

close_ramdisk:
    if (b->ramdisk_fd >= 0)
        close(b->ramdisk_fd);
close_kernel:
    kernel_close(&b->kernel);
    return ret;
}

void build_finish(struct build *b)
{
    if (b->ramdisk_fd >= 0)
        close(b->ramdisk_fd);
    kernel_close(&b->kernel);
    free(b->mfns);
}

/* -- the pages -- */

/* Where a page of the guest is mapped: in one of two runs, after each other. */
static void *page_at(const struct build *b, uint64_t pfn)
{
    const struct pfn_range *low = &b->layout.low, *high = &b->layout.high;

    if (pfn >= low->first && pfn - low->first < low->count)
        return b->pages + ((pfn - low->first) << PAGE_SHIFT);
    return b->pages + ((low->count + pfn - high->first) << PAGE_SHIFT);
}

static void *shared_info_at(const struct build *b)
{
    return b->pages + ((b->mapped - 1) << PAGE_SHIFT);
}

static uint64_t *table_at(void *arg, uint64_t pfn)
{
    return page_at(arg, pfn);
}

static int map_pages(struct ctrl *h, struct build *b)
{
    const struct pfn_range *low = &b->layout.low, *high = &b->layout.high;
    size_t count = low->count + high->count + 1;
    uint64_t *list = malloc(count * sizeof(*list));
    void *p = NULL;
    int ret;

    if (!list)
        return ctrl_fail(h, -ENOMEM, "no memory for a list of %zu frames", count);
    memcpy(list, b->mfns + low->first, low->count * sizeof(*list));
    memcpy(list + low->count, b->mfns + high->first, high->count * sizeof(*list));
    list[count - 1] = b->shared_info_mfn;
    ret = ctrl_map_foreign(h, b->domid, PROT_READ | PROT_WRITE, list, count, &p);
    free(list);
    if (ret)
        return ret;
    b->pages = p;
    b->mapped = count;
    return 0;
}

static int load_segment(struct ctrl *h, const struct build *b, const struct elf_segment *s)
{
    char *dst = (char *)page_at(b, s->phys >> PAGE_SHIFT) + (s->phys & (PAGE_SIZE - 1));
    int ret = kernel_read(h, &b->kernel, s->offset, dst, s->file_size);

    if (ret)
        return ctrl_wrap(h, ret, "cannot load kernel '%s'", b->cfg->kernel);
    memset(dst + s->file_size, 0, s->mem_size - s->file_size);
    return 0;
}

static int load_files(struct ctrl *h, const struct build *b)
{
    int ret;

    for (unsigned int i = 0; i < b->kernel.elf.nr_segments; i++) {
        ret = load_segment(h, b, &b->kernel.elf.segments[i]);
        if (ret)
            return ret;
    }
    if (b->ramdisk_fd < 0)
        return 0;
    ret = file_read(h, b->ramdisk_fd, 0, page_at(b, b->layout.ramdisk.first), b->ramdisk_size);
    if (ret)
        return ctrl_wrap(h, ret, "cannot load ramdisk '%s'", b->cfg->ramdisk);
    return 0;
}

static void write_start_info(const struct build *b, const struct ctrl_pv_rings *rings)
{
    const struct pv_layout *l = &b->layout;
    struct start_info *si = page_at(b, l->start_info);

    memset(si, 0, PAGE_SIZE);
    strcpy(si->magic, "xen-3.0-x86_64");
    si->nr_pages = l->nr_pages;
    si->shared_info = b->shared_info_mfn << PAGE_SHIFT;
    si->flags = SIF_VIRT_P2M_4TOOLS;
    si->store_mfn = rings->store_mfn;
    si->store_evtchn = rings->store_port;
    si->console.domU.mfn = rings->console_mfn;
    si->console.domU.evtchn = rings->console_port;
    si->pt_base = pv_layout_virt(l, l->tables.first);
    si->nr_pt_frames = l->tables.count;
    si->mfn_list = l->p2m_virt;
    if (l->p2m_apart) {
        si->first_p2m_pfn = l->p2m_area.first;
        si->nr_p2m_frames = l->p2m_area.count;
    }
    if (b->ramdisk_fd >= 0) {
        si->mod_len = b->ramdisk_size;
        si->mod_start = l->ramdisk_apart ? l->ramdisk.first : pv_layout_virt(l, l->ramdisk.first);
        if (l->ramdisk_apart)
            si->flags |= SIF_MOD_START_PFN;
    }
    if (b->cfg->cmdline)
        memcpy(si->cmd_line, b->cfg->cmdline, strlen(b->cfg->cmdline));
}

/* Events stay masked until the guest wants them. */
static void write_shared_info(const struct build *b)
{
    struct shared_info *shared = shared_info_at(b);

    memset(shared, 0, PAGE_SIZE);
    for (unsigned int i = 0; i < XEN_LEGACY_MAX_VCPUS; i++)
        shared->vcpu_info[i].evtchn_upcall_mask = 1;
}

static void write_pages(struct build *b, const struct ctrl_pv_rings *rings)
{
    const struct pv_layout *l = &b->layout;

    memcpy(page_at(b, l->p2m.first), b->mfns, l->nr_pages * sizeof(b->mfns[0]));
    write_start_info(b, rings);
    memset(page_at(b, l->store), 0, PAGE_SIZE);
    memset(page_at(b, l->console), 0, PAGE_SIZE);
    memset(page_at(b, l->stack), 0, PAGE_SIZE);
    memset(page_at(b, l->tables.first), 0, l->tables.count << PAGE_SHIFT);
    if (l->p2m_tables.count)
        memset(page_at(b, l->p2m.first + l->p2m.count), 0, l->p2m_tables.count << PAGE_SHIFT);
    pv_layout_write_tables(l, b->mfns, table_at, b);
    write_shared_info(b);
}

/* -- hypercalls -- */

static int fill_hypercall_page(struct ctrl *h, const struct build *b)
{
    const struct elf_notes *n = &b->kernel.elf.notes;
    struct xen_domctl *op;
    int ret;

    if (!elf_has_note(&b->kernel.elf, ELF_NOTE_HYPERCALL_PAGE))
        return 0;
    op = domctl_get(h, XEN_DOMCTL_hypercall_init, b->domid);
    op->u.hypercall_init.gmfn = b->mfns[(n->hypercall_page - n->virt_base) >> PAGE_SHIFT];
    ret = domctl_call(h, op);
    arena_put(h, op);
    if (ret < 0)
        return ctrl_fail(h, ret, "cannot write the hypercall page: %s", strerror(-ret));
    return 0;
}

static int pin_tables(struct ctrl *h, const struct build *b)
{
    struct mmuext_op *op = arena_get(h, sizeof(*op));
    int ret;

    op->cmd = MMUEXT_PIN_L4_TABLE;
    op->arg1.mfn = b->mfns[b->layout.tables.first];
    ret = hypercall(h, __HYPERVISOR_mmuext_op, addr_of(op), 1, 0, b->domid, 0);
    arena_put(h, op);
    if (ret < 0)
        return ctrl_fail(h, ret, "the hypervisor refuses the guest's page tables: %s",
                         strerror(-ret));
    return 0;
}

static int set_first_vcpu(struct ctrl *h, const struct build *b)
{
    const struct pv_layout *l = &b->layout;
    struct xen_domctl *op = domctl_get(h, XEN_DOMCTL_setvcpucontext, b->domid);
    struct vcpu_guest_context *c = arena_get(h, sizeof(*c));
    int ret;

    c->flags = VGCF_in_kernel | VGCF_online;
    c->user_regs.rip = b->kernel.elf.notes.entry;
    c->user_regs.rsp = pv_layout_virt(l, l->stack + 1);
    c->user_regs.rsi = pv_layout_virt(l, l->start_info);
    c->user_regs.rflags = EFLAGS_IF;
    c->user_regs.cs = FLAT_KERNEL_CS;
    c->user_regs.ss = FLAT_KERNEL_SS;
    c->kernel_ss = FLAT_KERNEL_SS;
    c->kernel_sp = c->user_regs.rsp;
    c->ctrlreg[3] = b->mfns[l->tables.first] << PAGE_SHIFT;
    op->u.vcpucontext.ctxt.addr = addr_of(c);
    ret = domctl_call(h, op);
    arena_put(h, op);
    if (ret < 0)
        return ctrl_fail(h, ret, "the hypervisor refuses the first vcpu's registers: %s",
                         strerror(-ret));
    return 0;
}

/* Said before the hypervisor has tried in vain for as long as its memory lasts. */
static int check_free_memory(struct ctrl *h, const struct build *b)
{
    struct ctrl_physinfo info;
    int ret = ctrl_physinfo(h, &info);

    if (ret)
        return ret;
    if (b->layout.nr_pages > info.free_pages)
        return ctrl_fail(h, -ENOMEM, "not enough free memory: the guest wants %llu KiB, the "
                         "machine has %llu KiB left", (unsigned long long)b->cfg->memory_kb,
                         (unsigned long long)info.free_pages * 4);
    return 0;
}

static int give_memory(struct ctrl *h, struct build *b)
{
    uint64_t max_kb = b->cfg->maxmem_kb ? b->cfg->maxmem_kb : b->cfg->memory_kb;
    struct ctrl_domain_info info;
    int ret;

    ret = ctrl_domain_set_max_mem(h, b->domid, max_kb);
    if (ret)
        return ret;
    ret = ctrl_domain_info(h, b->domid, &info);
    if (ret)
        return ret;
    b->shared_info_mfn = info.shared_info_mfn;
    b->mfns = malloc(b->layout.nr_pages * sizeof(b->mfns[0]));
    if (!b->mfns)
        return ctrl_fail(h, -ENOMEM, "no memory for a list of %llu frames",
                         (unsigned long long)b->layout.nr_pages);
    return ctrl_populate(h, b->domid, 0, b->layout.nr_pages, b->mfns);
}

static int make_rings(struct ctrl *h, const struct build *b, struct ctrl_pv_rings *rings)
{
    const struct ctrl_pv_config *cfg = b->cfg;
    const struct ctrl_grant grants[] = {
        { GNTTAB_RESERVED_CONSOLE, cfg->console_backend, b->mfns[b->layout.console] },
        { GNTTAB_RESERVED_XENSTORE, cfg->store_backend, b->mfns[b->layout.store] },
    };
    int ret;

    rings->store_mfn = b->mfns[b->layout.store];
    rings->console_mfn = b->mfns[b->layout.console];
    ret = ctrl_evtchn_alloc_unbound(h, b->domid, cfg->store_backend, &rings->store_port);
    if (ret)
        return ret;
    ret = ctrl_evtchn_alloc_unbound(h, b->domid, cfg->console_backend, &rings->console_port);
    if (ret)
        return ret;
    return ctrl_grant_seed(h, b->domid, grants, 2);
}

static int fill_memory(struct ctrl *h, struct build *b, const struct ctrl_pv_rings *rings)
{
    int ret = map_pages(h, b);

    if (ret)
        return ret;
    ret = load_files(h, b);
    if (!ret)
        write_pages(b, rings);
    ctrl_unmap(b->pages, b->mapped);
    return ret;
}

static int build_domain(struct ctrl *h, struct build *b, struct ctrl_pv_rings *rings)
{
    int ret;

    ret = ctrl_domain_set_tsc_mode(h, b->domid, b->cfg->tsc_mode);
    if (ret)
        return ret;
    ret = give_memory(h, b);
    if (ret)
        return ret;
    ret = make_rings(h, b, rings);
    if (ret)
        return ret;
    ret = fill_memory(h, b, rings);
    if (ret)
        return ret;
    ret = fill_hypercall_page(h, b);
    if (ret)
        return ret;
    ret = pin_tables(h, b);
    if (ret)
        return ret;
    return set_first_vcpu(h, b);
}

/* -- the public calls -- */

int ctrl_pv_check(struct ctrl *h, const struct ctrl_pv_config *cfg)
{
    struct build b;
    int ret = build_prepare(h, &b, cfg);

    if (!ret)
        build_finish(&b);
    return ret;
}

int ctrl_pv_build(struct ctrl *h, uint32_t domid, const struct ctrl_pv_config *cfg,
                  struct ctrl_pv_rings *rings)
{
    struct build b;
    int ret = build_prepare(h, &b, cfg);

    if (ret)
        return ret;
    b.domid = domid;
    ret = build_domain(h, &b, rings);
    build_finish(&b);
    return ret;
}

int ctrl_pv_create(struct ctrl *h, const struct ctrl_domain_config *dom,
                   const struct ctrl_pv_config *cfg, uint32_t *domid,
                   struct ctrl_pv_rings *rings)
{
    struct build b;
    int ret = build_prepare(h, &b, cfg);

    if (ret)
        return ret;
    b.domid = *domid;
    ret = check_free_memory(h, &b);
    if (ret)
        goto out;
    ret = ctrl_domain_create(h, dom, &b.domid);
    if (ret)
        goto out;
    ret = build_domain(h, &b, rings);
    if (ret)
        domain_abandon(h, b.domid);
    else
        *domid = b.domid;
out:
    build_finish(&b);
    return ret;
}
