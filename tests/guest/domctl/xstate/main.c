/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * XSAVE state of another domain's vcpu (XEN_DOMCTL_getvcpuextstate, setvcpuextstate), as save and
 * restore use it: the size is asked for, the state is set, comes back as it was set, also by
 * getvcpucontext; everything that the processor would fault on, or that the machine has not, is
 * refused and changes nothing. What room is enough for any state is told. domctl/run shows that it
 * reaches the registers.
 */
#include <guest.h>

#define X87 1UL
#define SSE 2UL
#define AVX 4UL
#define LEGACY 512 /* bytes; the header of 64 follows */
#define YMM_HIGH 576

static struct {
    uint64_t xcr0, accum;
    uint8_t image[4096 - 16];
} state, back;

static domid_t domid;
static uint64_t known; /* components of this machine */

static long call(unsigned cmd, uint64_t size, void *buffer)
{
    struct xen_domctl op = {0};
    long result;

    op.u.vcpuextstate.xfeature_mask = known;
    op.u.vcpuextstate.size = size;
    op.u.vcpuextstate.buffer = HANDLE(buffer);
    result = domctl(&op, cmd, domid);
    return result ? result : (long)op.u.vcpuextstate.size;
}

static uint64_t ask(void)
{
    struct xen_domctl op = {0};

    CHECK_EQ(domctl(&op, XEN_DOMCTL_getvcpuextstate, domid), 0);
    known = op.u.vcpuextstate.xfeature_mask;
    return op.u.vcpuextstate.size;
}

static uint64_t *header(void) { return (uint64_t *)(state.image + LEGACY); }

/* Registers with values, for these components; bytes of the buffer. */
static uint64_t fill(uint64_t components)
{
    memset(&state, 0, sizeof(state));
    state.xcr0 = state.accum = components;
    header()[0] = components;
    *(uint16_t *)state.image = 0x37f;
    *(uint32_t *)(state.image + 24) = 0x1f80;
    if (components & SSE)
        memset(state.image + 160 + 3 * 16, 0xa5, 16); /* xmm3 */
    if (components & AVX)
        memset(state.image + YMM_HIGH + 3 * 16, 0x5a, 16);
    return 16 + (components & AVX ? YMM_HIGH + 256 : YMM_HIGH);
}

static void check_round(uint64_t components)
{
    static vcpu_guest_context_t context;
    struct xen_domctl op = {.u.vcpucontext = {.vcpu = 0, .ctxt = HANDLE(&context)}};
    uint64_t size = fill(components);

    CHECK_EQ(call(XEN_DOMCTL_setvcpuextstate, size, &state), (long)size);
    memset(&back, 0xee, sizeof(back));
    CHECK_EQ(call(XEN_DOMCTL_getvcpuextstate, ask(), &back), (long)size);
    CHECK(!memcmp(&state, &back, size));
    CHECK_EQ(((uint8_t *)&back)[size], 0xee);
    CHECK_EQ(call(XEN_DOMCTL_getvcpuextstate, size - 8, &back), -XEN_EINVAL);
    CHECK_EQ(call(XEN_DOMCTL_getvcpuextstate, size, (void *)0x1000), -XEN_EFAULT);
    if (domctl(&op, XEN_DOMCTL_getvcpucontext, domid) == 0 && (components & SSE))
        CHECK_EQ(((uint8_t *)&context.fpu_ctxt)[160 + 3 * 16], 0xa5);
}

/* What a vcpu has at first, or later, can be given back to it. */
static void check_returned(void)
{
    long size = call(XEN_DOMCTL_getvcpuextstate, ask(), &back);

    CHECK(size >= 16);
    CHECK_EQ(call(XEN_DOMCTL_setvcpuextstate, (uint64_t)size, &back), size);
}

static void refused(uint64_t size, long want, int line)
{
    long result = call(XEN_DOMCTL_setvcpuextstate, size, &state);

    if (result != want)
        report(STATUS_FAILURE, __FILE__, line, "setvcpuextstate: %s", errno_name(result));
    memset(&back, 0, sizeof(back));
    if (call(XEN_DOMCTL_getvcpuextstate, ask(), &back) < 0 || back.xcr0 != (X87 | SSE) ||
        back.image[160 + 3 * 16] != 0xa5)
        report(STATUS_FAILURE, __FILE__, line, "the state has changed");
}

static void check_refused(void)
{
    uint64_t size = fill(X87 | SSE);

    CHECK_EQ(call(XEN_DOMCTL_setvcpuextstate, size, &state), (long)size);
    refused(8, -XEN_EINVAL, __LINE__);
    refused(1UL << 40, -XEN_EINVAL, __LINE__);
    refused(16, -XEN_EINVAL, __LINE__);
    refused(size - 1, -XEN_EINVAL, __LINE__);
    CHECK_EQ(call(XEN_DOMCTL_setvcpuextstate, size, (void *)0x1000), -XEN_EFAULT);
    state.xcr0 = X87 | SSE | AVX; /* more than the image was made with */
    refused(size, -XEN_EINVAL, __LINE__);
    state.xcr0 = SSE; /* x87 cannot be off */
    refused(size, -XEN_EINVAL, __LINE__);
    state.xcr0 = 0;
    refused(size, -XEN_EINVAL, __LINE__);
    fill(X87 | SSE);
    state.accum |= 1UL << 62; /* no such component */
    CHECK(call(XEN_DOMCTL_setvcpuextstate, size, &state) < 0);
    fill(X87 | SSE);
    header()[0] |= AVX;
    refused(size, -XEN_EINVAL, __LINE__);
    fill(X87 | SSE);
    header()[1] = 1UL << 63; /* compacted */
    refused(size, -XEN_EOPNOTSUPP, __LINE__);
    fill(X87 | SSE);
    header()[5] = 1; /* reserved */
    refused(size, -XEN_EIO, __LINE__);
}

GUEST_TEST("XSAVE state of another domain")
{
    struct xen_domctl op = {.u.max_vcpus.max = 1};

    NEEDS_DOM0();
    CHECK_EQ(domain_create(0, &domid), 0);
    CHECK_EQ(domctl(&op, XEN_DOMCTL_max_vcpus, domid), 0);
    CHECK(ask() >= 16);
    check_returned();
    if (known) {
        check_round(X87);
        check_round(X87 | SSE);
        if (known & AVX)
            check_round(X87 | SSE | AVX);
        check_refused();
    } else {
        memset(&state, 0, sizeof(state)); /* without XSAVE: two words, both 0 */
        CHECK_EQ(call(XEN_DOMCTL_setvcpuextstate, 16, &state), 16);
        state.accum = X87;
        CHECK(call(XEN_DOMCTL_setvcpuextstate, 16, &state) < 0);
    }
    memset(&op, 0, sizeof(op));
    op.u.vcpuextstate.vcpu = 1;
    CHECK_EQ(domctl(&op, XEN_DOMCTL_getvcpuextstate, domid), -XEN_ESRCH);
    CHECK_EQ(domctl(&op, XEN_DOMCTL_setvcpuextstate, domid), -XEN_ESRCH);
    CHECK_EQ(domain_destroy(domid), 0);
}
