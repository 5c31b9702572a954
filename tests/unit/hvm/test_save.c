/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records of a hardware guest's devices: what was saved, loaded into a machine fresh from power-up,
 * goes on there; streams that are none, and records that no device could have written, are refused
 * and change nothing; any bytes at all do no harm.
 */
#include "pc.h"

#include <arch/features.h>
#include <arch/hvm_save.h>
#include <arch/msr_index.h>
#include <arch/platform.h>
#include <hv/guest_access.h>
#include <hv/page_alloc.h>
#include <hv/sched.h>
#include <public/domctl.h>
#include <public/errno.h>
#include <public/hvm/save.h>
#include <sanitizer/asan_interface.h>
#include <stdlib.h>
#include <string.h>

#define VCPU 1
#define BASE (0xfee00000UL | LAPIC_BASE_ENABLED)

struct cpu_features cpu_features = { .signature = 0x306c3 };
uint64_t domain_tsc_hz(const struct domain *d) { return 2000000000; }
bool hvm_set_tsc_khz(struct domain *d, uint32_t khz) { return khz == 2000000; }

static uint8_t saved[16384];
static uint32_t size;

/* --- what the streams call -------------------------------------------------------------------- */
static bool paused;
void domain_pause(struct domain *d) { paused = true; }
void domain_unpause(struct domain *d) { paused = false; }

static bool no_memory;

void *hv_alloc_pages(unsigned order, unsigned flags)
{
    return no_memory ? NULL : calloc(PAGE_SIZE, 1UL << order);
}

void hv_free_pages(void *va, unsigned order)
{
    ASAN_UNPOISON_MEMORY_REGION(va, PAGE_SIZE << order);
    free(va);
}

