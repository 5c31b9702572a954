/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events told to a hardware guest by an interrupt line (HVM_PARAM_CALLBACK_IRQ): the pin of a PCI
 * device, by its link to the PICs, shared with another device, and directly to the IO-APIC; a GSI;
 * one in place of the other while it is up; none any more. The line is up while events are pending
 * for vcpu 0, also when it has taken them without an exit: neither is one lost, nor does one come
 * twice. What is no line is refused. (public/hvm/params.h)
 */
#include <device_model.h>
#include <hvm_code.h>
#include <hvm_pc_code.h>
#include <public/hvm/params.h>

#define PC (XEN_X86_EMU_ALL & ~XEN_X86_EMU_VPCI)
#define PORT 0x500
#define SHARED_INFO 0xc000

#define PIC_EOI      OUT("0xa0", "0x20") OUT("0x20", "0x20")
#define ASK          "mov $0x500, %edx; in %dx, %al; " /* the next of the model's steps */
#define NOW          "sti; nop; nop; nop; cli"
/* Upcall, selector, ports: as a handler of events leaves them. */
#define TAKE         "movb $0, 0xc000; movl $0, 0xc008; movl $0, 0xc800; "

/* clang-format off */
#define PROBES(X, name, A, S, F)                                                               \
    X(name, LAPIC("0f0", "0x1ff") LAPIC("350", "0x700") PIC_BEGIN PIC_MASKS("0", "0")          \
      PCI_LEVELS TAKE NOW, NONE)                                                               \
    X(name, ASK NOW, NONE)     /* 1: the line is chosen */                                     \
    X(name, ASK NOW, 0x2b)     /* 2: an event */                                               \
    X(name, PIC_EOI NOW, 0x2b) /* which is pending still */                                    \
    X(name, TAKE PIC_EOI NOW, NONE)                                                            \
    X(name, ASK NOW, 0x2b)     /* 3: an event, and another device at this pin */               \
    X(name, TAKE PIC_EOI NOW, 0x2b)                                                            \
    X(name, ASK PIC_EOI NOW, NONE) /* 4: it is done */                                         \
    X(name, PIC_MASKS("0xff", "0xff") IOAPIC("0x51", "0") IOAPIC("0x50", "0x8031") ASK NOW,    \
      0x31)                    /* 5: an event */                                               \
    X(name, LAPIC_EOI NOW, 0x31)                                                               \
    X(name, TAKE LAPIC_EOI NOW, NONE)                                                          \
    X(name, ASK NOW, 0x31)     /* 6: an event */                                               \
    X(name, TAKE IOAPIC("0x50", "0x18031") LAPIC_EOI IOAPIC("0x50", "0x8031") NOW, NONE)       \
    X(name, IOAPIC("0x50", "0x18031") ASK /* 7: an event */ "movl $0x50, 0xfec00000; " TAKE    \
      "movl $0x8031, 0xfec00010; " NOW, NONE)                                                  \
    X(name, IOAPIC("0x39", "0") IOAPIC("0x38", "0x802e") ASK NOW, NONE) /* 8: line 20 */ \
    X(name, ASK NOW, 0x2e)     /* 9: an event */                                               \
    X(name, IOAPIC("0x3b", "0") IOAPIC("0x3a", "0x802d") ASK LAPIC_EOI NOW, 0x2d) /* 10: 21 */ \
    X(name, TAKE LAPIC_EOI NOW, NONE)                                                          \
    X(name, ASK "sti; hlt; nop; nop", 0x2d) /* 11: an event, later */                          \
    X(name, ASK LAPIC_EOI NOW, NONE) /* 12: no line */                                         \
    X(name, ASK LAPIC_EOI NOW, 0x2d) /* 13: again, with the event that is pending */           \
    X(name, TAKE LAPIC_EOI ASK NOW, 0x24) /* 14: by vector, and an event */                    \
    X(name, TAKE ASK NOW, NONE) /* 15: what is refused */                                      \
    X(name, "ud2", 6)

HVM_GUEST("callback", "32", PROBES, "%eax", "%esp", "", "eax", "ebx");

#define EXPECT(name, text, end) {text, {[HVM_PROTECTED] = end}},
static const struct hvm_probe probes[] = { PROBES(EXPECT, "", "", "", "") };
extern const uint8_t code_callback[], code_callback_end[];
/* clang-format on */
#define STEPS 15

#define BY_GSI(line)         (line)
#define BY_PIN(device, pin)  (1UL << 56 | (device) << 11 | (pin))
#define BY_VECTOR(vector)    (2UL << 56 | (vector))

static struct device_model model;
static evtchn_port_t port;
static unsigned asked;
static bool send_later;

/* --- what is done at each step ---------------------------------------------------------------- */
static long callback(domid_t domid, uint64_t value)
{
    struct xen_hvm_param p = {domid, 0, HVM_PARAM_CALLBACK_IRQ, value};

    return hyp_hvm_op(HVMOP_set_param, &p);
}

static void choose(uint64_t value) { CHECK_EQ(callback(model.domid, value), 0); }

