/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which of VT-x's controls guests run with: a table of what is needed, what is used where it is
 * there, and what is switched on at times, against what the processor's MSRs allow. (Intel SDM
 * volume 3, appendix A)
 */
#include <arch/vmx.h>
#include <hv/printk.h>
#include <hv/string.h>

#define FEATURE_CONTROL_LOCKED  1UL
#define FEATURE_CONTROL_OUTSIDE 4UL /* VMXON outside of SMX */
#define BASIC_REVISION          0x7fffffffUL
#define BASIC_MEMORY_TYPE(b)    ((b) >> 50 & 15)
#define MEMORY_WRITE_BACK       6
#define MISC_TIMER_SHIFT        31

struct vmx_machine vmx = { .unusable = "VT-x was not looked for" };

enum use {
    NEEDED,   /* no guests without it */
    WANTED,   /* on where it can be */
    AT_TIMES, /* needed, but off at first */
    X2APIC,   /* all of them or none, while a guest's local APIC is an x2APIC that is on */
};

static const struct {
    uint16_t control;
    uint8_t use;
    const char *name;
} rows[] = {
    { VMX_EXT_INT_EXIT, NEEDED, "exits by interrupts" },
    { VMX_NMI_EXIT, NEEDED, "exits by NMIs" },
    { VMX_VIRTUAL_NMI, NEEDED, "virtual NMIs" },
    { VMX_PREEMPTION_TIMER, WANTED, "timer" },
    { VMX_INTERRUPT_WINDOW, AT_TIMES, "interrupt windows" },
    { VMX_NMI_WINDOW, AT_TIMES, "NMI windows" },
    { VMX_TSC_OFFSET, NEEDED, "a TSC offset" },
    { VMX_HLT_EXIT, NEEDED, "exits by HLT" },
    { VMX_MWAIT_EXIT, NEEDED, "exits by MWAIT" },
    { VMX_MONITOR_EXIT, NEEDED, "exits by MONITOR" },
    { VMX_RDPMC_EXIT, NEEDED, "exits by RDPMC" },
    { VMX_DR_EXIT, NEEDED, "exits by debug registers" },
    { VMX_IO_EXIT, NEEDED, "exits by I/O" },
    { VMX_CR8_LOAD_EXIT, NEEDED, "exits by loads of CR8" },
    { VMX_CR8_STORE_EXIT, NEEDED, "exits by stores of CR8" },
    { VMX_TPR_SHADOW, X2APIC, "a shadow of the task priority" },
    { VMX_MSR_BITMAP, NEEDED, "an MSR bitmap" },
    { VMX_HAVE_SECONDARY, NEEDED, "secondary controls" },
    { VMX_EPT, NEEDED, "EPT" },
    { VMX_UNRESTRICTED, NEEDED, "unrestricted guests (real mode)" },
    { VMX_X2APIC, X2APIC, "a virtual x2APIC" },
    { VMX_APIC_REGISTERS, X2APIC, "registers of a local APIC" },
    { VMX_INTERRUPT_DELIVERY, X2APIC, "delivery of interrupts" },
    { VMX_VPID, WANTED, "VPID" },
    { VMX_RDTSCP, WANTED, "RDTSCP" },
    { VMX_INVPCID, WANTED, "INVPCID" },
    { VMX_PML, WANTED, "PML" },
    { VMX_XSAVES, WANTED, "XSAVES" },
    { VMX_TSC_SCALING, WANTED, "TSC-scaling" },
    { VMX_WBINVD_EXIT, NEEDED, "exits by WBINVD" },
    { VMX_EXIT_LONG_MODE, NEEDED, "64-bit hosts" },
    { VMX_EXIT_ACK_INTERRUPT, NEEDED, "acknowledged interrupts" },
    { VMX_EXIT_SAVE_DEBUG, NEEDED, "saved debug controls" },
    { VMX_EXIT_SAVE_PAT, NEEDED, "a saved PAT" },
    { VMX_EXIT_LOAD_PAT, NEEDED, "a PAT of the host" },
    { VMX_EXIT_SAVE_EFER, NEEDED, "a saved EFER" },
    { VMX_EXIT_LOAD_EFER, NEEDED, "an EFER of the host" },
    { VMX_ENTRY_LOAD_DEBUG, NEEDED, "loaded debug controls" },
    { VMX_ENTRY_LOAD_PAT, NEEDED, "a PAT of the guest" },
    { VMX_ENTRY_LOAD_EFER, NEEDED, "an EFER of the guest" },
    { VMX_ENTRY_LONG_MODE, AT_TIMES, "64-bit guests" },
};

