/* SPDX-License-Identifier: MIT */
/*
 * platform_op(arg): the machine, for the control domain. arg: xen_platform_op, IN/OUT. -EPERM for
 * others, -EACCES for another interface version, -ENOSYS for an unknown or unserved command.
 */
#ifndef XEN_PUBLIC_PLATFORM_H
#define XEN_PUBLIC_PLATFORM_H

#include "xen.h"

#define XENPF_INTERFACE_VERSION 0x03000001

#define XENPF_settime32          17
#define XENPF_add_memtype        31
#define XENPF_del_memtype        32
#define XENPF_read_memtype       33
#define XENPF_microcode_update   35
#define XENPF_platform_quirk     39
#define XENPF_get_cpu_version    48
#define XENPF_efi_runtime_call   49
#define XENPF_firmware_info      50
#define XENPF_enter_acpi_sleep   51
#define XENPF_change_freq        52
#define XENPF_getidletime        53
#define XENPF_set_processor_pminfo 54
#define XENPF_get_cpuinfo        55
#define XENPF_cpu_online         56
#define XENPF_cpu_offline        57
#define XENPF_cpu_hotadd         58
#define XENPF_mem_hotadd         59
#define XENPF_core_parking       60
#define XENPF_resource_op        61
#define XENPF_settime64          62
#define XENPF_settime            XENPF_settime64
#define XENPF_get_symbol         63

/* xenpf_platform_quirk.quirk_id */
#define QUIRK_NOIRQBALANCING     1
#define QUIRK_IOAPIC_BAD_REGSEL  2
#define QUIRK_IOAPIC_GOOD_REGSEL 3

/* xenpf_efi_runtime_call.function, and bits of .misc for some of them */
#define XEN_EFI_get_time                      1
#define XEN_EFI_set_time                      2
#define XEN_EFI_get_wakeup_time               3
#define XEN_EFI_set_wakeup_time               4
#define XEN_EFI_get_next_high_monotonic_count 5
#define XEN_EFI_get_variable                  6
#define XEN_EFI_set_variable                  7
#define XEN_EFI_get_next_variable_name        8
#define XEN_EFI_query_variable_info           9
#define XEN_EFI_query_capsule_capabilities    10
#define XEN_EFI_update_capsule                11
#define XEN_EFI_GET_TIME_SET_CLEARS_NS        0x00000001
#define XEN_EFI_GET_WAKEUP_TIME_ENABLED       0x00000001
#define XEN_EFI_GET_WAKEUP_TIME_PENDING       0x00000002
#define XEN_EFI_SET_WAKEUP_TIME_ENABLE        0x00000001
#define XEN_EFI_SET_WAKEUP_TIME_ENABLE_ONLY   0x00000002
#define XEN_EFI_VARIABLE_NON_VOLATILE         0x00000001
#define XEN_EFI_VARIABLE_BOOTSERVICE_ACCESS   0x00000002
#define XEN_EFI_VARIABLE_RUNTIME_ACCESS       0x00000004
#define XEN_EFI_VARINFO_BOOT_SNAPSHOT         0x00000001

/* xenpf_firmware_info.type, and .index for XEN_FW_EFI_INFO */
#define XEN_FW_DISK_INFO            1
#define XEN_FW_DISK_MBR_SIGNATURE   2
#define XEN_FW_VBEDDC_INFO          3
#define XEN_FW_EFI_INFO             4
#define XEN_FW_KBD_SHIFT_FLAGS      5
#define XEN_FW_EFI_VERSION          0
#define XEN_FW_EFI_CONFIG_TABLE     1
#define XEN_FW_EFI_VENDOR           2
#define XEN_FW_EFI_MEM_INFO         3
#define XEN_FW_EFI_RT_VERSION       4
#define XEN_FW_EFI_PCI_ROM          5
#define XEN_FW_EFI_APPLE_PROPERTIES 6

/* xenpf_enter_acpi_sleep.flags: val_a and val_b are sleep types of reduced-hardware ACPI. */
#define XENPF_ACPI_SLEEP_EXTENDED 0x00000001

