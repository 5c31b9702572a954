/* SPDX-License-Identifier: GPL-2.0-only */
/* The battery clock, taken as UTC. */
#include <arch/insn.h>
#include <arch/platform.h>
#include <hv/string.h>

#define CMOS_INDEX   0x70
#define CMOS_DATA    0x71
#define REG_STATUS_A 0x0a
#define REG_STATUS_B 0x0b
#define UPDATING     0x80
#define BINARY       0x04
#define HOURS_24     0x02
#define TRIES        1000

enum { SECONDS, MINUTES, HOURS, DAY, MONTH, YEAR, NR_FIELDS };
static const uint8_t field_regs[NR_FIELDS] = { 0, 2, 4, 7, 8, 9 };

static uint8_t cmos_read(uint8_t reg)
{
    outb(CMOS_INDEX, reg);
    return inb(CMOS_DATA);
}

static void read_fields(uint8_t f[NR_FIELDS])
{
    for (unsigned i = 0; i < TRIES && cmos_read(REG_STATUS_A) & UPDATING; i++)
        ;
    for (unsigned i = 0; i < NR_FIELDS; i++)
        f[i] = cmos_read(field_regs[i]);
}

static unsigned from_bcd(uint8_t v) { return (v >> 4) * 10 + (v & 15); }

/* Days from 1970-01-01 to a date of the Gregorian calendar: years start in March, so that leap days
 * come last. */
static uint64_t days_from_epoch(unsigned year, unsigned month, unsigned day)
{
    unsigned y = month <= 2 ? year - 1 : year, m = month <= 2 ? month + 9 : month - 3;

    return 365UL * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

uint64_t cmos_read_time(void)
{
    uint8_t a[NR_FIELDS], b[NR_FIELDS], status;
    unsigned v[NR_FIELDS];
    bool pm;

    /* twice the same: no update came in between */
    read_fields(a);
    for (unsigned i = 0; i < 5; i++) {
        memcpy(b, a, sizeof(b));
        read_fields(a);
        if (!memcmp(a, b, sizeof(a)))
            break;
    }
    status = cmos_read(REG_STATUS_B);
    pm = !(status & HOURS_24) && (a[HOURS] & 0x80);
    a[HOURS] &= status & HOURS_24 ? 0xff : 0x7f;
    for (unsigned i = 0; i < NR_FIELDS; i++)
        v[i] = status & BINARY ? a[i] : from_bcd(a[i]);
    if (!(status & HOURS_24))
        v[HOURS] = v[HOURS] % 12 + (pm ? 12 : 0);
    v[YEAR] += v[YEAR] < 70 ? 2000 : 1900;
    return days_from_epoch(v[YEAR], v[MONTH], v[DAY]) * 86400 + v[HOURS] * 3600 + v[MINUTES] * 60 +
           v[SECONDS];
}
