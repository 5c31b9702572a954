/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Local APIC: registers and priorities. Each register has a row that says what of it can be read
 * and written, by address and by MSR; a few do something when they are.
 */
#include <arch/hvm.h>
#include <arch/msr_index.h>
#include <arch/vlapic.h>
#include <hv/arch.h>
#include <hv/page_alloc.h>
#include <public/errno.h>

#define VERSION       0x00050014U /* six LVT entries */
#define BASE_ADDRESS  LAPIC_BASE_ADDRESS
#define DFR_FLAT      0xffffffffU
#define FIRST_VECTOR  16
#define ESR_ILLEGAL_RECEIVED 0x40U
#define X2APIC_MSR_FIRST 0x800U
#define X2APIC_MSR_LAST  0x8ffU

static struct vlapic *lapic(const struct vcpu *v) { return &v->arch.hvm->lapic; }
static uint32_t *reg(const struct vcpu *v, unsigned offset)
{
    return vlapic_register(lapic(v), offset);
}

static bool is_x2apic(const struct vcpu *v) { return lapic(v)->base & LAPIC_BASE_X2APIC; }

uint32_t vlapic_id(const struct vcpu *v) { return v->id * 2; }

/* Logical x2APIC ids follow from the others (SDM volume 3, 10.12.10.2). */
static uint32_t logical_x2apic_id(const struct vcpu *v)
{
    uint32_t id = vlapic_id(v);

    return id >> 4 << 16 | 1U << (id & 15);
}

/* --- vectors: 256 bits in eight registers ----------------------------------------------------- */
static uint32_t *word_of(const struct vcpu *v, unsigned set, uint8_t vector)
{
    return reg(v, set + vector / 32 * 16);
}

static void set_vector(struct vcpu *v, unsigned set, uint8_t vector)
{
    *word_of(v, set, vector) |= 1U << vector % 32;
}

static void clear_vector(struct vcpu *v, unsigned set, uint8_t vector)
{
    *word_of(v, set, vector) &= ~(1U << vector % 32);
}

static bool has_vector(const struct vcpu *v, unsigned set, uint8_t vector)
{
    return *word_of(v, set, vector) >> vector % 32 & 1;
}

uint8_t vlapic_highest(const struct vcpu *v, unsigned set)
{
    for (int word = 7; word >= 0; word--) {
        uint32_t bits = *reg(v, set + word * 16);

        if (bits)
            return word * 32 + 31 - __builtin_clz(bits);
    }
    return 0;
}

uint64_t vlapic_levels(const struct vcpu *v, unsigned word)
{
    return *reg(v, LAPIC_TMR + word * 32) | (uint64_t)*reg(v, LAPIC_TMR + word * 32 + 16) << 32;
}

/* --- priorities (SDM volume 3, 10.8.3) -------------------------------------------------------- */
static uint8_t priority(const struct vcpu *v)
{
    uint8_t tpr = *reg(v, LAPIC_TPR), served = vlapic_highest(v, LAPIC_ISR);

    return (tpr & 0xf0) >= (served & 0xf0) ? tpr : served & 0xf0;
}

bool vlapic_enabled(const struct vcpu *v)
{
    return (lapic(v)->base & LAPIC_BASE_ENABLED) && (*reg(v, LAPIC_SVR) & LAPIC_SVR_ENABLED);
}

bool vlapic_is_x2apic(const struct vcpu *v) { return is_x2apic(v) && vlapic_enabled(v); }

void vlapic_request(struct vcpu *v, uint8_t vector, bool level)
{
    uint64_t bit = 1UL << vector % 64;
    struct vlapic *l = lapic(v);

    if (!vlapic_enabled(v))
        return;
    if (vector < FIRST_VECTOR) {
        __atomic_fetch_or(reg(v, LAPIC_ESR), ESR_ILLEGAL_RECEIVED, __ATOMIC_SEQ_CST);
        return;
    }
    if (level)
        __atomic_fetch_or(&l->levels[vector / 64], bit, __ATOMIC_SEQ_CST);
    else
        __atomic_fetch_and(&l->levels[vector / 64], ~bit, __ATOMIC_SEQ_CST);
    __atomic_fetch_or(&l->requests[vector / 64], bit, __ATOMIC_SEQ_CST);
    __atomic_store_n(&l->requested, true, __ATOMIC_SEQ_CST);
    vcpu_kick(v);
}