/* xenpf_set_processor_pminfo: capabilities, .type, and kinds of performance data */
#define XEN_PROCESSOR_PM_CX 1
#define XEN_PROCESSOR_PM_PX 2
#define XEN_PROCESSOR_PM_TX 4
#define XEN_PM_CX  0
#define XEN_PM_PX  1
#define XEN_PM_TX  2
#define XEN_PM_PDC 3
#define XEN_PX_PCT 1
#define XEN_PX_PSS 2
#define XEN_PX_PPC 4
#define XEN_PX_PSD 8
#define XEN_CPUPERF_SHARED_TYPE_HW  1
#define XEN_CPUPERF_SHARED_TYPE_ALL 2
#define XEN_CPUPERF_SHARED_TYPE_ANY 3

/* xenpf_pcpuinfo.flags */
#define XEN_PCPU_FLAGS_ONLINE  1
#define XEN_PCPU_FLAGS_INVALID 2 /* no such CPU */

/* xenpf_core_parking.type */
#define XEN_CORE_PARKING_SET 1
#define XEN_CORE_PARKING_GET 2

/* xenpf_resource_entry.u.cmd */
#define XEN_RESOURCE_OP_MSR_READ  0
#define XEN_RESOURCE_OP_MSR_WRITE 1

#ifndef __ASSEMBLER__

/** Set the wall clock: time of day at system_time (ns). */
struct xenpf_settime32 {
    uint32_t secs;        /* IN */
    uint32_t nsecs;       /* IN */
    uint64_t system_time; /* IN */
};
typedef struct xenpf_settime32 xenpf_settime32_t;

struct xenpf_settime64 {
    uint64_t secs;        /* IN */
    uint32_t nsecs;       /* IN */
    uint32_t mbz;         /* 0 */
    uint64_t system_time; /* IN */
};
typedef struct xenpf_settime64 xenpf_settime64_t;
typedef xenpf_settime64_t xenpf_settime_t;

/** Memory type range registers: add a range, delete one, read one. */
struct xenpf_add_memtype {
    xen_pfn_t mfn;    /* IN */
    uint64_t nr_mfns; /* IN */
    uint32_t type;    /* IN */
    uint32_t handle;  /* OUT */
    uint32_t reg;     /* OUT */
};
typedef struct xenpf_add_memtype xenpf_add_memtype_t;

struct xenpf_del_memtype {
    uint32_t handle; /* IN */
    uint32_t reg;    /* IN */
};
typedef struct xenpf_del_memtype xenpf_del_memtype_t;

struct xenpf_read_memtype {
    uint32_t reg;     /* IN */
    xen_pfn_t mfn;    /* OUT */
    uint64_t nr_mfns; /* OUT */
    uint32_t type;    /* OUT */
};
typedef struct xenpf_read_memtype xenpf_read_memtype_t;

/** Load CPU microcode. */
struct xenpf_microcode_update {
    xen_guest_handle_t data; /* IN */
    uint32_t length;         /* IN: bytes */
};
typedef struct xenpf_microcode_update xenpf_microcode_update_t;

struct xenpf_platform_quirk {
    uint32_t quirk_id; /* IN: QUIRK_* */
};
typedef struct xenpf_platform_quirk xenpf_platform_quirk_t;

/** EFI_TIME without its padding. */
struct xenpf_efi_time {
    uint16_t year;
    uint8_t month;
    uint8_t day;
    uint8_t hour;
    uint8_t min;
    uint8_t sec;
    uint32_t ns;
    int16_t tz; /* minutes */
    uint8_t daylight;
};

struct xenpf_efi_guid {
    uint32_t data1;
    uint16_t data2;
    uint16_t data3;
    uint8_t data4[8];
};