static void send(uint64_t arg)
{
    (void)arg;
    CHECK_EQ(event_send(port), 0);
}

static void later(uint64_t arg)
{
    (void)arg;
    send_later = true;
}

/* Another device at pin 1 of device 3, whose link leads to 11. */
static void other(uint64_t level)
{
    struct xen_dm_op op = {.u.set_pci_intx_level = {0, 0, 3, 1, level}};

    CHECK_EQ(dm_op(model.domid, &op, XEN_DMOP_set_pci_intx_level), 0);
}

static void route(uint64_t irq)
{
    struct xen_dm_op op = {.u.set_pci_link_route = {0, irq}};

    CHECK_EQ(dm_op(model.domid, &op, XEN_DMOP_set_pci_link_route), 0);
}

static void refused(uint64_t arg)
{
    static const uint64_t values[] = {
        BY_GSI(2), BY_GSI(48), BY_GSI(256 + 20), BY_GSI(1UL << 55), BY_PIN(32UL, 0),
        BY_PIN(4UL, 0) | 1UL << 32, BY_VECTOR(15), BY_VECTOR(0), 3UL << 56 | 20, 255UL << 56 | 32,
    };
    struct xen_hvm_param p = {model.domid, 0, HVM_PARAM_CALLBACK_IRQ, 0};

    (void)arg;
    for (unsigned i = 0; i < ARRAY_SIZE(values); i++)
        CHECK_EQ(callback(model.domid, values[i]), -XEN_EINVAL);
    CHECK_EQ(hyp_hvm_op(HVMOP_get_param, &p), 0);
    CHECK_EQ(p.value, BY_VECTOR(0x24));
}

static const struct {
    unsigned step; /* when the guest has asked so often */
    void (*act)(uint64_t arg);
    uint64_t arg;
} acts[] = {
    {1, route, 11}, {1, choose, BY_PIN(4UL, 0)},
    {2, send, 0},
    {3, send, 0}, {3, other, 1},
    {4, other, 0},
    {5, send, 0},
    {6, send, 0},
    {7, send, 0},
    {8, choose, BY_GSI(20)},
    {9, send, 0},
    {10, choose, BY_GSI(21)},
    {11, later, 0},
    {12, choose, 0},
    {13, choose, BY_GSI(21)},
    {14, choose, BY_VECTOR(0x24)}, {14, send, 0},
    {15, refused, 0},
};

/* --- the guest -------------------------------------------------------------------------------- */
static void add_shared_info(domid_t domid)
{
    struct xen_add_to_physmap add = {.domid = domid, .space = XENMAPSPACE_shared_info,
                                     .gpfn = SHARED_INFO >> 12};

    CHECK_EQ(hyp_memory_op(XENMEM_add_to_physmap, &add), 0);
}

static void connect(domid_t domid)
{
    evtchn_alloc_unbound_t unbound = {.dom = domid, .remote_dom = own_domid()};
    evtchn_bind_interdomain_t bind = {.remote_dom = domid};

    CHECK_EQ(hyp_event_channel_op(EVTCHNOP_alloc_unbound, &unbound), 0);
    bind.remote_port = unbound.port;
    CHECK_EQ(hyp_event_channel_op(EVTCHNOP_bind_interdomain, &bind), 0);
    port = bind.local_port;
}

static void prepare(domid_t domid)
{
    asked = 0;
    send_later = false;
    model_start_at(&model, domid, PORT);
    add_shared_info(domid);
    connect(domid);
}

static void serve(void)
{
    if (!model_asked(&model)) {
        if (send_later)
            send(0);
        send_later = false;
        return;
    }
    asked++;
    for (unsigned i = 0; i < ARRAY_SIZE(acts); i++)
        if (acts[i].step == asked)
            acts[i].act(acts[i].arg);
    model_answer(&model, STATE_IORESP_READY, 0);
}

static void leave(void)
{
    model_end(&model);
    CHECK_EQ(event_close(port), 0);
}

/* A guest without a PC's devices has no lines. */
static void without_devices(void)
{
    domid_t domid;

    CHECK_EQ(hvm_create(&domid, 1, XEN_X86_EMU_LAPIC), 0);
    CHECK_EQ(callback(domid, BY_GSI(20)), -XEN_EINVAL);
    CHECK_EQ(callback(domid, BY_PIN(4UL, 0)), -XEN_EINVAL);
    CHECK_EQ(callback(domid, BY_VECTOR(0x24)), 0);
    CHECK_EQ(callback(domid, 0), 0);
    CHECK_EQ(domain_destroy(domid), 0);
}

GUEST_TEST("events of a hardware guest by an interrupt line")
{
    struct hvm_run run = {.mode = HVM_PROTECTED, .code = code_callback, .end = code_callback_end,
                          .emulation = PC, .prepare = prepare, .serve = serve, .leave = leave};

    NEEDS_HVM();
    hvm_run_probes(&run, probes, ARRAY_SIZE(probes));
    CHECK_EQ(asked, STEPS);
    without_devices();
}
