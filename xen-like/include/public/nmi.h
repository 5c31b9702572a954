/* SPDX-License-Identifier: MIT */
/* nmi_op(cmd, arg): NMIs of PV guests. */
#ifndef XEN_PUBLIC_NMI_H
#define XEN_PUBLIC_NMI_H

#include "xen.h"

/* arch_shared_info.nmi_reason */
#define _XEN_NMIREASON_io_error 0 /* I/O check, port 0x61 bit 6 */
#define XEN_NMIREASON_io_error  (1UL << _XEN_NMIREASON_io_error)
#define _XEN_NMIREASON_pci_serr 1 /* PCI SERR, port 0x61 bit 7 */
#define XEN_NMIREASON_pci_serr  (1UL << _XEN_NMIREASON_pci_serr)
#define _XEN_NMIREASON_unknown  2
#define XEN_NMIREASON_unknown   (1UL << _XEN_NMIREASON_unknown)

#define XENNMI_register_callback   0 /* xennmi_callback */
#define XENNMI_unregister_callback 1 /* no arg */

#ifndef __ASSEMBLER__
struct xennmi_callback {
    uint64_t handler_address; /* IN */
    uint64_t pad;
};
typedef struct xennmi_callback xennmi_callback_t;
#endif
#endif
