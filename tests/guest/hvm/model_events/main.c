/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events that a device model, or who else controls a guest, raises on its vcpu: exceptions with
 * error codes and without, a page fault with its address, software interrupts with the length of
 * their instruction, an NMI, an interrupt by the local APIC; for a vcpu that is halted, too, and one
 * at a time. What no processor raises is refused. (public/hvm/dm_op.h)
 */
#include <device_model.h>
#include <hvm_code.h>

#define PORT 0x500

#define ASK  "mov $0x500, %edx; in %dx, %al; " /* the next of the model's steps */
#define SEND(msr, value) "mov $" msr ", %ecx; mov $" value ", %eax; xor %edx, %edx; wrmsr; "
#define IF(condition) "j" condition " 3f; ud2; 3: "
#define IRET "pushf; push $8; push $5f - code_model_events + 0x1000; iret; 5:"
/* Behind a stub the stack holds what it left below its new beginning: the error code, and where the
 * exception came from. */
#define PUSHED(at, value) "cmpl $" value ", 0xbff0 - " at "; " IF("e")

/* clang-format off */
#define PROBES(X, name, A, S, F)                                                                   \
    X(name, ASK "nop", 6)                                                                          \
    X(name, ASK "nop", 13)                                                                         \
    X(name, PUSHED("16", "0x1234"), NONE)                                                          \
    X(name, ASK "nop", 14)                                                                         \
    X(name, PUSHED("16", "2") "mov %cr2, %eax; cmp $0x87654321, %eax; " IF("e"), NONE)             \
    X(name, ASK "9: nop; nop; nop", 0x27) /* 2 bytes behind where it is raised */                  \
    X(name, PUSHED("12", "9b + 2 - code_model_events + 0x1000"), NONE)                             \
    X(name, ASK "nop; nop; nop", 3)                                                                \
    X(name, ASK "nop; nop; nop", 1)                                                                \
    X(name, ASK "nop", 2)                                                                          \
    X(name, IRET, NONE)                                                                            \
    X(name, SEND("0x80f", "0x1ff") ASK "nop; sti; nop; nop", 0x28) /* its local APIC is on */      \
    X(name, SEND("0x80b", "0") ASK "sti; hlt; nop", 17) /* later */                                \
    X(name, ASK "nop", NONE) /* what was refused */                                                \
    X(name, "ud2", 6)

HVM_GUEST("model_events", "32", PROBES, "%eax", "%esp", "", "eax", "ebx");

#define EXPECT(name, text, end) {text, {[HVM_PROTECTED] = end}},
static const struct hvm_probe probes[] = { PROBES(EXPECT, "", "", "", "") };
extern const uint8_t code_model_events[], code_model_events_end[];

#define NO_CODE (~0U)
#define INT(n)       .vector = n, .type = XEN_DMOP_EVENT_ext_int, .error_code = NO_CODE
#define NMI          .vector = 2, .type = XEN_DMOP_EVENT_nmi, .error_code = NO_CODE
#define RAISED(n, e) .vector = n, .type = XEN_DMOP_EVENT_hw_exc, .error_code = e
#define SOFT(n, kind, bytes) .vector = n, .type = XEN_DMOP_EVENT_##kind, .insn_len = bytes, \
                             .error_code = NO_CODE

static const struct call {
    unsigned step; /* when the guest has asked so often */
    long result;
    struct xen_dm_op_inject_event event;
} calls[] = {
    {1, 0, {RAISED(6, NO_CODE)}},
    {2, 0, {RAISED(13, 0x1234)}},
    {3, 0, {RAISED(14, 2), .cr2 = 0x87654321}},
    {4, 0, {SOFT(0x27, sw_int, 2)}},
    {5, 0, {SOFT(3, sw_exc, 1)}},
    {6, 0, {SOFT(1, pri_sw_exc, 1)}},
    {7, 0, {NMI}},
    {8, 0, {INT(0x28)}},
    {10, -XEN_EINVAL, {RAISED(6, NO_CODE), .vcpuid = 1}},
    {10, -XEN_EINVAL, {RAISED(6, NO_CODE), .vcpuid = ~0U}},
    {10, -XEN_EINVAL, {RAISED(6, NO_CODE), .pad0 = 1}},
    {10, -XEN_EINVAL, {RAISED(6, NO_CODE), .pad1 = 1}},
    {10, -XEN_EINVAL, {RAISED(2, NO_CODE)}},
    {10, -XEN_EINVAL, {RAISED(32, NO_CODE)}},
    {10, -XEN_EINVAL, {RAISED(255, NO_CODE)}},
    {10, -XEN_EINVAL, {RAISED(13, 0x8000)}},
    {10, -XEN_EINVAL, {RAISED(13, NO_CODE - 1)}},
    {10, -XEN_EINVAL, {INT(15)}},
    {10, -XEN_EINVAL, {SOFT(3, nmi, 0)}},
    {10, -XEN_EINVAL, {SOFT(0x27, sw_int, 0)}},
    {10, -XEN_EINVAL, {SOFT(0x27, sw_int, 16)}},
    {10, -XEN_EINVAL, {SOFT(5, sw_exc, 1)}},
    {10, -XEN_EINVAL, {SOFT(3, pri_sw_exc, 1)}},
    {10, -XEN_EINVAL, {.vector = 6, .type = 1, .error_code = NO_CODE}},
    {10, -XEN_EINVAL, {.vector = 6, .type = 7, .error_code = NO_CODE}},
    {10, -XEN_EINVAL, {.vector = 6, .type = 255, .error_code = NO_CODE}},
};
/* clang-format on */
#define STEPS 10

static struct device_model model;
static unsigned asked;
static bool later;

static long inject(const struct xen_dm_op_inject_event *event)
{
    struct xen_dm_op op = {.u.inject_event = *event};

    return dm_op(model.domid, &op, XEN_DMOP_inject_event);
}

static void prepare(domid_t domid)
{
    static const struct xen_dm_op_inject_event halted = {RAISED(6, NO_CODE)};

    asked = 0;
    later = false;
    model_start_at(&model, domid, PORT);
    CHECK_EQ(inject(&halted), -XEN_EINVAL); /* nobody has started it */
}

static void raise_later(void)
{
    static const struct xen_dm_op_inject_event alignment = {RAISED(17, 0)};

    later = false;
    CHECK_EQ(inject(&alignment), 0);
}

static void serve(void)
{
    if (later)
        raise_later();
    if (!model_asked(&model))
        return;
    asked++;
    for (unsigned i = 0; i < ARRAY_SIZE(calls); i++) {
        long result;

        if (calls[i].step != asked)
            continue;
        result = inject(&calls[i].event);
        if (result != calls[i].result)
            failure("call %u: %ld, not %ld", i, result, calls[i].result);
        if (!result && calls[i].event.type >= XEN_DMOP_EVENT_hw_exc) /* the guest waits for us */
            CHECK_EQ(inject(&calls[i].event), -XEN_EBUSY);
    }
    later = asked == 9;
    model_answer(&model, STATE_IORESP_READY, 0);
}

static void leave(void) { model_end(&model); }

GUEST_TEST("events that a device model raises")
{
    struct hvm_run run = {.mode = HVM_PROTECTED, .code = code_model_events,
                          .end = code_model_events_end, .prepare = prepare, .serve = serve,
                          .leave = leave};

    NEEDS_HVM();
    hvm_run_probes(&run, probes, ARRAY_SIZE(probes));
    CHECK_EQ(asked, STEPS);
}
