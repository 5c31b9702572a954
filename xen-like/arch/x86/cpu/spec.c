/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Protections against speculative execution that depend on the processor: set up and carried out.
 *
 * The instruction that clears the CPU's buffers stands in entry.S on the ways to a guest, within
 * the code that only isolation needs otherwise, so that it costs nothing where it is not wanted.
 */
#include <arch/cpu.h>
#include <arch/extable.h>
#include <arch/features.h>
#include <arch/insn.h>
#include <arch/isolation.h>
#include <arch/msr_index.h>
#include <arch/patch.h>
#include <arch/spec.h>
#include <hv/domain.h>
#include <hv/params.h>
#include <hv/printk.h>
#include <hv/string.h>
#include <public/errno.h>

#define SPEC_CTRL_IBRS 1UL
#define PRED_CMD_IBPB  1UL
#define VERW_BYTES     7 /* verw with a 32-bit displacement */

extern const uint64_t verw_sites_start[], verw_sites_end[];
extern uint8_t restore_guest_jump[], restore_guest_verw[];

static struct spec_choice chosen;
static bool asked_verw; /* on the command line, whatever the processor says */
static struct spec_choice allowed = { true, true, true, true };

/* Domain that each CPU's predictors learned from: its predictor_id; 0 at first */
static struct {
    uint64_t last;
} __attribute__((aligned(64))) cpus[MAX_CPUS];

static const struct {
    const char *name;
    bool *allow;
} words[] = {
    { "md-clear", &allowed.verw },
    { "ibpb", &allowed.ibpb },
    { "ibrs", &allowed.ibrs },
    { "l1d-flush", &allowed.l1d },
};

/* One word of the list, `len` characters: no, NAME or no-NAME */
static int parse_word(const char *s, size_t len)
{
    bool on = !(len > 3 && !strncmp(s, "no-", 3));

    if (len == 2 && !strncmp(s, "no", 2)) {
        memset(&allowed, 0, sizeof(allowed));
        return 0;
    }
    s += on ? 0 : 3;
    len -= on ? 0 : 3;
    for (unsigned i = 0; i < ARRAY_SIZE(words); i++)
        if (strlen(words[i].name) == len && !strncmp(words[i].name, s, len)) {
            *words[i].allow = on;
            asked_verw = words[i].allow == &allowed.verw ? on : asked_verw;
            return 0;
        }
    return -XEN_EINVAL;
}

static int parse_spec_ctrl(const char *s)
{
    for (;;) {
        const char *end = strchr(s, ',');
        int rc = parse_word(s, end ? (size_t)(end - s) : strlen(s));

        if (rc || !end)
            return rc;
        s = end + 1;
    }
}
PARAM_FN("spec-ctrl", parse_spec_ctrl,
         "speculation: no, or [no-]md-clear, [no-]ibpb, [no-]ibrs, [no-]l1d-flush, with commas");

static struct spec_cpu probe(void)
{
    struct spec_cpu c = { .is_intel = cpu_features.is_intel };
    struct cpuid_regs r;

    if (cpu_features.max_leaf >= 7) {
        r = cpuid(7, 0);
        c.rtm = r.b >> 11 & 1;
        c.md_clear = r.d >> 10 & 1;
        c.l1d_flush = r.d >> 28 & 1;
        c.ibrs_ibpb = cpu_features.ibrs;
    }
    if (cpu_features.max_ext_leaf >= 0x80000008)
        c.ibpb = cpuid(0x80000008, 0).b >> 12 & 1;
    if (!cpu_features.arch_capabilities ||
        !rdmsr_safe(MSR_ARCH_CAPABILITIES, &c.arch_capabilities))
        c.arch_capabilities = 0;
    return c;
}

/*
 * Without isolation a jump leads around the code that loads the guest's root; it is made to end at
 * the instruction that follows that code. Where buffers are not cleared the instruction becomes a
 * nop.
 */
static void patch_verw(void)
{
    static const uint8_t nop[VERW_BYTES] = { 0x0f, 0x1f, 0x80, 0, 0, 0, 0 };
    uint8_t shorter[] = { 0xeb, (uint8_t)(restore_guest_verw - restore_guest_jump - 2) };

    if (chosen.verw && !isolation_on)
        text_patch(restore_guest_jump, shorter, sizeof(shorter));
    if (!chosen.verw)
        for (const uint64_t *site = verw_sites_start; site < verw_sites_end; site++)
            text_patch((void *)*site, nop, sizeof(nop));
}

void spec_init_cpu(void)
{
    if (chosen.ibrs)
        wrmsr(MSR_SPEC_CTRL, SPEC_CTRL_IBRS);
}

void spec_init(void)
{
    struct spec_cpu c = probe();

    chosen = spec_choose(&c);
    chosen.verw = (chosen.verw || asked_verw) && allowed.verw;
    chosen.ibpb = chosen.ibpb && allowed.ibpb;
    chosen.ibrs = chosen.ibrs && allowed.ibrs;
    chosen.l1d = chosen.l1d && allowed.l1d;
    patch_verw();
    spec_init_cpu();
    printk(LOG_INFO,
           "Speculation: buffers are %scleared on the way to guests (VERW); between domains the "
           "return stack%s; IBRS %s%s\n",
           chosen.verw ? "" : "not ", chosen.ibpb ? " and predictors are flushed" : " is filled",
           chosen.ibrs ? "always on" : "off",
           chosen.l1d ? "; the L1 data cache is emptied on the way to hardware guests" : "");
}

bool spec_flushes_l1d(void) { return chosen.l1d; }

/* All that returns may be predicted from is replaced by addresses here, where nothing happens */
void spec_fill_return_stack(void)
{
    __asm__ volatile(".rept 32\n"
                     "   call 2f\n"
                     "1: pause; lfence; jmp 1b\n"
                     "2:\n"
                     ".endr\n"
                     "   add $256, %%rsp" ::: "memory", "cc");
}

void spec_switch_to(const struct vcpu *v)
{
    uint64_t *last = &cpus[this_cpu()].last;

    if (*last == v->domain->arch.predictor_id)
        return;
    *last = v->domain->arch.predictor_id;
    if (chosen.ibpb)
        wrmsr(MSR_PRED_CMD, PRED_CMD_IBPB);
    spec_fill_return_stack();
}
