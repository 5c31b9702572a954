/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xen_version answers who the hypervisor is (public/version.h). The tools of 4.17 read all of it,
 * kernels read the version and the features. Each answer is checked for what callers rely on: the
 * version number itself, strings that end, the hole of the address space at its fixed place, the
 * features that PV kernels cannot do without (pae_pgdir_above_4gb shows once that aid is on).
 * Wrong: a bad buffer is -EFAULT, an unknown sub-operation -ENOSYS, a feature word beyond the last
 * -EINVAL.
 */
#include <guest.h>

static bool terminated(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (!text[i])
            return true;
    return false;
}

static void check_strings(void)
{
    static char text[1024];
    static xen_compile_info_t compile;

    CHECK_EQ(hyp_xen_version(XENVER_extraversion, text), 0);
    CHECK(terminated(text, XEN_EXTRAVERSION_LEN));
    CHECK_EQ(hyp_xen_version(XENVER_changeset, text), 0);
    CHECK(terminated(text, XEN_CHANGESET_INFO_LEN));
    CHECK_EQ(hyp_xen_version(XENVER_commandline, text), 0);
    CHECK(terminated(text, sizeof(xen_commandline_t)));
    CHECK_EQ(hyp_xen_version(XENVER_compile_info, &compile), 0);
    CHECK(terminated(compile.compiler, sizeof(compile.compiler)));
    CHECK(terminated(compile.compile_by, sizeof(compile.compile_by)));
    CHECK(terminated(compile.compile_domain, sizeof(compile.compile_domain)));
    CHECK(terminated(compile.compile_date, sizeof(compile.compile_date)));
    CHECK_EQ(hyp_xen_version(XENVER_capabilities, text), 0);
    CHECK(terminated(text, XEN_CAPABILITIES_INFO_LEN));
    CHECK(!strncmp(text, "xen-3.0-x86_64", 14));
}

static void check_features(void)
{
    xen_feature_info_t info = {.submap_idx = 0};

    CHECK_EQ(hyp_vm_assist(VMASST_CMD_enable, VMASST_TYPE_pae_extended_cr3), 0);
    CHECK_EQ(hyp_xen_version(XENVER_get_features, &info), 0);
    CHECK(info.submap & 1U << XENFEAT_pae_pgdir_above_4gb);
    CHECK(info.submap & 1U << XENFEAT_mmu_pt_update_preserve_ad);
    CHECK(info.submap & 1U << XENFEAT_gnttab_map_avail_bits);
    CHECK(!(info.submap & 1U << XENFEAT_auto_translated_physmap));
    CHECK(!(info.submap & 1U << XENFEAT_supervisor_mode_kernel));
    CHECK_EQ(!!(info.submap & 1U << XENFEAT_dom0), is_dom0());
    info.submap_idx = XENFEAT_NR_SUBMAPS;
    CHECK_EQ(hyp_xen_version(XENVER_get_features, &info), -XEN_EINVAL);
}

static void check_errors(void)
{
    for (unsigned cmd = XENVER_extraversion; cmd <= XENVER_get_features; cmd++)
        CHECK_EQ(hyp_xen_version(cmd, NULL), -XEN_EFAULT);
    CHECK_EQ(hyp_xen_version(XENVER_guest_handle, (void *)0x1000), -XEN_EFAULT);
    CHECK_EQ(hyp_xen_version(XENVER_commandline, (void *)HYPERVISOR_VIRT_START), -XEN_EFAULT);
    CHECK_EQ(hyp_xen_version(XENVER_commandline, (void *)0x8000000000000000UL), -XEN_EFAULT);
    CHECK_EQ(hyp_xen_version(11, NULL), -XEN_ENOSYS);
    CHECK_EQ(hyp_xen_version(~0U, NULL), -XEN_ENOSYS);
}

GUEST_TEST("xen_version: every sub-operation")
{
    xen_platform_parameters_t params;
    xen_domain_handle_t handle;
    struct {
        xen_build_id_t id;
        uint8_t room[64];
    } build = {.id.len = 64};
    long length;

    CHECK_EQ(hyp_xen_version(XENVER_version, NULL), 4 << 16 | 17);
    CHECK_EQ(hyp_xen_version(XENVER_pagesize, NULL), PAGE_SIZE);
    check_strings();
    CHECK_EQ(hyp_xen_version(XENVER_platform_parameters, &params), 0);
    CHECK_EQ(params.virt_start, HYPERVISOR_VIRT_START);
    CHECK_EQ(hyp_xen_version(XENVER_guest_handle, &handle), 0);
    length = hyp_xen_version(XENVER_build_id, &build);
    CHECK(length == -XEN_ENODATA || (length > 0 && length <= 64) ||
          (length == -XEN_EPERM && !is_dom0()));
    check_features();
    check_errors();
}
