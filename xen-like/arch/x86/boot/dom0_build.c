/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Dom0, from the boot loader's modules to a vcpu at its first instruction: check the kernel, plan,
 * allocate, load, map, fill in the start-info page, create the vcpus, grant the hardware. Whatever
 * is wrong ends the start with its reason.
 */
#include <arch/cpu.h>
#include <arch/dom0.h>
#include <arch/features.h>
#include <arch/hvmap.h>
#include <arch/hypercall.h>
#include <arch/mm.h>
#include <arch/platform.h>
#include <arch/pv.h>
#include <hv/arch.h>
#include <hv/bug.h>
#include <hv/page_alloc.h>
#include <hv/params.h>
#include <hv/printk.h>
#include <hv/rangeset.h>
#include <hv/sched.h>
#include <hv/string.h>
#include <public/domctl.h>
#include <public/errno.h>
#include <public/vcpu.h>

#define IRQS_MAX 1024

struct build {
    const struct boot_module *kernel, *initrd;
    struct elf_image elf;
    struct dom0_layout layout;
    struct dom0_memory memory;
    struct domain *d;
    unsigned long pages, max_pages;
    unsigned vcpus;
};

/* --- the kernel ------------------------------------------------------------------------------- */
static void check_modules(struct build *b, const struct boot_info *bi)
{
    if (!bi->nr_modules)
        panic("no Dom0 kernel: give one as the first module (GRUB: module2 /boot/vmlinux ...)");
    b->kernel = &bi->modules[0];
    b->initrd = bi->nr_modules > 1 && bi->modules[1].bytes ? &bi->modules[1] : NULL;
    for (unsigned i = 2; i < bi->nr_modules; i++)
        printk(LOG_WARNING, "Module %u is not used\n", i);
}

static void parse_kernel(struct build *b)
{
    enum elf_error err = elf_parse(&b->elf, maddr_to_virt(b->kernel->start), b->kernel->bytes);

    if (err == ELF_IS_BZIMAGE)
        panic("the Dom0 kernel is a bzImage (vmlinuz): unpack it first with xen-like-unpack-kernel "
              "and boot the result");
    if (err != ELF_OK)
        panic("the Dom0 kernel cannot be loaded: %s (%lu bytes)", elf_error_text(err),
              b->kernel->bytes);
    printk(LOG_INFO, "Dom0 kernel: %s %s, %#lx - %#lx, entry %#lx\n", b->elf.notes.guest_os,
           b->elf.notes.guest_version, b->elf.virt_start, b->elf.virt_end, b->elf.notes.entry);
}

/* --- size and place --------------------------------------------------------------------------- */
static void plan(struct build *b)
{
    unsigned long initrd_pages = b->initrd ? DIV_ROUND_UP(b->initrd->bytes, PAGE_SIZE) : 0;
    unsigned long free = free_page_count() + initrd_pages;

    if (b->initrd && (b->initrd->start & (PAGE_SIZE - 1)))
        panic("the ramdisk module at %#lx is not page-aligned", b->initrd->start);
    dom0_plan(&b->layout, &b->elf, initrd_pages, free); /* with the largest list there can be */
    dom0_memory_size(free, dom0_plan_pages(&b->layout), &b->pages, &b->max_pages);
    dom0_plan(&b->layout, &b->elf, initrd_pages, b->pages);
    b->vcpus = dom0_vcpu_count();
    printk(LOG_INFO, "Dom0: %lu MiB, %u vcpus\n", b->pages >> (20 - PAGE_SHIFT), b->vcpus);
}

static void create(struct build *b)
{
    struct xen_domctl_createdomain cfg = {
        .max_vcpus = b->vcpus,
        .max_evtchn_port = -1U,
        .max_grant_frames = 64,
        .max_maptrack_frames = 1024,
        .grant_opts = XEN_DOMCTL_GRANT_version(1),
        .arch = { .emulation_flags = XEN_X86_EMU_PIT },
    };
    int rc = domain_create(0, &cfg, true, &b->d);

    if (rc)
        panic("Dom0 cannot be created: error %d", rc);
    b->d->max_pages = MIN(b->max_pages, 0xffffffffUL);
    b->memory.d = b->d;
    b->memory.runs = hv_zalloc_array(DOM0_MAX_RUNS, sizeof(struct dom0_run));
    if (!b->memory.runs)
        panic("no memory to build Dom0");
}

/* Frames in pseudo-physical order; the ramdisk's are the module's own. The vcpus exist: they too
 * need memory */
static void allocate(struct build *b)
{
    struct dom0_memory *m = &b->memory;
    bool ok = true;

    if (b->initrd)
        ok = dom0_add_pages(m, b->layout.initrd) && dom0_add_module(m, b->initrd);
    if (!ok || !dom0_add_pages(m, b->pages - m->pages))
        panic("Dom0's memory cannot be allocated: %lu of %lu pages, %lu are free", m->pages,
              b->pages, free_page_count());
}

/* --- loading ---------------------------------------------------------------------------------- */
static void load_kernel(struct build *b)
{
    const struct elf_notes *n = &b->elf.notes;

    for (unsigned i = 0; i < b->elf.nr_segments; i++) {
        const struct elf_segment *s = &b->elf.segments[i];

        dom0_write(&b->memory, s->phys, (const char *)b->elf.data + s->offset, s->file_size);
        dom0_write(&b->memory, s->phys + s->file_size, NULL, s->mem_size - s->file_size);
    }
    if (elf_has_note(&b->elf, ELF_NOTE_HYPERCALL_PAGE))
        hypercall_page_fill(
            dom0_page(&b->memory, (n->hypercall_page - n->virt_base) >> PAGE_SHIFT));
}

