# SPDX-License-Identifier: GPL-2.0-only
"""What is measured, and what the project set itself: (name, text, floor, aim) for each figure.

Figures are instructions of the whole machine unless the text names another unit.  A figure whose
name is in no list here is printed without floor and aim.
"""

SINGLE = [
    ("null_hypercall", "null hypercall (xen_version)", 120, 60),
    ("multicall_8", "multicall of 8", 800, 400),
    ("iret_hypercall", "iret hypercall", 160, 90),
    ("page_fault_bounce", "page-fault bounce + iret", 400, 250),
    ("ud2_bounce", "invalid-opcode bounce + iret", None, None),
    ("emulated_rdmsr", "emulated rdmsr", 700, 350),
    ("emulated_cpuid", "emulated cpuid", None, None),
    ("stack_switch", "stack_switch", None, None),
    ("set_timer_off", "set_timer_op", None, None),
    ("sched_yield", "yield, nobody else there", None, None),
    ("mmu_update_1", "mmu_update, 1 entry", 700, 300),
    ("mmu_update_32", "mmu_update, 32 entries", 12000, 3500),
    ("update_va_mapping", "update_va_mapping", 600, 280),
    ("emulated_pte_write", "emulated write of an entry", None, None),
    ("pin_unpin_l1", "pin + unpin an empty L1", 10000, 3000),
    ("tlb_flush_local", "flush the own TLB", None, None),
    ("new_baseptr", "switch the root table", None, None),
    ("event_send_upcall", "event send + upcall + iret", 700, 350),
    ("grant_map_unmap", "grant map + unmap", 1500, 700),
    ("grant_copy_4096", "grant copy of 4 KiB", 1600, 900),
    ("boot_small", "hypervisor start to this kernel, 512 MiB", None, None),
]

# in Bochs; floor: what Xen 4.17 needs, or half of it for the exit itself, which CPUID shows; aim: half
HVM = [
    ("hvm_cpuid", "CPUID exit", 447, 300),
    ("hvm_hypercall", "hypercall (xen_version)", 891, 445),
    ("hvm_port", "port read, PIC", 1239, 619),
    ("hvm_ioapic", "EPT violation: register of the IO-APIC read", 13438, 6719),
    ("hvm_rom", "EPT violation: write to read-only memory", 14720, 7360),
    ("hvm_model_port", "port read, device model", 12402, 6201),
    ("hvm_model_mmio", "memory-mapped read, device model", 28367, 14183),
    ("hvm_ipi", "IPI to a sleeping vcpu and one back", 15527, 7763),
    ("hvm_timer", "timer interrupt: set, taken, ended", 5989, 2994),
    ("hvm_timer_wakes", "HLT wake-up by the timer, late by", 6395, 3197),
]

# in Bochs, time in ticks of an instruction each; floor: what Xen 4.17 needs, aim: half
PVH = [
    ("pvh_create", "create a PVH guest, paused, 128 MiB (whole process)", 247.47e6, 123.73e6),
    ("pvh_boot", "... from there to its first program", 1191.4e6, 595.7e6),
]

# name without the prefix native_, dom0_ or guest_; the floor is meant for the guest
LINUX = [
    ("getppid", "getppid", 750, 480),
    ("page_fault", "page fault", 10500, 8800),
    ("mmap_munmap", "mmap + munmap, untouched", None, None),
    ("mmap_touch_munmap", "mmap + touch + munmap", None, None),
    ("mprotect_twice", "mprotect, twice", None, None),
    ("fork_exit_wait", "fork + exit + wait", 600e3, 400e3),
    ("fork_no_exec_wait", "fork + exec of a missing file + wait", 700e3, 500e3),
    ("fork_exec_wait", "fork + exec + wait", None, None),
    ("pipe_round_trip", "pipe round trip", 17e3, 13e3),
]

