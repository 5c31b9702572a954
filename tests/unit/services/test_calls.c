/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Multicall, vcpu and scheduling calls, and what the control calls check.
 */
#include "svc_machine.h"

#include <string.h>

#include <hv/arch.h>
#include <hv/event_channel.h>
#include <hv/page_alloc.h>
#include <hv/sched.h>
#include <public/errno.h>
#include <public/memory.h>
#include <public/sched.h>
#include <public/sysctl.h>
#include <public/vcpu.h>
#include <public/version.h>

static struct domain *dom0(void)
{
    return hardware_domain;
}

static long domctl(unsigned cmd, domid_t id, struct xen_domctl *op)
{
    op->cmd = cmd;
    op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    op->domain = id;
    return CALL(domctl, (uint64_t)op, 0, 0);
}

/* --- multicall -------------------------------------------------------------------------------- */

START_TEST(multicall_runs_and_refuses)
{
    struct multicall_entry e[4] = {
        { .op = __HYPERVISOR_xen_version, .args = { XENVER_version } },
        { .op = __HYPERVISOR_iret },
        { .op = __HYPERVISOR_multicall, .args = { (uint64_t)e, 1 } },
        { .op = 1UL << 32 | __HYPERVISOR_iret },
    };

    ck_assert_int_eq(CALL(multicall, (uint64_t)e, 4, 0), 0);
    ck_assert_int_eq(e[0].result, 4 << 16 | 17);
    for (unsigned i = 1; i < 4; i++)
        ck_assert_int_eq((long)e[i].result, -XEN_EINVAL);
}
END_TEST

START_TEST(multicall_resumes_inside_an_entry)
{
    struct domain *d = svc_domain(1, 0);
    xen_pfn_t list[200];
    struct xen_memory_reservation r = { .extent_start = { (uint64_t)list },
                                        .nr_extents = 200,
                                        .domid = d->id };
    struct multicall_entry e[3] = {
        { .op = __HYPERVISOR_xen_version, .args = { XENVER_version } },
        { .op = __HYPERVISOR_memory_op, .args = { XENMEM_populate_physmap, (uint64_t)&r } },
        { .op = __HYPERVISOR_xen_version, .args = { XENVER_pagesize } },
    };

    for (unsigned i = 0; i < 200; i++)
        list[i] = i;
    svc_preempt_every = 1;
    ck_assert_int_eq(CALL(multicall, (uint64_t)e, 3, 0), 0);
    svc_preempt_every = 0;
    ck_assert_uint_ge(svc_restarts, 3);
    ck_assert_int_eq(e[1].result, 200);
    ck_assert_int_eq(e[2].result, 4096);
    ck_assert_uint_eq(d->tot_pages, 200);
    svc_destroy(d);
}
END_TEST

START_TEST(multicall_with_bad_list)
{
    ck_assert_int_eq(CALL(multicall, 8, 1, 0), -XEN_EFAULT);
    ck_assert_int_eq(CALL(multicall, ~0UL - 31, 1, 0), -XEN_EFAULT);
    ck_assert_int_eq(CALL(multicall, 8, 0, 0), 0);
}
END_TEST

/* --- vcpus ------------------------------------------------------------------------------------ */

START_TEST(vcpu_info_moves_once_with_its_references)
{
    struct domain *d = svc_domain(1, 4);
    struct vcpu *v = d->vcpu[0];
    uint64_t frame = svc_frame(d, 1);
    struct page *pg = mfn_to_page(mfn(frame));
    struct vcpu_register_vcpu_info r = { .mfn = frame,
                                         .offset = PAGE_SIZE - sizeof(struct vcpu_info) + 8 };

    svc_become(d, 0);
    v->vcpu_info->evtchn_upcall_mask = 1;
    ck_assert_int_eq(CALL(vcpu_op, VCPUOP_register_vcpu_info, 0, (uint64_t)&r), -XEN_ENXIO);
    r.offset = 4;
    ck_assert_int_eq(CALL(vcpu_op, VCPUOP_register_vcpu_info, 0, (uint64_t)&r), -XEN_ENXIO);
    r.offset = PAGE_SIZE - sizeof(struct vcpu_info);
    ck_assert_int_eq(CALL(vcpu_op, VCPUOP_register_vcpu_info, 0, (uint64_t)&r), 0);
    ck_assert_ptr_eq(v->vcpu_info, (char *)svc_memory(frame) + r.offset);
    ck_assert_uint_eq(v->vcpu_info->evtchn_upcall_mask, 1);
    ck_assert_uint_eq(v->vcpu_info->evtchn_pending_sel, ~0UL);
    ck_assert_uint_eq(v->vcpu_info->time.version % 2, 0);
    ck_assert_uint_eq(pg->type, PGT_WRITABLE | 1);
    ck_assert_uint_eq(pg->count & PGC_COUNT_MASK, 2);
    ck_assert_int_eq(CALL(vcpu_op, VCPUOP_register_vcpu_info, 0, (uint64_t)&r), -XEN_EINVAL);
    svc_become(dom0(), 0);
    svc_destroy(d);
}
END_TEST

