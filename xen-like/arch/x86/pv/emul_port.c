/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * I/O ports of PV guests: always by emulation. A domain reaches the real port if it has been given
 * it; other ports read as all ones. PCI configuration (CF8/CFC) goes through the hypervisor's own
 * accessors, so that the two never mix.
 */
#include <arch/cpu.h>
#include <arch/insn.h>
#include <arch/pci.h>
#include <arch/pv.h>
#include <hv/arch.h>
#include <hv/guest_access.h>
#include <hv/rangeset.h>

#define PORT_CF8 0xcf8
#define PORT_CFC 0xcfc

static uint32_t all_ones(unsigned bytes) { return bytes == 4 ? ~0U : (1U << (8 * bytes)) - 1; }

static bool bitmap_clear(struct vcpu *v, unsigned port, unsigned bytes)
{
    uint8_t bits[2] = { 0xff, 0xff };

    if (port + bytes > v->arch.iobitmap_ports)
        return false;
    if (copy_from_guest_va(&bits[0], v->arch.iobitmap + port / 8, 1))
        return false;
    if (port % 8 + bytes > 8 && copy_from_guest_va(&bits[1], v->arch.iobitmap + port / 8 + 1, 1))
        return false;
    return !((bits[0] | bits[1] << 8) >> (port % 8) & ((1u << bytes) - 1));
}

/* The bitmap is at an address of the guest kernel, the instruction mostly in user mode */
static bool bitmap_allows(struct vcpu *v, unsigned port, unsigned bytes)
{
    bool user = !v->arch.kernel_mode, ok;

    if (!v->arch.iobitmap_ports)
        return false;
    if (user)
        toggle_guest_mode(v);
    ok = bitmap_clear(v, port, bytes);
    if (user)
        toggle_guest_mode(v);
    return ok;
}

/* The guest's own rules: its kernel's IOPL, else the bitmap that its kernel gave for user mode */
bool pv_port_allowed(struct vcpu *v, unsigned port, unsigned bytes)
{
    unsigned kernel_level = v->domain->vm_assist & 1UL << VMASST_TYPE_architectural_iopl ? 0 : 1;
    bool iopl_ok = v->arch.iopl >= (v->arch.kernel_mode ? kernel_level : 3);

    return port + bytes <= 0x10000 && (iopl_ok || bitmap_allows(v, port, bytes));
}

static bool owns(const struct vcpu *v, unsigned port, unsigned bytes)
{
    return rangeset_contains(v->domain->arch.ioport_caps, port, port + bytes - 1);
}

/* Configuration space: the address register is the domain's own variable, the data register an
 * access by the hypervisor */
static bool is_pci(const struct vcpu *v, unsigned port, unsigned bytes)
{
    if (!v->domain->is_hardware)
        return false;
    return (port == PORT_CF8 && bytes == 4) || (port >= PORT_CFC && port + bytes <= PORT_CFC + 4);
}

static uint32_t pci_address;

uint32_t pv_port_read(struct vcpu *v, unsigned port, unsigned bytes)
{
    if (is_pci(v, port, bytes))
        return port == PORT_CF8 ? pci_address : pci_cf8_read(pci_address, port & 3, bytes);
    if (!owns(v, port, bytes))
        return all_ones(bytes);
    switch (bytes) {
    case 1: return inb(port);
    case 2: return inw(port);
    default: return inl(port);
    }
}

void pv_port_write(struct vcpu *v, unsigned port, unsigned bytes, uint32_t value)
{
    if (is_pci(v, port, bytes)) {
        if (port == PORT_CF8)
            pci_address = value;
        else
            pci_cf8_write(pci_address, port & 3, bytes, value);
        return;
    }
    if (!owns(v, port, bytes))
        return;
    switch (bytes) {
    case 1: outb(port, value); break;
    case 2: outw(port, value); break;
    default: outl(port, value); break;
    }
}
