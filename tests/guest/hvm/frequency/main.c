/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rate of a guest's TSC that comes from another machine (XEN_DOMCTL_settscinfo): the processor scales
 * it, or the hypervisor says that it runs at the machine's. The guest reads it before and after Dom0 has
 * waited a while, so that it has ticked at least so long, and at most as long as the guest has lived. Its
 * time page says the time that Dom0 knows. A rate that differs by no more than a measurement does is the
 * machine's own.
 */
#include <device_model.h>

#define PORT   0x500
#define SHARED 0x20 /* frame of its shared info */

asm(".pushsection .rodata\n"
    "code_frequency:\n"
    "   rdtsc; mov %eax, (%rdi); mov %edx, 4(%rdi)\n"
    "   mov $0x500, %edx; in %dx, %al\n"
    "   rdtsc; mov %eax, 8(%rdi); mov %edx, 12(%rdi); cli; hlt\n"
    "code_frequency_end:\n"
    ".popsection\n");
extern const uint8_t code_frequency[], code_frequency_end[];

static struct device_model model;
static uint32_t wanted_khz, khz, host_khz;
static uint64_t born, asked_at, answered_at, time_before, time_after, died;
static vcpu_time_info_t page;

static uint32_t rate(domid_t domid)
{
    struct xen_domctl op = {0};

    CHECK_EQ(domctl(&op, XEN_DOMCTL_gettscinfo, domid), 0);
    return op.u.tsc_info.gtsc_khz;
}

static long set_rate(domid_t domid, uint32_t to)
{
    struct xen_domctl op = {.u.tsc_info.gtsc_khz = to};

    return domctl(&op, XEN_DOMCTL_settscinfo, domid);
}

static void prepare(domid_t domid)
{
    xen_add_to_physmap_t add = {.domid = domid, .space = XENMAPSPACE_shared_info, .gpfn = SHARED};

    CHECK_EQ(hyp_memory_op(XENMEM_add_to_physmap, &add), 0);
    model_start_at(&model, domid, PORT);
    CHECK_EQ(set_rate(domid, 999), -XEN_EINVAL);
    CHECK_EQ(set_rate(domid, ~0U), -XEN_EINVAL);
    CHECK_EQ(set_rate(domid, wanted_khz), 0);
    khz = rate(domid);
    born = rdtsc();
}

static void serve(void)
{
    if (!model_asked(&model))
        return;
    asked_at = rdtsc();
    busy_wait(20 * MS);
    answered_at = rdtsc();
    time_before = now();
    model_answer(&model, STATE_IORESP_READY, 0);
}

static void leave(void)
{
    shared_info_t *shared = hvm_map(model.domid, SHARED * PAGE_SIZE);

    time_after = now();
    died = rdtsc();
    page = shared->vcpu_info[0].time;
    window_free(shared);
    model_end(&model);
}

static uint64_t in_guest(uint64_t ticks) { return ticks * khz / host_khz; }

static uint64_t time_of(uint64_t tsc)
{
    uint64_t delta = tsc - page.tsc_timestamp;

    delta = page.tsc_shift >= 0 ? delta << page.tsc_shift : delta >> -page.tsc_shift;
    return page.system_time + (uint64_t)((unsigned __int128)delta * page.tsc_to_system_mul >> 32);
}

static uint32_t live_with(uint32_t to)
{
    struct hvm_run run = {.mode = HVM_LONG, .code = code_frequency, .end = code_frequency_end,
                          .prepare = prepare, .serve = serve, .leave = leave};
    const uint64_t *tsc = (const uint64_t *)run.results;
    uint64_t ticks, time;

    wanted_khz = to;
    CHECK_EQ(hvm_run(&run), SHUTDOWN_poweroff);
    ticks = tsc[1] - tsc[0];
    CHECK(ticks >= in_guest(answered_at - asked_at));
    CHECK(ticks <= in_guest(died - born) + 2);
    time = time_of(tsc[1]);
    CHECK(time + 1000 >= time_before); /* ns: rates are rounded */
    CHECK(time <= time_after + 1000);
    return khz;
}

GUEST_TEST("the TSC of a guest from another machine")
{
    uint32_t twice;

    NEEDS_HVM();
    host_khz = rate(0);
    CHECK_EQ(live_with(0), host_khz);
    CHECK_EQ(live_with(host_khz + host_khz / 4096), host_khz);
    twice = live_with(2 * host_khz);
    CHECK(twice == 2 * host_khz || twice == host_khz);
    CHECK_EQ(live_with(host_khz / 2), twice == host_khz ? host_khz : host_khz / 2);
}