START_TEST(vcpu_info_needs_a_page_of_ones_own)
{
    struct domain *d = svc_domain(1, 4), *other = svc_domain(1, 4);
    struct vcpu_register_vcpu_info r = { .mfn = svc_frame(other, 0) };

    svc_become(d, 0);
    ck_assert_int_eq(CALL(vcpu_op, VCPUOP_register_vcpu_info, 0, (uint64_t)&r), -XEN_EINVAL);
    r.mfn = ~0UL;
    ck_assert_int_eq(CALL(vcpu_op, VCPUOP_register_vcpu_info, 0, (uint64_t)&r), -XEN_EINVAL);
    r.mfn = svc_frame(d, 0);
    ck_assert_int_eq(page_get_type(mfn_to_page(mfn(r.mfn)), PGT_L1), 0);
    ck_assert_int_eq(CALL(vcpu_op, VCPUOP_register_vcpu_info, 0, (uint64_t)&r), -XEN_EINVAL);
    page_put_type(mfn_to_page(mfn(r.mfn)));
    ck_assert_int_eq(CALL(vcpu_op, VCPUOP_is_up, 1, 0), -XEN_ENOENT);
    ck_assert_int_eq(CALL(vcpu_op, VCPUOP_is_up, ~0U, 0), -XEN_ENOENT);
    svc_become(dom0(), 0);
    svc_destroy(d);
    svc_destroy(other);
}
END_TEST

START_TEST(vcpus_go_up_and_down)
{
    struct domain *d = svc_domain(2, 4);
    struct vcpu_guest_context ctx = { 0 };

    svc_become(d, 0);
    d->vcpu[0]->pause_flags = 0;
    ck_assert_int_eq(CALL(vcpu_op, VCPUOP_is_up, 1, 0), 0);
    ck_assert_int_eq(CALL(vcpu_op, VCPUOP_up, 1, 0), -XEN_EINVAL);
    ck_assert_int_eq(CALL(vcpu_op, VCPUOP_initialise, 1, (uint64_t)&ctx), -XEN_EINVAL);
    ck_assert_int_eq(CALL(vcpu_op, VCPUOP_initialise, 1, 8), -XEN_EFAULT);
    ctx.user_regs.rip = 0x1000;
    ck_assert_int_eq(CALL(vcpu_op, VCPUOP_initialise, 1, (uint64_t)&ctx), 0);
    ck_assert_int_eq(CALL(vcpu_op, VCPUOP_initialise, 1, (uint64_t)&ctx), -XEN_EEXIST);
    ck_assert_int_eq(CALL(vcpu_op, VCPUOP_up, 1, 0), 0);
    ck_assert_int_eq(CALL(vcpu_op, VCPUOP_is_up, 1, 0), 1);
    ck_assert_int_eq(CALL(vcpu_op, VCPUOP_down, 1, 0), 0);
    ck_assert(!d->is_shut_down);
    ck_assert_int_eq(CALL(vcpu_op, VCPUOP_down, 0, 0), 0);
    ck_assert(d->is_shut_down);
    svc_become(dom0(), 0);
    svc_destroy(d);
}
END_TEST

