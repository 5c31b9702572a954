/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which of VT-x is used on which processor: their MSRs as Bochs shows them for ten Intel models,
 * and what each of them must lead to.
 */
#include "fake.h"

#include <arch/vmx.h>

#define LOCKED_ON 5

static const struct {
    const char *name;
    uint64_t primary, secondary, ept_vpid;
    bool usable;
    const char *features;
} models[] = {
    { "lynnfield", 0xf7f9fffe04006172, 0x7f00000000, 0xf0106114141, false, "" },
    { "arrandale", 0xf7f9fffe04006172, 0xff00000000, 0xf0106114141, true,
      " timer VPID RDTSCP EPT-2M" },
    { "ivy bridge", 0xf7f9fffe04006172, 0x8ff00000000, 0xf0106114141, true,
      " timer VPID RDTSCP EPT-2M" },
    { "haswell", 0xf7f9fffe04006172, 0x47fff00000000, 0xf0106334141, true,
      " timer VPID RDTSCP INVPCID EPT-2M EPT-1G EPT-A/D virtual-x2APIC" },
    { "skylake-x", 0xf7f9fffe04006172, 0x2177fff00000000, 0xf0106334141, true,
      " timer VPID RDTSCP INVPCID PML XSAVES TSC-scaling EPT-2M EPT-1G EPT-A/D virtual-x2APIC" },
    { "tiger lake", 0xfff9fffe04006172, 0x2977fff00000000, 0xf0106b34141, true,
      " timer VPID RDTSCP INVPCID PML XSAVES TSC-scaling EPT-2M EPT-1G EPT-A/D virtual-x2APIC" },
};

static struct vmx_msrs msrs_of(unsigned i)
{
    return (struct vmx_msrs){
        .vmx = true,
        .feature_control = LOCKED_ON,
        .basic = 0xd810000000002b,
        .words = { 0x7f00000016, models[i].primary, models[i].secondary, 0x7fffff00036dff,
                   0xffff000011ff },
        .ept_vpid = models[i].ept_vpid,
        .cr0_fixed = { 0x80000021, 0xffffffff },
        .cr4_fixed = { 0x2000, 0x1727ff },
    };
}

START_TEST(known_models)
{
    struct vmx_msrs m = msrs_of(_i);
    struct vmx_machine out;
    char text[120];

    vmx_decide(&m, &out);
    ck_assert_msg(!out.unusable == models[_i].usable, "%s: %s", models[_i].name, out.unusable);
    if (out.unusable)
        return;
    vmx_describe(&out, text, sizeof(text));
    ck_assert_str_eq(text, models[_i].features);
    ck_assert_int_eq(out.revision, 0x2b);
}
END_TEST

/* All that must be set is set, and nothing that may not be. */
START_TEST(words_are_allowed)
{
    struct vmx_msrs m = msrs_of(_i);
    struct vmx_machine out;

    vmx_decide(&m, &out);
    for (unsigned w = 0; w < VMX_WORDS; w++) {
        ck_assert_uint_eq(out.words[w] & (uint32_t)m.words[w], (uint32_t)m.words[w]);
        ck_assert_uint_eq(out.words[w] & ~(m.words[w] >> 32), 0);
    }
}
END_TEST

/* The reason is told, the first one that there is. */
START_TEST(refusals)
{
    struct vmx_msrs m = msrs_of(3);
    struct vmx_machine out;

    m.words[VMX_SECONDARY] &= ~(1UL << (32 + (VMX_EPT & 31)));
    vmx_decide(&m, &out);
    ck_assert_str_eq(out.unusable, "EPT");
    m.basic &= ~(15UL << 50);
    vmx_decide(&m, &out);
    ck_assert_str_eq(out.unusable, "VT-x does not keep its structures in cached memory");
    m.feature_control = 1;
    vmx_decide(&m, &out);
    ck_assert_str_eq(out.unusable, "the firmware has locked VT-x off");
    m.vmx = false;
    vmx_decide(&m, &out);
    ck_assert_str_eq(out.unusable, "the processor has no VT-x");
}
END_TEST

/* A local APIC is the processor's to keep only if nothing is missing that this takes. */
START_TEST(virtual_x2apic_is_whole)
{
    static const unsigned parts[] = { VMX_TPR_SHADOW, VMX_X2APIC, VMX_APIC_REGISTERS,
                                      VMX_INTERRUPT_DELIVERY };
    struct vmx_msrs m = msrs_of(3);
    struct vmx_machine out;

    m.words[parts[_i] >> 5] &= ~(1UL << (32 + (parts[_i] & 31)));
    vmx_decide(&m, &out);
    ck_assert(!out.virtual_x2apic && !out.unusable);
}
END_TEST

/* A log of pages that become dirty is of no use where none does. */
START_TEST(log_takes_dirty_bits)
{
    struct vmx_msrs m = msrs_of(4);
    struct vmx_machine out;

    m.ept_vpid &= ~VMX_EPT_AD;
    vmx_decide(&m, &out);
    ck_assert(!out.unusable && !(out.words[VMX_SECONDARY] >> (VMX_PML & 31) & 1));
}
END_TEST

/* Neither locked nor on: the hypervisor switches it on. */
START_TEST(firmware_left_it_open)
{
    struct vmx_msrs m = msrs_of(3);
    struct vmx_machine out;

    m.feature_control = 0;
    vmx_decide(&m, &out);
    ck_assert_ptr_null(out.unusable);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *s = suite_create("vmx_controls");
    TCase *t = tcase_create("all");

    tcase_add_loop_test(t, known_models, 0, ARRAY_SIZE(models));
    tcase_add_loop_test(t, words_are_allowed, 0, ARRAY_SIZE(models));
    tcase_add_test(t, refusals);
    tcase_add_loop_test(t, virtual_x2apic_is_whole, 0, 4);
    tcase_add_test(t, log_takes_dirty_bits);
    tcase_add_test(t, firmware_left_it_open);
    suite_add_tcase(s, t);
    return s;
}
