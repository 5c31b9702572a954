/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The way into the firmware and back. The firmware runs in ring 0 and is trusted as the processor's
 * system management mode is. It gets page tables of its own: below, what its memory map marks for
 * runtime, one to one, as it was never told other addresses (SetVirtualAddressMap), each piece
 * writable, its code alone executable; above, the hypervisor, whose stack and buffers it uses.
 * Interrupts are off meanwhile, as no handler of the hypervisor expects these tables.
 */
#include <arch/efi.h>
#include <arch/fpu.h>
#include <arch/hvmap.h>
#include <arch/insn.h>
#include <hv/arch.h>
#include <hv/lock.h>
#include <hv/page_alloc.h>
#include <hv/sched.h>
#include <hv/string.h>
#include <public/errno.h>

#define PTE_FIRMWARE (PTE_P | PTE_RW | PTE_A | PTE_D)

typedef uint64_t __attribute__((ms_abi))
efi_function(uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e);

static const struct efi_runtime_services *services;

/* LOCK_EFI: firmware serves one call at a time, in these tables */
static struct spinlock lock = SPINLOCK_INIT(LOCK_EFI);
static pte_t *firmware_l4;

const struct efi_runtime_services *efi_services(void) { return services; }

/* --- tables ----------------------------------------------------------------------------------- */
static int map_region(const struct efi_region *r)
{
    uint64_t flags = PTE_FIRMWARE | (r->type == EFI_RUNTIME_CODE ? 0 : PTE_NX) |
                     (r->attributes & EFI_MEMORY_WB ? 0 : PTE_PCD | PTE_PWT);
    int rc = 0;

    for (uint64_t at = r->start; at < r->start + r->bytes && !rc; at += PAGE_SIZE)
        rc = hv_map_below(&firmware_l4[l4_index(at)], at, pte_make(maddr_to_mfn(at), flags));
    return rc;
}

static int map_regions(const struct boot_info *bi)
{
    int rc = 0;

    firmware_l4 = hv_alloc_page();
    if (!firmware_l4)
        return -XEN_ENOMEM;
    for (unsigned i = 0; i < bi->nr_efi_regions && !rc; i++)
        if (bi->efi_regions[i].attributes & EFI_MEMORY_RUNTIME)
            rc = map_region(&bi->efi_regions[i]);
    return rc;
}

int efi_services_init(const struct boot_info *bi, const struct efi_runtime_services *s)
{
    int rc = map_regions(bi);

    if (!rc)
        services = s;
    return rc;
}

/* --- the call --------------------------------------------------------------------------------- */
static void enter_tables(uint64_t cr3)
{
    const pte_t *now = maddr_to_virt(cr3 & PTE_MFN_MASK);

    for (unsigned i = HV_L4_FIRST; i <= HV_L4_LAST; i++)
        firmware_l4[i] = now[i]; /* with this domain's own slot, where the CPU's GDT may be */
    write_cr3(virt_to_maddr(firmware_l4));
}

/* The convention wants a stack on a boundary of 16 bytes. */
__attribute__((force_align_arg_pointer)) uint64_t efi_call(uint64_t service, uint64_t a, uint64_t b,
                                                           uint64_t c, uint64_t d, uint64_t e)
{
    efi_function *fn = (efi_function *)service;
    struct vcpu *v = current;
    unsigned long flags;
    uint64_t cr3, status;

    flags = spin_lock_irqsave(&lock);
    fpu_lend(v);
    cr3 = read_cr3();
    enter_tables(cr3);
    status = fn(a, b, c, d, e);
    write_cr3(cr3);
    fpu_switch_in(v);
    spin_unlock_irqrestore(&lock, flags);
    return status;
}
