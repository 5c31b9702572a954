/* SPDX-License-Identifier: MIT */
/*
 * State of an HVM domain as a stream of records (XEN_DOMCTL_gethvmcontext and sethvmcontext): each
 * a hvm_save_descriptor and a structure of this file; HEADER first, END last, with no structure.
 * Records of a vcpu have its number as their instance.
 */
#ifndef XEN_PUBLIC_HVM_SAVE_H
#define XEN_PUBLIC_HVM_SAVE_H

#include "../xen.h"

/* hvm_save_header.magic and .version */
#define HVM_FILE_MAGIC   0x54381286
#define HVM_FILE_VERSION 0x00000001

/* Record types. */
#define HVM_SAVE_CODE_END             0
#define HVM_SAVE_CODE_HEADER          1
#define HVM_SAVE_CODE_CPU             2
#define HVM_SAVE_CODE_PIC             3
#define HVM_SAVE_CODE_IOAPIC          4
#define HVM_SAVE_CODE_LAPIC           5
#define HVM_SAVE_CODE_LAPIC_REGS      6
#define HVM_SAVE_CODE_PCI_IRQ         7
#define HVM_SAVE_CODE_ISA_IRQ         8
#define HVM_SAVE_CODE_PCI_LINK        9
#define HVM_SAVE_CODE_PIT             10
#define HVM_SAVE_CODE_RTC             11
#define HVM_SAVE_CODE_HPET            12
#define HVM_SAVE_CODE_PMTIMER         13
#define HVM_SAVE_CODE_MTRR            14
#define HVM_SAVE_CODE_VIRIDIAN_DOMAIN 15 /* not made */
#define CPU_XSAVE_CODE                16
#define HVM_SAVE_CODE_VIRIDIAN_VCPU   17 /* not made */
#define HVM_SAVE_CODE_VMCE_VCPU       18
#define HVM_SAVE_CODE_TSC_ADJUST      19
#define CPU_MSR_CODE                  20
#define HVM_SAVE_CODE_MAX             20

/* hvm_hw_cpu.flags */
#define _XEN_X86_FPU_INITIALISED 0
#define XEN_X86_FPU_INITIALISED  (1U << _XEN_X86_FPU_INITIALISED)

#define VIOAPIC_NUM_PINS 48
#define RTC_CMOS_SIZE    14
#define HPET_TIMER_NUM   3
#define MTRR_VCNT        8
#define NUM_FIXED_MSR    11

#ifndef __ASSEMBLER__

/** In front of each record. */
struct hvm_save_descriptor {
    uint16_t typecode; /* HVM_SAVE_CODE_* */
    uint16_t instance;
    uint32_t length;   /* bytes that follow */
};

struct hvm_save_header {
    uint32_t magic;     /* HVM_FILE_MAGIC */
    uint32_t version;   /* HVM_FILE_VERSION */
    uint64_t changeset; /* of the hypervisor that wrote it */
    uint32_t cpuid;     /* leaf 1 eax there */
    uint32_t gtsc_khz;
};

/** Registers of a vcpu. Segment attributes are in VMX's layout of access rights. */
struct hvm_hw_cpu {
    uint8_t fpu_regs[512]; /* FXSAVE image */
    uint64_t rax, rbx, rcx, rdx, rbp, rsi, rdi, rsp;
    uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
    uint64_t rip, rflags;
    uint64_t cr0, cr2, cr3, cr4;
    uint64_t dr0, dr1, dr2, dr3, dr6, dr7;
    uint32_t cs_sel, ds_sel, es_sel, fs_sel, gs_sel, ss_sel, tr_sel, ldtr_sel;
    uint32_t cs_limit, ds_limit, es_limit, fs_limit, gs_limit, ss_limit, tr_limit, ldtr_limit;
    uint32_t idtr_limit, gdtr_limit;
    uint64_t cs_base, ds_base, es_base, fs_base, gs_base, ss_base, tr_base, ldtr_base;
    uint64_t idtr_base, gdtr_base;
    uint32_t cs_arbytes, ds_arbytes, es_arbytes, fs_arbytes;
    uint32_t gs_arbytes, ss_arbytes, tr_arbytes, ldtr_arbytes;
    uint64_t sysenter_cs, sysenter_esp, sysenter_eip;
    uint64_t shadow_gs;
    uint64_t msr_flags; /* ignored */
    uint64_t msr_lstar, msr_star, msr_cstar;
    uint64_t msr_syscall_mask;
    uint64_t msr_efer;
    uint64_t msr_tsc_aux;
    uint64_t tsc; /* what the guest would read */
    union {
        uint32_t pending_event; /* to be injected; VMX's layout */
        struct {
            uint8_t pending_vector:8;
            uint8_t pending_type:3;
            uint8_t pending_error_valid:1;
            uint32_t pending_reserved:19;
            uint8_t pending_valid:1;
        };
    };
    uint32_t error_code;
    uint32_t flags; /* XEN_X86_FPU_INITIALISED */
    uint32_t pad0;
};