WHOLE = [
    ("boot_hypervisor", "hypervisor start to Dom0's first instruction", 150e6, 40e6),
    ("boot_dom0", "Dom0's first instruction to its /init", None, None),
    ("create_paused", "create, paused, 32 MiB (whole process)", 20e6, 5e6),
    ("create_growth", "... added by each guest already there", 0.1e6, 0),
    ("destroy", "destroy, 32 MiB (whole process)", 12e6, 4e6),
    ("create_linux", "create a Linux guest of 192 MiB", None, None),
    ("destroy_linux", "destroy it", None, None),
    ("store_read", "store: read", 60e3, 30e3),
    ("store_write", "store: write", None, None),
    ("store_directory", "store: directory", None, None),
    ("store_transaction", "store: transaction of 4 operations", 200e3, 90e3),
    ("taken_kib", "memory taken by the hypervisor of 2 GiB, KiB", 20 * 1024, 14 * 1024),
    ("domain_kib", "memory per paused domain beyond its own, KiB", 64, 32),
    ("source_lines", "hypervisor source without public headers, lines", 30000, 20000),
]

# of a guest of 192 MiB: MB of its memory in 10^9 instructions
VERBS = [
    ("list_20", "list of 20 guests (whole process)", None, None),
    ("top_20", "one sample of the monitor, 20 guests (whole process)", None, None),
    ("top_dom0", "... of which Dom0", None, None),
    ("top_sample", "each further sample", None, None),
    ("save_rate", "save, MB of a guest in 10^9 instructions", None, None),
    ("save_mb", "... MB of the file", None, None),
    ("restore_rate", "restore, MB of a guest in 10^9 instructions", None, None),
]

# instructions; the floor is the project's limit for Dom0's, with the start of the program
MANY = [
    ("list_1000", "list of 1,000 guests (whole process)", None, None),
    ("top_1000", "one sample of the monitor, 1,000 guests (whole process)", None, None),
    ("top_dom0", "... of which Dom0", 50e6, 25e6),
    ("top_sample", "each further sample", None, None),
    ("top_sample_dom0", "... of which Dom0", None, None),
]

# rates: more is better, which the order of floor and aim says
NET = [
    ("net_from_guest", "TCP from a guest, MB in 10^9 instructions", 200, 600),
    ("net_from_guest_hypercalls", "... hypercalls for a MB", None, None),
    ("net_from_guest_events", "... events for a MB, in both domains", None, None),
    ("net_to_guest", "TCP to a guest, MB in 10^9 instructions", 250, 600),
    ("net_to_guest_hypercalls", "... hypercalls for a MB", None, None),
    ("net_to_guest_events", "... events for a MB, in both domains", None, None),
]

# name without the prefix dom0_ or guest_; floor and aim are what Dom0's own costs / the guest's
DISK = [
    ("read_4k", "read of 4 KiB", None, None),
    ("read_64k", "read of 64 KiB", 0.45, 0.8),
    ("read_1024k", "read of 1 MiB", None, None),
    ("write_4k", "write of 4 KiB", None, None),
    ("write_64k", "write of 64 KiB", None, None),
    ("write_1024k", "write of 1 MiB", None, None),
    ("longest", "longest of 30,000 reads; ours: blockd is killed meanwhile", None, None),
]

# two CPUs; nanoseconds of the machine's time
LATENCY = [
    ("spinners_0_mean", "wake-up late by, nobody else there, mean", None, None),
    ("spinners_0_worst", "... worst", None, None),
    ("spinners_2_mean", "wake-up late by, 2 neighbours compute, mean", None, None),
    ("spinners_2_worst", "... worst", None, None),
    ("spinners_4_mean", "wake-up late by, 4 neighbours compute, mean", None, None),
    ("spinners_4_worst", "... worst", None, None),
    ("share_off", "worst share in a second, off by 1/1000 CPU", None, None),
]

# columns of costly events: heading, and the plugin's counters that are added up
EVENTS = [
    ("CR3", ("cr3.h",)), ("TLB", ("inv.h", "cr.h")), ("MSR", ("wrmsr.h", "rdmsr.h")),
    ("entries", ("enter.h",)), ("iret", ("iret.h",)), ("locked", ("lock.h",)),
    ("fences", ("fence.h",)), ("I/O", ("io.h",)),
]

# beside those, of operations of devices: hypercalls of both kernels, and which are about events
DEVICE_EVENTS = [("hypercalls", ("hypercall.g",)), ("about events", ("evtchn.g",)), *EVENTS[:-1]]
