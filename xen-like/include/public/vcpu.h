/* SPDX-License-Identifier: MIT */
/*
 * vcpu_op(cmd, vcpuid, arg): vcpus of the calling domain. -ENOENT for a vcpu that is not there,
 * -EFAULT, -EINVAL, -ENOSYS.
 */
#ifndef XEN_PUBLIC_VCPU_H
#define XEN_PUBLIC_VCPU_H

#include "xen.h"

#define VCPUOP_initialise                    0  /* vcpu_guest_context; -EEXIST if done before */
#define VCPUOP_up                            1  /* start; -EINVAL if not initialised */
#define VCPUOP_down                          2  /* stop */
#define VCPUOP_is_up                         3  /* returns 1 or 0 */
#define VCPUOP_get_runstate_info             4  /* vcpu_runstate_info OUT */
#define VCPUOP_register_runstate_memory_area 5
#define VCPUOP_set_periodic_timer            6
#define VCPUOP_stop_periodic_timer           7
#define VCPUOP_set_singleshot_timer          8
#define VCPUOP_stop_singleshot_timer         9
#define VCPUOP_register_vcpu_info            10
#define VCPUOP_send_nmi                      11
#define VCPUOP_get_physid                    12
#define VCPUOP_register_vcpu_time_memory_area 13

/* vcpu_runstate_info.state */
#define RUNSTATE_running  0 /* on a CPU */
#define RUNSTATE_runnable 1 /* waiting for a CPU */
#define RUNSTATE_blocked  2 /* waiting for an event */
#define RUNSTATE_offline  3 /* down or paused */

/** Set in state_entry_time during an update, with VMASST_TYPE_runstate_update_flag. */
#define XEN_RUNSTATE_UPDATE (1ULL << 63)

/* vcpu_set_singleshot_timer.flags: -ETIME if the time is past. */
#define _VCPU_SSHOTTMR_future 0
#define VCPU_SSHOTTMR_future  (1U << _VCPU_SSHOTTMR_future)

#ifndef __ASSEMBLER__

/** Where a vcpu's time went. The sum of time[] follows system time. */
struct vcpu_runstate_info {
    int32_t state;             /* RUNSTATE_* */
    uint64_t state_entry_time; /* system time, ns */
    uint64_t time[4];          /* ns in each RUNSTATE_* */
};
typedef struct vcpu_runstate_info vcpu_runstate_info_t;

/** Have a vcpu_runstate_info kept up to date at this linear address. 0 ends it. */
struct vcpu_register_runstate_memory_area {
    union {
        xen_guest_handle_t h;
        uint64_t p;
    } addr;
};
typedef struct vcpu_register_runstate_memory_area vcpu_register_runstate_memory_area_t;

/** VIRQ_TIMER every period_ns. -EINVAL below 1 ms for guests. */
struct vcpu_set_periodic_timer {
    uint64_t period_ns;
};
typedef struct vcpu_set_periodic_timer vcpu_set_periodic_timer_t;

/** VIRQ_TIMER once. */
struct vcpu_set_singleshot_timer {
    uint64_t timeout_abs_ns; /* system time */
    uint32_t flags;          /* VCPU_SSHOTTMR_* */
};
typedef struct vcpu_set_singleshot_timer vcpu_set_singleshot_timer_t;

/** Move vcpu_info into a guest page, once for each vcpu. It must not cross the page. */
struct vcpu_register_vcpu_info {
    uint64_t mfn;    /* guest frame */
    uint32_t offset; /* bytes */
    uint32_t rsvd;
};
typedef struct vcpu_register_vcpu_info vcpu_register_vcpu_info_t;

/** Identity of the CPU that a pinned vcpu runs on. */
struct vcpu_get_physid {
    uint64_t phys_id; /* OUT: APIC id, ACPI id << 32 */
};
typedef struct vcpu_get_physid vcpu_get_physid_t;

static inline uint32_t xen_vcpu_physid_to_x86_apicid(uint64_t physid)
{
    return (uint32_t)physid;
}

static inline uint32_t xen_vcpu_physid_to_x86_acpiid(uint64_t physid)
{
    return (uint32_t)(physid >> 32);
}

/** Have a second copy of vcpu_time_info kept at this linear address. 0 ends it. */
struct vcpu_register_time_memory_area {
    union {
        xen_guest_handle_t h;
        uint64_t p;
    } addr;
};
typedef struct vcpu_register_time_memory_area vcpu_register_time_memory_area_t;

#endif /* !__ASSEMBLER__ */
#endif
