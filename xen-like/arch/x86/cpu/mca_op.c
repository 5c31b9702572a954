/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mca: Dom0 fetches reports of machine checks that the machine survived, and learns what CPUs there
 * are. Reports wait in a ring; one that is fetched stays until Dom0 acknowledges it.
 */
#include <arch/cpu.h>
#include <arch/hypercall.h>
#include <arch/insn.h>
#include <arch/mce.h>
#include <arch/smp.h>
#include <hv/arch.h>
#include <hv/guest_access.h>
#include <hv/lock.h>
#include <hv/string.h>
#include <public/arch-x86/xen-mca.h>
#include <public/errno.h>

#define REPORTS 16

static struct spinlock lock = SPINLOCK_INIT(LOCK_PLATFORM);
static struct mc_info reports[REPORTS]; /* [first, next) wait, their numbers modulo REPORTS */
static uint64_t first, next;

void mca_report(const struct mc_info *info)
{
    unsigned long flags = spin_lock_irqsave(&lock);

    if (next - first < REPORTS) /* the oldest tell most about the cause: those are kept */
        reports[next++ % REPORTS] = *info;
    spin_unlock_irqrestore(&lock, flags);
}

static void acknowledge(uint64_t id)
{
    unsigned long flags = spin_lock_irqsave(&lock);

    if (first < next && id == first)
        first++;
    spin_unlock_irqrestore(&lock, flags);
}

static bool oldest(struct mc_info *info, uint64_t *id)
{
    unsigned long flags = spin_lock_irqsave(&lock);
    bool any = first < next;

    if (any) {
        *info = reports[first % REPORTS];
        *id = first;
    }
    spin_unlock_irqrestore(&lock, flags);
    return any;
}

static int fetch(struct xen_mc_fetch *f)
{
    struct mc_info info;

    switch (f->flags) {
    case XEN_MC_NONURGENT | XEN_MC_ACK:
    case XEN_MC_URGENT | XEN_MC_ACK:
        acknowledge(f->fetch_id);
        f->flags = XEN_MC_OK;
        return 0;
    case XEN_MC_URGENT: /* what is urgent ends the machine */
        f->flags = XEN_MC_NODATA;
        return 0;
    case XEN_MC_NONURGENT:
        if (!oldest(&info, &f->fetch_id)) {
            f->flags = XEN_MC_NODATA;
            return 0;
        }
        f->flags = XEN_MC_OK;
        return copy_to_guest(f->data, &info) ? -XEN_EFAULT : 0;
    default:
        return -XEN_EINVAL;
    }
}

static void put_words(char *to, uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
    const uint32_t words[] = { a, b, c, d };

    memcpy(to, words, sizeof(words));
}

/* All CPUs are of one kind: what is not a CPU's place is the calling one's. */
static void describe_cpu(unsigned cpu, struct mcinfo_logical_cpu *c)
{
    struct cpuid_regs r = cpuid(0, 0);
    uint32_t core;

    memset(c, 0, sizeof(*c));
    c->mc_cpunr = cpu;
    c->mc_apicid = cpu_apic_id(cpu);
    arch_cpu_topology(cpu, &core, &c->mc_chipid);
    c->mc_coreid = core;
    c->mc_ncores = c->mc_ncores_active = c->mc_nthreads = 1;
    c->mc_cpuid_level = r.a;
    put_words(c->mc_vendorid, r.b, r.d, r.c, 0);
    r = cpuid(1, 0);
    c->mc_family = (r.a >> 8 & 15) + ((r.a >> 8 & 15) == 15 ? r.a >> 20 & 0xff : 0);
    c->mc_model = (r.a >> 4 & 15) | (r.a >> 12 & 0xf0);
    c->mc_step = r.a & 15;
    c->mc_cpu_caps[MC_CAPS_STD_EDX] = r.d;
    c->mc_cpu_caps[MC_CAPS_STD_ECX] = r.c;
    c->mc_cache_alignment = (r.b >> 8 & 0xff) * 8;
    for (unsigned i = 0; i < 3; i++) {
        r = cpuid(0x80000002 + i, 0);
        put_words(c->mc_brandid + 16 * i, r.a, r.b, r.c, r.d);
    }
}

static int physcpuinfo(struct xen_mc_physcpuinfo *p)
{
    unsigned room = p->ncpus, n = 0, cpu;

    for_each_cpu(cpu, &cpu_online)
    {
        struct mcinfo_logical_cpu c;

        if (!guest_handle_is_null(p->info) && n < room) {
            describe_cpu(cpu, &c);
            if (copy_to_guest_at(p->info, n, &c))
                return -XEN_EFAULT;
        }
        n++;
    }
    p->ncpus = guest_handle_is_null(p->info) ? n : MIN(n, room);
    return 0;
}

long do_mca(uint64_t arg, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5, uint64_t a6)
{
    struct xen_mc op;
    int rc;

    if (copy_from_guest_va(&op, arg, sizeof(op)))
        return -XEN_EFAULT;
    if (op.interface_version != XEN_MCA_INTERFACE_VERSION)
        return -XEN_EACCES;
    switch (op.cmd) {
    case XEN_MC_fetch:
        rc = fetch(&op.u.mc_fetch);
        break;
    case XEN_MC_physcpuinfo:
        rc = physcpuinfo(&op.u.mc_physcpuinfo);
        break;
    default: /* errors are not made on purpose here, and Dom0 is told by VIRQ_MCA alone */
        return -XEN_ENOSYS;
    }
    if (rc)
        return rc;
    return copy_to_guest_va(arg, &op, sizeof(op)) ? -XEN_EFAULT : 0;
}
