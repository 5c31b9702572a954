/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * FPU, SSE and AVX state of guests. The state is loaded at a guest's first use (#NM, because CR0.TS
 * is set on the way in) and saved when its vcpu leaves the CPU, so that no CPU ever holds state of
 * a vcpu that does not run there. Where XRSTOR ignores CR0.TS (QEMU's emulation), what a guest
 * loads with it would be lost to that first use: there the state is loaded on the way in.
 */
#include <arch/cpu.h>
#include <arch/extable.h>
#include <arch/features.h>
#include <arch/fpu.h>
#include <arch/insn.h>
#include <arch/msr_index.h>
#include <hv/bug.h>
#include <hv/domain.h>
#include <hv/page_alloc.h>
#include <hv/printk.h>
#include <hv/string.h>
#include <public/errno.h>

#define XSTATE_AVX   0x4UL
#define XSTATE_AVX512 0xe0UL
#define XSTATE_KNOWN (XSTATE_X87 | XSTATE_SSE | XSTATE_AVX | XSTATE_AVX512)

#define FXSAVE_BYTES  512
#define XSAVE_HEADER  64
#define FCW_DEFAULT   0x37f
#define HAVE_XSAVEOPT 0x1U /* leaf 0xd, subleaf 1, eax */
#define HAVE_XSAVES   0x8U
#define ALIGNED       0x2U /* subleaf of a component, ecx: in the compacted form */
#define MXCSR_DEFAULT 0x1f80

static uint64_t xcr0_max; /* 0: no XSAVE */
static bool have_xsaveopt;
static bool lazy = true; /* loaded at first use, not on the way in */

static void xsetbv(uint64_t v)
{
    __asm__ volatile("xsetbv" ::"c"(0), "a"((uint32_t)v), "d"((uint32_t)(v >> 32)));
}

void fpu_set_ts(bool ts)
{
    if (ts)
        write_cr0(read_cr0() | CR0_TS);
    else
        __asm__ volatile("clts");
}

/* SDM volume 1, 13.8: #NM comes before anything that the instruction looks at. */
static bool xrstor_heeds_ts(void)
{
    static uint8_t nothing[FXSAVE_BYTES + XSAVE_HEADER] __attribute__((aligned(64)));
    bool faulted = false;

    fpu_set_ts(true);
    __asm__ volatile("1: xrstor64 (%1)\n"
                     "2:\n"
                     ".pushsection .text.fixup, \"ax\"\n"
                     "3: movb $1, %0\n"
                     "   jmp 2b\n"
                     ".popsection\n" EXTABLE("1b", "3b")
                     : "+r"(faulted)
                     : "r"(nothing), "a"(0), "d"(0)
                     : "memory");
    fpu_set_ts(false);
    return faulted;
}

void fpu_cpu_init(void)
{
    struct cpuid_regs r;

    fpu_set_ts(false);
    __asm__ volatile("fninit");
    if (!cpu_features.xsave)
        return;
    r = cpuid(0xd, 0);
    xcr0_max = ((uint64_t)r.d << 32 | r.a) & XSTATE_KNOWN;
    r = cpuid(0xd, 1);
    have_xsaveopt = r.a & HAVE_XSAVEOPT;
    if (r.a & HAVE_XSAVES)
        wrmsr(MSR_XSS, 0); /* what nobody switches, nobody has */
    xsetbv(xcr0_max);
    if (lazy && !xrstor_heeds_ts()) {
        printk(LOG_INFO, "CPU: XRSTOR ignores CR0.TS: FPU state is loaded at every switch\n");
        lazy = false;
    }
}

uint64_t fpu_xcr0_max(void) { return xcr0_max; }

static unsigned area_size(uint64_t xcr0, bool compacted)
{
    unsigned size = FXSAVE_BYTES + XSAVE_HEADER;

    for (unsigned i = 2; i < 63; i++) {
        struct cpuid_regs r;

        if (!(xcr0 >> i & 1))
            continue;
        r = cpuid(0xd, i);
        if (compacted)
            size = (r.c & ALIGNED ? (size + 63) & ~63U : size) + r.a;
        else
            size = MAX(size, r.a + r.b);
    }
    return size;
}

unsigned fpu_area_size(uint64_t xcr0) { return area_size(xcr0, false); }

unsigned fpu_compacted_size(uint64_t xcr0) { return area_size(xcr0, true); }

int fpu_vcpu_init(struct vcpu *v)
{
    v->arch.fpu_area = hv_zalloc(fpu_area_size(xcr0_max)); /* aligned to a cache line */
    if (!v->arch.fpu_area)
        return -XEN_ENOMEM;
    BUG_ON((uint64_t)v->arch.fpu_area & 63);
    fpu_reset(v);
    return 0;
}

void fpu_vcpu_free(struct vcpu *v)
{
    hv_free(v->arch.fpu_area);
    v->arch.fpu_area = NULL;
}

static uint64_t *xstate_bv(const struct vcpu *v)
{
    return (uint64_t *)((char *)v->arch.fpu_area + FXSAVE_BYTES);
}

void fpu_reset(struct vcpu *v)
{
    uint8_t *a = v->arch.fpu_area;

    memset(a, 0, FXSAVE_BYTES + XSAVE_HEADER);
    *(uint16_t *)a = FCW_DEFAULT;
    *(uint32_t *)(a + 24) = MXCSR_DEFAULT;
    *xstate_bv(v) = XSTATE_X87 | XSTATE_SSE;
    v->arch.xcr0 = v->arch.xcr0_accum = XSTATE_X87;
    v->arch.fpu_dirty = false;
}

/* Reserved bits of MXCSR would make the restore fault; the rest belongs to software */
static void tame_legacy(uint8_t *a)
{
    *(uint32_t *)(a + 24) &= 0xffff;
    memset(a + 464, 0, 48);
}

void fpu_set_fxsave(struct vcpu *v, const void *image)
{
    uint8_t *a = v->arch.fpu_area;

    memcpy(a, image, FXSAVE_BYTES);
    tame_legacy(a);
    memset(a + FXSAVE_BYTES, 0, XSAVE_HEADER);
    *xstate_bv(v) = XSTATE_X87 | XSTATE_SSE;
    v->arch.fpu_dirty = false;
}

/*
 * What the processor did not store, because it was in its initial state, as that state: `a` is a
 * copy of the first `bytes` of an area whose header says `stored`.
 */
static void fill_initial(uint8_t *a, unsigned bytes, uint64_t stored)
{
    if (!(stored & XSTATE_X87)) {
        memset(a, 0, 24);
        memset(a + 32, 0, 128);
        *(uint16_t *)a = FCW_DEFAULT;
    }
    if (!(stored & XSTATE_SSE))
        memset(a + 160, 0, 256);
    for (unsigned i = 2; i < 63; i++) {
        struct cpuid_regs r;

        if (!(xcr0_max >> i & 1) || (stored >> i & 1))
            continue;
        r = cpuid(0xd, i); /* a: size, b: place */
        if (r.b < bytes)
            memset(a + r.b, 0, MIN(r.a, bytes - r.b));
    }
}

void fpu_get_fxsave(struct vcpu *v, void *image)
{
    memcpy(image, v->arch.fpu_area, FXSAVE_BYTES);
    fill_initial(image, FXSAVE_BYTES, xcr0_max ? *xstate_bv(v) : XSTATE_X87 | XSTATE_SSE);
}

void fpu_get_xsave(const struct vcpu *v, void *image, unsigned bytes)
{
    memcpy(image, v->arch.fpu_area, bytes);
    fill_initial(image, bytes, *xstate_bv(v));
}

/* Which components may be switched on together (SDM volume 1, 13.3) */
static bool xcr0_ok(uint64_t x)
{
    if (!xcr0_max || !(x & XSTATE_X87) || (x & ~xcr0_max))
        return false;
    if ((x & XSTATE_AVX) && !(x & XSTATE_SSE))
        return false;
    if ((x & XSTATE_AVX512) && ((x & XSTATE_AVX512) != XSTATE_AVX512 || !(x & XSTATE_AVX)))
        return false;
    return true;
}

int fpu_set_xsave(struct vcpu *v, uint64_t xcr0, uint64_t accum, const void *image, unsigned bytes)
{
    const uint64_t *header = (const uint64_t *)((const char *)image + FXSAVE_BYTES);

    if (accum & ~xcr0_max)
        return -XEN_EOPNOTSUPP;
    if (!xcr0_ok(xcr0) || !xcr0_ok(accum) || (xcr0 & ~accum) ||
        bytes != fpu_area_size(accum) || (header[0] & ~accum))
        return -XEN_EINVAL;
    if (header[1]) /* compacted */
        return -XEN_EOPNOTSUPP;
    for (unsigned i = 2; i < XSAVE_HEADER / sizeof(*header); i++)
        if (header[i])
            return -XEN_EIO;
    memset(v->arch.fpu_area, 0, fpu_area_size(xcr0_max));
    memcpy(v->arch.fpu_area, image, bytes);
    tame_legacy(v->arch.fpu_area);
    v->arch.xcr0 = xcr0;
    v->arch.xcr0_accum = accum;
    v->arch.fpu_dirty = false;
    return 0;
}

/* With all of xcr0_max enabled, so that no state of another guest stays in the registers */
static void restore(const struct vcpu *v)
{
    const void *a = v->arch.fpu_area;

    if (!xcr0_max) {
        __asm__ volatile("fxrstor64 (%0)" ::"r"(a) : "memory");
        return;
    }
    xsetbv(xcr0_max);
    __asm__ volatile("xrstor64 (%0)" ::"r"(a), "a"((uint32_t)xcr0_max),
                     "d"((uint32_t)(xcr0_max >> 32))
                     : "memory");
    xsetbv(v->arch.xcr0);
}

void fpu_load_current(struct vcpu *v)
{
    fpu_set_ts(false);
    if (v->arch.fpu_dirty)
        return;
    restore(v);
    v->arch.fpu_dirty = true;
}

void fpu_save(struct vcpu *v)
{
    void *a = v->arch.fpu_area;
    uint32_t lo = xcr0_max, hi = xcr0_max >> 32;

    if (!v->arch.fpu_dirty)
        return;
    fpu_set_ts(false);
    v->arch.fpu_dirty = false;
    if (!xcr0_max) {
        __asm__ volatile("fxsave64 (%0)" ::"r"(a) : "memory");
        return;
    }
    if (v->arch.xcr0 != xcr0_max)
        xsetbv(xcr0_max);
    if (have_xsaveopt)
        __asm__ volatile("xsaveopt64 (%0)" ::"r"(a), "a"(lo), "d"(hi) : "memory");
    else
        __asm__ volatile("xsave64 (%0)" ::"r"(a), "a"(lo), "d"(hi) : "memory");
}

void fpu_lend(struct vcpu *v)
{
    uint32_t mxcsr = MXCSR_DEFAULT;

    fpu_save(v);
    fpu_set_ts(false);
    __asm__ volatile("fninit; ldmxcsr %0" ::"m"(mxcsr));
}

void fpu_switch_in(struct vcpu *v)
{
    if (xcr0_max)
        xsetbv(v->arch.xcr0);
    if (!lazy)
        fpu_load_current(v);
    if (lazy || v->arch.ts_set)
        fpu_set_ts(true);
}

bool fpu_set_xcr0(struct vcpu *v, uint64_t x)
{
    if (!xcr0_ok(x))
        return false;
    v->arch.xcr0 = x;
    v->arch.xcr0_accum |= x;
    xsetbv(x);
    return true;
}