/** Call an EFI runtime service; names and values as in the UEFI specification. */
struct xenpf_efi_runtime_call {
    uint32_t function;  /* IN: XEN_EFI_* */
    uint32_t misc;      /* IN/OUT: flags; the count for get_next_high_monotonic_count */
    xen_ulong_t status; /* OUT: EFI_STATUS */
    union {
        struct {
            struct xenpf_efi_time time;
            uint32_t resolution;
            uint32_t accuracy;
        } get_time;
        struct xenpf_efi_time set_time;
        struct xenpf_efi_time get_wakeup_time;
        struct xenpf_efi_time set_wakeup_time;
        struct {
            xen_guest_handle_t name; /* UTF-16 */
            xen_ulong_t size;
            xen_guest_handle_t data;
            struct xenpf_efi_guid vendor_guid;
        } get_variable, set_variable;
        struct {
            xen_ulong_t size;
            xen_guest_handle_t name;
            struct xenpf_efi_guid vendor_guid;
        } get_next_variable_name;
        struct {
            uint32_t attr;
            uint64_t max_store_size;
            uint64_t remain_store_size;
            uint64_t max_size;
        } query_variable_info;
        struct {
            xen_guest_handle_t capsule_header_array;
            xen_ulong_t capsule_count;
            uint64_t max_capsule_size;
            uint32_t reset_type;
        } query_capsule_capabilities;
        struct {
            xen_guest_handle_t capsule_header_array;
            xen_ulong_t capsule_count;
            uint64_t sg_list; /* machine address */
        } update_capsule;
    } u;
};
typedef struct xenpf_efi_runtime_call xenpf_efi_runtime_call_t;

/** What EFI left behind. */
union xenpf_efi_info {
    uint32_t version;
    struct {
        uint64_t addr; /* EFI_CONFIGURATION_TABLE */
        uint32_t nent;
    } cfg;
    struct {
        uint32_t revision;
        uint32_t bufsz;          /* IN: bytes */
        xen_guest_handle_t name; /* UTF-16 */
    } vendor;
    struct {
        uint64_t addr; /* IN */
        uint64_t size; /* IN: of interest; OUT: how much of it is in this region */
        uint64_t attr; /* OUT */
        uint32_t type; /* OUT */
    } mem;
    struct {
        uint16_t segment; /* IN, the next four too */
        uint8_t bus;
        uint8_t devfn;
        uint16_t vendor;
        uint16_t devid;
        uint64_t address; /* OUT */
        xen_ulong_t size; /* OUT */
    } pci_rom;
    struct {
        uint64_t address; /* OUT */
        xen_ulong_t size; /* OUT */
    } apple_properties;
};

/** What firmware told at boot. -ESRCH for an index past the last. */
struct xenpf_firmware_info {
    uint32_t type;  /* IN: XEN_FW_* */
    uint32_t index; /* IN */
    union {
        struct {
            uint8_t device;             /* BIOS drive number */
            uint8_t version;            /* of the int 13h extensions */
            uint16_t interface_support; /* their capabilities */
            uint16_t legacy_max_cylinder;
            uint8_t legacy_max_head;
            uint8_t legacy_sectors_per_track;
            xen_guest_handle_t edd_params; /* IN: buffer for int 13h, 48h; its size first */
        } disk_info;
        struct {
            uint8_t device;
            uint32_t mbr_signature;
        } disk_mbr_signature;
        struct {
            uint8_t capabilities;
            uint8_t edid_transfer_time;
            xen_guest_handle_t edid; /* IN: 128 bytes */
        } vbeddc_info;
        union xenpf_efi_info efi_info;
        uint8_t kbd_shift_flags;
    } u; /* OUT */
};
typedef struct xenpf_firmware_info xenpf_firmware_info_t;

/** Enter an ACPI sleep state: the values for the PM1 control registers. */
struct xenpf_enter_acpi_sleep {
    uint16_t val_a;       /* IN */
    uint16_t val_b;       /* IN */
    uint32_t sleep_state; /* IN: 5 is off */
    uint32_t flags;       /* IN: XENPF_ACPI_SLEEP_* */
};
typedef struct xenpf_enter_acpi_sleep xenpf_enter_acpi_sleep_t;

struct xenpf_change_freq {
    uint32_t flags; /* 0 */
    uint32_t cpu;   /* IN */
    uint64_t freq;  /* IN: Hz */
};
typedef struct xenpf_change_freq xenpf_change_freq_t;

