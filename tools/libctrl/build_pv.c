/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The builder of PV guests. The order: check the files and compute the layout; give the domain its
 * memory; map, in one go, every page that has to be written, and write it; unmap, since a page that
 * is mapped writable cannot become a page table; pin the L4 table, which makes the hypervisor check
 * all tables; hand over the first vcpu's registers.
 */
#include "build.h"

#include <public/domctl.h>

#include <stdlib.h>
#include <string.h>

#define EFLAGS_IF 0x200

/* -- the plan -- */

static int plan(struct ctrl *h, struct build *b)
{
    uint64_t need;

    switch (pv_layout_compute(&b->pv.layout, &b->kernel.elf, b->ramdisk_size, b->nr_pages, &need)) {
    case LAYOUT_OK: return 0;
    case LAYOUT_NO_ROOM: return build_too_little_memory(h, b, need);
    default:
        return ctrl_fail(h, -EINVAL, "memory of %llu KiB does not fit the kernel's map",
                         (unsigned long long)b->cfg->memory_kb);
    }
}

/* -- the pages -- */

/* Where a page of the guest is mapped: in one of two runs, after each other. */
static void *page_at(const struct build *b, uint64_t pfn)
{
    const struct pfn_range *low = &b->pv.layout.low, *high = &b->pv.layout.high;

    if (pfn >= low->first && pfn - low->first < low->count)
        return b->pages + ((pfn - low->first) << PAGE_SHIFT);
    return b->pages + ((low->count + pfn - high->first) << PAGE_SHIFT);
}

static void *shared_info_at(const struct build *b)
{
    return b->pages + ((b->mapped - 1) << PAGE_SHIFT);
}

static uint64_t *table_at(void *arg, uint64_t pfn) { return page_at(arg, pfn); }

static int map_pages(struct ctrl *h, struct build *b)
{
    const struct pfn_range *low = &b->pv.layout.low, *high = &b->pv.layout.high;
    size_t count = low->count + high->count + 1;
    uint64_t *list = malloc(count * sizeof(*list));
    int ret;

    if (!list)
        return ctrl_fail(h, -ENOMEM, "no memory for a list of %zu frames", count);
    memcpy(list, b->pv.mfns + low->first, low->count * sizeof(*list));
    memcpy(list + low->count, b->pv.mfns + high->first, high->count * sizeof(*list));
    list[count - 1] = b->pv.shared_info_mfn;
    ret = build_map(h, b, list, count);
    free(list);
    return ret;
}

static int load_files(struct ctrl *h, const struct build *b)
{
    int ret = 0;

    for (unsigned int i = 0; !ret && i < b->kernel.elf.nr_segments; i++) {
        const struct elf_segment *s = &b->kernel.elf.segments[i];

        ret = build_load_segment(
            h, b, s, (char *)page_at(b, s->phys >> PAGE_SHIFT) + (s->phys & (PAGE_SIZE - 1)));
    }
    if (!ret && b->ramdisk_fd >= 0)
        ret = build_load_ramdisk(h, b, page_at(b, b->pv.layout.ramdisk.first));
    return ret;
}

