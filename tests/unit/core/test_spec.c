/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which protections against speculation which processor gets: known ones, as their CPUID and
 * ARCH_CAPABILITIES tell of them.
 */
#include "fake.h"

#include <arch/spec.h>

#define CAPS(bits...) (cap_bits((const int[]){ bits, -1 }))
enum { RDCL_NO, IBRS_ALL, SKIP_L1DFL = 3, MDS_NO = 5, TAA_NO = 8, SBDR_NO = 13, FBSDP_NO, PSDP_NO,
       FB_CLEAR = 17, RFDS_NO = 27, RFDS_CLEAR };

static uint64_t cap_bits(const int *bits)
{
    uint64_t caps = 0;

    for (; *bits >= 0; bits++)
        caps |= 1UL << *bits;
    return caps;
}

static void expect(struct spec_cpu cpu, bool verw, bool ibpb, bool ibrs)
{
    struct spec_choice c = spec_choose(&cpu);

    ck_assert_int_eq(c.verw, verw);
    ck_assert_int_eq(c.ibpb, ibpb);
    ck_assert_int_eq(c.ibrs, ibrs);
}

/* L1TF: neither where the processor says that it has none, nor where it cannot */
START_TEST(l1_data_cache)
{
    static const struct {
        struct spec_cpu cpu;
        bool flush;
    } rows[] = {
        { { .is_intel = true, .l1d_flush = true }, true },
        { { .is_intel = true, .l1d_flush = true, .arch_capabilities = 1UL << (RDCL_NO) }, false },
        { { .is_intel = true, .l1d_flush = true, .arch_capabilities = 1UL << (SKIP_L1DFL) }, false },
        { { .is_intel = true, .l1d_flush = true, .arch_capabilities = 1UL << (MDS_NO) }, true },
        { { .is_intel = true }, false },
        { { 0 }, false },
    };

    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
        ck_assert_int_eq(spec_choose(&rows[i].cpu).l1d, rows[i].flush);
}
END_TEST

START_TEST(processors)
{
    /* Skylake: before and after the microcode that clears buffers */
    expect((struct spec_cpu){ .is_intel = true, .rtm = true }, false, false, false);
    expect((struct spec_cpu){ .is_intel = true, .rtm = true, .ibrs_ibpb = true, .md_clear = true },
           true, true, false);
    /* Cascade Lake: not MDS but TAA, until TSX is off */
    expect((struct spec_cpu){ .is_intel = true, .rtm = true, .ibrs_ibpb = true, .md_clear = true,
                              .arch_capabilities = CAPS(RDCL_NO, IBRS_ALL, SKIP_L1DFL, MDS_NO) },
           true, true, true);
    expect((struct spec_cpu){ .is_intel = true, .ibrs_ibpb = true, .md_clear = true,
                              .arch_capabilities = CAPS(RDCL_NO, IBRS_ALL, SKIP_L1DFL, MDS_NO) },
           false, true, true);
    /* Ice Lake with MMIO stale data, and its successor without */
    expect((struct spec_cpu){ .is_intel = true, .ibrs_ibpb = true, .md_clear = true,
                              .arch_capabilities =
                                  CAPS(RDCL_NO, IBRS_ALL, MDS_NO, TAA_NO, FB_CLEAR) },
           true, true, true);
    expect((struct spec_cpu){ .is_intel = true, .ibrs_ibpb = true, .md_clear = true,
                              .arch_capabilities = CAPS(RDCL_NO, IBRS_ALL, MDS_NO, TAA_NO, FB_CLEAR,
                                                        SBDR_NO, FBSDP_NO, PSDP_NO) },
           false, true, true);
    /* an Atom with register file data sampling */
    expect((struct spec_cpu){ .is_intel = true, .ibrs_ibpb = true,
                              .arch_capabilities = CAPS(RDCL_NO, IBRS_ALL, MDS_NO, RFDS_CLEAR) },
           true, true, true);
    expect((struct spec_cpu){ .is_intel = true, .ibrs_ibpb = true,
                              .arch_capabilities =
                                  CAPS(RDCL_NO, IBRS_ALL, MDS_NO, RFDS_CLEAR, RFDS_NO) },
           false, true, true);
    /* AMD: IBPB by a bit of its own, none of the buffers */
    expect((struct spec_cpu){ .ibpb = true }, false, true, false);
    expect((struct spec_cpu){ .md_clear = true }, false, false, false);
    expect((struct spec_cpu){ 0 }, false, false, false);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *s = suite_create("spec");
    TCase *t = tcase_create("choice");

    tcase_add_test(t, processors);
    tcase_add_test(t, l1_data_cache);
    suite_add_tcase(s, t);
    return s;
}
