/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A real-time clock MC146818 with 128 bytes of memory. Its time is the host's and what the guest
 * has set it ahead by; interrupts: periodic, at an alarm, and each second. (MC146818A data sheet)
 */
#include <arch/cpu.h>
#include <arch/hvm_save.h>
#include <arch/vplatform.h>
#include <hv/string.h>
#include <public/errno.h>
#include <public/hvm/save.h>

#define PORT_INDEX 0x70
#define SECOND     1000000000L
#define CRYSTAL    32768
#define UPDATE_NS  244000 /* a second ends with so much of "update in progress" */

enum vrtc_register {
    RTC_SECONDS, RTC_SECONDS_ALARM, RTC_MINUTES, RTC_MINUTES_ALARM, RTC_HOURS, RTC_HOURS_ALARM,
    RTC_WEEKDAY, RTC_DAY, RTC_MONTH, RTC_YEAR, RTC_A, RTC_B, RTC_C, RTC_D, RTC_CENTURY = 0x32,
};

#define A_UPDATING  0x80
#define A_USUAL     0x26 /* the crystal's divider on, 1024 Hz */
#define A_RATE(a)   ((a) & 15)
#define B_SET       0x80 /* the time does not go on */
#define B_PERIODIC  0x40
#define B_ALARM     0x20
#define B_SECOND    0x10
#define B_BINARY    0x04
#define B_24_HOURS  0x02
#define C_ANY       0x80
#define CAUSES      (B_PERIODIC | B_ALARM | B_SECOND) /* of register C, as B enables them */
#define D_POWERED   0x80
#define ANY_ALARM   0xc0 /* an alarm's field that always fits */
#define PM          0x80

/* --- calendar --------------------------------------------------------------------------------- */
struct date {
    unsigned year, month, day, weekday, hour, minute, second; /* month, day and weekday from 1 on */
};

/* Days since 1970 of the first of March that begins a year's count, so that February is its end. */
static int64_t days_to_march(int64_t year)
{
    return year * 365 + year / 4 - year / 100 + year / 400 - 719468;
}

static unsigned month_start(unsigned from_march) { return (153 * from_march + 2) / 5; }

static struct date date_of(int64_t seconds)
{
    int64_t days = seconds / 86400, rest = seconds % 86400, year = (days + 719468) / 365;
    unsigned month = 0, day;

    while (days_to_march(year) > days)
        year--;
    day = days - days_to_march(year);
    while (month < 11 && month_start(month + 1) <= day)
        month++;
    return (struct date){
        .year = year + (month >= 10),
        .month = (month + 2) % 12 + 1,
        .day = day - month_start(month) + 1,
        .weekday = (days + 4) % 7 + 1,
        .hour = rest / 3600,
        .minute = rest / 60 % 60,
        .second = rest % 60,
    };
}

static int64_t seconds_of(const struct date *d)
{
    int64_t year = d->month > 2 ? d->year : d->year - 1;
    unsigned month = d->month > 2 ? d->month - 3 : d->month + 9;

    return (days_to_march(year) + month_start(month) + d->day - 1) * 86400 + d->hour * 3600 +
           d->minute * 60 + d->second;
}

/* --- registers and dates ---------------------------------------------------------------------- */
static uint8_t encode(const struct vrtc *r, unsigned value)
{
    return r->bytes[RTC_B] & B_BINARY ? value : value / 10 << 4 | value % 10;
}

/* Whatever was written: a number below 100. */
static unsigned decode(const struct vrtc *r, uint8_t value)
{
    return r->bytes[RTC_B] & B_BINARY ? value % 100 : (value >> 4) % 10 * 10 + (value & 15) % 10;
}

static uint8_t encode_hour(const struct vrtc *r, unsigned hour)
{
    if (r->bytes[RTC_B] & B_24_HOURS)
        return encode(r, hour);
    return encode(r, hour % 12 ? hour % 12 : 12) | (hour >= 12 ? PM : 0);
}

static unsigned decode_hour(const struct vrtc *r, uint8_t value)
{
    if (r->bytes[RTC_B] & B_24_HOURS)
        return decode(r, value) % 24;
    return decode(r, value & ~PM) % 12 + (value & PM ? 12 : 0);
}

/* The guest's time, in seconds since 1970: what tools have set it ahead by counts, too. */
static int64_t host_seconds(const struct vplatform *p)
{
    return wallclock_now() / SECOND + p->domain->time_offset_seconds;
}

static int64_t guest_seconds(const struct vplatform *p)
{
    return MAX(host_seconds(p) + p->rtc.offset, 0);
}

