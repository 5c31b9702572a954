/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the builders of hardware guests share. The order: give the domain its memory; tell the guest
 * where its rings are; map what has to be written, and write it; hand over the first vcpu's
 * registers: 32-bit protected mode without paging, hvm_start_info in EBX (public/hvm/start_info.h).
 */
#include "build_hardware.h"

#include <public/domctl.h>
#include <public/hvm/hvm_op.h>
#include <public/hvm/params.h>
#include <public/hvm/save.h>

#include <stdlib.h>
#include <string.h>

#define CR0_PE 0x1
#define CR0_ET 0x10

/* Access rights of segments, as the processor's containers keep them. */
#define FLAT_CODE   0xc9b
#define FLAT_DATA   0xc93
#define TASK_BUSY   0x8b
#define TASK_BYTES  0x67

/* -- memory -- */

static uint64_t pages_in(const struct pfn_range *list)
{
    uint64_t pages = 0;

    for (unsigned int i = 0; i < HARDWARE_RANGES && list[i].count; i++)
        pages += list[i].count;
    return pages;
}

static int give(struct ctrl *h, const struct build *b, const struct pfn_range *list)
{
    int ret = 0;

    for (unsigned int i = 0; !ret && i < HARDWARE_RANGES && list[i].count; i++)
        ret = ctrl_populate(h, b->domid, list[i].first, list[i].count, NULL);
    return ret;
}

static int give_memory(struct ctrl *h, const struct build *b, const struct hardware_guest *g)
{
    int ret = build_set_max_mem(h, b, pages_in(g->special) * 4 + g->extra_kb);

    if (!ret)
        ret = give(h, b, g->ram);
    if (!ret)
        ret = give(h, b, g->special);
    return ret;
}

static uint64_t *add_to_list(uint64_t *list, const struct pfn_range *range)
{
    for (uint64_t i = 0; i < range->count; i++)
        *list++ = range->first + i;
    return list;
}

static int map_pages(struct ctrl *h, struct build *b, const struct hardware_guest *g)
{
    size_t count = b->pvh.loaded.count + pages_in(g->special);
    uint64_t *list = malloc(count * sizeof(*list)), *end;
    int ret;

    if (!list)
        return ctrl_fail(h, -ENOMEM, "no memory for a list of %zu frames", count);
    end = add_to_list(list, &b->pvh.loaded);
    for (unsigned int i = 0; i < HARDWARE_RANGES && g->special[i].count; i++)
        end = add_to_list(end, &g->special[i]);
    ret = build_map(h, b, list, count);
    free(list);
    return ret;
}

static char *loaded_at(const struct build *b, uint64_t phys)
{
    return b->pages + (phys - (b->pvh.loaded.first << PAGE_SHIFT));
}

static int write_pages(struct ctrl *h, const struct build *b, const struct hardware_guest *g)
{
    const struct elf_image *elf = &b->kernel.elf;
    char *special = b->pages + (b->pvh.loaded.count << PAGE_SHIFT);
    char *info = loaded_at(b, b->pvh.info << PAGE_SHIFT);
    int ret = 0;

    for (unsigned int i = 0; !ret && i < elf->nr_segments; i++)
        ret = build_load_segment(h, b, &elf->segments[i], loaded_at(b, elf->segments[i].phys));
    if (!ret && b->ramdisk_fd >= 0)
        ret = build_load_ramdisk(h, b, loaded_at(b, b->pvh.ramdisk << PAGE_SHIFT));
    if (ret)
        return ret;
    memset(info, 0, PAGE_SIZE);
    pvh_layout_write_info(&b->pvh, b->ramdisk_size, g->cmdline, info);
    memset(special, 0, pages_in(g->special) << PAGE_SHIFT);
    g->write_special(b, special);
    return 0;
}

static int fill_memory(struct ctrl *h, struct build *b, const struct hardware_guest *g)
{
    int ret = map_pages(h, b, g);

    if (ret)
        return ret;
    ret = write_pages(h, b, g);
    ctrl_unmap(b->pages, b->mapped);
    return ret;
}

/* -- what the hypervisor tells the guest -- */

static int param(struct ctrl *h, uint32_t domid, uint32_t index, uint64_t *value, bool set)
{
    struct xen_hvm_param *p = arena_get(h, sizeof(*p));
    int ret;

    p->domid = domid;
    p->index = index;
    p->value = *value;
    ret = hypercall(h, __HYPERVISOR_hvm_op, set ? HVMOP_set_param : HVMOP_get_param, addr_of(p), 0, 0,
                    0);
    *value = p->value;
    arena_put(h, p);
    if (ret < 0)
        return ctrl_fail(h, ret, "cannot %s parameter %u of domain %u: %s", set ? "set" : "get", index,
                         domid, strerror(-ret));
    return 0;
}

