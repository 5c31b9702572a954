/* SPDX-License-Identifier: MIT */
/*
 * Parameters of an HVM domain (HVMOP_set_param, HVMOP_get_param). -EINVAL for an index that is out
 * of range or not served, -EEXIST for one that can be set only once, -EPERM for one that is the
 * controller's.
 */
#ifndef XEN_PUBLIC_HVM_PARAMS_H
#define XEN_PUBLIC_HVM_PARAMS_H

#include "hvm_op.h"

/**
 * How events reach vcpu 0 (vector: every vcpu): type in bits 63:56; 0 for not at all. GSI: line in
 * bits 55:0. PCI INTx: domain 47:32, bus 31:16, devfn 15:8, pin 1:0. Vector: 7:0.
 */
#define HVM_PARAM_CALLBACK_IRQ           0
#define HVM_PARAM_CALLBACK_IRQ_TYPE_MASK 0xFF00000000000000ULL
#define HVM_PARAM_CALLBACK_TYPE_GSI      0
#define HVM_PARAM_CALLBACK_TYPE_PCI_INTX 1
#define HVM_PARAM_CALLBACK_TYPE_VECTOR   2

#define HVM_PARAM_STORE_PFN              1  /* ring to the store: guest frame, port */
#define HVM_PARAM_STORE_EVTCHN           2
#define HVM_PARAM_PAE_ENABLED            4  /* no meaning any more */
#define HVM_PARAM_IOREQ_PFN              5  /* old way to the first ioreq server */
#define HVM_PARAM_BUFIOREQ_PFN           6
#define HVM_PARAM_VIRIDIAN               9  /* HVMPV_*: refused */
#define HVM_PARAM_TIMER_MODE             10 /* HVMPTM_* */
#define HVM_PARAM_HPET_ENABLED           11
#define HVM_PARAM_IDENT_PT               12 /* guest page for CPUs that cannot run unpaged */
#define HVM_PARAM_DM_DOMAIN              13 /* no meaning any more */
#define HVM_PARAM_ACPI_S_STATE           14 /* 0 or 3 */
#define HVM_PARAM_VM86_TSS               15 /* likewise; address */
#define HVM_PARAM_VPT_ALIGN              16 /* let periodic timers tick together */
#define HVM_PARAM_CONSOLE_PFN            17 /* console ring: guest frame, port */
#define HVM_PARAM_CONSOLE_EVTCHN         18
#define HVM_PARAM_ACPI_IOPORTS_LOCATION  19 /* 0: 0x1f40, 1: 0xb000 (ioreq.h) */
#define HVM_PARAM_MEMORY_EVENT_CR0       20 /* no meaning any more, up to 25 */
#define HVM_PARAM_MEMORY_EVENT_CR3       21
#define HVM_PARAM_MEMORY_EVENT_CR4       22
#define HVM_PARAM_MEMORY_EVENT_INT3      23
#define HVM_PARAM_NESTEDHVM              24
#define HVM_PARAM_MEMORY_EVENT_SINGLE_STEP 25
#define HVM_PARAM_BUFIOREQ_EVTCHN        26
#define HVM_PARAM_PAGING_RING_PFN        27 /* guest frames kept free for memory events */
#define HVM_PARAM_MONITOR_RING_PFN       28
#define HVM_PARAM_SHARING_RING_PFN       29
#define HVM_PARAM_MEMORY_EVENT_MSR       30 /* no meaning any more */
#define HVM_PARAM_TRIPLE_FAULT_REASON    31 /* SHUTDOWN_* */
#define HVM_PARAM_IOREQ_SERVER_PFN       32 /* first of the guest frames for ioreq servers */
#define HVM_PARAM_NR_IOREQ_SERVER_PAGES  33
#define HVM_PARAM_VM_GENERATION_ID_ADDR  34
#define HVM_PARAM_ALTP2M                 35 /* XEN_ALTP2M_*: only disabled */
#define HVM_PARAM_X87_FIP_WIDTH          36 /* 8, 4 or 0 */
#define HVM_PARAM_VM86_TSS_SIZED         37 /* address, size << 32 */
#define HVM_PARAM_MCA_CAP                38 /* XEN_HVM_MCA_CAP_* */
#define HVM_NR_PARAMS                    39

/* HVM_PARAM_VIRIDIAN */
#define _HVMPV_base_freq              0
#define HVMPV_base_freq               (1 << _HVMPV_base_freq)
#define _HVMPV_no_freq                1
#define HVMPV_no_freq                 (1 << _HVMPV_no_freq)
#define _HVMPV_time_ref_count         2
#define HVMPV_time_ref_count          (1 << _HVMPV_time_ref_count)
#define _HVMPV_reference_tsc          3
#define HVMPV_reference_tsc           (1 << _HVMPV_reference_tsc)
#define _HVMPV_hcall_remote_tlb_flush 4
#define HVMPV_hcall_remote_tlb_flush  (1 << _HVMPV_hcall_remote_tlb_flush)
#define _HVMPV_apic_assist            5
#define HVMPV_apic_assist             (1 << _HVMPV_apic_assist)
#define _HVMPV_crash_ctl              6
#define HVMPV_crash_ctl               (1 << _HVMPV_crash_ctl)
#define _HVMPV_synic                  7
#define HVMPV_synic                   (1 << _HVMPV_synic)
#define _HVMPV_stimer                 8
#define HVMPV_stimer                  (1 << _HVMPV_stimer)
#define _HVMPV_hcall_ipi              9
#define HVMPV_hcall_ipi               (1 << _HVMPV_hcall_ipi)
#define _HVMPV_ex_processor_masks     10
#define HVMPV_ex_processor_masks      (1 << _HVMPV_ex_processor_masks)
#define _HVMPV_no_vp_limit            11
#define HVMPV_no_vp_limit             (1 << _HVMPV_no_vp_limit)
#define _HVMPV_cpu_hotplug            12
#define HVMPV_cpu_hotplug             (1 << _HVMPV_cpu_hotplug)
#define HVMPV_feature_mask            0x1fff

/* HVM_PARAM_TIMER_MODE: what becomes of ticks that a vcpu missed while it did not run. */
#define HVMPTM_delay_for_missed_ticks    0 /* guest time waits and catches up tick by tick */
#define HVMPTM_no_delay_for_missed_ticks 1 /* all delivered, guest time is real time */
#define HVMPTM_no_missed_ticks_pending   2 /* dropped */
#define HVMPTM_one_missed_tick_pending   3 /* one for all */

/* HVM_PARAM_ALTP2M */
#define XEN_ALTP2M_disabled 0
#define XEN_ALTP2M_mixed    1
#define XEN_ALTP2M_external 2
#define XEN_ALTP2M_limited  3

/* HVM_PARAM_MCA_CAP: local machine checks. */
#define XEN_HVM_MCA_CAP_LMCE (1ULL << 0)
#define XEN_HVM_MCA_CAP_MASK XEN_HVM_MCA_CAP_LMCE

#endif