/** Idle time of CPUs. */
struct xenpf_getidletime {
    xen_guest_handle_t cpumap_bitmap; /* IN: CPUs asked; OUT: those that are there */
    uint32_t cpumap_nr_cpus;          /* IN: bits */
    xen_guest_handle_t idletime;      /* OUT: uint64_t ns, indexed by CPU */
    uint64_t now;                     /* OUT: system time */
};
typedef struct xenpf_getidletime xenpf_getidletime_t;

/* ACPI power management data that Dom0 uploads; names as in ACPI's _CST, _CSD, _PCT, _PSS, _PSD. */
struct xen_power_register {
    uint32_t space_id;
    uint32_t bit_width;
    uint32_t bit_offset;
    uint32_t access_size;
    uint64_t address;
};

struct xen_processor_csd {
    uint32_t domain;
    uint32_t coord_type;
    uint32_t num; /* processors in the domain */
};
typedef struct xen_processor_csd xen_processor_csd_t;

struct xen_processor_cx {
    struct xen_power_register reg;
    uint8_t type;
    uint32_t latency; /* us */
    uint32_t power;   /* mW */
    uint32_t dpcnt;   /* entries of dp */
    xen_guest_handle_t dp; /* xen_processor_csd */
};
typedef struct xen_processor_cx xen_processor_cx_t;

struct xen_processor_flags {
    uint32_t bm_control:1;
    uint32_t bm_check:1;
    uint32_t has_cst:1;
    uint32_t power_setup_done:1;
    uint32_t bm_rld_set:1;
};

struct xen_processor_power {
    uint32_t count; /* entries of states */
    struct xen_processor_flags flags;
    xen_guest_handle_t states; /* xen_processor_cx */
};

struct xen_pct_register {
    uint8_t descriptor;
    uint16_t length;
    uint8_t space_id;
    uint8_t bit_width;
    uint8_t bit_offset;
    uint8_t reserved;
    uint64_t address;
};

struct xen_processor_px {
    uint64_t core_frequency;     /* MHz */
    uint64_t power;              /* mW */
    uint64_t transition_latency; /* us */
    uint64_t bus_master_latency; /* us */
    uint64_t control;
    uint64_t status;
};
typedef struct xen_processor_px xen_processor_px_t;

struct xen_psd_package {
    uint64_t num_entries;
    uint64_t revision;
    uint64_t domain;
    uint64_t coord_type;
    uint64_t num_processors;
};

struct xen_processor_performance {
    uint32_t flags; /* XEN_PX_* present */
    uint32_t platform_limit;
    struct xen_pct_register control_register;
    struct xen_pct_register status_register;
    uint32_t state_count;
    xen_guest_handle_t states; /* xen_processor_px */
    struct xen_psd_package domain_info;
    uint32_t shared_type; /* XEN_CPUPERF_SHARED_TYPE_* */
};
typedef struct xen_processor_performance xen_processor_performance_t;

/** Upload power management data of one processor. */
struct xenpf_set_processor_pminfo {
    uint32_t id;   /* IN: ACPI id */
    uint32_t type; /* IN: XEN_PM_* */
    union {
        struct xen_processor_power power;
        struct xen_processor_performance perf;
        xen_guest_handle_t pdc; /* uint32_t, IN/OUT */
    } u;
};
typedef struct xenpf_set_processor_pminfo xenpf_set_processor_pminfo_t;

/** Identity of a CPU. */
struct xenpf_pcpuinfo {
    uint32_t xen_cpuid;   /* IN: hypervisor's number */
    uint32_t max_present; /* OUT: highest number there is */
    uint32_t flags;       /* OUT: XEN_PCPU_FLAGS_* */
    uint32_t apic_id;     /* OUT */
    uint32_t acpi_id;     /* OUT */
};
typedef struct xenpf_pcpuinfo xenpf_pcpuinfo_t;