START_TEST(timers_check_their_times)
{
    struct domain *d = svc_domain(1, 4);
    struct vcpu_set_singleshot_timer t = { .timeout_abs_ns = 50, .flags = VCPU_SSHOTTMR_future };
    struct vcpu_set_periodic_timer p = { .period_ns = 999999 };

    svc_become(d, 0);
    fake_now = 100;
    ck_assert_int_eq(CALL(vcpu_op, VCPUOP_set_singleshot_timer, 0, (uint64_t)&t), -XEN_ETIME);
    t.flags = 0;
    ck_assert_int_eq(CALL(vcpu_op, VCPUOP_set_singleshot_timer, 0, (uint64_t)&t), 0);
    ck_assert(d->vcpu[0]->singleshot_timer.active);
    ck_assert_int_eq(CALL(vcpu_op, VCPUOP_stop_singleshot_timer, 0, 0), 0);
    ck_assert(!d->vcpu[0]->singleshot_timer.active);
    t.timeout_abs_ns = ~0UL;
    ck_assert_int_eq(CALL(vcpu_op, VCPUOP_set_singleshot_timer, 0, (uint64_t)&t), 0);
    ck_assert_int_eq(d->vcpu[0]->singleshot_timer.expires, STIME_MAX);
    ck_assert_int_eq(CALL(vcpu_op, VCPUOP_set_periodic_timer, 0, (uint64_t)&p), -XEN_EINVAL);
    p.period_ns = 1000000;
    ck_assert_int_eq(CALL(vcpu_op, VCPUOP_set_periodic_timer, 0, (uint64_t)&p), 0);
    ck_assert_int_eq(d->vcpu[0]->periodic_timer.expires, 1000100);
    ck_assert_int_eq(CALL(set_timer_op, 5000, 0, 0), 0);
    ck_assert_int_eq(d->vcpu[0]->singleshot_timer.expires, 5000);
    svc_become(dom0(), 0);
    svc_destroy(d);
}
END_TEST

START_TEST(runstate_area_follows_and_waits_for_the_kernel)
{
    struct domain *d = svc_domain(1, 4);
    struct vcpu *v = d->vcpu[0];
    struct vcpu_runstate_info area = { .state = 77 };
    struct vcpu_register_runstate_memory_area r = { .addr.p = (uint64_t)&area };

    svc_become(d, 0);
    d->vm_assist = 1UL << VMASST_TYPE_runstate_update_flag;
    ck_assert_int_eq(CALL(vcpu_op, VCPUOP_register_runstate_memory_area, 0, (uint64_t)&r), 0);
    ck_assert_int_eq(area.state, RUNSTATE_offline);
    v->runstate.state = RUNSTATE_running;
    v->runstate.state_entry_time = 1234;
    v->arch.kernel_mode = false;
    vcpu_time_switch_in(v);
    ck_assert_int_eq(area.state, RUNSTATE_offline);
    ck_assert(v->areas_stale);
    v->arch.kernel_mode = true;
    vcpu_update_stale_areas(v);
    ck_assert_int_eq(area.state, RUNSTATE_running);
    ck_assert_uint_eq(area.state_entry_time, 1234);
    r.addr.p = 8;
    ck_assert_int_eq(CALL(vcpu_op, VCPUOP_register_runstate_memory_area, 0, (uint64_t)&r),
                     -XEN_EFAULT);
    svc_become(dom0(), 0);
    svc_destroy(d);
}
END_TEST

START_TEST(watchdogs_bite)
{
    struct domain *d = svc_domain(1, 4);
    struct sched_watchdog w = { .id = 0, .timeout = 5 };

    svc_become(d, 0);
    ck_assert_int_eq(CALL(sched_op, SCHEDOP_watchdog, (uint64_t)&w, 0), 1);
    ck_assert_int_eq(CALL(sched_op, SCHEDOP_watchdog, (uint64_t)&w, 0), 2);
    ck_assert_int_eq(CALL(sched_op, SCHEDOP_watchdog, (uint64_t)&w, 0), -XEN_ENOSPC);
    w.id = 2;
    w.timeout = 0;
    ck_assert_int_eq(CALL(sched_op, SCHEDOP_watchdog, (uint64_t)&w, 0), 0);
    ck_assert_int_eq(CALL(sched_op, SCHEDOP_watchdog, (uint64_t)&w, 0), -XEN_EINVAL);
    w.id = 3;
    ck_assert_int_eq(CALL(sched_op, SCHEDOP_watchdog, (uint64_t)&w, 0), -XEN_EINVAL);
    ck_assert_int_eq(CALL(sched_op, SCHEDOP_pin_override, (uint64_t)&w, 0), -XEN_EPERM);
    ck_assert_int_eq(CALL(sched_op, 8, 0, 0), -XEN_ENOSYS);
    svc_become(dom0(), 0);
    svc_destroy(d);
}
END_TEST

