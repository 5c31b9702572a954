/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmuext_op, every command but pinning (test mmu/pin): flushes of one or all CPUs, cache
 * write-back, clear and copy page, base pointers of kernel and user mode, the descriptor table
 * (test cpu/ldt). Each with a wrong frame, handle or command: an error, and the number done stops
 * before it.
 */
#include <guest.h>

static void check_flushes(void)
{
    uint64_t mask = 1, va = (uint64_t)check_flushes;

    CHECK_EQ(mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0, 0), 0);
    CHECK_EQ(mmuext(MMUEXT_TLB_FLUSH_ALL, 0, 0), 0);
    CHECK_EQ(mmuext(MMUEXT_INVLPG_LOCAL, va, 0), 0);
    CHECK_EQ(mmuext(MMUEXT_INVLPG_ALL, va, 0), 0);
    CHECK_EQ(mmuext(MMUEXT_INVLPG_LOCAL, HYPERVISOR_VIRT_START, 0), 0);
    CHECK_EQ(mmuext(MMUEXT_INVLPG_LOCAL, 0x8000000000000000UL, 0), 0);
    CHECK_EQ(mmuext(MMUEXT_TLB_FLUSH_MULTI, 0, (uint64_t)&mask), 0);
    CHECK_EQ(mmuext(MMUEXT_INVLPG_MULTI, va, (uint64_t)&mask), 0);
    CHECK_EQ(mmuext(MMUEXT_TLB_FLUSH_MULTI, 0, 0x1000), -XEN_EINVAL);
    CHECK_EQ(mmuext(MMUEXT_INVLPG_MULTI, va, HYPERVISOR_VIRT_START), -XEN_EINVAL);
    if (is_dom0()) {
        CHECK_EQ(mmuext(MMUEXT_FLUSH_CACHE, 0, 0), 0);
        CHECK_EQ(mmuext(MMUEXT_FLUSH_CACHE_GLOBAL, 0, 0), 0);
    }
}

static void check_pages(void)
{
    uint8_t *a = page_alloc(), *b = page_alloc();

    memset(a, 0xaa, PAGE_SIZE);
    CHECK_EQ(mmuext(MMUEXT_COPY_PAGE, virt_to_mfn(b), virt_to_mfn(a)), 0);
    CHECK(b[0] == 0xaa && b[PAGE_SIZE - 1] == 0xaa);
    CHECK_EQ(mmuext(MMUEXT_CLEAR_PAGE, virt_to_mfn(a), 0), 0);
    CHECK(a[0] == 0 && a[PAGE_SIZE - 1] == 0);
    CHECK_EQ(mmuext(MMUEXT_CLEAR_PAGE, top_table_mfn(), 0), -XEN_EINVAL);
    CHECK_EQ(mmuext(MMUEXT_COPY_PAGE, top_table_mfn(), virt_to_mfn(a)), -XEN_EINVAL);
    CHECK_EQ(mmuext(MMUEXT_COPY_PAGE, virt_to_mfn(a), ~0UL), -XEN_EINVAL);
    CHECK_EQ(mmuext(MMUEXT_CLEAR_PAGE, ~0UL, 0), -XEN_EINVAL);
    page_free(a);
    page_free(b);
}

static void check_bases(void)
{
    uint8_t *page = page_alloc();

    CHECK_EQ(mmuext(MMUEXT_NEW_BASEPTR, top_table_mfn(), 0), 0);
    CHECK_EQ(mmuext(MMUEXT_NEW_USER_BASEPTR, 0, 0), 0);
    CHECK_EQ(mmuext(MMUEXT_NEW_USER_BASEPTR, top_table_mfn(), 0), 0);
    CHECK(mmuext(MMUEXT_NEW_BASEPTR, virt_to_mfn(page), 0) < 0); /* writable somewhere */
    CHECK(mmuext(MMUEXT_NEW_USER_BASEPTR, virt_to_mfn(page), 0) < 0);
    CHECK(mmuext(MMUEXT_NEW_BASEPTR, ~0UL, 0) < 0);
    CHECK(mmuext(MMUEXT_NEW_USER_BASEPTR, 1UL << 40, 0) < 0);
    CHECK(mmuext(MMUEXT_NEW_BASEPTR, entry_maddr(page, 1) >> 12, 0) < 0); /* an L1 */
    page_free(page);
}

static void check_lists(void)
{
    struct mmuext_op list[3] = {{.cmd = MMUEXT_TLB_FLUSH_LOCAL}, {.cmd = 99},
                                {.cmd = MMUEXT_TLB_FLUSH_LOCAL}};
    unsigned done = 99;

    CHECK_EQ(hyp_mmuext_op(list, 3, &done, DOMID_SELF), -XEN_ENOSYS);
    CHECK_EQ(done, 1);
    CHECK_EQ(hyp_mmuext_op(list, 0, &done, DOMID_SELF), 0);
    CHECK_EQ(done, 0);
    CHECK_EQ(hyp_mmuext_op(NULL, 1, NULL, DOMID_SELF), -XEN_EFAULT);
    CHECK_EQ(hyp_mmuext_op(list, 1, NULL, 0x7000), -XEN_ESRCH);
    CHECK_EQ(mmuext(MMUEXT_MARK_SUPER, 0, 0), -XEN_EOPNOTSUPP);
    CHECK_EQ(mmuext(MMUEXT_UNMARK_SUPER, 0, 0), -XEN_EOPNOTSUPP);
    CHECK_EQ(mmuext(14, 0, 0), -XEN_ENOSYS);
}

GUEST_TEST("mmuext_op: flushes, pages, bases")
{
    check_flushes();
    check_pages();
    check_bases();
    check_lists();
}