static void write_start_info(const struct build *b, const struct ctrl_guest_rings *rings)
{
    const struct pv_layout *l = &b->pv.layout;
    struct start_info *si = page_at(b, l->start_info);

    memset(si, 0, PAGE_SIZE);
    strcpy(si->magic, "xen-3.0-x86_64");
    si->nr_pages = l->nr_pages;
    si->shared_info = b->pv.shared_info_mfn << PAGE_SHIFT;
    si->flags = SIF_VIRT_P2M_4TOOLS;
    si->store_mfn = rings->store_frame;
    si->store_evtchn = rings->store_port;
    si->console.domU.mfn = rings->console_frame;
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

static void write_pages(struct build *b, const struct ctrl_guest_rings *rings)
{
    const struct pv_layout *l = &b->pv.layout;

    memcpy(page_at(b, l->p2m.first), b->pv.mfns, l->nr_pages * sizeof(b->pv.mfns[0]));
    write_start_info(b, rings);
    memset(page_at(b, l->store), 0, PAGE_SIZE);
    memset(page_at(b, l->console), 0, PAGE_SIZE);
    memset(page_at(b, l->stack), 0, PAGE_SIZE);
    memset(page_at(b, l->tables.first), 0, l->tables.count << PAGE_SHIFT);
    if (l->p2m_tables.count)
        memset(page_at(b, l->p2m.first + l->p2m.count), 0, l->p2m_tables.count << PAGE_SHIFT);
    pv_layout_write_tables(l, b->pv.mfns, table_at, b);
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
    op->u.hypercall_init.gmfn = b->pv.mfns[(n->hypercall_page - n->virt_base) >> PAGE_SHIFT];
    ret = domctl_call(h, op);
    arena_put(h, op);
    if (ret < 0)
        return ctrl_fail(h, ret, "cannot write the hypercall page: %s", strerror(-ret));
    return 0;
}

int pin_table(struct ctrl *h, uint32_t domid, unsigned int level, uint64_t mfn)
{
    struct mmuext_op *op = arena_get(h, sizeof(*op));
    int ret;

    op->cmd = MMUEXT_PIN_L1_TABLE + level - 1;
    op->arg1.mfn = mfn;
    ret = hypercall(h, __HYPERVISOR_mmuext_op, addr_of(op), 1, 0, domid, 0);
    arena_put(h, op);
    if (ret < 0)
        return ctrl_fail(h, ret, "the hypervisor refuses the guest's page tables: %s",
                         strerror(-ret));
    return 0;
}

static int set_first_vcpu(struct ctrl *h, const struct build *b)
{
    const struct pv_layout *l = &b->pv.layout;
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
    c->ctrlreg[3] = b->pv.mfns[l->tables.first] << PAGE_SHIFT;
    op->u.vcpucontext.ctxt.addr = addr_of(c);
    ret = domctl_call(h, op);
    arena_put(h, op);
    if (ret < 0)
        return ctrl_fail(h, ret, "the hypervisor refuses the first vcpu's registers: %s",
                         strerror(-ret));
    return 0;
}

static int give_memory(struct ctrl *h, struct build *b)
{
    struct ctrl_domain_info info;
    int ret = build_set_max_mem(h, b, 0);

    if (ret)
        return ret;
    ret = ctrl_domain_info(h, b->domid, &info);
    if (ret)
        return ret;
    b->pv.shared_info_mfn = info.shared_info_mfn;
    b->pv.mfns = malloc(b->pv.layout.nr_pages * sizeof(b->pv.mfns[0]));
    if (!b->pv.mfns)
        return ctrl_fail(h, -ENOMEM, "no memory for a list of %llu frames",
                         (unsigned long long)b->pv.layout.nr_pages);
    return ctrl_populate(h, b->domid, 0, b->pv.layout.nr_pages, b->pv.mfns);
}

static int fill_memory(struct ctrl *h, struct build *b, const struct ctrl_guest_rings *rings)
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

static int build(struct ctrl *h, struct build *b, struct ctrl_guest_rings *rings)
{
    const struct pv_layout *l = &b->pv.layout;
    int ret = give_memory(h, b);

    if (ret)
        return ret;
    ret = build_make_rings(h, b, b->pv.mfns[l->store], b->pv.mfns[l->console], rings);
    if (ret)
        return ret;
    ret = fill_memory(h, b, rings);
    if (ret)
        return ret;
    ret = fill_hypercall_page(h, b);
    if (ret)
        return ret;
    ret = pin_table(h, b->domid, TABLE_LEVELS, b->pv.mfns[l->tables.first]);
    if (ret)
        return ret;
    return set_first_vcpu(h, b);
}

static void finish(struct build *b) { free(b->pv.mfns); }

const struct builder build_pv = { build_open_files, plan, build, finish };
