/* SPDX-License-Identifier: GPL-2.0-only */
#include "decode.h"

#include <stdbool.h>
#include <string.h>

#include "../marks.h"

const char *const event_names[EVENTS] = {
#define EVENT_NAME(name) #name,
    EVENT_LIST(EVENT_NAME)
#undef EVENT_NAME
};

struct prefixes {
    bool lock, operand_16, repeat;
};

/* Opcodes that are one event whatever follows. */
static const struct {
    bool two_bytes; /* after 0f */
    uint8_t first, last;
    enum event event;
} plain[] = {
    {false, 0x6c, 0x6f, EVENT_io},    {false, 0xe4, 0xe7, EVENT_io},
    {false, 0xec, 0xef, EVENT_io},    {false, 0xcf, 0xcf, EVENT_iret},
    {true, 0x05, 0x05, EVENT_syscall}, {true, 0x34, 0x34, EVENT_syscall},
    {true, 0x07, 0x07, EVENT_sysret}, {true, 0x35, 0x35, EVENT_sysret},
    {true, 0x06, 0x06, EVENT_cr},     {true, 0x30, 0x30, EVENT_wrmsr},
    {true, 0x32, 0x32, EVENT_rdmsr},  {true, 0xa2, 0xa2, EVENT_cpuid},
};

static enum event plain_event(bool two_bytes, uint8_t opcode)
{
    for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
        if (plain[i].two_bytes == two_bytes && opcode >= plain[i].first && opcode <= plain[i].last)
            return plain[i].event;
    return EVENT_ticks;
}

/* 0f 01: INVLPG m, LMSW, WBNOINVD's neighbours: only what counts here. */
static enum event group_7(uint8_t modrm)
{
    bool memory = modrm < 0xc0;
    unsigned reg = modrm >> 3 & 7;

    if (reg == 7 && memory)
        return EVENT_inv;
    return reg == 6 ? EVENT_cr : EVENT_ticks;
}

static enum event two_byte_event(const uint8_t *p, size_t size, struct prefixes prefix)
{
    uint8_t next = size > 1 ? p[1] : 0;

    switch (p[0]) {
    case 0x01:
        return group_7(next);
    case 0x22:
        return (next >> 3 & 7) == 3 ? EVENT_cr3 : EVENT_cr;
    case 0x38:
        return prefix.operand_16 && next == 0x82 ? EVENT_inv : EVENT_ticks;
    case 0xae: /* fences are the register forms 5 to 7 without prefix */
        return next >= 0xe8 && !prefix.repeat && !prefix.operand_16 ? EVENT_fence : EVENT_ticks;
    default:
        return plain_event(true, p[0]);
    }
}

static uint8_t mark_letter(const uint8_t *p, size_t size)
{
    uint32_t operand;

    if (size != 7 || p[0] != 0x0f || p[1] != 0x1f || p[2] != 0x80)
        return 0;
    memcpy(&operand, p + 3, sizeof(operand));
    return (operand & 0xffff0000) == MARK_HIGH ? (uint8_t)operand : 0;
}

static size_t skip_prefixes(const uint8_t *p, size_t size, struct prefixes *prefix)
{
    size_t i = 0;

    for (; i < size; i++)
        if (p[i] == 0xf0)
            prefix->lock = true;
        else if (p[i] == 0xf2 || p[i] == 0xf3)
            prefix->repeat = true;
        else if (p[i] == 0x66)
            prefix->operand_16 = true;
        else if (!strchr("\x26\x2e\x36\x3e\x64\x65\x67", p[i]) || !p[i])
            break;
    return i < size && (p[i] & 0xf0) == 0x40 ? i + 1 : i; /* REX */
}

struct decoded decode(const uint8_t *bytes, size_t size)
{
    struct decoded d = {EVENT_ticks, mark_letter(bytes, size)};
    struct prefixes prefix = {0};
    size_t i = skip_prefixes(bytes, size, &prefix);

    if (i >= size)
        return d;
    if (prefix.lock)
        d.event = EVENT_lock;
    else if ((bytes[i] & 0xfe) == 0x86) /* XCHG with memory locks by itself */
        d.event = i + 1 < size && bytes[i + 1] < 0xc0 ? EVENT_lock : EVENT_ticks;
    else if (bytes[i] == 0x0f && i + 1 < size)
        d.event = two_byte_event(bytes + i + 1, size - i - 1, prefix);
    else
        d.event = plain_event(false, bytes[i]);
    return d;
}
