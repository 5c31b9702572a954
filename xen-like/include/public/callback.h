/* SPDX-License-Identifier: MIT */
/* callback_op(cmd, arg): where a PV kernel is entered. */
#ifndef XEN_PUBLIC_CALLBACK_H
#define XEN_PUBLIC_CALLBACK_H

#include "xen.h"

#define CALLBACKTYPE_event               0 /* an event is pending */
#define CALLBACKTYPE_failsafe            1 /* iret to a state that cannot be loaded */
#define CALLBACKTYPE_syscall             2 /* SYSCALL from 64-bit user mode */
#define CALLBACKTYPE_sysenter_deprecated 3 /* refused: -ENOSYS */
#define CALLBACKTYPE_nmi                 4 /* NMI */
#define CALLBACKTYPE_sysenter            5 /* SYSENTER from user mode */
#define CALLBACKTYPE_syscall32           7 /* SYSCALL from 32-bit user mode */

/* callback_register.flags: mask events on entry. */
#define _CALLBACKF_mask_events 0
#define CALLBACKF_mask_events  (1U << _CALLBACKF_mask_events)

#define CALLBACKOP_register   0
#define CALLBACKOP_unregister 1

#ifndef __ASSEMBLER__

/** -EINVAL for a non-canonical address, -ENOSYS for an unknown type. */
struct callback_register {
    uint16_t type;  /* IN: CALLBACKTYPE_* */
    uint16_t flags; /* IN: CALLBACKF_* */
    xen_callback_t address; /* IN */
};
typedef struct callback_register callback_register_t;

/** Only syscall32, sysenter and nmi can be taken back; -EINVAL for the others. */
struct callback_unregister {
    uint16_t type; /* IN */
    uint16_t _unused;
};
typedef struct callback_unregister callback_unregister_t;

#endif /* !__ASSEMBLER__ */
#endif