/* --- control calls ---------------------------------------------------------------------------- */

START_TEST(vcpu_affinity_bitmaps)
{
    struct domain *d = svc_domain(1, 4);
    uint8_t hard[3] = { 0xff, 0xff, 0xff };
    struct xen_domctl op = { .u.vcpuaffinity = { .flags = XEN_VCPUAFFINITY_HARD,
                                                 .cpumap_hard = { { (uint64_t)hard }, 12 } } };

    ck_assert_int_eq(domctl(XEN_DOMCTL_setvcpuaffinity, d->id, &op), 0);
    ck_assert_uint_eq(hard[0], 1); /* one CPU is on line */
    ck_assert_uint_eq(hard[1], 0);
    ck_assert_uint_eq(hard[2], 0xff);
    ck_assert_uint_eq(d->vcpu[0]->hard_affinity.bits[0], 0xfff);
    hard[0] = 2;
    ck_assert_int_eq(domctl(XEN_DOMCTL_setvcpuaffinity, d->id, &op), -XEN_EINVAL);
    ck_assert_int_eq(domctl(XEN_DOMCTL_getvcpuaffinity, d->id, &op), 0);
    ck_assert_uint_eq(hard[0], 0xff);
    ck_assert_uint_eq(hard[1], 0x0f);
    op.u.vcpuaffinity.vcpu = 1;
    ck_assert_int_eq(domctl(XEN_DOMCTL_getvcpuaffinity, d->id, &op), -XEN_EINVAL);
    svc_destroy(d);
}
END_TEST

START_TEST(time_page_is_the_clock_s_that_the_vcpu_is_on)
{
    struct domain *d = svc_domain(1, 4);
    struct vcpu *v = d->vcpu[0];
    const struct vcpu_time_info *t = &v->vcpu_info->time;
    uint32_t version;

    vcpu_time_switch_in(v);
    version = t->version;
    ck_assert_uint_ne(version, 0);
    vcpu_time_switch_in(v);
    ck_assert_uint_eq(t->version, version);
    svc_clock_id = 2;
    vcpu_time_switch_in(v);
    ck_assert_uint_eq(t->version, version + 2);
    svc_clock_id = 1;
    svc_destroy(d);
}
END_TEST

START_TEST(control_calls_check_versions_and_pointers)
{
    struct xen_domctl op = { .interface_version = 1 };

    ck_assert_int_eq(CALL(domctl, (uint64_t)&op, 0, 0), -XEN_EACCES);
    ck_assert_int_eq(CALL(sysctl, (uint64_t)&op, 0, 0), -XEN_EACCES);
    ck_assert_int_eq(CALL(domctl, 8, 0, 0), -XEN_EFAULT);
    ck_assert_int_eq(CALL(sysctl, 8, 0, 0), -XEN_EFAULT);
    ck_assert_int_eq(domctl(999, 0, &op), -XEN_ENOSYS);
}
END_TEST

Suite *unit_suite(void)
{
    const TTest *const tests[] = {
        multicall_runs_and_refuses, multicall_resumes_inside_an_entry,
        multicall_with_bad_list, vcpu_info_moves_once_with_its_references,
        vcpu_info_needs_a_page_of_ones_own, vcpus_go_up_and_down,
        timers_check_their_times, runstate_area_follows_and_waits_for_the_kernel,
        time_page_is_the_clock_s_that_the_vcpu_is_on, watchdogs_bite, vcpu_affinity_bitmaps,
        control_calls_check_versions_and_pointers,
    };
    Suite *s = suite_create("calls");
    TCase *tc = tcase_create("calls");

    tcase_add_checked_fixture(tc, svc_init, svc_end);
    tcase_set_timeout(tc, 20);
    for (unsigned i = 0; i < ARRAY_SIZE(tests); i++)
        tcase_add_test(tc, tests[i]);
    suite_add_tcase(s, tc);
    return s;
}