static void put_date(struct vrtc *r, const struct date *d)
{
    r->bytes[RTC_SECONDS] = encode(r, d->second);
    r->bytes[RTC_MINUTES] = encode(r, d->minute);
    r->bytes[RTC_HOURS] = encode_hour(r, d->hour);
    r->bytes[RTC_WEEKDAY] = d->weekday;
    r->bytes[RTC_DAY] = encode(r, d->day);
    r->bytes[RTC_MONTH] = encode(r, d->month);
    r->bytes[RTC_YEAR] = encode(r, d->year % 100);
    r->bytes[RTC_CENTURY] = encode(r, d->year / 100);
}

/* The clock's registers become the time that it is, unless they are being set. */
static void update_date(struct vplatform *p)
{
    struct date d = date_of(guest_seconds(p));

    if (!(p->rtc.bytes[RTC_B] & B_SET))
        put_date(&p->rtc, &d);
}

static unsigned within(unsigned value, unsigned first, unsigned last)
{
    return value < first ? first : MIN(value, last);
}

/* What the guest has set begins to count; dates that are none become some date near. */
static void set_date(struct vplatform *p)
{
    struct vrtc *r = &p->rtc;
    struct date d = {
        .year = within(decode(r, r->bytes[RTC_CENTURY]) * 100 + decode(r, r->bytes[RTC_YEAR]), 1970,
                       9999),
        .month = within(decode(r, r->bytes[RTC_MONTH]), 1, 12),
        .day = within(decode(r, r->bytes[RTC_DAY]), 1, 31),
        .hour = decode_hour(r, r->bytes[RTC_HOURS]),
        .minute = decode(r, r->bytes[RTC_MINUTES]) % 60,
        .second = decode(r, r->bytes[RTC_SECONDS]) % 60,
    };

    r->offset = seconds_of(&d) - host_seconds(p);
}

/* --- interrupts ------------------------------------------------------------------------------- */
static void update_line(struct vplatform *p)
{
    struct vrtc *r = &p->rtc;
    bool any = r->bytes[RTC_C] & r->bytes[RTC_B] & CAUSES;

    r->bytes[RTC_C] = (r->bytes[RTC_C] & CAUSES) | (any ? C_ANY : 0);
    vplatform_level(p, IRQ_RTC, &r->asserted, any && !vhpet_is_legacy(p));
}

/* Half a second to 122 us, by powers of two; the two fastest rates are those of two others. */
static s_time_t period(const struct vrtc *r)
{
    unsigned rate = A_RATE(r->bytes[RTC_A]);

    return rate ? (SECOND << ((rate < 3 ? rate + 7 : rate) - 1)) / CRYSTAL : 0;
}

static void periodic_fired(void *data)
{
    struct vplatform *p = data;
    struct timer *t = &p->rtc.periodic;
    unsigned long flags = spin_lock_irqsave(&p->lock);
    s_time_t every = period(&p->rtc);

    if (every && (p->rtc.bytes[RTC_B] & B_PERIODIC) && t->expires <= now()) {
        p->rtc.bytes[RTC_C] |= B_PERIODIC;
        update_line(p);
        timer_set(t, MAX(t->expires + every, now() + every / 2)); /* what was missed is missed */
    }
    spin_unlock_irqrestore(&p->lock, flags);
}

static bool alarm_fits(const struct vrtc *r, unsigned field)
{
    uint8_t alarm = r->bytes[field + 1];

    return (alarm & ANY_ALARM) == ANY_ALARM || alarm == r->bytes[field];
}

static void start_second(struct vplatform *p)
{
    timer_set(&p->rtc.second, now() + SECOND - wallclock_now() % SECOND);
}

static void second_fired(void *data)
{
    struct vplatform *p = data;
    struct vrtc *r = &p->rtc;
    unsigned long flags = spin_lock_irqsave(&p->lock);

    if ((r->bytes[RTC_B] & (B_ALARM | B_SECOND)) && !(r->bytes[RTC_B] & B_SET)) {
        update_date(p);
        r->bytes[RTC_C] |= B_SECOND;
        if (alarm_fits(r, RTC_SECONDS) && alarm_fits(r, RTC_MINUTES) && alarm_fits(r, RTC_HOURS))
            r->bytes[RTC_C] |= B_ALARM;
        update_line(p);
        start_second(p);
    }
    spin_unlock_irqrestore(&p->lock, flags);
}

/* Registers A and B say which timers run. */
static void start_timers(struct vplatform *p)
{
    struct vrtc *r = &p->rtc;
    s_time_t every = period(r);

    if (every && (r->bytes[RTC_B] & B_PERIODIC))
        timer_set(&r->periodic, now() + every);
    else
        timer_stop(&r->periodic);
    if ((r->bytes[RTC_B] & (B_ALARM | B_SECOND)) && !(r->bytes[RTC_B] & B_SET))
        start_second(p);
    else
        timer_stop(&r->second);
}

