/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the fake machine keeps for a domain and a vcpu.
 */
#ifndef ARCH_DOMAIN_H
#define ARCH_DOMAIN_H

#include <hv/frames.h>
#include <public/xen.h>

struct hvm_vcpu;
struct hvm_domain;

struct arch_vcpu {
    unsigned switched_in, switched_out; /* times */
    bool kernel_mode;
    uint64_t nmi_callback;
    struct hvm_vcpu *hvm;
};

struct arch_domain {
    unsigned relinquished; /* times */
    struct hvm_domain *hvm;
};

#endif
