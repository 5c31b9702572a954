/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tiny guest's memory: it gives pages back and takes them again as memory/target in the store
 * says, and suspends when it is asked to, to be saved.
 *
 * Only pages behind what the builder has mapped come and go, so that no page table has them. A
 * frame that is not there is NO_FRAME in the list of frames.
 */
#include "device.h"

#include <public/memory.h>
#include <public/sched.h>

#define NO_FRAME   (~0UL)
#define BATCH      256                   /* frames of one call */
#define MIB_PAGES  256
#define SPARE      (1 + 512 / 4)         /* behind the page tables: boot stack, and 512 KiB */
#define BOUNDARY   1024                  /* what is mapped ends at a multiple of 4 MiB */
#define PATTERN    0x9e3779b97f4a7c15UL  /* odd: all its multiples differ */

static uint64_t pages;                   /* frames 0 to this are there */
static uint64_t witness[4096];           /* is what it was after each suspension */

static uint64_t *frames(void) { return (uint64_t *)info->mfn_list; }
uint64_t frame_of(const void *page) { return frames()[((uint64_t)page - VIRT_BASE) / PAGE]; }

static void map_shared(uint64_t mfn)
{
    hypercall(__HYPERVISOR_update_va_mapping, (uint64_t)&shared, mfn << 12 | 0x67, UVMF_INVLPG);
}

void memory_start(void)
{
    map_shared(info->shared_info >> 12);
    shared.info.vcpu_info[0].evtchn_upcall_mask = 1; /* no interrupts: there is no entry for them */
}

/* Who saves us finds the list of frames by this. */
static void tell_of_frames(void)
{
    shared.info.arch.p2m_vaddr = info->mfn_list;
    shared.info.arch.p2m_cr3 = frame_of((void *)info->pt_base) << 12;
    shared.info.arch.max_pfn = info->nr_pages;
}

void memory_serve(void)
{
    pages = info->nr_pages;
    for (uint64_t i = 0; i < sizeof(witness) / sizeof(witness[0]); i++)
        witness[i] = i * PATTERN;
    tell_of_frames();
}

/* ---- suspending */

static bool witness_is_right(void)
{
    for (uint64_t i = 0; i < sizeof(witness) / sizeof(witness[0]); i++)
        if (witness[i] != i * PATTERN)
            return false;
    return true;
}

/* Nothing may be mapped then that is not our own, and start_info names guest frames: whoever builds
 * us again writes the machine frames there. The third argument says where start_info is. */
bool memory_suspend(void)
{
    struct sched_shutdown arg = {SHUTDOWN_suspend};
    uint64_t *m2p = (uint64_t *)MACH2PHYS_VIRT_START;
    start_info_t *start = (start_info_t *)info;
    uint64_t store = start->store_mfn, console = start->console.domU.mfn;
    bool cancelled;

    start->store_mfn = m2p[store];
    start->console.domU.mfn = m2p[console];
    map_shared(frame_of(&shared));
    cancelled = hypercall(__HYPERVISOR_sched_op, SCHEDOP_shutdown, (uint64_t)&arg,
                          frame_of(start)) == 1;
    if (cancelled) {
        start->store_mfn = store;
        start->console.domU.mfn = console;
    }
    memory_start();
    tell_of_frames();
    say(witness_is_right() ? cancelled ? "tiny: goes on\n" : "tiny: restored\n"
                           : "tiny: MEMORY WRONG\n");
    return !cancelled;
}

/* ---- more memory, and less */

static uint64_t least_pages(void)
{
    uint64_t used = ((info->pt_base - VIRT_BASE) >> 12) + info->nr_pt_frames + SPARE;

    return (used + BOUNDARY - 1) / BOUNDARY * BOUNDARY;
}

/* The last `n` of them. How many the hypervisor took. */
static uint64_t give(uint64_t n)
{
    static uint64_t given[BATCH];
    struct xen_memory_reservation r = {.extent_start = {(uint64_t)given}, .nr_extents = n,
                                       .domid = DOMID_SELF};
    long done;

    for (uint64_t i = 0; i < n; i++) { /* from the last on */
        given[i] = frames()[pages - 1 - i];
        frames()[pages - 1 - i] = NO_FRAME;
    }
    done = hypercall(__HYPERVISOR_memory_op, XENMEM_decrease_reservation, (uint64_t)&r, 0);
    if (done < 0)
        done = 0;
    for (uint64_t i = done; i < n; i++)
        frames()[pages - 1 - i] = given[i];
    pages -= done;
    return done;
}

/* The next `n`. How many the hypervisor gave. */
static uint64_t take(uint64_t n)
{
    static uint64_t taken[BATCH];
    struct xen_memory_reservation r = {.extent_start = {(uint64_t)taken}, .nr_extents = n,
                                       .domid = DOMID_SELF};
    long done;

    for (uint64_t i = 0; i < n; i++)
        taken[i] = pages + i; /* which frame it is to be; its machine frame comes back */
    done = hypercall(__HYPERVISOR_memory_op, XENMEM_populate_physmap, (uint64_t)&r, 0);
    if (done < 0)
        done = 0;
    for (long i = 0; i < done; i++)
        frames()[pages + i] = taken[i];
    pages += done;
    return done;
}

void memory_resize(uint64_t kib)
{
    uint64_t wanted = kib / 4, least = least_pages(), before = pages, n;

    wanted = wanted < least ? least : wanted > info->nr_pages ? info->nr_pages : wanted;
    do {
        n = pages > wanted ? pages - wanted : wanted - pages;
        n = n < BATCH ? n : BATCH;
    } while (n && (pages > wanted ? give(n) : take(n)));
    if (pages != wanted)
        say("tiny: cannot have as much memory as it should\n");
    if (pages != before)
        say_number("tiny: has ", pages / MIB_PAGES, " MiB\n");
}
