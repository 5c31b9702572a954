/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page isolation: the roots that guests run on where user mode could read all that is mapped.
 *
 * Each CPU has two such roots (guest kernel and guest user alternate), copies of the guest's L4 but
 * for the hypervisor's slots. Those hold: the machine-to-physical table, which guests may read
 * anyway; the CPU's own area (stack, descriptor tables), where the entry code saves registers; the
 * domain's descriptor-table windows; the entry code. Not the direct map, not the heap, not other
 * CPUs' areas, not the rest of the image. entry.S loads the complete root (cpu_info.hv_cr3) first
 * of all and the restricted one (guest_cr3) last of all.
 *
 * Staleness: a copy is good as long as no L4 of the machine has changed or ceased to be one since
 * it was made (l4_version). Whoever changes an entry of an L4 bumps the version and makes the CPUs
 * of that domain flush, and so copy anew, before the old entry's table is let go of.
 */
#include <arch/boot.h>
#include <arch/features.h>
#include <arch/hvm.h>
#include <arch/hvmap.h>
#include <arch/insn.h>
#include <arch/isolation.h>
#include <arch/mm.h>
#include <arch/patch.h>
#include <arch/percpu.h>
#include <hv/arch.h>
#include <hv/bug.h>
#include <hv/page_alloc.h>
#include <hv/params.h>
#include <hv/printk.h>
#include <hv/string.h>
#include <public/errno.h>

static bool opt_isolation = true;
PARAM_BOOL("isolation", opt_isolation,
           "hide the hypervisor from guests on CPUs with Meltdown (default: yes)");

extern char entry_text_start[], entry_text_end[];
extern const uint64_t isolation_sites_start[], isolation_sites_end[];

#define ROOTS 2

struct root {
    pte_t *l4;
    uint64_t source;  /* CR3 value that it is a copy of; 0: none */
    uint64_t version; /* l4_version at that time */
};

static struct iso_cpu {
    struct root roots[ROOTS];
    unsigned last; /* root that was loaded last */
} __attribute__((aligned(64))) iso_cpus[MAX_CPUS];

bool isolation_on;
/*
 * With PCID the complete root is tag 0 and the restricted one tag 1. Entry keeps what the TLB has
 * of tag 0; whoever changes what tag 0 maps flushes it. Tag 1 is flushed by each return to the
 * guest, so no flush has to think of it.
 */
static uint64_t hv_root_tag, guest_root_tag;
#define CR3_NO_FLUSH (1UL << 63)
static uint64_t l4_version = 1;
static pte_t entry_text_slot; /* L4 entry of the image's slot, with the entry code only */

/* --- tables ----------------------------------------------------------------------------------- */

static int map_own_area(unsigned cpu, pte_t *slot)
{
    int rc = 0;

    for (uint64_t off = 0; off < PERCPU_STRIDE && !rc; off += PAGE_SIZE) {
        pte_t e = hv_pte(percpu_area(cpu) + off);

        if (e)
            rc = hv_map_below(slot, percpu_area(cpu) + off, e);
    }
    return rc;
}

int isolation_cpu_init(unsigned cpu)
{
    struct iso_cpu *c = &iso_cpus[cpu];
    pte_t area = 0;

    if (!isolation_on)
        return 0;
    if (map_own_area(cpu, &area))
        return -XEN_ENOMEM;
    for (unsigned i = 0; i < ROOTS; i++) {
        c->roots[i].l4 = hv_alloc_page();
        if (!c->roots[i].l4)
            return -XEN_ENOMEM;
        c->roots[i].l4[RO_M2P_L4] = boot_l4[RO_M2P_L4];
        c->roots[i].l4[PERCPU_L4] = area;
        c->roots[i].l4[IMAGE_L4] = entry_text_slot;
    }
    /* what an exception loads before the CPU's first switch_cr3 */
    percpu_info(cpu)->hv_cr3 = hv_maddr(boot_l4);
    return 0;
}

/* --- copies ----------------------------------------------------------------------------------- */

static void copy_root(struct root *r, uint64_t cr3, uint64_t version)
{
    const pte_t *l4 = maddr_to_virt(cr3);

    memcpy(r->l4, l4, HV_L4_FIRST * sizeof(*l4));
    memcpy(r->l4 + HV_L4_LAST + 1, l4 + HV_L4_LAST + 1,
           (PT_ENTRIES - 1 - HV_L4_LAST) * sizeof(*l4));
    r->l4[PERDOMAIN_L4] = l4[PERDOMAIN_L4];
    r->source = cr3;
    r->version = version;
}

/** Interrupts stay off: a flush that another CPU asks for would come here, too. */
void isolation_load(uint64_t cr3)
{
    struct iso_cpu *c = &iso_cpus[this_cpu()];
    struct cpu_info *info = get_cpu_info();
    unsigned long flags = irq_save();
    struct root *r;

    info->hv_cr3 = cr3 | hv_root_tag;
    if (cr3 != hv_maddr(boot_l4) && !is_hvm_vcpu(info->current_vcpu)) {
        uint64_t version = __atomic_load_n(&l4_version, __ATOMIC_SEQ_CST);

        if (c->roots[c->last].source != cr3)
            c->last = (c->last + 1) % ROOTS;
        r = &c->roots[c->last];
        if (r->source != cr3 || r->version != version)
            copy_root(r, cr3, version);
        info->guest_cr3 = virt_to_maddr(r->l4) | guest_root_tag;
    }
    irq_restore(flags);
}

void isolation_l4_gone(void)
{
    if (isolation_on)
        __atomic_add_fetch(&l4_version, 1, __ATOMIC_SEQ_CST);
}

void isolation_l4_changed(const struct domain *d)
{
    if (!isolation_on)
        return;
    isolation_l4_gone();
    tlb_flush_domain(d);
}

/* --- switching on ----------------------------------------------------------------------------- */

/** The jumps around the code for isolation become nops. */
static void patch_entry_code(void)
{
    static const uint8_t nop[] = { 0x66, 0x90 };

    for (const uint64_t *site = isolation_sites_start; site < isolation_sites_end; site++)
        text_patch((void *)*site, nop, sizeof(nop));
}

void isolation_init(void)
{
    int rc = 0;

    if (!cpu_is_meltdown_prone())
        return;
    if (!opt_isolation) {
        printk(LOG_WARNING,
               "This CPU has Meltdown, and isolation is off: guests can read all memory\n");
        return;
    }
    l1tf_limit = mfn_to_maddr(mfn(max_page)); /* the same CPUs */
    isolation_on = true;
    for (uint64_t va = VA(entry_text_start); va < VA(entry_text_end) && !rc; va += PAGE_SIZE)
        rc = hv_map_below(&entry_text_slot, va, hv_pte(va));
    if (!rc)
        rc = isolation_cpu_init(0);
    if (rc)
        panic("no memory for page isolation");
    if (cpu_features.pcid) {
        hv_root_tag = CR3_NO_FLUSH;
        guest_root_tag = 1;
        cpu_features_init_cpu();
    }
    isolation_load(read_cr3());
    patch_entry_code();
    printk(LOG_INFO, "This CPU has Meltdown: guests run on page tables without the hypervisor\n");
}
