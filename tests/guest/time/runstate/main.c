/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runstate (vcpu.h): where a vcpu's time went. The calling vcpu is running; a vcpu that was never
 * started is offline; the times add up to system time; blocking moves time into "blocked". A memory
 * area is kept up to date, and with the update flag assist its entry time has the update bit only
 * during an update.
 */
#include <guest.h>

static vcpu_runstate_info_t area;

static uint64_t total(const vcpu_runstate_info_t *r)
{
    return r->time[0] + r->time[1] + r->time[2] + r->time[3];
}

static void check_blocked_time(void)
{
    vcpu_runstate_info_t before, after;

    CHECK_EQ(hyp_vcpu_op(VCPUOP_get_runstate_info, 0, &before), 0);
    for (int i = 0; i < 1000; i++) { /* woken early it may be runnable for the rest of a sleep */
        sleep(10 * MS);
        CHECK_EQ(hyp_vcpu_op(VCPUOP_get_runstate_info, 0, &after), 0);
        if (after.time[RUNSTATE_blocked] >= before.time[RUNSTATE_blocked] + 9 * MS)
            break;
    }
    CHECK_EQ(after.state, RUNSTATE_running);
    CHECK(after.time[RUNSTATE_blocked] >= before.time[RUNSTATE_blocked] + 9 * MS);
    CHECK(total(&after) > total(&before));
    CHECK(after.state_entry_time >= before.state_entry_time);
}

static void check_area(void)
{
    vcpu_register_runstate_memory_area_t where = {.addr.p = (uint64_t)&area};

    CHECK_EQ(hyp_vm_assist(VMASST_CMD_enable, VMASST_TYPE_runstate_update_flag), 0);
    CHECK_EQ(hyp_vcpu_op(VCPUOP_register_runstate_memory_area, 0, &where), 0);
    sleep(5 * MS);
    CHECK_EQ(area.state, RUNSTATE_running);
    CHECK(area.time[RUNSTATE_blocked] >= 4 * MS);
    CHECK(!(area.state_entry_time & XEN_RUNSTATE_UPDATE));
    where.addr.p = 0;
    CHECK_EQ(hyp_vcpu_op(VCPUOP_register_runstate_memory_area, 0, &where), 0);
    CHECK_EQ(hyp_vm_assist(VMASST_CMD_disable, VMASST_TYPE_runstate_update_flag), 0);
    CHECK_EQ(hyp_vcpu_op(VCPUOP_register_runstate_memory_area, 0, (void *)0x1000), -XEN_EFAULT);
}

GUEST_TEST("runstate: states, sums, memory area")
{
    vcpu_runstate_info_t info;

    CHECK_EQ(hyp_vcpu_op(VCPUOP_get_runstate_info, 0, &info), 0);
    CHECK_EQ(info.state, RUNSTATE_running);
    CHECK(total(&info) <= now() + MS);
    CHECK_EQ(hyp_vcpu_op(VCPUOP_get_runstate_info, 0, NULL), -XEN_EFAULT);
    CHECK_EQ(hyp_vcpu_op(VCPUOP_get_runstate_info, 99, &info), -XEN_ENOENT);
    if (vcpus_present() > 1) {
        CHECK_EQ(hyp_vcpu_op(VCPUOP_get_runstate_info, 1, &info), 0);
        CHECK_EQ(info.state, RUNSTATE_offline);
    }
    check_blocked_time();
    check_area();
}