static void take_half(struct vcpu *v, unsigned first_vector, uint32_t requests, uint32_t levels)
{
    uint32_t *tmr = word_of(v, LAPIC_TMR, first_vector);

    *tmr = (*tmr & ~requests) | (levels & requests);
    *word_of(v, LAPIC_IRR, first_vector) |= requests;
}

void vlapic_take_requests(struct vcpu *v)
{
    struct vlapic *l = lapic(v);

    if (!READ_ONCE(l->requested))
        return;
    __atomic_store_n(&l->requested, false, __ATOMIC_SEQ_CST);
    l->changed = true;
    for (unsigned i = 0; i < ARRAY_SIZE(l->requests); i++) {
        uint64_t requests, levels;

        if (!READ_ONCE(l->requests[i]))
            continue;
        requests = __atomic_exchange_n(&l->requests[i], 0, __ATOMIC_SEQ_CST);
        levels = READ_ONCE(l->levels[i]);
        take_half(v, i * 64, requests, levels);
        take_half(v, i * 64 + 32, requests >> 32, levels >> 32);
    }
}

bool vlapic_takes_extint(const struct vcpu *v)
{
    uint32_t lint0 = READ_ONCE(*reg(v, LAPIC_LVT_LINT0));

    return !(lapic(v)->base & LAPIC_BASE_ENABLED) ||
           (LAPIC_LVT_MODE(lint0) == LAPIC_EXTINT && !(lint0 & LAPIC_LVT_MASKED));
}

uint8_t vlapic_pending(struct vcpu *v)
{
    uint8_t vector;

    vlapic_take_requests(v);
    vector = vlapic_highest(v, LAPIC_IRR);
    if (likely(!vector) || !vlapic_enabled(v))
        return 0;
    return (vector & 0xf0) > (priority(v) & 0xf0) ? vector : 0;
}

void vlapic_accept(struct vcpu *v)
{
    struct vlapic *l = lapic(v);

    set_vector(v, LAPIC_ISR, l->waiting);
    clear_vector(v, LAPIC_IRR, l->waiting);
    l->waiting = vlapic_pending(v);
}

static void end_of_interrupt(struct vcpu *v)
{
    uint8_t vector = vlapic_highest(v, LAPIC_ISR);

    if (!vector)
        return;
    clear_vector(v, LAPIC_ISR, vector);
    if (has_vector(v, LAPIC_TMR, vector))
        hvm_level_interrupt_over(v->domain, vector);
}

/* --- registers -------------------------------------------------------------------------------- */
enum { READ = 1, WRITE = 2, BY_PAGE = 4, BY_MSR = 8 };
#define BOTH (BY_PAGE | BY_MSR)
#define LVT_COMMON 0x000110ffU

static void write_svr(struct vcpu *v, uint32_t value)
{
    *reg(v, LAPIC_SVR) = value;
    if (value & LAPIC_SVR_ENABLED)
        return;
    for (unsigned lvt = LAPIC_LVT_TIMER; lvt <= LAPIC_LVT_ERROR; lvt += 16)
        *reg(v, lvt) |= LAPIC_LVT_MASKED;
}

static void write_lvt_timer(struct vcpu *v, uint32_t value)
{
    if (LAPIC_TIMER_MODE(value) != LAPIC_TIMER_MODE(*reg(v, LAPIC_LVT_TIMER)))
        vlapic_timer_stop(v);
    *reg(v, LAPIC_LVT_TIMER) = value;
}

static void write_eoi(struct vcpu *v, uint32_t value) { end_of_interrupt(v); }

