/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupts from a device model, while the guest waits for it: lines of ISA, pins of PCI devices by
 * their link to the PICs and directly to the IO-APIC, two devices on one link, links that lead
 * elsewhere, messages to one vcpu, to a logical destination, and an NMI; levels and edges for an
 * x2APIC. What no device has is refused, and nothing of it arrives. (public/hvm/dm_op.h)
 */
#include <device_model.h>
#include <hvm_code.h>
#include <hvm_pc_code.h>

#define PC (XEN_X86_EMU_ALL & ~XEN_X86_EMU_VPCI)
#define PORT 0x500

#define PIC_EOI      OUT("0x20", "0x20")
#define PIC_EOI_BOTH OUT("0xa0", "0x20") PIC_EOI
#define ASK          "mov $0x500, %edx; in %dx, %al; " /* the next of the model's steps */
#define X2APIC       "mov $0x1b, %ecx; rdmsr; or $0x400, %eax; wrmsr; "
#define X2APIC_EOI   "mov $0x80b, %ecx; xor %eax, %eax; xor %edx, %edx; wrmsr; "
#define NOW          "sti; nop; nop; nop; cli"
#define IRET         "pushf; push $8; push $5f - code_model_interrupts + 0x1000; iret; 5:"

/* clang-format off */
#define PROBES(X, name, A, S, F)                                                             \
    X(name, LAPIC("0f0", "0x1ff") LAPIC("350", "0x700") LAPIC("0d0", "0x02000000") PIC_BEGIN \
      PIC_MASKS("0", "0") PCI_LEVELS NOW, NONE)                                              \
    X(name, ASK NOW, 0x25)                                                                   \
    X(name, PIC_EOI NOW, NONE) /* an edge */                                                 \
    X(name, ASK NOW, NONE)                                                                   \
    X(name, ASK NOW, 0x2b)                                                                   \
    X(name, PIC_EOI_BOTH NOW, 0x2b) /* a level */                                            \
    X(name, ASK PIC_EOI_BOTH NOW, 0x2b) /* another device holds it */                        \
    X(name, ASK PIC_EOI_BOTH NOW, 0x2a) /* elsewhere */                                      \
    X(name, ASK PIC_EOI_BOTH NOW, NONE)                                                      \
    X(name, PIC_MASKS("0xff", "0xff") IOAPIC("0x51", "0") IOAPIC("0x50", "0x8031") ASK NOW,  \
      0x31)                                                                                  \
    X(name, LAPIC_EOI NOW, 0x31)                                                             \
    X(name, ASK LAPIC_EOI NOW, NONE)                                                         \
    X(name, ASK NOW, 0x30)                                                                   \
    X(name, LAPIC_EOI NOW, NONE)                                                             \
    X(name, ASK NOW, 0x2f)                                                                   \
    X(name, LAPIC_EOI ASK NOW, NONE) /* what was refused */                                  \
    X(name, X2APIC ASK NOW, 0x31) /* the level again, as the processor delivers it */        \
    X(name, X2APIC_EOI NOW, 0x31)                                                            \
    X(name, ASK X2APIC_EOI NOW, NONE)                                                        \
    X(name, ASK NOW, 0x30)                                                                   \
    X(name, X2APIC_EOI NOW, NONE)                                                            \
    X(name, ASK "nop", 2)                                                                    \
    X(name, IRET, NONE) /* Bochs (2.7) would hold NMIs back from the next guest, too */      \
    X(name, "ud2", 6)

HVM_GUEST("model_interrupts", "32", PROBES, "%eax", "%esp", "", "eax", "ebx");

#define EXPECT(name, text, end) {text, {[HVM_PROTECTED] = end}},
static const struct hvm_probe probes[] = { PROBES(EXPECT, "", "", "", "") };
extern const uint8_t code_model_interrupts[], code_model_interrupts_end[];

/* --- calls ------------------------------------------------------------------------------------ */
#define ISA(irq, on)          XEN_DMOP_set_isa_irq_level, {.set_isa_irq_level = {irq, on}}
#define INTX(device, pin, on) XEN_DMOP_set_pci_intx_level, \
                              {.set_pci_intx_level = {0, 0, device, pin, on}}
#define ROUTE(link, irq)      XEN_DMOP_set_pci_link_route, {.set_pci_link_route = {link, irq}}
#define MSI(to, what)         XEN_DMOP_inject_msi, {.inject_msi = {.addr = to, .data = what}}
#define PIN(from, to, how)    XEN_DMOP_pin_memory_cacheattr, \
                              {.pin_memory_cacheattr = {from, to, how, 0}}

struct call {
    unsigned step; /* when the guest has asked so often */
    long result;
    uint32_t number;
    union {
        struct xen_dm_op_set_isa_irq_level set_isa_irq_level;
        struct xen_dm_op_set_pci_intx_level set_pci_intx_level;
        struct xen_dm_op_set_pci_link_route set_pci_link_route;
        struct xen_dm_op_inject_msi inject_msi;
        struct xen_dm_op_pin_memory_cacheattr pin_memory_cacheattr;
    } what;
};