static uint64_t virt_of(const struct build *b, unsigned long pfn)
{
    return b->layout.virt_base + (pfn << PAGE_SHIFT);
}

static void fill_start_info(struct build *b)
{
    const struct dom0_layout *l = &b->layout;
    struct start_info *si = dom0_page(&b->memory, l->start_info);

    clear_page(si);
    hv_strlcpy(si->magic, "xen-3.0-x86_64", sizeof(si->magic));
    si->nr_pages = b->d->tot_pages;
    si->shared_info = hv_maddr(b->d->shared_info);
    si->flags = SIF_PRIVILEGED | SIF_INITDOMAIN;
    si->pt_base = virt_of(b, l->tables);
    si->nr_pt_frames = l->nr_tables;
    si->mfn_list = l->p2m_virt ? l->p2m_virt : virt_of(b, l->p2m);
    if (l->p2m_virt) {
        si->first_p2m_pfn = l->p2m;
        si->nr_p2m_frames = l->p2m_pages;
    }
    if (b->initrd) {
        si->mod_start = l->initrd_unmapped ? l->initrd : virt_of(b, l->initrd);
        si->mod_len = b->initrd->bytes;
        if (l->initrd_unmapped)
            si->flags |= SIF_MOD_START_PFN;
    }
    hv_strlcpy((char *)si->cmd_line, b->kernel->cmdline, sizeof(si->cmd_line));
}

/* --- vcpus ------------------------------------------------------------------------------------ */
static bool opt_pin;
PARAM_BOOL("dom0_vcpus_pin", opt_pin, "Dom0's vcpu N runs on CPU N only");

/* The CPUs that are there are numbered without gaps but for those that did not start. */
static void pin_vcpu(struct vcpu *v)
{
    unsigned cpu = cpumask_next(&cpu_online, 0), steps = v->id % cpumask_weight(&cpu_online);
    struct cpumask one = { { 0 } };

    while (steps--)
        cpu = cpumask_next(&cpu_online, cpu + 1);
    cpumask_set(&one, cpu);
    vcpu_set_hard_affinity(v, &one);
}

static void create_vcpus(struct build *b)
{
    for (unsigned i = 0; i < b->vcpus; i++) {
        struct vcpu *v = vcpu_create(b->d, i);

        if (!v)
            panic("no memory for vcpu %u of Dom0", i);
        if (opt_pin)
            pin_vcpu(v);
    }
    for (unsigned i = 0; i < XEN_LEGACY_MAX_VCPUS; i++)
        b->d->shared_info->vcpu_info[i].evtchn_upcall_mask = 1;
}

static void pin_tables(struct build *b)
{
    mfn_t l4 = dom0_mfn(&b->memory, b->layout.tables);
    struct vcpu *v = b->d->vcpu[0];
    int rc;

    do
        rc = vcpu_init_roots(v, l4, mfn(0));
    while (rc == -XEN_ERESTART);
    if (!rc) {
        spin_lock(&b->d->arch.mm_lock);
        rc = table_pin(b->d, l4, 4, &v->arch.mm_pending);
        spin_unlock(&b->d->arch.mm_lock);
    }
    if (rc)
        panic("Dom0's page tables are refused: error %d", rc);
}

static void start_vcpu(struct build *b)
{
    struct vcpu *v = b->d->vcpu[0];
    struct cpu_user_regs *regs = &v->arch.regs;

    pin_tables(b);
    regs->rip = b->elf.notes.entry;
    regs->rsp = virt_of(b, b->layout.stack + 1);
    regs->rsi = virt_of(b, b->layout.start_info);
    regs->rflags = RFLAGS_IF | RFLAGS_FIXED;
    regs->cs = FLAT_KERNEL_CS64;
    regs->ss = FLAT_KERNEL_SS64;
    v->initialised = true;
    __atomic_fetch_and(&v->pause_flags, ~VPF_DOWN, __ATOMIC_SEQ_CST);
}

/* --- hardware --------------------------------------------------------------------------------- */
static void grant_hardware(struct domain *d)
{
    uint64_t last_frame = (1UL << (cpu_features.phys_bits - PAGE_SHIFT)) - 1;

    if (rangeset_add(d->arch.ioport_caps, 0, 0xffff) ||
        rangeset_add(d->iomem_caps, 0, last_frame) || rangeset_add(d->irq_caps, 0, IRQS_MAX - 1) ||
        platform_deny_dom0(d))
        panic("no memory for Dom0's permissions");
}

struct domain *dom0_create_and_build(const struct boot_info *bi)
{
    static struct build b;

    check_modules(&b, bi);
    parse_kernel(&b);
    plan(&b);
    create(&b);
    create_vcpus(&b);
    allocate(&b);
    load_kernel(&b);
    dom0_build_tables(&b.memory, &b.layout);
    fill_start_info(&b);
    start_vcpu(&b);
    grant_hardware(b.d);
    if (b.initrd)
        boot_info.modules[1].bytes = 0; /* its frames are Dom0's now: nothing to release */
    hv_free(b.memory.runs);
    return b.d;
}
