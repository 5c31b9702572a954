/* SPDX-License-Identifier: GPL-2.0-only */
/* Who this hypervisor says it is. common/version.c. */
#ifndef HV_VERSION_H
#define HV_VERSION_H

/* The interface is Xen 4.17's, and tools look at the number to know it. */
#define XEN_MAJOR 4
#define XEN_MINOR 17
#define XEN_EXTRAVERSION ".xen-like"

/** Keep the boot command line for XENVER_commandline; called once at boot. */
void version_set_command_line(const char *cmdline);

#endif
