/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A whole domain by hand, the way a toolstack does it: created, given pages, its page tables and
 * code written through foreign mappings, its tables pinned for it, a vcpu's registers set,
 * unpaused. Its few instructions store a vector register and make one hypercall: shutdown with a
 * reason. Dom0 hears of it by VIRQ_DOM_EXC, reads the reason, the register and the others, and
 * destroys it: all memory is free again.
 *
 * Pages: 0 code, 1 stack and argument, 2 to 5 the tables of levels 1 to 4, 6 start of day
 * (unused).
 */
#include <guest.h>

#define PAGES 8
#define REASON SHUTDOWN_reboot
#define GUEST_VA 0x400000UL

static domid_t domid;
static uint64_t mfns[PAGES];
static evtchn_port_t port;
static bool has_xstate;

/*
 * Stores xmm3, then sched_op(SCHEDOP_shutdown, {REASON}): both at the end of the second page.
 */
static const uint8_t code[] = {
    0x0f, 0x11, 0x1c, 0x25, 0x40, 0x1f, 0x40, 0,           /* movups %xmm3, 0x401f40 */
    0xb8, __HYPERVISOR_sched_op, 0, 0, 0,                  /* mov $sched_op, %eax */
    0xbf, SCHEDOP_shutdown, 0, 0, 0,                       /* mov $shutdown, %edi */
    0x48, 0xbe, 0x00, 0x1f, 0x40, 0, 0, 0, 0, 0,           /* movabs $0x401f00, %rsi */
    0x0f, 0x05,                                            /* syscall */
    0xeb, 0xfe,                                            /* jmp . */
};

static void *map_foreign(uint64_t mfn)
{
    void *window = window_alloc();

    CHECK_EQ(hyp_update_va_mapping_otherdomain((uint64_t)window, mfn << 12 | PTE_RW, UVMF_INVLPG,
                                               domid), 0);
    return window;
}

static void write_page(unsigned n, unsigned offset, const void *bytes, size_t size)
{
    uint8_t *window = map_foreign(mfns[n]);

    memcpy(window + offset, bytes, size);
    window_free(window);
}

static void write_entry(unsigned n, unsigned index, uint64_t entry)
{
    write_page(n, index * 8, &entry, 8);
}

static void clear_pages(void)
{
    for (unsigned n = 0; n < PAGES; n++) {
        void *window = map_foreign(mfns[n]);

        memset(window, 0, PAGE_SIZE);
        window_free(window);
    }
}

static void build(void)
{
    uint32_t reason = REASON;
    struct mmuext_op pin = {.cmd = MMUEXT_PIN_L4_TABLE};
    struct xen_domctl op = {.u.max_mem.max_memkb = PAGES * 4};

    CHECK_EQ(domctl(&op, XEN_DOMCTL_max_mem, domid), 0);
    op.u.max_vcpus.max = 1;
    CHECK_EQ(domctl(&op, XEN_DOMCTL_max_vcpus, domid), 0);
    CHECK_EQ(domain_populate(domid, 0, PAGES, mfns), PAGES);
    clear_pages();
    write_page(0, 0, code, sizeof(code));
    write_page(1, 0xf00, &reason, sizeof(reason));
    write_entry(2, 0, mfns[0] << 12 | PTE_RO);
    write_entry(2, 1, mfns[1] << 12 | PTE_RW);
    write_entry(3, GUEST_VA >> 21 & 511, mfns[2] << 12 | PTE_RW);
    write_entry(4, 0, mfns[3] << 12 | PTE_RW);
    write_entry(5, 0, mfns[4] << 12 | PTE_RW);
    pin.arg1.mfn = mfns[5];
    CHECK_EQ(hyp_mmuext_op(&pin, 1, NULL, domid), 0);
}

/* xmm3 by the XSAVE state, which comes after the context; false where there is no XSAVE. */
static bool set_xstate(void)
{
    static uint8_t image[16 + 576];
    struct xen_domctl op = {0};

    CHECK_EQ(domctl(&op, XEN_DOMCTL_getvcpuextstate, domid), 0);
    if (!op.u.vcpuextstate.xfeature_mask)
        return false;
    image[0] = image[8] = image[16 + 512] = 3; /* x87 and SSE */
    memset(image + 16 + 160 + 3 * 16, 0xa5, 16);
    op.u.vcpuextstate.size = sizeof(image);
    op.u.vcpuextstate.buffer = HANDLE(image);
    CHECK_EQ(domctl(&op, XEN_DOMCTL_setvcpuextstate, domid), 0);
    return true;
}

static void check_xmm3(void)
{
    uint8_t *window = map_foreign(mfns[1]), *stored = window + 0xf40;

    for (unsigned i = 0; i < 16; i++)
        CHECK_EQ(stored[i], has_xstate ? 0xa5 : 0x11);
    window_free(window);
}

static void start(void)
{
    static vcpu_guest_context_t context;
    struct xen_domctl op = {.u.vcpucontext = {.vcpu = 0, .ctxt = HANDLE(&context)}};

    vcpu_context(&context, 0, GUEST_VA, GUEST_VA + 0x1e00);
    memset(context.trap_ctxt, 0, sizeof(context.trap_ctxt));
    context.ctrlreg[3] = xen_pfn_to_cr3(mfns[5]);
    context.ctrlreg[1] = 0;
    context.flags |= VGCF_online;
    context.flags |= VGCF_i387_valid;
    memset((uint8_t *)&context.fpu_ctxt + 160 + 3 * 16, 0x11, 16);
    CHECK_EQ(domctl(&op, XEN_DOMCTL_setvcpucontext, domid), 0);
    has_xstate = set_xstate();
    CHECK_EQ(domctl(&op, XEN_DOMCTL_unpausedomain, domid), 0);
}

static void check_end(void)
{
    static vcpu_guest_context_t context;
    struct xen_domctl op = {.u.vcpucontext = {.vcpu = 0, .ctxt = HANDLE(&context)}};
    struct xen_domctl_getdomaininfo info = {0};

    CHECK(event_wait(port, PATIENCE));
    /* the event may also have told of the last end of an earlier domain */
    CHECK(WAIT_FOR(domain_info(domid, &info) && (info.flags & XEN_DOMINF_shutdown)));
    CHECK_EQ(info.flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask, REASON);
    CHECK_EQ(domctl(&op, XEN_DOMCTL_getvcpucontext, domid), 0);
    CHECK_EQ(context.user_regs.rip, GUEST_VA + sizeof(code) - 2);
    CHECK_EQ(context.user_regs.rsi, GUEST_VA + 0x1f00);
    CHECK_EQ(context.ctrlreg[3] >> 12, mfns[5]);
    check_xmm3();
}

GUEST_TEST("a domain by hand: built, run, shut down, destroyed")
{
    NEEDS_DOM0();
    port = bind_virq(VIRQ_DOM_EXC, 0);
    event_mask(port, false);
    event_count[port] = 0;
    CHECK_EQ(domain_create(0, &domid), 0);
    build();
    start();
    check_end();
    CHECK_EQ(domain_destroy(domid), 0);
    event_close(port);
}