static void write_esr(struct vcpu *v, uint32_t value) { *reg(v, LAPIC_ESR) = 0; }

/* By address: the destination was written before, to ICR2. */
static void write_icr(struct vcpu *v, uint32_t value)
{
    *reg(v, LAPIC_ICR) = value;
    vlapic_send(v, value, *reg(v, LAPIC_ICR2) >> 24);
}

static void write_initial(struct vcpu *v, uint32_t value)
{
    *reg(v, LAPIC_TIMER_INITIAL) = value;
    vlapic_timer_start(v);
}

static void write_self(struct vcpu *v, uint32_t value) { vlapic_request(v, value, false); }

static const struct {
    uint8_t how;
    uint32_t mask;                                  /* bits that can be written */
    void (*write)(struct vcpu *v, uint32_t value); /* NULL: it is kept */
} rows[LAPIC_REGISTERS] = {
#define ROW(name, ...) [LAPIC_##name / 16] = { __VA_ARGS__ }
    ROW(ID, READ | BOTH, 0, NULL),
    ROW(VERSION, READ | BOTH, 0, NULL),
    ROW(TPR, READ | WRITE | BOTH, 0xff, NULL),
    ROW(PPR, READ | BOTH, 0, NULL),
    ROW(EOI, WRITE | BOTH, 0, write_eoi),
    ROW(LDR, READ | WRITE | BY_PAGE, 0xff000000, NULL),
    ROW(DFR, READ | WRITE | BY_PAGE, 0xf0000000, NULL),
    ROW(SVR, READ | WRITE | BOTH, 0x1ff, write_svr),
    [LAPIC_ISR / 16 ... LAPIC_ISR / 16 + 23] = { READ | BOTH, 0, NULL }, /* TMR and IRR, too */
    ROW(ESR, READ | WRITE | BOTH, 0, write_esr),
    ROW(ICR, READ | WRITE | BY_PAGE, 0xccfff, write_icr),
    ROW(ICR2, READ | WRITE | BY_PAGE, 0xff000000, NULL),
    ROW(LVT_TIMER, READ | WRITE | BOTH, 0x710ff, write_lvt_timer),
    ROW(LVT_THERMAL, READ | WRITE | BOTH, LVT_COMMON | 0x700, NULL),
    ROW(LVT_COUNTER, READ | WRITE | BOTH, LVT_COMMON | 0x700, NULL),
    ROW(LVT_LINT0, READ | WRITE | BOTH, LVT_COMMON | 0xe700, NULL),
    ROW(LVT_LINT1, READ | WRITE | BOTH, LVT_COMMON | 0xe700, NULL),
    ROW(LVT_ERROR, READ | WRITE | BOTH, LVT_COMMON, NULL),
    ROW(TIMER_INITIAL, READ | WRITE | BOTH, 0xffffffff, write_initial),
    ROW(TIMER_CURRENT, READ | BOTH, 0, NULL),
    ROW(TIMER_DIVIDE, READ | WRITE | BOTH, 0xb, NULL),
    ROW(SELF_IPI, WRITE | BY_MSR, 0xff, write_self),
#undef ROW
};

static uint32_t value_of(const struct vcpu *v, unsigned offset)
{
    switch (offset) {
    case LAPIC_PPR: return priority(v);
    case LAPIC_TIMER_CURRENT: return vlapic_timer_current(v);
    default: return READ_ONCE(*reg(v, offset));
    }
}

static void write_register(struct vcpu *v, unsigned offset, uint32_t value)
{
    if (offset <= LAPIC_SVR)
        lapic(v)->changed = true;
    value &= rows[offset / 16].mask;
    if (offset == LAPIC_DFR)
        value |= 0x0fffffff;
    if (offset >= LAPIC_LVT_TIMER && offset <= LAPIC_LVT_ERROR && !vlapic_enabled(v))
        value |= LAPIC_LVT_MASKED;
    if (rows[offset / 16].write)
        rows[offset / 16].write(v, value);
    else
        *reg(v, offset) = value;
}

