/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine's EFI firmware, after its boot services have ended: its tables, and its runtime
 * services, which are called in an address space of their own. Interface: UEFI specification 2.10,
 * chapters 4 (tables) and 8 (services).
 */
#ifndef ARCH_EFI_H
#define ARCH_EFI_H

#include <arch/boot.h>
#include <public/platform.h>

#define EFI_PAGE_SHIFT     12
#define EFI_MEMORY_WB      0x8UL /* attributes: can be cached */
#define EFI_MEMORY_RUNTIME (1UL << 63)
#define EFI_RUNTIME_CODE   5 /* types of memory */

#define EFI_SUCCESS 0UL

struct efi_table_head {
    uint64_t signature;
    uint32_t revision, bytes, crc32, reserved;
};

/** Services after the boot: addresses of functions with the Microsoft x64 calling convention. */
struct efi_runtime_services {
    struct efi_table_head head;
    uint64_t get_time, set_time, get_wakeup_time, set_wakeup_time;
    uint64_t set_virtual_address_map, convert_pointer;
    uint64_t get_variable, get_next_variable_name, set_variable;
    uint64_t get_next_high_monotonic_count, reset_system;
    uint64_t update_capsule, query_capsule_capabilities, query_variable_info; /* from 2.0 on */
};

/* --- what the firmware left (platform/efi.c) -------------------------------------------------- */
/** Look at the firmware's tables; if it is an EFI of 64 bits and all is as it should be, its
 * services can be called. Says in the log what is not. Once, with the page allocator running. */
void efi_init(const struct boot_info *bi);
/** The ACPI root pointer by the firmware's tables, 0 if it has none. */
uint64_t efi_rsdp(void);
/** The region of the memory map that holds [addr, addr + bytes), or NULL. */
const struct efi_region *efi_region_of(uint64_t addr, uint64_t bytes);
/** XEN_FW_EFI_INFO: one of what Dom0 may know. -ENODEV without EFI, -ESRCH, -ENODATA, -EFAULT,
 * -EINVAL. */
long efi_info(uint32_t index, union xenpf_efi_info *info);

/* --- runtime services (platform/efi_call.c) --------------------------------------------------- */
/** The firmware's services; NULL: not to be used. Constant after efi_init. */
const struct efi_runtime_services *efi_services(void);
/** Map the memory of these services, which efi_init has checked, and serve them: 0 or -ENOMEM. */
int efi_services_init(const struct boot_info *bi, const struct efi_runtime_services *s);
/** Call one of them: its EFI_STATUS. Addresses among the arguments are the hypervisor's. The
 * calling vcpu's FPU state is saved before. LOCK_EFI. */
uint64_t efi_call(uint64_t service, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e);

/** XENPF_efi_runtime_call (platform/efi_runtime.c): 0 with the firmware's word in c->status.
 * -EOPNOTSUPP (no services, or not this one), -EINVAL (flags), -EFAULT, -ENOMEM, -ENAMETOOLONG,
 * -E2BIG (more than the hypervisor passes on). */
long efi_runtime_call(struct xenpf_efi_runtime_call *c);

#endif
