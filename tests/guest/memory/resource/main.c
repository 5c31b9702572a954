/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * acquire_resource: a tool maps frames that the hypervisor keeps for a domain, such as a new
 * domain's grant table (memory.h). Asked with no list and no frames it tells the size. The table's
 * frames can be mapped by Dom0 as pages of that domain, and a grant written there is seen. Itself,
 * an unknown type or id, a pad that is not 0, more frames than there are: errors.
 */
#include <guest.h>

static domid_t domid;

static xen_mem_acquire_resource_t request(uint64_t frame, unsigned count, const void *list)
{
    return (xen_mem_acquire_resource_t){
        .domid = domid, .type = XENMEM_resource_grant_table,
        .id = XENMEM_resource_grant_table_id_shared, .nr_frames = count, .frame = frame,
        .frame_list = HANDLE(list)};
}

static void check_mapped(uint64_t mfn)
{
    grant_entry_v1_t *window = window_alloc();

    CHECK_EQ(hyp_update_va_mapping_otherdomain((uint64_t)window, mfn << 12 | PTE_RW, UVMF_INVLPG,
                                               domid), 0);
    CHECK(can_write(window));
    window[1] = (grant_entry_v1_t){.flags = GTF_permit_access, .domid = 0, .frame = 5};
    CHECK_EQ(window[1].frame, 5);
    window_free(window);
}

static void check_errors(void)
{
    xen_pfn_t frames[4];
    xen_mem_acquire_resource_t r = request(0, 1, frames);

    r.pad = 1;
    CHECK_EQ(hyp_memory_op(XENMEM_acquire_resource, &r), -XEN_EINVAL);
    r = request(0, 1, frames);
    r.type = 99;
    CHECK_EQ(hyp_memory_op(XENMEM_acquire_resource, &r), -XEN_EOPNOTSUPP);
    r = request(0, 1, frames);
    r.id = 7;
    CHECK_EQ(hyp_memory_op(XENMEM_acquire_resource, &r), -XEN_EINVAL);
    r = request(1000000, 1, frames);
    CHECK_EQ(hyp_memory_op(XENMEM_acquire_resource, &r), -XEN_EINVAL);
    r = request(~0UL, 1, frames);
    CHECK_EQ(hyp_memory_op(XENMEM_acquire_resource, &r), -XEN_EINVAL);
    r = request(0, 1, (void *)0x1000);
    CHECK_EQ(hyp_memory_op(XENMEM_acquire_resource, &r), -XEN_EFAULT);
    r = request(0, 1, frames);
    r.domid = 0x7000;
    CHECK_EQ(hyp_memory_op(XENMEM_acquire_resource, &r), -XEN_ESRCH);
    CHECK_EQ(hyp_memory_op(XENMEM_acquire_resource, NULL), -XEN_EFAULT);
}

GUEST_TEST("acquire_resource: a new domain's grant table")
{
    xen_pfn_t frames[4] = {0};
    xen_mem_acquire_resource_t r;

    NEEDS_DOM0();
    CHECK_EQ(domain_create(0, &domid), 0);
    r = request(0, 0, NULL);
    CHECK_EQ(hyp_memory_op(XENMEM_acquire_resource, &r), 0);
    CHECK_EQ(r.nr_frames, 4);
    r = request(0, 1, frames);
    CHECK_EQ(hyp_memory_op(XENMEM_acquire_resource, &r), 0);
    CHECK(frames[0] != 0);
    check_mapped(frames[0]);
    check_errors();
    CHECK_EQ(domain_destroy(domid), 0);
}
