/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * XENMEM_exchange (memory.h): a PV kernel trades single pages for a contiguous block, as Linux does
 * for DMA buffers, and back. The same number of pages must go in and come out; the pages given must
 * be the caller's and unmapped. After success nr_exchanged is the number of extents given and the
 * new frames' machine-to-physical entries hold the guest frames asked for.
 *
 * The sub-ranges of both handles are attacked as in advisory 212: lists in the hypervisor's range,
 * an nr_exchanged beyond the list, lengths that wrap. Nothing may be written there.
 */
#include <guest.h>

#define PAGES 8

static uint8_t *pages[PAGES];
static xen_pfn_t in[PAGES], out[PAGES];

static xen_memory_exchange_t request(uint64_t nr_in, unsigned order_in, uint64_t nr_out,
                                     unsigned order_out)
{
    return (xen_memory_exchange_t){
        .in = {.extent_start = HANDLE(in), .nr_extents = nr_in, .extent_order = order_in,
               .domid = DOMID_SELF},
        .out = {.extent_start = HANDLE(out), .nr_extents = nr_out, .extent_order = order_out,
                .domid = DOMID_SELF},
    };
}

static bool contiguous(const uint8_t *const *list)
{
    for (int i = 1; i < PAGES; i++)
        if (list[i] != list[0] + i * PAGE_SIZE)
            return false;
    return true;
}

static void take_frames(xen_pfn_t first)
{
    for (int i = 0; i < PAGES; i++) {
        uint64_t pfn = virt_to_pfn(pages[i]);

        CHECK_EQ(mfn_to_pfn(first + i), pfn);
        p2m()[pfn] = first + i;
        CHECK_EQ(map_mfn(pages[i], first + i, PTE_RW), 0);
    }
}

static void check_single_to_block(void)
{
    xen_memory_exchange_t x = request(PAGES, 0, 1, 3);

    for (int i = 0; i < PAGES; i++) {
        in[i] = virt_to_mfn(pages[i]);
        CHECK_EQ(unmap(pages[i]), 0);
    }
    out[0] = virt_to_pfn(pages[0]);
    CHECK_EQ(hyp_memory_op(XENMEM_exchange, &x), 0);
    CHECK_EQ(x.nr_exchanged, PAGES);
    CHECK_EQ(out[0] & (PAGES - 1), 0);
    take_frames(out[0]);
    pages[0][0] = 1;
}

static void check_block_to_single(void)
{
    xen_memory_exchange_t x = request(1, 3, PAGES, 0);

    in[0] = virt_to_mfn(pages[0]);
    for (int i = 0; i < PAGES; i++) {
        out[i] = virt_to_pfn(pages[i]);
        CHECK_EQ(unmap(pages[i]), 0);
    }
    CHECK_EQ(hyp_memory_op(XENMEM_exchange, &x), 0);
    CHECK_EQ(x.nr_exchanged, 1);
    for (int i = 0; i < PAGES; i++) {
        uint64_t pfn = virt_to_pfn(pages[i]);

        CHECK_EQ(mfn_to_pfn(out[i]), pfn);
        p2m()[pfn] = out[i];
        CHECK_EQ(map_mfn(pages[i], out[i], PTE_RW), 0);
    }
}

/* A mapped page cannot go: the call fails, nothing is exchanged, and the page is still there. */
static void check_in_use(void)
{
    xen_memory_exchange_t x = request(1, 0, 1, 0);

    in[0] = virt_to_mfn(pages[0]);
    out[0] = virt_to_pfn(pages[0]);
    CHECK(hyp_memory_op(XENMEM_exchange, &x) < 0);
    CHECK_EQ(x.nr_exchanged, 0);
    CHECK(can_write(pages[0]));
    in[0] = ~0UL;
    x = request(1, 0, 1, 0);
    CHECK_EQ(hyp_memory_op(XENMEM_exchange, &x), -XEN_EINVAL);
    in[0] = 0; /* not the caller's */
    x = request(1, 0, 1, 0);
    CHECK_EQ(hyp_memory_op(XENMEM_exchange, &x), -XEN_EINVAL);
}

static void refused(xen_memory_exchange_t x, long error, int line)
{
    long result = hyp_memory_op(XENMEM_exchange, &x);

    if (result != error)
        report(STATUS_FAILURE, __FILE__, line, "exchange gives %ld%s", result,
               errno_name(result));
}

/* The frames could be exchanged: nothing but the request is wrong. */
static void check_arguments(void)
{
    xen_memory_exchange_t x = request(1, 0, 2, 0);

    for (int i = 0; i < PAGES; i++) {
        in[i] = virt_to_mfn(pages[i]);
        out[i] = virt_to_pfn(pages[i]);
        CHECK_EQ(unmap(pages[i]), 0);
    }
    refused(x, -XEN_EINVAL, __LINE__); /* not the same amount */
    x = request(2, 0, 1, 0);
    refused(x, -XEN_EINVAL, __LINE__);
    x = request(1, 1, 3, 0);
    refused(x, -XEN_EINVAL, __LINE__);
    x = request(1, 0, 1, 0);
    x.nr_exchanged = 2;
    refused(x, -XEN_EINVAL, __LINE__);
    x = request(1, 0, 1, 0);
    x.nr_exchanged = ~0UL;
    refused(x, -XEN_EINVAL, __LINE__);
    x = request(1UL << 60, 0, 1UL << 60, 0);
    refused(x, -XEN_EINVAL, __LINE__);
    x = request(1, 0, 1, 0);
    x.out.domid = 0x7000;
    refused(x, -XEN_EINVAL, __LINE__);
    x = request(1, 0, 1, 0);
    x.in.extent_start = HANDLE(HYPERVISOR_VIRT_START);
    refused(x, -XEN_EFAULT, __LINE__);
    x = request(1, 0, 1, 0);
    x.out.extent_start = HANDLE(HYPERVISOR_VIRT_START + 0x10000);
    refused(x, -XEN_EFAULT, __LINE__);
    x = request(1UL << 40, 0, 1UL << 40, 0); /* base fine, end in the hypervisor's range */
    x.out.extent_start = HANDLE(0x1000);
    x.nr_exchanged = (HYPERVISOR_VIRT_START - 0x1000) / 8;
    refused(x, -XEN_EINVAL, __LINE__);
    CHECK_EQ(hyp_memory_op(XENMEM_exchange, NULL), -XEN_EFAULT);
    for (int i = 0; i < PAGES; i++)
        CHECK_EQ(map_mfn(pages[i], in[i], PTE_RW), 0);
}

GUEST_TEST("exchange: singles for a block and back, and its attacks")
{
    for (int i = 0; i < PAGES; i++)
        pages[i] = page_alloc();
    if (!contiguous((const uint8_t *const *)pages)) {
        error("the pages are not in a row");
        return;
    }
    check_single_to_block();
    check_block_to_single();
    check_in_use();
    check_arguments();
    for (int i = 0; i < PAGES; i++)
        page_free(pages[i]);
}