static bool may(unsigned offset, unsigned how)
{
    return !(offset % 16) && offset / 16 < LAPIC_REGISTERS && (rows[offset / 16].how & how) == how;
}

bool vlapic_read(struct vcpu *v, unsigned offset, uint32_t *value)
{
    *value = may(offset, READ | BY_PAGE) ? value_of(v, offset) : 0;
    return may(offset, READ | BY_PAGE);
}

bool vlapic_write(struct vcpu *v, unsigned offset, uint32_t value)
{
    if (!may(offset, WRITE | BY_PAGE))
        return false;
    write_register(v, offset, value);
    return true;
}

bool vlapic_is_plain(unsigned offset)
{
    return may(offset, READ | BY_MSR) && offset != LAPIC_PPR && offset != LAPIC_TIMER_CURRENT;
}

void vlapic_written(struct vcpu *v, unsigned offset)
{
    if (may(offset, WRITE))
        write_register(v, offset, *reg(v, offset));
}

/* A saved register. What is computed, and what writing does something to, has no value of its own. */
bool vlapic_register_ok(const struct vcpu *v, unsigned offset, uint32_t value)
{
    bool wide = is_x2apic(v);

    switch (offset) {
    case LAPIC_VERSION: return value == VERSION;
    case LAPIC_ID: return value == (wide ? vlapic_id(v) : vlapic_id(v) << 24);
    case LAPIC_LDR: return value == (wide ? logical_x2apic_id(v) : value & 0xff000000);
    case LAPIC_DFR: return (value | 0xf0000000) == DFR_FLAT;
    case LAPIC_ISR: case LAPIC_TMR: case LAPIC_IRR: return !(value & ((1U << FIRST_VECTOR) - 1));
    case LAPIC_ESR: return !(value & ~0xefU);
    case LAPIC_ICR2: return wide || !(value & 0xffffff);
    case LAPIC_PPR: case LAPIC_TIMER_CURRENT: return true;
    default: break;
    }
    if (offset > LAPIC_ISR && offset < LAPIC_ESR)
        return true;
    return !(value & ~(rows[offset / 16].how & BY_PAGE ? rows[offset / 16].mask : 0));
}

/* --- the page --------------------------------------------------------------------------------- */
static bool has_page(const struct vcpu *v)
{
    return (lapic(v)->base & (LAPIC_BASE_ENABLED | LAPIC_BASE_X2APIC)) == LAPIC_BASE_ENABLED;
}

/* A narrow access reads a part of a register's 32 bits. */
uint64_t vlapic_page_read(struct vcpu *v, uint64_t address, unsigned bytes)
{
    unsigned offset = (address - BASE_ADDRESS) & ~3UL;
    uint32_t value;

    if (!has_page(v))
        return ~0UL;
    vlapic_read(v, offset, &value); /* 0 where nothing is */
    return value >> 8 * (address & 3);
}

void vlapic_page_write(struct vcpu *v, uint64_t address, unsigned bytes, uint64_t value)
{
    if (has_page(v) && bytes == 4)
        vlapic_write(v, address - BASE_ADDRESS, value);
}

/* --- MSRs ------------------------------------------------------------------------------------- */
static bool is_register(uint32_t msr) { return msr >= X2APIC_MSR_FIRST && msr <= X2APIC_MSR_LAST; }

static uint32_t offset_of(uint32_t msr) { return (msr - X2APIC_MSR_FIRST) * 16; }

bool vlapic_rdmsr(struct vcpu *v, uint32_t msr, uint64_t *value)
{
    unsigned offset = offset_of(msr);

    if (msr == MSR_APIC_BASE) {
        *value = lapic(v)->base;
        return true;
    }
    if (msr == MSR_TSC_DEADLINE) {
        *value = lapic(v)->deadline;
        return true;
    }
    if (!is_register(msr) || !is_x2apic(v))
        return false;
    if (offset == LAPIC_ICR) {
        *value = (uint64_t)*reg(v, LAPIC_ICR2) << 32 | *reg(v, LAPIC_ICR);
        return true;
    }
    if (offset == LAPIC_LDR) {
        *value = *reg(v, LAPIC_LDR);
        return true;
    }
    *value = may(offset, READ | BY_MSR) ? value_of(v, offset) : 0;
    return may(offset, READ | BY_MSR);
}