static const struct {
    uint64_t bit;
    const char *name;
    bool needed;
} ept_rows[] = {
    { VMX_EPT_4_LEVELS, "EPT of four levels", true },
    { VMX_EPT_WRITE_BACK, "EPT in cached memory", true },
    { VMX_INVEPT, "INVEPT", true },
    { VMX_INVEPT_SINGLE, "INVEPT of one context", true },
    { VMX_EPT_2M, "EPT-2M", false },
    { VMX_EPT_1G, "EPT-1G", false },
    { VMX_EPT_AD, "EPT-A/D", false },
};

static bool may_set(const struct vmx_msrs *m, unsigned control)
{
    return m->words[control >> 5] >> 32 >> (control & 31) & 1;
}

/* What is there at all; NULL: VT-x, with all that is needed. */
static const char *why_unusable(const struct vmx_msrs *m)
{
    if (!m->vmx)
        return "the processor has no VT-x";
    if ((m->feature_control & FEATURE_CONTROL_LOCKED) &&
        !(m->feature_control & FEATURE_CONTROL_OUTSIDE))
        return "the firmware has locked VT-x off";
    if (BASIC_MEMORY_TYPE(m->basic) != MEMORY_WRITE_BACK)
        return "VT-x does not keep its structures in cached memory";
    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
        if (rows[i].use != WANTED && rows[i].use != X2APIC && !may_set(m, rows[i].control))
            return rows[i].name;
    for (unsigned i = 0; i < ARRAY_SIZE(ept_rows); i++)
        if (ept_rows[i].needed && !(m->ept_vpid & ept_rows[i].bit))
            return ept_rows[i].name;
    return NULL;
}

void vmx_decide(const struct vmx_msrs *m, struct vmx_machine *out)
{
    memset(out, 0, sizeof(*out));
    out->unusable = why_unusable(m);
    out->revision = m->basic & BASIC_REVISION;
    out->ept_vpid = m->ept_vpid;
    out->timer_shift = m->misc & MISC_TIMER_SHIFT;
    for (unsigned i = 0; i < 2; i++) {
        out->cr0_fixed[i] = m->cr0_fixed[i];
        out->cr4_fixed[i] = m->cr4_fixed[i];
    }
    for (unsigned i = 0; i < VMX_WORDS; i++) {
        out->words[i] = m->words[i];
        out->may_set[i] = m->words[i] >> 32;
    }
    out->virtual_x2apic = true;
    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
        if (rows[i].use == X2APIC)
            out->virtual_x2apic &= may_set(m, rows[i].control);
        else if (rows[i].use != AT_TIMES && may_set(m, rows[i].control))
            out->words[rows[i].control >> 5] |= 1U << (rows[i].control & 31);
    if (!(m->ept_vpid & VMX_EPT_AD)) /* what is logged is that a dirty bit is set */
        out->words[VMX_SECONDARY] &= ~(1U << (VMX_PML & 31));
}

void vmx_describe(const struct vmx_machine *m, char *text, size_t size)
{
    size_t used = 0;

    text[0] = '\0';
    for (unsigned i = 0; i < ARRAY_SIZE(rows) && used < size; i++)
        if (rows[i].use == WANTED &&
            (m->words[rows[i].control >> 5] >> (rows[i].control & 31) & 1))
            used += snprintf(text + used, size - used, " %s", rows[i].name);
    for (unsigned i = 0; i < ARRAY_SIZE(ept_rows) && used < size; i++)
        if (!ept_rows[i].needed && (m->ept_vpid & ept_rows[i].bit))
            used += snprintf(text + used, size - used, " %s", ept_rows[i].name);
    if (m->virtual_x2apic && used < size)
        snprintf(text + used, size - used, " virtual-x2APIC");
}
