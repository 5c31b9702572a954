/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A hardware guest that knows nothing of its controller is suspended in the middle of an access to a
 * device: it counts as shut down when the device model has answered and the instruction is done, not
 * before and not after the next one, so that registers tell all; then it goes on without a second
 * request. It can be resumed while it is still on its way, and one that breaks meanwhile has crashed.
 * A vcpu that waits for nothing stops at once.
 */
#include <device_model.h>
#include <hvm_code.h>

#define PORT   0x500
#define ANSWER 0x5a

/* Two reads of the same port, one after the other: each is asked for once. */
asm(".pushsection .rodata\n"
    "code_twice: mov $0x500, %edx; mov $-1, %rax; mov $0x1234, %ebx\n"
    "in %dx, %al; mov $0x4321, %ebx; stosq; in %dx, %al; stosq\n"
    "cli; hlt\n"
    "code_twice_end:\n"
    "code_spins: sti; 1: pause; jmp 1b\n"
    "code_spins_end:\n"
    ".popsection\n");
extern const uint8_t code_twice[], code_twice_end[], code_spins[], code_spins_end[];

static struct device_model model;
static unsigned asked;
static void (*answer)(void);

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
    answer();
}

static void suspend(domid_t domid)
{
    sched_remote_shutdown_t s = {.domain_id = domid, .reason = SHUTDOWN_suspend};

    CHECK_EQ(hyp_sched_op(SCHEDOP_remote_shutdown, &s), 0);
}

static bool is_shut_down(domid_t domid)
{
    struct xen_domctl_getdomaininfo info;

    return CHECK(domain_info(domid, &info)) && (info.flags & XEN_DOMINF_shutdown);
}

static unsigned reason_of(domid_t domid)
{
    struct xen_domctl_getdomaininfo info = {0};

    CHECK(domain_info(domid, &info));
    return info.flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask;
}

static void resume(domid_t domid)
{
    struct xen_domctl op = {0};

    CHECK_EQ(domctl(&op, XEN_DOMCTL_resumedomain, domid), 0);
}

static void get_registers(domid_t domid, struct hvm_hw_cpu *cpu)
{
    struct xen_domctl op = {.u.hvmcontext_partial = {HVM_SAVE_CODE_CPU, 0, sizeof(*cpu), HANDLE(cpu)}};

    CHECK_EQ(domctl(&op, XEN_DOMCTL_gethvmcontext_partial, domid), 0);
}

static int run(void (*how)(void), void (*leave)(void))
{
    struct hvm_run r = {.mode = HVM_LONG, .code = code_twice, .end = code_twice_end,
                        .prepare = prepare, .serve = serve, .leave = leave};

    answer = how;
    return hvm_run(&r);
}

/* --- the instruction is done ------------------------------------------------------------------ */
static void suspend_first(void)
{
    if (asked == 1) {
        suspend(model.domid);
        busy_wait(MS);
        CHECK(!is_shut_down(model.domid));
        suspend(model.domid); /* no more than once */
        CHECK(!is_shut_down(model.domid));
    }
    model_answer(&model, STATE_IORESP_READY, ANSWER + asked);
}

/* What was answered is in its registers, and in no slot; the second request comes afterwards. */
static void look_and_resume(void)
{
    struct hvm_hw_cpu cpu;
    uint64_t *results;

    CHECK_EQ(asked, 1);
    CHECK_EQ(model.slot->state, STATE_IOREQ_NONE);
    get_registers(model.domid, &cpu);
    CHECK_EQ(cpu.rax, 0xffffffffffffff00 | (ANSWER + 1));
    CHECK_EQ(cpu.rbx, 0x1234);
    resume(model.domid);
    CHECK(!is_shut_down(model.domid));
    CHECK(WAIT_FOR((serve(), is_shut_down(model.domid))));
    CHECK_EQ(reason_of(model.domid), SHUTDOWN_poweroff);
    CHECK_EQ(asked, 2);
    results = hvm_map(model.domid, HVM_RESULTS);
    CHECK_EQ(results[0], 0xffffffffffffff00 | (ANSWER + 1));
    CHECK_EQ(results[1], 0xffffffffffffff00 | (ANSWER + 2));
    window_free(results);
    model_end(&model);
}

/* --- other ways out --------------------------------------------------------------------------- */
static void suspend_and_resume(void)
{
    suspend(model.domid);
    resume(model.domid);
    model_answer(&model, STATE_IORESP_READY, ANSWER);
}

static void suspend_and_break(void)
{
    suspend(model.domid);
    model_answer(&model, 9, 0);
}

static void suspend_and_leave(void)
{
    suspend(model.domid);
    CHECK_EQ(server_destroy(model.domid, model.id), 0);
}

static void leave(void) { model_end(&model); }

/* --- nothing to wait for ---------------------------------------------------------------------- */
static void at_once(domid_t domid)
{
    busy_wait(MS);
    suspend(domid);
    CHECK(is_shut_down(domid));
    CHECK_EQ(reason_of(domid), SHUTDOWN_suspend);
    resume(domid);
    CHECK(!is_shut_down(domid));
}

GUEST_TEST("a hardware guest is suspended between two instructions, whatever its device model does")
{
    struct hvm_run spins = {.mode = HVM_LONG, .code = code_spins, .end = code_spins_end,
                            .beside = at_once};

    NEEDS_HVM();
    CHECK_EQ(run(suspend_first, look_and_resume), SHUTDOWN_suspend);
    CHECK_EQ(run(suspend_and_resume, leave), SHUTDOWN_poweroff);
    CHECK_EQ(asked, 2);
    CHECK_EQ(run(suspend_and_break, leave), SHUTDOWN_crash);
    CHECK_EQ(run(suspend_and_leave, leave), SHUTDOWN_suspend);
    hvm_run(&spins);
}