static void become_x2apic(struct vcpu *v)
{
    *reg(v, LAPIC_ID) = vlapic_id(v);
    *reg(v, LAPIC_LDR) = logical_x2apic_id(v);
}

/* Off, on, x2APIC: one step at a time, and back only to off (SDM volume 3, 10.12.5). */
static bool write_base(struct vcpu *v, uint64_t value)
{
    const uint64_t mode = LAPIC_BASE_ENABLED | LAPIC_BASE_X2APIC;
    uint64_t *base = &lapic(v)->base, from = *base & mode, to = value & mode;

    if ((value ^ *base) & ~mode)
        return false; /* it stays where it is */
    if (to == LAPIC_BASE_X2APIC || (from == mode && to == LAPIC_BASE_ENABLED) ||
        (from == 0 && to == mode))
        return false;
    if (to != from && to == mode)
        become_x2apic(v);
    *base = value;
    lapic(v)->changed = true;
    if (to == 0 && from != 0)
        vlapic_reset(v);
    return true;
}

bool vlapic_wrmsr(struct vcpu *v, uint32_t msr, uint64_t value)
{
    unsigned offset = offset_of(msr);

    if (msr == MSR_APIC_BASE)
        return write_base(v, value);
    if (msr == MSR_TSC_DEADLINE) {
        vlapic_timer_set_deadline(v, value);
        return true;
    }
    if (!is_register(msr) || !is_x2apic(v))
        return false;
    if (offset == LAPIC_ICR) {
        if ((uint32_t)value & ~0xccfffU)
            return false;
        *reg(v, LAPIC_ICR) = value;
        *reg(v, LAPIC_ICR2) = value >> 32;
        vlapic_send(v, value, value >> 32);
        return true;
    }
    if (!may(offset, WRITE | BY_MSR) || (value & ~(uint64_t)rows[offset / 16].mask))
        return false;
    write_register(v, offset, value);
    return true;
}

/* --- life ------------------------------------------------------------------------------------- */
static uint32_t reset_value(const struct vcpu *v, unsigned offset)
{
    switch (offset) {
    case LAPIC_ID: return is_x2apic(v) ? vlapic_id(v) : vlapic_id(v) << 24;
    case LAPIC_VERSION: return VERSION;
    case LAPIC_LDR: return is_x2apic(v) ? logical_x2apic_id(v) : 0;
    case LAPIC_DFR: return DFR_FLAT;
    case LAPIC_SVR: return 0xff;
    case LAPIC_LVT_TIMER ... LAPIC_LVT_ERROR: return LAPIC_LVT_MASKED;
    default: return 0;
    }
}

/* Others may look for a destination at any time: this one is found by its id throughout. */
void vlapic_reset(struct vcpu *v)
{
    vlapic_timer_stop(v);
    vlapic_take_requests(v);
    for (unsigned offset = 0; offset < LAPIC_REGISTERS * 16; offset += 16)
        WRITE_ONCE(*reg(v, offset), reset_value(v, offset));
    lapic(v)->changed = true;
}

int vlapic_init(struct vcpu *v)
{
    lapic(v)->page = hv_alloc_page();
    if (!lapic(v)->page)
        return -XEN_ENOMEM;
    lapic(v)->base = BASE_ADDRESS | LAPIC_BASE_ENABLED | (v->id == 0 ? LAPIC_BASE_BSP : 0);
    vlapic_timer_init(v);
    vlapic_reset(v);
    return 0;
}

void vlapic_destroy(struct vcpu *v)
{
    if (!lapic(v)->page)
        return;
    timer_kill(&lapic(v)->timer);
    hv_free_page(lapic(v)->page);
    lapic(v)->page = NULL;
}