/** One 8259; instance 0 is the master. */
struct hvm_hw_vpic {
    uint8_t irr;
    uint8_t imr;
    uint8_t isr;
    uint8_t irq_base;
    uint8_t init_state:4;   /* bits 0-1: next word is ICW(x+1), 2: ICW4 comes, 3: no ICW3 */
    uint8_t priority_add:4; /* line of highest priority */
    uint8_t readsel_isr:1;
    uint8_t poll:1;
    uint8_t auto_eoi:1;
    uint8_t rotate_on_auto_eoi:1;
    uint8_t special_fully_nested_mode:1;
    uint8_t special_mask_mode:1;
    uint8_t is_master:1;
    uint8_t elcr;       /* edge or level, by line */
    uint8_t int_output;
};

/** Redirection entry, as the register is laid out. */
union vioapic_redir_entry {
    uint64_t bits;
    struct {
        uint8_t vector;
        uint8_t delivery_mode:3;
        uint8_t dest_mode:1;
        uint8_t delivery_status:1;
        uint8_t polarity:1;
        uint8_t remote_irr:1;
        uint8_t trig_mode:1;
        uint8_t mask:1;
        uint8_t reserve:7;
        uint8_t reserved[4];
        uint8_t dest_id;
    } fields;
};

struct hvm_hw_vioapic {
    uint64_t base_address;
    uint32_t ioregsel;
    uint32_t id;
    union vioapic_redir_entry redirtbl[VIOAPIC_NUM_PINS];
};

struct hvm_hw_lapic {
    uint64_t apic_base_msr;
    uint32_t disabled; /* bit 0: by software, bit 1: by the MSR */
    uint32_t timer_divisor;
    uint64_t tdt_msr;
};

/** The register page: 16 bytes for each register. */
struct hvm_hw_lapic_regs {
    uint8_t data[1024];
};

/** Lines of PCI devices that are asserted: bit device * 4 + INTx. */
struct hvm_hw_pci_irqs {
    union {
        unsigned long i[2];
        uint64_t pad[2];
    };
};

/** ISA lines that are asserted. */
struct hvm_hw_isa_irqs {
    union {
        unsigned long i[1];
        uint64_t pad[1];
    };
};

/** ISA interrupt of each PCI link, 0 for none. */
struct hvm_hw_pci_link {
    uint8_t route[4];
    uint8_t pad0[4];
};

struct hvm_hw_pit_channel {
    uint32_t count; /* 1 to 65536 */
    uint16_t latched_count;
    uint8_t count_latched;
    uint8_t status_latched;
    uint8_t status;
    uint8_t read_state;
    uint8_t write_state;
    uint8_t write_latch;
    uint8_t rw_mode;
    uint8_t mode;
    uint8_t bcd;
    uint8_t gate;
};

struct hvm_hw_pit {
    struct hvm_hw_pit_channel channels[3];
    uint32_t speaker_data_on;
    uint32_t pad0;
};

struct hvm_hw_rtc {
    uint8_t cmos_data[RTC_CMOS_SIZE];
    uint8_t cmos_index;
    uint8_t pad0;
    int64_t rtc_offset; /* seconds from host time */
};

struct hvm_hw_hpet {
    uint64_t capability;
    uint64_t res0;
    uint64_t config;
    uint64_t res1;
    uint64_t isr;
    uint64_t res2[25];
    uint64_t mc64; /* main counter */
    uint64_t res3;
    struct {
        uint64_t config;
        uint64_t cmp;
        uint64_t fsb;
        uint64_t res4;
    } timers[HPET_TIMER_NUM];
    uint64_t res5[4 * (24 - HPET_TIMER_NUM)];
    uint64_t period[HPET_TIMER_NUM]; /* last value written to each comparator */
};

struct hvm_hw_pmtimer {
    uint32_t tmr_val;
    uint16_t pm1a_sts;
    uint16_t pm1a_en;
};

struct hvm_hw_mtrr {
    uint64_t msr_pat_cr;
    uint64_t msr_mtrr_var[MTRR_VCNT * 2]; /* pairs of base and mask */
    uint64_t msr_mtrr_fixed[NUM_FIXED_MSR];
    uint64_t msr_mtrr_cap;
    uint64_t msr_mtrr_def_type;
};

struct hvm_hw_cpu_xsave_hdr {
    uint64_t xstate_bv;
    uint64_t xcomp_bv;
    uint64_t reserved[6];
};

/** XSAVE state of a vcpu; the record's length says how much follows save_area. */
struct hvm_hw_cpu_xsave {
    uint64_t xfeature_mask; /* ignored */
    uint64_t xcr0;
    uint64_t xcr0_accum;    /* all bits that xcr0 has ever had */
    struct {
        struct {
            char x[512];
        } fpu_sse;
        struct hvm_hw_cpu_xsave_hdr xsave_hdr;
    } save_area;
};

/** Machine check registers of a vcpu. */
struct hvm_vmce_vcpu {
    uint64_t caps;
    uint64_t mci_ctl2_bank0;
    uint64_t mci_ctl2_bank1;
    uint64_t mcg_ext_ctl;
};

struct hvm_tsc_adjust {
    uint64_t tsc_adjust;
};

struct hvm_one_msr {
    uint32_t index;
    uint32_t _rsvd;
    uint64_t val;
};

struct hvm_msr {
    uint32_t count;
    struct hvm_one_msr msr[];
};

#endif /* !__ASSEMBLER__ */
#endif
