/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * I/O ports of hardware guests. Port 0xe9 prints a character in the hypervisor's log, as a line of
 * the guest; the rest has no device behind it.
 */
#include <arch/hvm.h>
#include <arch/hvm_exit.h>
#include <hv/printk.h>

#define PORT_LOG 0xe9

uint32_t hvm_port_read(struct vcpu *v, unsigned port, unsigned bytes) { return ~0U; }

void hvm_port_write(struct vcpu *v, unsigned port, unsigned bytes, uint32_t value)
{
    char c = value;

    if (port == PORT_LOG && bytes == 1)
        guest_log(v->domain, &c, 1);
}
