/* SPDX-License-Identifier: GPL-2.0-only */
/* The PC of pc.h: what its devices call, and how it is used. */
#include "pc.h"

#include <arch/ioreq.h>
#include <hv/arch.h>
#include <hv/softirq.h>

struct domain *pc;
struct vplatform *platform;
unsigned kicks[2];
int shut_down;
bool models_port;
unsigned model_has;
static struct vcpu vcpus[2];
static struct hvm_vcpu hvm[2];
static struct hvm_domain hvm_domain;

/* --- what the devices call -------------------------------------------------------------------- */
void vcpu_kick(struct vcpu *v) { kicks[v->id]++; }
__attribute__((weak)) void hvm_raise_nmi(struct vcpu *v) {}
__attribute__((weak)) void hvm_init_ipi(struct vcpu *v) {}
void hvm_startup_ipi(struct vcpu *v, uint8_t page) {}
void hvm_level_interrupt_over(struct domain *d, uint8_t vector) { vplatform_eoi(d, vector); }
uint64_t hvm_guest_tsc(const struct vcpu *v) { return fake_now; }
s_time_t hvm_ticks_to_ns(const struct vcpu *v, uint64_t ticks) { return ticks; }
__attribute__((weak)) void guest_log(struct domain *d, const char *text, size_t n) {}

bool ioreq_is_served(struct vcpu *v, const struct hvm_io *io) { return io->port && models_port; }

/* As without a device model, but for one port. */
enum hvm_io_result ioreq_access(struct vcpu *v, struct hvm_io *io)
{
    if (models_port && io->port && io->write)
        model_has = io->address << 8 | io->data;
    if (!io->write)
        io->data = io->bytes == 8 ? ~0UL : (1UL << 8 * io->bytes) - 1;
    return HVM_IO_DONE;
}

int domain_shutdown(struct domain *d, unsigned reason)
{
    shut_down = reason;
    return 0;
}

/* --- life ------------------------------------------------------------------------------------- */
void pc_setup(void)
{
    fake_cpus_init(1);
    timer_subsystem_init();
    pc = fake_domain(1, 2);
    pc->arch.hvm = &hvm_domain;
    pc->config.emulation_flags = XEN_X86_EMU_ALL;
    shut_down = -1;
    models_port = false;
    ck_assert_int_eq(vplatform_init(pc), 0);
    platform = hvm_domain.platform;
    for (unsigned i = 0; i < 2; i++) {
        hvm[i] = (struct hvm_vcpu){ 0 };
        vcpus[i] = (struct vcpu){ .domain = pc, .id = i, .arch.hvm = &hvm[i] };
        pc->vcpu[i] = &vcpus[i];
        ck_assert_int_eq(vlapic_init(&vcpus[i]), 0);
        vlapic_write(&vcpus[i], LAPIC_SVR, 0x1ff);
        vlapic_write(&vcpus[i], LAPIC_LVT_LINT0, LAPIC_EXTINT << 8);
        kicks[i] = 0;
    }
}

void pc_teardown(void)
{
    vplatform_free(pc);
    for (unsigned i = 0; i < 2; i++) {
        vlapic_destroy(&vcpus[i]);
        pc->vcpu[i] = NULL;
    }
    pc->arch.hvm = NULL;
    fake_domain_free(pc);
}

void pass(s_time_t ns)
{
    fake_now += ns;
    softirq_raise(SOFTIRQ_TIMER);
    softirq_run();
}

/* --- accesses --------------------------------------------------------------------------------- */
static uint64_t access(bool port, uint64_t address, unsigned bytes, bool write, uint64_t data)
{
    struct hvm_io io = {
        .address = address, .data = data, .bytes = bytes, .write = write, .port = port
    };

    ck_assert_int_eq(hvm_io(&vcpus[0], &io), HVM_IO_DONE);
    return io.data;
}

uint8_t in8(unsigned port) { return access(true, port, 1, false, 0); }
uint32_t in32(unsigned port) { return access(true, port, 4, false, 0); }
void out8(unsigned port, uint8_t value) { access(true, port, 1, true, value); }
void out16(unsigned port, uint16_t value) { access(true, port, 2, true, value); }
uint32_t read32(uint64_t address) { return access(false, address, 4, false, 0); }
void write32(uint64_t address, uint32_t value) { access(false, address, 4, true, value); }

int take_extint(void)
{
    return vplatform_extint_pending(&vcpus[0]) ? vplatform_extint(&vcpus[0]) : -1;
}

void pics_begin(void)
{
    static const struct {
        uint16_t port;
        uint8_t value;
    } writes[] = {
        { 0x20, 0x11 }, { 0x21, 0x20 }, { 0x21, 4 }, { 0x21, 1 }, { 0x21, 0 },
        { 0xa0, 0x11 }, { 0xa1, 0x28 }, { 0xa1, 2 }, { 0xa1, 1 }, { 0xa1, 0 },
    };

    for (unsigned i = 0; i < ARRAY_SIZE(writes); i++)
        out8(writes[i].port, writes[i].value);
}

Suite *pc_suite(const char *name, const TTest *const *tests, unsigned n)
{
    Suite *s = suite_create(name);
    TCase *t = tcase_create("all");

    tcase_set_timeout(t, 120);
    tcase_add_checked_fixture(t, pc_setup, pc_teardown);
    for (unsigned i = 0; i < n; i++)
        tcase_add_test(t, tests[i]);
    suite_add_tcase(s, t);
    return s;
}