/* --- ports ------------------------------------------------------------------------------------ */
static bool is_clock(unsigned reg)
{
    return (reg <= RTC_YEAR && (reg & 1) == 0 && reg <= RTC_WEEKDAY) ||
           (reg >= RTC_DAY && reg <= RTC_YEAR) || reg == RTC_CENTURY;
}

static void write_register(struct vplatform *p, unsigned reg, uint8_t value)
{
    struct vrtc *r = &p->rtc;
    bool was_set = r->bytes[RTC_B] & B_SET;

    if (reg == RTC_C || reg == RTC_D)
        return;
    if (is_clock(reg) || reg == RTC_B)
        update_date(p);
    r->bytes[reg] = reg == RTC_A ? value & ~A_UPDATING : value;
    if ((is_clock(reg) && !was_set) || (reg == RTC_B && was_set && !(value & B_SET)))
        set_date(p);
    if (reg == RTC_B)
        update_line(p);
    if (reg == RTC_A || reg == RTC_B)
        start_timers(p);
}

static uint8_t read_register(struct vplatform *p, unsigned reg)
{
    struct vrtc *r = &p->rtc;
    uint8_t value;

    if (is_clock(reg))
        update_date(p);
    value = r->bytes[reg];
    if (reg == RTC_A && !(r->bytes[RTC_B] & B_SET) &&
        wallclock_now() % SECOND >= SECOND - UPDATE_NS)
        value |= A_UPDATING;
    if (reg == RTC_C) { /* which is empty then */
        r->bytes[RTC_C] = 0;
        update_line(p);
    }
    return value;
}

uint64_t vrtc_port_read(struct vcpu *v, uint64_t port, unsigned bytes)
{
    struct vplatform *p = platform_of(v);

    return port == PORT_INDEX ? ~0UL : read_register(p, p->rtc.index);
}

void vrtc_port_write(struct vcpu *v, uint64_t port, unsigned bytes, uint64_t value)
{
    struct vplatform *p = platform_of(v);

    if (port == PORT_INDEX)
        p->rtc.index = value & 0x7f; /* the upper bit is NMI's */
    else
        write_register(p, p->rtc.index, value);
}

bool vrtc_is_memory(const struct vcpu *v, const struct hvm_io *io)
{
    unsigned index = READ_ONCE(platform_of(v)->rtc.index);

    if (io->bytes != 1 || (io->address == PORT_INDEX && !io->write))
        return false;
    if (io->address == PORT_INDEX)
        index = io->data & 0x7f;
    return index > RTC_D && !is_clock(index);
}

/* --- records ---------------------------------------------------------------------------------- */
#define FARTHEST (1L << 40) /* seconds that a clock can be ahead or behind */

/* What is in the memory behind the clock's registers is the device model's. */
unsigned vrtc_save(const struct hvm_context *c, unsigned instance, void *to)
{
    struct vplatform *p = c->d->arch.hvm->platform;
    struct hvm_hw_rtc *r = to;

    update_date(p);
    memcpy(r->cmos_data, p->rtc.bytes, sizeof(r->cmos_data));
    r->cmos_index = p->rtc.index;
    r->rtc_offset = p->rtc.offset;
    return sizeof(*r);
}

int vrtc_load(const struct hvm_context *c, unsigned instance, const void *from, unsigned bytes)
{
    struct vplatform *p = c->d->arch.hvm->platform;
    const struct hvm_hw_rtc *r = from;
    uint8_t causes = r->cmos_data[RTC_C] & CAUSES;

    if (r->cmos_index >= sizeof(p->rtc.bytes) || r->pad0 || r->rtc_offset > FARTHEST ||
        r->rtc_offset < -FARTHEST || (r->cmos_data[RTC_A] & A_UPDATING) ||
        (r->cmos_data[RTC_C] & ~(CAUSES | C_ANY)) || r->cmos_data[RTC_D] != D_POWERED)
        return -XEN_EINVAL;
    memcpy(p->rtc.bytes, r->cmos_data, sizeof(r->cmos_data));
    p->rtc.index = r->cmos_index;
    p->rtc.offset = r->rtc_offset;
    p->rtc.asserted = (causes & r->cmos_data[RTC_B]) && !vhpet_is_legacy(p);
    vplatform_recount(p);
    start_timers(p);
    return 0;
}

/* --- life ------------------------------------------------------------------------------------- */
void vrtc_init(struct vplatform *p)
{
    struct vrtc *r = &p->rtc;

    r->bytes[RTC_A] = A_USUAL;
    r->bytes[RTC_B] = B_24_HOURS;
    r->bytes[RTC_D] = D_POWERED;
    timer_init(&r->periodic, periodic_fired, p, this_cpu());
    timer_init(&r->second, second_fired, p, this_cpu());
}

void vrtc_destroy(struct vplatform *p)
{
    timer_kill(&p->rtc.periodic);
    timer_kill(&p->rtc.second);
}
