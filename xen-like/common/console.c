/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine's console: a ring that keeps the log, the outputs behind it, and the keyboard side of
 * the serial port, which types either to Dom0 or to the hypervisor's debug keys.
 */
#include <hv/arch.h>
#include <hv/event_channel.h>
#include <hv/page_alloc.h>
#include <hv/params.h>
#include <hv/printk.h>
#include <hv/string.h>

#define RING_MIN    (16u << 10)
#define RING_MAX    (1u << 20)
#define INPUT_SIZE  256 /* power of two */
#define KEYS_SIZE   16
#define MAX_OUTPUTS 2
#define SWITCH_CHAR 1 /* Ctrl-A */
#define SWITCH_TIMES 3

static uint64_t opt_conring_size = RING_MIN;
PARAM_SIZE("conring_size", opt_conring_size, "bytes of log that are kept, 16K to 1M");
static bool opt_console_to_ring;
PARAM_BOOL("console_to_ring", opt_console_to_ring, "keep Dom0's console output in the log too");

static struct spinlock lock = SPINLOCK_INIT(LOCK_CONSOLE);
static bool forced; /* the machine is crashing */

/* LOCK_CONSOLE: the ring. Byte number n stands at ring[n & (ring_size - 1)]. */
static char first_ring[RING_MIN];
static char *ring = first_ring;
static uint32_t ring_size = RING_MIN;
static uint32_t ring_head;    /* number of the next byte */
static uint32_t ring_cleared; /* bytes before this one were cleared by the reader */
static bool ring_news;        /* something was added since Dom0 was told */

/* LOCK_CONSOLE: outputs */
static void (*outputs[MAX_OUTPUTS])(const char *s, size_t len);
static unsigned nr_outputs;

/* LOCK_CONSOLE: input */
static char input[INPUT_SIZE];
static unsigned input_head, input_tail;
static char keys[KEYS_SIZE];
static unsigned keys_head, keys_tail;
static bool keys_focus;          /* what is typed goes to the debug keys, not to Dom0 */
static unsigned switch_count;
static bool softirq_open_done;

static unsigned long console_lock(void) { return forced ? irq_save() : spin_lock_irqsave(&lock); }

static void console_unlock(unsigned long flags)
{
    if (forced)
        irq_restore(flags);
    else
        spin_unlock_irqrestore(&lock, flags);
}

/* --- ring ------------------------------------------------------------------------------------- */

static void ring_add(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++)
        ring[ring_head++ & (ring_size - 1)] = s[i];
    ring_news = true;
}

/** Number of the oldest byte that is kept and not cleared. */
static uint32_t ring_oldest(void)
{
    uint32_t cleared = ring_head - ring_cleared;

    return cleared > ring_size ? ring_head - ring_size : ring_cleared;
}

size_t console_ring_copy(uint32_t *index, char *buf, size_t size)
{
    unsigned long flags = console_lock();
    uint32_t from = *index, oldest = ring_head - MIN(ring_head, ring_size);
    size_t n = 0;

    if (ring_head - from > ring_head - oldest)
        from = oldest;
    for (; n < size && from != ring_head; n++)
        buf[n] = ring[from++ & (ring_size - 1)];
    *index = from;
    console_unlock(flags);
    return n;
}

uint32_t console_ring_start(void)
{
    unsigned long flags = console_lock();
    uint32_t start = ring_oldest();

    console_unlock(flags);
    return start;
}

void console_ring_clear(uint32_t index)
{
    unsigned long flags = console_lock();

    if (ring_head - index <= ring_size)
        ring_cleared = index;
    console_unlock(flags);
}

static uint32_t ring_wanted_size(void)
{
    uint64_t wanted = MIN(MAX(opt_conring_size, (uint64_t)RING_MIN), (uint64_t)RING_MAX);
    uint32_t size = RING_MIN;

    while (size < wanted)
        size <<= 1;
    return size;
}

/** Move to a larger ring; the log so far comes along. */
static void ring_grow(void)
{
    uint32_t size = ring_wanted_size();
    unsigned order = 0;

    while (PAGE_SIZE << order < size)
        order++;
    char *bigger = size > ring_size ? hv_alloc_pages(order, 0) : NULL;
    if (!bigger) {
        if (size > ring_size)
            printk(LOG_WARNING, "console: no memory for a log of %u bytes, keeping %u\n", size,
                   ring_size);
        return;
    }
    unsigned long flags = console_lock();
    for (uint32_t i = ring_head - MIN(ring_head, ring_size); i != ring_head; i++)
        bigger[i & (size - 1)] = ring[i & (ring_size - 1)];
    ring = bigger;
    ring_size = size;
    console_unlock(flags);
}