/** Model of a CPU, as CPUID gives it. */
struct xenpf_pcpu_version {
    uint32_t xen_cpuid;   /* IN */
    uint32_t max_present; /* OUT */
    char vendor_id[12];   /* OUT */
    uint32_t family;      /* OUT */
    uint32_t model;       /* OUT */
    uint32_t stepping;    /* OUT */
};
typedef struct xenpf_pcpu_version xenpf_pcpu_version_t;

/** Take a CPU off line or back. */
struct xenpf_cpu_ol {
    uint32_t cpuid; /* IN */
};
typedef struct xenpf_cpu_ol xenpf_cpu_ol_t;

struct xenpf_cpu_hotadd {
    uint32_t apic_id; /* IN */
    uint32_t acpi_id; /* IN */
    uint32_t pxm;     /* IN: proximity domain */
};
typedef struct xenpf_cpu_hotadd xenpf_cpu_hotadd_t;

struct xenpf_mem_hotadd {
    uint64_t spfn;  /* IN */
    uint64_t epfn;  /* IN: exclusive */
    uint32_t pxm;   /* IN */
    uint32_t flags; /* IN */
};
typedef struct xenpf_mem_hotadd xenpf_mem_hotadd_t;

struct xenpf_core_parking {
    uint32_t type;      /* IN: XEN_CORE_PARKING_* */
    uint32_t idle_nums; /* IN or OUT: CPUs to idle */
};
typedef struct xenpf_core_parking xenpf_core_parking_t;

/** One access of XENPF_resource_op. */
struct xenpf_resource_entry {
    union {
        uint32_t cmd; /* IN: XEN_RESOURCE_OP_* */
        int32_t ret;  /* OUT: error of a refused entry */
    } u;
    uint32_t rsvd; /* 0 */
    uint64_t idx;  /* IN: MSR */
    uint64_t val;  /* IN/OUT */
};
typedef struct xenpf_resource_entry xenpf_resource_entry_t;

/** Access MSRs of one CPU without interruption; returns the number done. */
struct xenpf_resource_op {
    uint32_t nr_entries; /* IN */
    uint32_t cpu;        /* IN */
    xen_guest_handle_t entries; /* IN/OUT: xenpf_resource_entry */
};
typedef struct xenpf_resource_op xenpf_resource_op_t;

/** Symbols of the hypervisor, one at a time. */
struct xenpf_symdata {
    uint32_t namelen; /* IN: room; OUT: length */
    uint32_t symnum;  /* IN: which; OUT: next, the same at the end */
    xen_guest_handle_t name; /* OUT */
    uint64_t address; /* OUT */
    char type;        /* OUT: as nm prints */
};
typedef struct xenpf_symdata xenpf_symdata_t;

struct xen_platform_op {
    uint32_t cmd;               /* XENPF_* */
    uint32_t interface_version; /* XENPF_INTERFACE_VERSION */
    union {
        xenpf_settime_t settime;
        xenpf_settime32_t settime32;
        xenpf_settime64_t settime64;
        xenpf_add_memtype_t add_memtype;
        xenpf_del_memtype_t del_memtype;
        xenpf_read_memtype_t read_memtype;
        xenpf_microcode_update_t microcode;
        xenpf_platform_quirk_t platform_quirk;
        xenpf_efi_runtime_call_t efi_runtime_call;
        xenpf_firmware_info_t firmware_info;
        xenpf_enter_acpi_sleep_t enter_acpi_sleep;
        xenpf_change_freq_t change_freq;
        xenpf_getidletime_t getidletime;
        xenpf_set_processor_pminfo_t set_pminfo;
        xenpf_pcpuinfo_t pcpu_info;
        xenpf_pcpu_version_t pcpu_version;
        xenpf_cpu_ol_t cpu_ol;
        xenpf_cpu_hotadd_t cpu_add;
        xenpf_mem_hotadd_t mem_add;
        xenpf_core_parking_t core_parking;
        xenpf_resource_op_t resource_op;
        xenpf_symdata_t symdata;
        uint8_t pad[128];
    } u;
};
typedef struct xen_platform_op xen_platform_op_t;

#endif /* !__ASSEMBLER__ */
#endif