/* Device 4 and 8 have their first pins at link 0; device 4's is input 32 of the IO-APIC. */
static const struct call calls[] = {
    {1, 0, ISA(5, 1)},
    {2, 0, ISA(5, 0)},
    {3, 0, ROUTE(0, 11)},
    {3, 0, INTX(4, 0, 1)},
    {4, 0, INTX(8, 0, 1)},
    {4, 0, INTX(8, 0, 1)}, /* once more is no more */
    {4, 0, INTX(4, 0, 0)},
    {5, 0, ROUTE(0, 10)},
    {6, 0, INTX(8, 0, 0)},
    {6, 0, INTX(8, 0, 0)},
    {7, 0, INTX(4, 0, 1)},
    {8, 0, INTX(4, 0, 0)},
    {9, 0, MSI(0, 0x30)}, /* as QEMU says it */
    {10, 0, MSI(0xfee02004, 0x12f)},
    {11, -XEN_EINVAL, ISA(16, 1)},
    {11, -XEN_EINVAL, ISA(255, 1)},
    {11, -XEN_EINVAL, ISA(5, 2)},
    {11, -XEN_EINVAL, INTX(32, 0, 1)},
    {11, -XEN_EINVAL, INTX(255, 0, 1)},
    {11, -XEN_EINVAL, INTX(4, 4, 1)},
    {11, -XEN_EINVAL, INTX(4, 0, 2)},
    {11, -XEN_EINVAL, XEN_DMOP_set_pci_intx_level, {.set_pci_intx_level = {1, 0, 4, 0, 1}}},
    {11, -XEN_EINVAL, XEN_DMOP_set_pci_intx_level, {.set_pci_intx_level = {0, 1, 4, 0, 1}}},
    {11, -XEN_EINVAL, ROUTE(4, 5)},
    {11, -XEN_EINVAL, ROUTE(0, 16)},
    {11, 0, MSI(0xfee01000, 0x30)},            /* nobody's id */
    {11, -XEN_EINVAL, MSI(0xfed00000, 0x30)},  /* no message */
    {11, -XEN_EINVAL, MSI(0x1fee00000, 0x30)},
    {11, -XEN_EINVAL, MSI(0xfee00000, 0x0f)},  /* no vector */
    {11, -XEN_EINVAL, MSI(0xfee00000, 0x200)}, /* SMI, INIT, STARTUP, ExtINT */
    {11, -XEN_EINVAL, MSI(0xfee00000, 0x500)},
    {11, -XEN_EINVAL, MSI(0xfee00000, 0x601)},
    {11, -XEN_EINVAL, MSI(0xfee00000, 0x700)},
    {11, 0, PIN(0, 1, XEN_DMOP_MEM_CACHEATTR_WB)},
    {11, 0, PIN(0, 1, XEN_DMOP_DELETE_MEM_CACHEATTR)},
    {11, -XEN_EOPNOTSUPP, PIN(0, 1, XEN_DMOP_MEM_CACHEATTR_UC)},
    {11, -XEN_EINVAL, PIN(1, 0, XEN_DMOP_MEM_CACHEATTR_WB)},
    {12, 0, INTX(4, 0, 1)},
    {13, 0, INTX(4, 0, 0)},
    {14, 0, MSI(0xfee00000, 0x30)},
    {15, 0, MSI(0xfee00000, 0x400)},
};
/* clang-format on */
#define STEPS 15

static struct device_model model;
static unsigned asked;

static long call(domid_t domid, const struct call *c)
{
    struct xen_dm_op op = {0};

    memcpy(&op.u, &c->what, sizeof(c->what));
    return dm_op(domid, &op, c->number);
}

static void prepare(domid_t domid)
{
    asked = 0;
    model_start_at(&model, domid, PORT);
}

static void serve(void)
{
    if (!model_asked(&model))
        return;
    asked++;
    for (unsigned i = 0; i < ARRAY_SIZE(calls); i++) {
        long result;

        if (calls[i].step != asked)
            continue;
        result = call(model.domid, &calls[i]);
        if (result != calls[i].result)
            failure("call %u: %ld, not %ld", i, result, calls[i].result);
    }
    model_answer(&model, STATE_IORESP_READY, 0);
}

static void leave(void) { model_end(&model); }

/* A guest without a PC's devices has no lines. */
static void without_devices(void)
{
    static const struct call lines[] = {{0, 0, ISA(5, 1)}, {0, 0, INTX(4, 0, 1)}, {0, 0, ROUTE(0, 5)}};
    domid_t domid;

    CHECK_EQ(hvm_create(&domid, 1, XEN_X86_EMU_LAPIC), 0);
    for (unsigned i = 0; i < ARRAY_SIZE(lines); i++)
        CHECK_EQ(call(domid, &lines[i]), -XEN_EINVAL);
    CHECK_EQ(domain_destroy(domid), 0);
}

GUEST_TEST("interrupts from a device model")
{
    struct hvm_run run = {.mode = HVM_PROTECTED, .code = code_model_interrupts,
                          .end = code_model_interrupts_end, .emulation = PC, .prepare = prepare,
                          .serve = serve, .leave = leave};

    NEEDS_HVM();
    hvm_run_probes(&run, probes, ARRAY_SIZE(probes));
    CHECK_EQ(asked, STEPS);
    without_devices();
}