int hardware_get_param(struct ctrl *h, uint32_t domid, uint32_t index, uint64_t *value)
{
    *value = 0;
    return param(h, domid, index, value, false);
}

int hardware_set_param(struct ctrl *h, uint32_t domid, uint32_t index, uint64_t value)
{
    return param(h, domid, index, &value, true);
}

int hardware_set_rings(struct ctrl *h, uint32_t domid, const struct ctrl_guest_rings *rings)
{
    const struct {
        uint32_t index;
        uint64_t value;
    } params[] = {
        { HVM_PARAM_STORE_PFN, rings->store_frame },
        { HVM_PARAM_STORE_EVTCHN, rings->store_port },
        { HVM_PARAM_CONSOLE_PFN, rings->console_frame },
        { HVM_PARAM_CONSOLE_EVTCHN, rings->console_port },
    };
    int ret = 0;

    for (size_t i = 0; !ret && i < sizeof(params) / sizeof(params[0]); i++)
        ret = hardware_set_param(h, domid, params[i].index, params[i].value);
    return ret;
}

static int set_params(struct ctrl *h, const struct build *b, const struct hardware_guest *g,
                      const struct ctrl_guest_rings *rings)
{
    int ret = hardware_set_rings(h, b->domid, rings);

    for (unsigned int i = 0; !ret && i < g->nr_params; i++)
        ret = hardware_set_param(h, b->domid, g->params[i].index, g->params[i].value);
    return ret;
}

/* -- the first vcpu -- */

struct context {
    struct hvm_save_descriptor header_is;
    struct hvm_save_header header;
    struct hvm_save_descriptor cpu_is;
    struct hvm_hw_cpu cpu;
    struct hvm_save_descriptor end_is;
} __attribute__((packed));

static void write_context(const struct build *b, struct context *c)
{
    c->header_is.typecode = HVM_SAVE_CODE_HEADER;
    c->header_is.length = sizeof(c->header);
    c->header.magic = HVM_FILE_MAGIC;
    c->header.version = HVM_FILE_VERSION;
    c->cpu_is.typecode = HVM_SAVE_CODE_CPU;
    c->cpu_is.length = sizeof(c->cpu);
    c->cpu.rip = b->pvh.entry;
    c->cpu.rbx = b->pvh.info << PAGE_SHIFT;
    c->cpu.rflags = 2;
    c->cpu.cr0 = CR0_PE | CR0_ET;
    c->cpu.dr6 = 0xffff0ff0;
    c->cpu.dr7 = 0x400;
    c->cpu.cs_limit = c->cpu.ds_limit = c->cpu.es_limit = c->cpu.ss_limit = 0xffffffff;
    c->cpu.cs_arbytes = FLAT_CODE;
    c->cpu.ds_arbytes = c->cpu.es_arbytes = c->cpu.ss_arbytes = FLAT_DATA;
    c->cpu.tr_limit = TASK_BYTES;
    c->cpu.tr_arbytes = TASK_BUSY;
    c->end_is.typecode = HVM_SAVE_CODE_END;
}

static int set_first_vcpu(struct ctrl *h, const struct build *b)
{
    struct xen_domctl *op = domctl_get(h, XEN_DOMCTL_sethvmcontext, b->domid);
    struct context *c = arena_get(h, sizeof(*c));
    int ret;

    write_context(b, c);
    op->u.hvmcontext.size = sizeof(*c);
    op->u.hvmcontext.buffer.addr = addr_of(c);
    ret = domctl_call(h, op);
    arena_put(h, op);
    if (ret < 0)
        return ctrl_fail(h, ret, "the hypervisor refuses the first vcpu's registers: %s",
                         strerror(-ret));
    return 0;
}

/* -- the whole -- */

int build_hardware(struct ctrl *h, struct build *b, const struct hardware_guest *g,
                   struct ctrl_guest_rings *rings)
{
    int ret = give_memory(h, b, g);

    if (ret)
        return ret;
    ret = build_make_rings(h, b, g->store, g->console, rings);
    if (ret)
        return ret;
    ret = set_params(h, b, g, rings);
    if (ret)
        return ret;
    ret = fill_memory(h, b, g);
    if (ret)
        return ret;
    return set_first_vcpu(h, b);
}
