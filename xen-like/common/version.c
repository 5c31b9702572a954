/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xen_version: who the hypervisor is and what it can do; and vm_assist, by which a guest chooses
 * from it.
 */
#include <hv/arch.h>
#include <hv/domain.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/version.h>
#include <changeset.h>
#include <public/version.h>

static xen_commandline_t command_line;

static void copy_string(char *dst, size_t size, const char *src)
{
    size_t i = 0;

    for (; src[i] && i + 1 < size; i++)
        dst[i] = src[i];
    for (; i < size; i++)
        dst[i] = 0;
}

void version_set_command_line(const char *cmdline)
{
    copy_string(command_line, sizeof(command_line), cmdline);
}

static long get_number(uint64_t arg) { return XEN_MAJOR << 16 | XEN_MINOR; }

static long put_string(uint64_t to, const char *s, size_t size)
{
    char field[sizeof(xen_commandline_t)]; /* the longest */

    copy_string(field, size, s);
    return copy_to_guest_va(to, field, size);
}

static long get_extraversion(uint64_t arg)
{
    return put_string(arg, XEN_EXTRAVERSION, sizeof(xen_extraversion_t));
}

/* Nothing of when and where it was built, so that builds can be compared. */
static long get_compile_info(uint64_t arg)
{
    struct xen_compile_info info;

    copy_string(info.compiler, sizeof(info.compiler), "gcc " __VERSION__);
    copy_string(info.compile_by, sizeof(info.compile_by), "xen-like");
    copy_string(info.compile_domain, sizeof(info.compile_domain), "");
    copy_string(info.compile_date, sizeof(info.compile_date), "");
    return copy_to_guest_va(arg, &info, sizeof(info));
}

static long get_capabilities(uint64_t arg)
{
    const char *all = "xen-3.0-x86_64 hvm-3.0-x86_32 hvm-3.0-x86_32p hvm-3.0-x86_64 ";

    return put_string(arg, arch_has_hvm() ? all : "xen-3.0-x86_64 ",
                      sizeof(xen_capabilities_info_t));
}

static long get_changeset(uint64_t arg)
{
    return put_string(arg, HV_CHANGESET, sizeof(xen_changeset_info_t));
}

static long get_platform_parameters(uint64_t arg)
{
    struct xen_platform_parameters p = { .virt_start = HYPERVISOR_VIRT_START };

    return copy_to_guest_va(arg, &p, sizeof(p));
}

static uint32_t features_of(const struct domain *d)
{
    uint32_t f = 1U << XENFEAT_memory_op_vnode_supported | 1U << XENFEAT_not_direct_mapped |
                 1U << XENFEAT_mmu_pt_update_preserve_ad | 1U << XENFEAT_highmem_assist |
                 1U << XENFEAT_gnttab_map_avail_bits;

    if (domain_is_translated(d))
        f |= 1U << XENFEAT_writable_page_tables | 1U << XENFEAT_auto_translated_physmap |
             1U << XENFEAT_supervisor_mode_kernel | 1U << XENFEAT_hvm_callback_vector |
             1U << XENFEAT_hvm_safe_pvclock;
    if (d->vm_assist & 1UL << VMASST_TYPE_pae_extended_cr3)
        f |= 1U << XENFEAT_pae_pgdir_above_4gb;
    if (d->is_hardware)
        f |= 1U << XENFEAT_dom0;
    return f;
}

static long get_features(uint64_t arg)
{
    struct xen_feature_info info;

    if (copy_from_guest_va(&info, arg, sizeof(info)))
        return -XEN_EFAULT;
    if (info.submap_idx >= XENFEAT_NR_SUBMAPS)
        return -XEN_EINVAL;
    info.submap = features_of(current->domain);
    return copy_to_guest_va(arg, &info, sizeof(info));
}

static long get_page_size(uint64_t arg) { return arg ? -XEN_EINVAL : (long)PAGE_SIZE; }

static long get_guest_handle(uint64_t arg)
{
    struct domain *d = current->domain;
    xen_domain_handle_t handle;

    spin_lock(&d->lock);
    __builtin_memcpy(handle, d->handle, sizeof(handle));
    spin_unlock(&d->lock);
    return copy_to_guest_va(arg, handle, sizeof(handle));
}

static long get_command_line(uint64_t arg)
{
    return put_string(arg, current->domain->is_control ? command_line : "<denied>",
                      sizeof(command_line));
}

static long get_build_id(uint64_t arg) { return -XEN_ENODATA; }

static long (*const version_ops[])(uint64_t) = {
    [XENVER_version] = get_number,
    [XENVER_extraversion] = get_extraversion,
    [XENVER_compile_info] = get_compile_info,
    [XENVER_capabilities] = get_capabilities,
    [XENVER_changeset] = get_changeset,
    [XENVER_platform_parameters] = get_platform_parameters,
    [XENVER_get_features] = get_features,
    [XENVER_pagesize] = get_page_size,
    [XENVER_guest_handle] = get_guest_handle,
    [XENVER_commandline] = get_command_line,
    [XENVER_build_id] = get_build_id,
};

long do_xen_version(uint64_t cmd, uint64_t arg, uint64_t a3, uint64_t a4, uint64_t a5, uint64_t a6)
{
    cmd = (uint32_t)cmd;
    return cmd < ARRAY_SIZE(version_ops) ? version_ops[cmd](arg) : -XEN_ENOSYS;
}

#define ASSISTS                                                                                   \
    (1UL << VMASST_TYPE_4gb_segments | 1UL << VMASST_TYPE_4gb_segments_notify |                   \
     1UL << VMASST_TYPE_writable_pagetables | 1UL << VMASST_TYPE_pae_extended_cr3 |               \
     1UL << VMASST_TYPE_architectural_iopl | 1UL << VMASST_TYPE_runstate_update_flag |            \
     1UL << VMASST_TYPE_m2p_strict)

long do_vm_assist(uint64_t cmd, uint64_t type, uint64_t a3, uint64_t a4, uint64_t a5, uint64_t a6)
{
    struct domain *d = current->domain;

    type = (uint32_t)type;
    if (type >= 64 || !(ASSISTS >> type & 1))
        return -XEN_EINVAL;
    switch ((uint32_t)cmd) {
    case VMASST_CMD_enable:
        __atomic_fetch_or(&d->vm_assist, 1UL << type, __ATOMIC_SEQ_CST);
        return 0;
    case VMASST_CMD_disable:
        __atomic_fetch_and(&d->vm_assist, ~(1UL << type), __ATOMIC_SEQ_CST);
        return 0;
    default:
        return -XEN_ENOSYS;
    }
}