/* --- output ----------------------------------------------------------------------------------- */

static void put_out(const char *s, size_t len)
{
    for (unsigned i = 0; i < nr_outputs; i++)
        outputs[i](s, len);
}

static void write_locked(const char *s, size_t len, bool to_ring)
{
    unsigned long flags = console_lock();

    if (to_ring)
        ring_add(s, len);
    put_out(s, len);
    bool tell = ring_news && softirq_open_done && !forced;
    console_unlock(flags);
    if (tell)
        softirq_raise(SOFTIRQ_CONSOLE);
}

void console_write(const char *s, size_t len) { write_locked(s, len, true); }

void console_write_dom0(const char *s, size_t len) { write_locked(s, len, opt_console_to_ring); }

void console_set_output(void (*put)(const char *s, size_t len))
{
    unsigned long flags = console_lock();

    if (nr_outputs < MAX_OUTPUTS) {
        uint32_t from = ring_oldest(), size = ring_size;
        /* what was logged before there was an output */
        while (from != ring_head) {
            uint32_t at = from & (size - 1), n = MIN(ring_head - from, size - at);
            put(ring + at, n);
            from += n;
        }
        outputs[nr_outputs++] = put;
    }
    console_unlock(flags);
}

void console_force(void) { forced = true; }

bool console_forced(void) { return forced; }

/* --- input ------------------------------------------------------------------------------------ */

static void type_key(char c)
{
    if (keys_head - keys_tail < KEYS_SIZE)
        keys[keys_head++ % KEYS_SIZE] = c;
}

static void type_dom0(char c)
{
    if (input_head - input_tail < INPUT_SIZE)
        input[input_head++ % INPUT_SIZE] = c;
}

/**
 * Bytes typed at the switch character's turn are held back until it is clear that they are no
 * switch. LOCK_CONSOLE.
 */
static bool take_switch_char(char c)
{
    if (c == SWITCH_CHAR) {
        if (++switch_count < SWITCH_TIMES)
            return true;
        switch_count = 0;
        keys_focus = !keys_focus;
        return true;
    }
    for (; switch_count; switch_count--)
        if (!keys_focus)
            type_dom0(SWITCH_CHAR);
    return false;
}

void console_input(char c)
{
    unsigned long flags = console_lock();
    bool had_focus = keys_focus, for_dom0 = false;

    if (!take_switch_char(c)) {
        for_dom0 = !keys_focus;
        if (keys_focus)
            type_key(c);
        else
            type_dom0(c);
    }
    bool has_focus = keys_focus, key = keys_head != keys_tail;
    console_unlock(flags);

    if (has_focus != had_focus)
        printk(LOG_ERR, "console: input goes to %s (Ctrl-A three times to switch)\n",
               has_focus ? "the hypervisor: press h for help" : "Dom0");
    if (for_dom0)
        send_global_virq(VIRQ_CONSOLE);
    if (key)
        softirq_raise(SOFTIRQ_CONSOLE);
}

size_t console_read_input(char *buf, size_t size)
{
    unsigned long flags = console_lock();
    size_t n = 0;

    while (n < size && input_tail != input_head)
        buf[n++] = input[input_tail++ % INPUT_SIZE];
    console_unlock(flags);
    return n;
}

static bool next_key(char *c)
{
    unsigned long flags = console_lock();
    bool got = keys_tail != keys_head;

    if (got)
        *c = keys[keys_tail++ % KEYS_SIZE];
    console_unlock(flags);
    return got;
}

/** SOFTIRQ_CONSOLE: what printk and the interrupt handler may not do themselves. */
static void console_softirq(void)
{
    unsigned long flags = console_lock();
    bool news = ring_news;
    char c;

    ring_news = false;
    console_unlock(flags);
    if (news)
        send_global_virq(VIRQ_CON_RING);
    while (next_key(&c))
        keyhandler_key(c);
}

void console_late_init(void)
{
    ring_grow();
    softirq_open(SOFTIRQ_CONSOLE, console_softirq);
    softirq_open_done = true;
}
