/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Forced-emulation CPUID (ud2 "xen" cpuid; arch-x86.h) shows a PV guest its own features: the
 * hypervisor's leaves with signature and version, no MTRR-less surprises: no VMX, no MONITOR, no
 * PSE superpages... What is shown is stable, and the emulated instruction moves rip past both
 * parts. A ud2 that is followed by other bytes is a #UD of the guest's. Byte strings that the CPU
 * calls fast (ERMS) are shown if they are; Xen shows what the CPU says, and fails this in emulators.
 */
#include <guest.h>

static void cpuid(uint32_t leaf, uint32_t subleaf, uint32_t r[4])
{
    asm volatile(XEN_CPUID : "=a"(r[0]), "=b"(r[1]), "=c"(r[2]), "=d"(r[3])
                 : "a"(leaf), "c"(subleaf));
}

static void check_hypervisor_leaves(void)
{
    uint32_t r[4], base = 0x40000000;

    cpuid(base, 0, r);
    CHECK(r[0] >= base + 2 && r[0] < base + 0x100);
    CHECK(r[1] == 0x566e6558 && r[2] == 0x65584d4d && r[3] == 0x4d4d566e); /* XenVMMXenVMM */
    cpuid(base + 1, 0, r);
    CHECK_EQ(r[0], 4 << 16 | 17);
    cpuid(base + 2, 0, r);
    CHECK_EQ(r[0], 1); /* one hypercall page */
}

static void check_features(void)
{
    uint32_t r[4];

    cpuid(0, 0, r);
    CHECK(r[0] >= 1);
    cpuid(1, 0, r);
    CHECK(!(r[2] & 1U << 5));   /* VMX */
    CHECK(r[2] & 1U << 31);     /* a hypervisor is there */
    CHECK(r[3] & 1U << 25);     /* SSE */
    CHECK(!(r[3] & 1U << 3) || is_dom0()); /* PSE */
    cpuid(0x80000001, 0, r);
    CHECK(r[3] & 1U << 29); /* long mode */
    CHECK(r[3] & 1U << 11); /* syscall */
    cpuid(0x80000000, 0, r);
    CHECK(r[0] >= 0x80000008);
}

#define ERMS (1U << 9)

/* The shortest of some, so that whatever else runs does not count */
static uint64_t ticks_to_clear(bool by_bytes)
{
    static uint64_t page[512] __attribute__((aligned(4096)));
    uint64_t shortest = ~0UL;

    for (int i = 0; i < 32; i++) {
        uint64_t n = by_bytes ? 4096 : 512, start = rdtsc();
        void *to = page;

        if (by_bytes)
            asm volatile("rep stosb" : "+D"(to), "+c"(n) : "a"(0) : "memory");
        else
            asm volatile("rep stosq" : "+D"(to), "+c"(n) : "a"(0) : "memory");
        if (rdtsc() - start < shortest)
            shortest = rdtsc() - start;
    }
    return shortest;
}

static void check_byte_strings(void)
{
    uint64_t bytes = ticks_to_clear(true), words = ticks_to_clear(false);
    uint32_t shown[4], own[4] = {7};

    asm volatile("cpuid" : "+a"(own[0]), "=b"(own[1]), "=c"(own[2]), "=d"(own[3]) : "c"(0));
    cpuid(7, 0, shown);
    if (!(own[1] & ERMS))
        CHECK(!(shown[1] & ERMS));
    else if (bytes > 3 * words)
        CHECK(!(shown[1] & ERMS));
    else if (bytes * 2 < 3 * words)
        CHECK(shown[1] & ERMS);
}

static void check_plain_ud2(void)
{
    CHECK_FAULT(FAULT(VEC_UD, 0), asm volatile("ud2; .ascii \"xem\"; cpuid" ::: "rax", "rbx",
                                               "rcx", "rdx"));
    CHECK_FAULT(FAULT(VEC_UD, 0), asm volatile("ud2; .ascii \"xen\"; nop; nop"));
}

GUEST_TEST("forced-emulation CPUID")
{
    check_hypervisor_leaves();
    check_features();
    check_byte_strings();
    check_plain_ud2();
}
