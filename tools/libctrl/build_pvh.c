/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The builder of PVH guests. The order: check the files and compute the layout; give the domain its
 * memory, with the few pages outside of RAM; map what has to be written, and write it; tell the
 * guest where its rings are; hand over the first vcpu's registers: 32-bit protected mode without
 * paging, hvm_start_info in EBX (public/hvm/start_info.h).
 */
#include "acpi.h"
#include "build.h"

#include <public/domctl.h>
#include <public/hvm/hvm_op.h>
#include <public/hvm/params.h>
#include <public/hvm/save.h>

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define CR0_PE 0x1
#define CR0_ET 0x10

/* Access rights of segments, as the processor's containers keep them. */
#define FLAT_CODE   0xc9b
#define FLAT_DATA   0xc93
#define TASK_BUSY   0x8b
#define TASK_BYTES  0x67

/* -- the plan -- */

static int plan(struct ctrl *h, struct build *b)
{
    uint64_t need;
    enum pvh_error err = pvh_layout_compute(&b->pvh, &b->kernel.elf, b->ramdisk_size, b->nr_pages,
                                            &need);

    if (err == PVH_NO_ROOM)
        return build_too_little_memory(h, b, need);
    if (err)
        return ctrl_fail(h, -EINVAL, "cannot load kernel '%s': %s", b->cfg->kernel,
                         pvh_error_text(err));
    if (b->cfg->vcpus > ACPI_MAX_VCPUS)
        return ctrl_fail(h, -EINVAL, "%u vcpus: a PVH guest can have %u", b->cfg->vcpus,
                         ACPI_MAX_VCPUS);
    return 0;
}

/* -- memory -- */

static const uint64_t special[PVH_SPECIAL_PAGES] = { PVH_ACPI, PVH_STORE, PVH_CONSOLE };

static int give_memory(struct ctrl *h, const struct build *b)
{
    int ret = build_set_max_mem(h, b, PVH_SPECIAL_PAGES * 4);

    if (!ret)
        ret = ctrl_populate(h, b->domid, b->pvh.low.first, b->pvh.low.count, NULL);
    if (!ret && b->pvh.high.count)
        ret = ctrl_populate(h, b->domid, b->pvh.high.first, b->pvh.high.count, NULL);
    for (unsigned int i = 0; !ret && i < PVH_SPECIAL_PAGES; i++)
        ret = ctrl_populate(h, b->domid, special[i], 1, NULL);
    return ret;
}

static int map_pages(struct ctrl *h, struct build *b)
{
    const struct pfn_range *loaded = &b->pvh.loaded;
    size_t count = loaded->count + PVH_SPECIAL_PAGES;
    uint64_t *list = malloc(count * sizeof(*list));
    void *p = NULL;
    int ret;

    if (!list)
        return ctrl_fail(h, -ENOMEM, "no memory for a list of %zu frames", count);
    for (uint64_t i = 0; i < loaded->count; i++)
        list[i] = loaded->first + i;
    memcpy(list + loaded->count, special, sizeof(special));
    ret = ctrl_map_foreign(h, b->domid, PROT_READ | PROT_WRITE, list, count, &p);
    free(list);
    if (ret)
        return ret;
    b->pages = p;
    b->mapped = count;
    return 0;
}

static char *loaded_at(const struct build *b, uint64_t phys)
{
    return b->pages + (phys - (b->pvh.loaded.first << PAGE_SHIFT));
}

static int write_pages(struct ctrl *h, const struct build *b)
{
    const struct elf_image *elf = &b->kernel.elf;
    char *end = b->pages + (b->pvh.loaded.count << PAGE_SHIFT), *acpi = end;
    char *info = loaded_at(b, b->pvh.info << PAGE_SHIFT);
    int ret = 0;

    for (unsigned int i = 0; !ret && i < elf->nr_segments; i++)
        ret = build_load_segment(h, b, &elf->segments[i], loaded_at(b, elf->segments[i].phys));
    if (!ret && b->ramdisk_fd >= 0)
        ret = build_load_ramdisk(h, b, loaded_at(b, b->pvh.ramdisk << PAGE_SHIFT));
    if (ret)
        return ret;
    memset(info, 0, PAGE_SIZE);
    pvh_layout_write_info(&b->pvh, b->ramdisk_size, b->cfg->cmdline, info);
    memset(acpi, 0, PVH_SPECIAL_PAGES << PAGE_SHIFT);
    acpi_write(acpi, PVH_ACPI << PAGE_SHIFT, b->cfg->vcpus);
    return 0;
}

static int fill_memory(struct ctrl *h, struct build *b)
{
    int ret = map_pages(h, b);

    if (ret)
        return ret;
    ret = write_pages(h, b);
    ctrl_unmap(b->pages, b->mapped);
    return ret;
}

/* -- what the hypervisor tells the guest -- */

static int set_param(struct ctrl *h, const struct build *b, uint32_t index, uint64_t value)
{
    struct xen_hvm_param *p = arena_get(h, sizeof(*p));
    int ret;

    p->domid = b->domid;
    p->index = index;
    p->value = value;
    ret = hypercall(h, __HYPERVISOR_hvm_op, HVMOP_set_param, addr_of(p), 0, 0, 0);
    arena_put(h, p);
    if (ret < 0)
        return ctrl_fail(h, ret, "cannot set parameter %u of domain %u: %s", index, b->domid,
                         strerror(-ret));
    return 0;
}

static int set_params(struct ctrl *h, const struct build *b, const struct ctrl_guest_rings *rings)
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
        ret = set_param(h, b, params[i].index, params[i].value);
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

static int build(struct ctrl *h, struct build *b, struct ctrl_guest_rings *rings)
{
    int ret = give_memory(h, b);

    if (ret)
        return ret;
    ret = build_make_rings(h, b, PVH_STORE, PVH_CONSOLE, rings);
    if (ret)
        return ret;
    ret = set_params(h, b, rings);
    if (ret)
        return ret;
    ret = fill_memory(h, b);
    if (ret)
        return ret;
    return set_first_vcpu(h, b);
}

const struct builder build_pvh = { plan, build, NULL };