/* Nobody may look behind what was copied. */
int copy_from_guest_bytes(void *dst, uint64_t src, size_t bytes)
{
    size_t whole = (bytes + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE;

    if (!src)
        return -XEN_EFAULT;
    memcpy(dst, (void *)src, bytes);
    ASAN_POISON_MEMORY_REGION((char *)dst + bytes, whole - bytes);
    return 0;
}

int copy_to_guest_bytes(uint64_t dst, const void *src, size_t bytes)
{
    if (bytes)
        memcpy((void *)dst, src, bytes);
    return 0;
}

/* Registers are VT-x's and the FPU's, and tested there: a record of one number, of vcpu 0. */
static uint64_t number;

unsigned hvm_save_cpu(const struct hvm_context *c, unsigned instance, void *to)
{
    ck_assert(paused && c->d == pc);
    *(uint64_t *)to = number;
    return instance ? 0 : sizeof(struct hvm_hw_cpu);
}

int hvm_load_cpu(const struct hvm_context *c, unsigned instance, const void *from, unsigned bytes)
{
    ck_assert(paused && bytes == sizeof(struct hvm_hw_cpu));
    number = *(const uint64_t *)from;
    return 0;
}

unsigned hvm_save_mtrr(const struct hvm_context *c, unsigned instance, void *to) { return 0; }
unsigned hvm_save_xsave(const struct hvm_context *c, unsigned instance, void *to) { return 0; }
unsigned hvm_xsave_bytes(void) { return 1024; }

int hvm_load_mtrr(const struct hvm_context *c, unsigned instance, const void *from, unsigned bytes)
{
    return 0;
}

int hvm_load_xsave(const struct hvm_context *c, unsigned instance, const void *from, unsigned bytes)
{
    ck_assert_uint_ge(bytes, sizeof(struct hvm_hw_cpu_xsave));
    return ((const uint8_t *)from)[bytes - 1] ? 0 : -XEN_EINVAL;
}

/* --- calls ------------------------------------------------------------------------------------ */
static void save(void)
{
    static struct domain other;
    static struct vcpu tools = { .domain = &other };
    struct xen_domctl op = { .u.hvmcontext = { sizeof(saved), { (uint64_t)saved } } };

    fake_current[0] = &tools;
    ck_assert_int_eq(hvm_get_context(pc, &op), 0);
    ck_assert(!paused);
    size = op.u.hvmcontext.size;
}

static long load_bytes(const void *bytes, uint32_t n)
{
    struct xen_domctl op = { .u.hvmcontext = { n, { (uint64_t)bytes } } };
    long rc = hvm_set_context(pc, &op);

    ck_assert(!paused);
    return rc;
}

static long load(void) { return load_bytes(saved, size); }

static void new_machine(void)
{
    pc_teardown();
    pc_setup();
}

static void *record(unsigned type, unsigned instance)
{
    struct hvm_save_descriptor *d = (void *)saved;

    while (d->typecode != type || d->instance != instance) {
        ck_assert_int_ne(d->typecode, HVM_SAVE_CODE_END);
        d = (void *)((uint8_t *)(d + 1) + d->length);
    }
    return d + 1;
}

static struct hvm_save_descriptor *descriptor(unsigned type)
{
    return (struct hvm_save_descriptor *)record(type, 0) - 1;
}

/* One that is changed so is refused, and the machine stays as it was. */
static void refused(void *at, const void *value, size_t n, long want)
{
    static uint8_t before[sizeof(saved)];
    uint8_t was[8];

    save();
    memcpy(before, saved, size);
    memcpy(was, at, n);
    memcpy(at, value, n);
    ck_assert_int_eq(load(), want);
    memcpy(at, was, n);
    save();
    ck_assert(!memcmp(before, saved, size));
}

#define REFUSED(place, value, want)                    \
    do {                                               \
        typeof(place) value_ = value;                  \
                                                       \
        refused(&(place), &value_, sizeof(place), want); \
    } while (0)

/* --- the stream ------------------------------------------------------------------------------- */
START_TEST(sizes)
{
    struct xen_domctl op = { .u.hvmcontext = { 0 } };

    save();
    ck_assert_int_eq(hvm_get_context(pc, &op), 0);
    ck_assert_int_eq(op.u.hvmcontext.size, size);
    op.u.hvmcontext = (struct xen_domctl_hvmcontext){ size - 1, { (uint64_t)saved } };
    ck_assert_int_eq(hvm_get_context(pc, &op), -XEN_ENOSPC);
    no_memory = true;
    ck_assert_int_eq(hvm_get_context(pc, &op), -XEN_ENOMEM);
    ck_assert_int_eq(load(), -XEN_ENOMEM);
    no_memory = false;
    save();
    for (uint32_t n = 0; n < size; n++)
        ck_assert_int_eq(load_bytes(saved, n), -XEN_ENODATA);
    ck_assert_int_eq(load(), 0);
    ck_assert_int_eq(load_bytes(NULL, size), -XEN_EFAULT);
    ck_assert_int_eq(load_bytes(saved, 0x100001), -XEN_EINVAL);
}
END_TEST

START_TEST(streams_that_are_none)
{
    struct hvm_save_header *header;

    save();
    header = record(HVM_SAVE_CODE_HEADER, 0);
    REFUSED(header->magic, 1, -XEN_EINVAL);
    REFUSED(header->version, 2, -XEN_EINVAL);
    REFUSED(descriptor(HVM_SAVE_CODE_HEADER)->typecode, HVM_SAVE_CODE_CPU, -XEN_EINVAL);
    REFUSED(descriptor(HVM_SAVE_CODE_CPU)->typecode, HVM_SAVE_CODE_HEADER, -XEN_EINVAL);
    REFUSED(descriptor(HVM_SAVE_CODE_CPU)->typecode, HVM_SAVE_CODE_VIRIDIAN_VCPU, -XEN_EOPNOTSUPP);
    REFUSED(descriptor(HVM_SAVE_CODE_CPU)->typecode, 0xffff, -XEN_EOPNOTSUPP);
    REFUSED(descriptor(HVM_SAVE_CODE_CPU)->instance, 2, -XEN_EINVAL);
    REFUSED(descriptor(HVM_SAVE_CODE_CPU)->instance, 0xffff, -XEN_EINVAL);
    REFUSED(descriptor(HVM_SAVE_CODE_CPU)->length, 8, -XEN_EINVAL);
    REFUSED(descriptor(HVM_SAVE_CODE_CPU)->length, 0xffffffff, -XEN_ENODATA);
}
END_TEST

/* What comes behind a record that is wrong in its frame, and before it, is not looked at. */
START_TEST(frames_first)
{
    number = 5;
    save();
    number = 6;
    descriptor(HVM_SAVE_CODE_LAPIC)->length = 0;
    ck_assert_int_lt(load(), 0);
    ck_assert_int_eq(number, 6);
    save();
    number = 7;
    ck_assert_int_eq(load(), 0);
    ck_assert_int_eq(number, 6);
}
END_TEST

START_TEST(records_that_are_longer)
{
    static uint64_t stream[256];
    struct hvm_save_descriptor *d;

    save();
    memcpy(stream, saved, sizeof(*d) + sizeof(struct hvm_save_header));
    d = (void *)((uint8_t *)stream + sizeof(*d) + sizeof(struct hvm_save_header));
    *d = (struct hvm_save_descriptor){ CPU_XSAVE_CODE, 0, 1000 };
    ((uint8_t *)(d + 1))[999] = 1;
    ck_assert_int_eq(load_bytes(stream, sizeof(stream)), 0);
    d->length = 992;
    *(struct hvm_save_descriptor *)((uint8_t *)(d + 1) + 992) = (struct hvm_save_descriptor){ 0 };
    ck_assert_int_eq(load_bytes(stream, sizeof(stream)), -XEN_EINVAL); /* it says so itself */
    d->length = 999;
    ck_assert_int_eq(load_bytes(stream, sizeof(stream)), -XEN_EINVAL);
}
END_TEST

START_TEST(one_record)
{
    struct hvm_hw_lapic_regs regs;
    struct xen_domctl op = {
        .u.hvmcontext_partial = { HVM_SAVE_CODE_LAPIC_REGS, VCPU, sizeof(regs), { (uint64_t)&regs } }
    };

    save();
    ck_assert_int_eq(hvm_get_context_partial(pc, &op), 0);
    ck_assert(!memcmp(&regs, record(HVM_SAVE_CODE_LAPIC_REGS, VCPU), sizeof(regs)));
    op.u.hvmcontext_partial.bufsz--;
    ck_assert_int_eq(hvm_get_context_partial(pc, &op), -XEN_ENOSPC);
    op.u.hvmcontext_partial.instance = 2;
    ck_assert_int_eq(hvm_get_context_partial(pc, &op), -XEN_ENOENT);
    op.u.hvmcontext_partial.instance = 1;
    op.u.hvmcontext_partial.type = HVM_SAVE_CODE_CPU; /* it has none */
    ck_assert_int_eq(hvm_get_context_partial(pc, &op), -XEN_ENOENT);
    op.u.hvmcontext_partial.type = HVM_SAVE_CODE_END;
    ck_assert_int_eq(hvm_get_context_partial(pc, &op), -XEN_EINVAL);
}
END_TEST

/* --- local APICs ------------------------------------------------------------------------------ */
static struct vcpu *cpu(void) { return pc->vcpu[VCPU]; }

static void write_lapic(unsigned offset, uint32_t value)
{
    ck_assert(vlapic_write(cpu(), offset, value));
}

static uint32_t lapic(unsigned offset)
{
    uint32_t value;

    ck_assert(vlapic_read(cpu(), offset, &value));
    return value;
}

START_TEST(lapic_registers)
{
    write_lapic(LAPIC_TPR, 0x20);
    write_lapic(LAPIC_LDR, 0x02000000);
    write_lapic(LAPIC_DFR, 0x00000000);
    write_lapic(LAPIC_LVT_ERROR, 0xfe);
    vlapic_request(cpu(), 0x41, false);
    take_interrupt(cpu(), 0x41);
    vlapic_request(cpu(), 0x52, true);
    save();
    new_machine();
    ck_assert_int_eq(load(), 0);
    ck_assert_int_eq(lapic(LAPIC_TPR), 0x20);
    ck_assert_int_eq(lapic(LAPIC_LDR), 0x02000000);
    ck_assert_int_eq(lapic(LAPIC_DFR), 0x0fffffff);
    ck_assert_int_eq(lapic(LAPIC_LVT_ERROR), 0xfe);
    ck_assert_int_eq(vlapic_pending(cpu()), 0x52);
    ck_assert_int_eq(lapic(LAPIC_TMR + 0x20), 1 << 18);
    ck_assert_int_eq(lapic(LAPIC_PPR), 0x40);
    write_lapic(LAPIC_EOI, 0);
    ck_assert_int_eq(lapic(LAPIC_ISR + 0x20), 0);
}
END_TEST

START_TEST(lapic_modes)
{
    uint64_t id;

    ck_assert(vlapic_wrmsr(cpu(), MSR_APIC_BASE, BASE | LAPIC_BASE_X2APIC));
    save();
    new_machine();
    ck_assert_int_eq(load(), 0);
    ck_assert(vlapic_rdmsr(cpu(), 0x802, &id) && id == 2);
    ck_assert(vlapic_wrmsr(cpu(), MSR_APIC_BASE, 0xfee00000)); /* off */
    save();
    new_machine();
    ck_assert_int_eq(load(), 0);
    ck_assert(!vlapic_enabled(cpu()));
    ck_assert_int_eq(((struct hvm_hw_lapic *)record(HVM_SAVE_CODE_LAPIC, VCPU))->disabled, 3);
}
END_TEST

START_TEST(lapic_timer_once)
{
    write_lapic(LAPIC_LVT_TIMER, 0xec);
    write_lapic(LAPIC_TIMER_DIVIDE, 0x3); /* by 16 */
    write_lapic(LAPIC_TIMER_INITIAL, 1000);
    pass(60000);
    save();
    new_machine();
    fake_now += 5000000; /* it did not run */
    ck_assert_int_eq(load(), 0);
    ck_assert_int_eq(lapic(LAPIC_TIMER_CURRENT), 625);
    pass(99999);
    ck_assert_int_eq(vlapic_pending(cpu()), 0);
    pass(1);
    ck_assert_int_eq(vlapic_pending(cpu()), 0xec);
    save(); /* has gone off: it does not again */
    new_machine();
    ck_assert_int_eq(load(), 0);
    ck_assert_int_eq(vlapic_pending(cpu()), 0xec);
    take_interrupt(cpu(), 0xec);
    write_lapic(LAPIC_EOI, 0);
    pass(10000000);
    ck_assert_int_eq(vlapic_pending(cpu()), 0);
}
END_TEST

START_TEST(lapic_timer_again)
{
    write_lapic(LAPIC_LVT_TIMER, 0x200ec);
    write_lapic(LAPIC_TIMER_DIVIDE, 0x3);
    write_lapic(LAPIC_TIMER_INITIAL, 1000);
    pass(60000);
    save();
    new_machine();
    ck_assert_int_eq(load(), 0);
    for (unsigned i = 0; i < 3; i++) {
        pass(i ? 159999 : 99999);
        ck_assert_int_eq(vlapic_pending(cpu()), 0);
        pass(1);
        ck_assert_int_eq(vlapic_pending(cpu()), 0xec);
        take_interrupt(cpu(), 0xec);
        write_lapic(LAPIC_EOI, 0);
    }
}
END_TEST

START_TEST(lapic_deadline)
{
    write_lapic(LAPIC_LVT_TIMER, 0x400ec);
    ck_assert(vlapic_wrmsr(cpu(), MSR_TSC_DEADLINE, fake_now + 10000));
    pass(4000);
    save();
    new_machine();
    ck_assert_int_eq(load(), 0);
    pass(5999);
    ck_assert_int_eq(vlapic_pending(cpu()), 0);
    pass(1);
    ck_assert_int_eq(vlapic_pending(cpu()), 0xec);
}
END_TEST

START_TEST(lapics_that_are_none)
{
    struct hvm_hw_lapic *mode;
    uint32_t *regs;

    save();
    mode = record(HVM_SAVE_CODE_LAPIC, VCPU);
    REFUSED(mode->apic_base_msr, 0xfee00000 | LAPIC_BASE_X2APIC, -XEN_EINVAL);
    REFUSED(mode->apic_base_msr, BASE | LAPIC_BASE_BSP, -XEN_EINVAL);
    REFUSED(mode->apic_base_msr, BASE + 0x1000, -XEN_EINVAL);
    REFUSED(mode->apic_base_msr, BASE | 1UL << 40, -XEN_EINVAL);
    REFUSED(mode->disabled, 4, -XEN_EINVAL);
    regs = record(HVM_SAVE_CODE_LAPIC_REGS, VCPU);
    REFUSED(regs[LAPIC_ID / 4], 0, -XEN_EINVAL);
    REFUSED(regs[LAPIC_VERSION / 4], 0, -XEN_EINVAL);
    REFUSED(regs[LAPIC_IRR / 4], 0x8000, -XEN_EINVAL);
    REFUSED(regs[LAPIC_ISR / 4], 1, -XEN_EINVAL);
    REFUSED(regs[LAPIC_SVR / 4], 0x3ff, -XEN_EINVAL);
    REFUSED(regs[LAPIC_LVT_TIMER / 4], 0x800, -XEN_EINVAL);
    REFUSED(regs[LAPIC_TIMER_DIVIDE / 4], 4, -XEN_EINVAL);
    REFUSED(regs[LAPIC_ICR2 / 4], 1, -XEN_EINVAL);
    REFUSED(regs[LAPIC_EOI / 4], 1, -XEN_EINVAL);
    REFUSED(regs[LAPIC_CMCI / 4], 1, -XEN_EINVAL);
    REFUSED(regs[0], 1, -XEN_EINVAL);
    REFUSED(regs[LAPIC_SELF_IPI / 4], 1, -XEN_EINVAL);
}
END_TEST

/* --- a PC's devices --------------------------------------------------------------------------- */
static void move_on(void)
{
    save();
    new_machine();
    ck_assert_int_eq(load(), 0);
}

START_TEST(pics)
{
    pics_begin();
    out8(0x21, 0xf8);
    vlines_isa(platform, 1, true);
    move_on();
    ck_assert_int_eq(in8(0x21), 0xf8);
    ck_assert_int_eq(take_extint(), 0x21);
    ck_assert_int_eq(take_extint(), -1);
    move_on(); /* it is served */
    vlines_isa(platform, 1, false);
    vlines_isa(platform, 1, true);
    ck_assert_int_eq(take_extint(), -1);
    out8(0x20, 0x20);
    ck_assert_int_eq(take_extint(), 0x21);
    out8(0x20, 0x11); /* in the middle of its initialisation */
    out8(0x21, 0x40);
    move_on();
    out8(0x21, 4);
    out8(0x21, 1);
    out8(0x21, 0);
    vlines_isa(platform, 3, true);
    ck_assert_int_eq(take_extint(), 0x43);
}
END_TEST

static void write_entry(unsigned pin, uint64_t entry)
{
    write32(0xfec00000, 0x10 + 2 * pin);
    write32(0xfec00010, entry);
    write32(0xfec00000, 0x11 + 2 * pin);
    write32(0xfec00010, entry >> 32);
}

static uint32_t entry_low(unsigned pin)
{
    write32(0xfec00000, 0x10 + 2 * pin);
    return read32(0xfec00010);
}

/* A level that is held by a pin of a PCI device is sent again only after its end. */
START_TEST(levels)
{
    write_entry(16 + 4 * 3 + 1, 2UL << 56 | 0x8045);
    vlines_route(platform, 0, 5);
    vlines_intx(platform, 3, 1, true);
    ck_assert_int_eq(vlapic_pending(cpu()), 0x45);
    take_interrupt(cpu(), 0x45);
    move_on();
    ck_assert_int_eq(vlapic_pending(cpu()), 0);
    ck_assert_int_eq(entry_low(29), 0xc045);
    ck_assert_int_eq(platform->asserted[29], 1);
    ck_assert_int_eq(platform->asserted[5], 1); /* by its link */
    write_lapic(LAPIC_EOI, 0);
    ck_assert_int_eq(vlapic_pending(cpu()), 0x45);
    take_interrupt(cpu(), 0x45);
    vlines_intx(platform, 3, 1, false);
    write_lapic(LAPIC_EOI, 0);
    ck_assert_int_eq(vlapic_pending(cpu()), 0);
    ck_assert_int_eq(platform->asserted[29] + platform->asserted[5], 0);
}
END_TEST

START_TEST(interval_timer)
{
    pics_begin();
    out8(0x43, 0x34);
    out8(0x40, 0xa9);
    out8(0x40, 4); /* 1 ms */
    out8(0x43, 0);
    out8(0x42, 0x12);
    in8(0x40); /* the low byte of what is latched */
    pass(300000);
    move_on();
    ck_assert_int_eq(in8(0x40), 4); /* the high one */
    ck_assert_int_eq(take_extint(), -1);
    pass(1100000);
    ck_assert_int_eq(take_extint(), 0x20);
    out8(0x20, 0x20);
    pass(1100000);
    ck_assert_int_eq(take_extint(), 0x20);
}
END_TEST

START_TEST(clock)
{
    fake_wall_base = 1700000000000000000;
    out8(0x70, 9);
    out8(0x71, 0x31); /* the year */
    out8(0x70, 0xb);
    out8(0x71, 0x42); /* 1024 Hz */
    out8(0x70, 9);
    pass(2000000);
    move_on();
    ck_assert_int_eq(in8(0x71), 0x31);
    ck_assert_int_eq(platform->asserted[IRQ_RTC], 1);
    out8(0x70, 0xc);
    ck_assert_int_eq(in8(0x71), 0xc0);
    ck_assert_int_eq(platform->asserted[IRQ_RTC], 0);
    pass(1000000);
    ck_assert_int_eq(platform->asserted[IRQ_RTC], 1);
}
END_TEST

START_TEST(event_timer)
{
    write_entry(20, 2UL << 56 | 0x45);
    write32(0xfed00010, 1);
    write32(0xfed00100, 0x2804); /* to input 20, once */
    write32(0xfed00108, 62500);  /* at 1 ms */
    write32(0xfed0010c, 0);
    pass(400000);
    move_on();
    pass(599000);
    ck_assert_int_eq(vlapic_pending(cpu()), 0);
    pass(2000);
    ck_assert_int_eq(vlapic_pending(cpu()), 0x45);
    ck_assert_int_ge(read32(0xfed000f0), 62500);
}
END_TEST

START_TEST(power_management)
{
    uint32_t before;

    out16(0xb002, 0x100);
    vpm_press(platform, VPM_POWER);
    pass(123456789);
    before = in32(0xb008);
    move_on();
    ck_assert_int_eq(in32(0xb000), 0x01000100);
    ck_assert_int_le(in32(0xb008) - before, 1);
    ck_assert_int_eq(platform->asserted[IRQ_ACPI], 1);
    out16(0xb000, 0x100);
    ck_assert_int_eq(platform->asserted[IRQ_ACPI], 0);
}
END_TEST

START_TEST(devices_that_are_none)
{
    struct hvm_hw_vpic *pic;
    struct hvm_hw_vioapic *io;
    struct hvm_hw_pit *pit;
    struct hvm_hw_rtc *rtc;
    struct hvm_hw_hpet *hpet;

    save();
    pic = record(HVM_SAVE_CODE_PIC, 1);
    REFUSED(pic->irq_base, 0x21, -XEN_EINVAL);
    REFUSED(pic->elcr, 1, -XEN_EINVAL);
    io = record(HVM_SAVE_CODE_IOAPIC, 0);
    REFUSED(io->base_address, 0, -XEN_EINVAL);
    REFUSED(io->id, 16, -XEN_EINVAL);
    REFUSED(io->redirtbl[3].bits, 1UL << 20, -XEN_EINVAL);
    REFUSED(io->redirtbl[3].bits, 0x4000, -XEN_EINVAL); /* an edge is not served */
    REFUSED(*(uint64_t *)record(HVM_SAVE_CODE_ISA_IRQ, 0), 0x10000, -XEN_EINVAL);
    REFUSED(*(uint8_t *)record(HVM_SAVE_CODE_PCI_LINK, 0), 16, -XEN_EINVAL);
    pit = record(HVM_SAVE_CODE_PIT, 0);
    REFUSED(pit->channels[2].count, 0x10001, -XEN_EINVAL);
    REFUSED(pit->channels[0].mode, 6, -XEN_EINVAL);
    REFUSED(pit->channels[0].rw_mode, 0, -XEN_EINVAL);
    REFUSED(pit->channels[0].read_state, 1, -XEN_EINVAL);
    REFUSED(pit->channels[0].bcd, 1, -XEN_EINVAL);
    rtc = record(HVM_SAVE_CODE_RTC, 0);
    REFUSED(rtc->cmos_index, 128, -XEN_EINVAL);
    REFUSED(rtc->rtc_offset, INT64_MIN, -XEN_EINVAL);
    REFUSED(rtc->cmos_data[13], 0, -XEN_EINVAL);
    hpet = record(HVM_SAVE_CODE_HPET, 0);
    REFUSED(hpet->capability, 0, -XEN_EOPNOTSUPP);
    REFUSED(hpet->config, 4, -XEN_EINVAL);
    REFUSED(hpet->isr, 8, -XEN_EINVAL);
    REFUSED(hpet->isr, 1, -XEN_EINVAL); /* an edge has no status */
    REFUSED(hpet->timers[1].fsb, 1, -XEN_EINVAL);
    REFUSED(((struct hvm_hw_pmtimer *)record(HVM_SAVE_CODE_PMTIMER, 0))->pm1a_en, 2, -XEN_EINVAL);
}
END_TEST

/* A PVH guest has none of them, and cannot be given any. */
START_TEST(without_devices)
{
    struct vplatform *devices = pc->arch.hvm->platform;

    save();
    pc->arch.hvm->platform = NULL;
    ck_assert_int_eq(load(), -XEN_EOPNOTSUPP);
    save();
    ck_assert_int_eq(load(), 0);
    pc->arch.hvm->platform = devices;
}
END_TEST

/* --- anything --------------------------------------------------------------------------------- */
START_TEST(damaged_by_chance)
{
    static uint8_t whole[sizeof(saved)];
    unsigned good = 0;

    srandom(1);
    save();
    memcpy(whole, saved, size);
    for (unsigned round = 0; round < 20000; round++) {
        uint32_t whole_size = size;

        for (unsigned i = random() % 6 + 1; i; i--)
            saved[(uint64_t)random() % size] ^= 1U << random() % 8;
        good += load() == 0;
        pass(random() % 100000);
        save(); /* whatever was loaded can be saved, and loaded again */
        ck_assert_int_eq(load(), 0);
        size = whole_size;
        memcpy(saved, whole, size);
        ck_assert_int_eq(load(), 0);
    }
    ck_assert_uint_gt(good, 100);
}
END_TEST

Suite *unit_suite(void)
{
    const TTest *const tests[] = {
        sizes, streams_that_are_none, frames_first, records_that_are_longer, one_record,
        lapic_registers, lapic_modes, lapic_timer_once, lapic_timer_again, lapic_deadline,
        lapics_that_are_none, pics, levels, interval_timer, clock, event_timer, power_management,
        devices_that_are_none, without_devices, damaged_by_chance,
    };

    return pc_suite("hvm_save", tests, ARRAY_SIZE(tests));
}
