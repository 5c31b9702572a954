/* SPDX-License-Identifier: GPL-2.0-only */
/* Output: the machine's console for Dom0, the ring to the console daemon for others; printf. */
#include <stdarg.h>

#include <public/io/console.h>

#include "guest.h"

static void ring_write(const char *text, size_t length)
{
    volatile struct xencons_interface *ring =
        (void *)(VIRT_BASE + (mfn_to_pfn(start_info->console.domU.mfn) << 12));

    for (size_t i = 0; i < length; i++) {
        while (ring->out_prod - ring->out_cons >= sizeof(ring->out)) {
            event_send(start_info->console.domU.evtchn);
            hyp_sched_op(SCHEDOP_yield, NULL);
        }
        ring->out[ring->out_prod % sizeof(ring->out)] = text[i];
        barrier();
        ring->out_prod++;
    }
    event_send(start_info->console.domU.evtchn);
}

void console_write(const char *text, size_t length)
{
    if (is_dom0())
        hyp_console_io(CONSOLEIO_write, (int)length, (void *)text);
    else
        ring_write(text, length);
}

/* ---- printf: %d %u %x %s %c %p, with l, width and 0 */

struct output {
    char *at, *end;
};

static void put(struct output *out, char c)
{
    if (out->at < out->end)
        *out->at++ = c;
}

static void put_number(struct output *out, uint64_t value, unsigned base, int width, char pad)
{
    char digits[24];
    int n = 0;

    do {
        digits[n++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    while (width-- > n)
        put(out, pad);
    while (n)
        put(out, digits[--n]);
}

static void put_text(struct output *out, const char *text, int width)
{
    int n = 0;

    for (; *text; text++, n++)
        put(out, *text);
    while (n++ < width)
        put(out, ' ');
}

static void put_signed(struct output *out, long value, int width, char pad)
{
    if (value < 0)
        put(out, '-');
    put_number(out, value < 0 ? -(uint64_t)value : (uint64_t)value, 10, width, pad);
}

static void format_to(struct output *out, const char *f, va_list args)
{
    for (; *f; f++) {
        char pad = ' ';
        int width = 0, longs = 0;

        if (*f != '%') {
            put(out, *f);
            continue;
        }
        if (*++f == '0')
            pad = '0', f++;
        if (*f == '-')
            f++;
        for (; *f >= '0' && *f <= '9'; f++)
            width = width * 10 + *f - '0';
        for (; *f == 'l' || *f == 'z'; f++)
            longs = 1;
        switch (*f) {
        case 'd':
            put_signed(out, longs ? va_arg(args, long) : va_arg(args, int), width, pad);
            break;
        case 'u':
            put_number(out, longs ? va_arg(args, uint64_t) : va_arg(args, uint32_t), 10, width,
                       pad);
            break;
        case 'x':
            put_number(out, longs ? va_arg(args, uint64_t) : va_arg(args, uint32_t), 16, width,
                       pad);
            break;
        case 'p':
            put_number(out, va_arg(args, uint64_t), 16, 16, '0');
            break;
        case 's':
            put_text(out, va_arg(args, const char *), width);
            break;
        case 'c':
            put(out, (char)va_arg(args, int));
            break;
        default:
            put(out, *f);
        }
    }
}

int snprint(char *buffer, size_t size, const char *format, ...)
{
    struct output out = {buffer, buffer + size - 1};
    va_list args;

    va_start(args, format);
    format_to(&out, format, args);
    va_end(args);
    *out.at = '\0';
    return (int)(out.at - buffer);
}

void report(enum status status, const char *file, int line, const char *format, ...);
void report_text(enum status status, const char *file, int line, const char *text);

void report(enum status status, const char *file, int line, const char *format, ...)
{
    char text[200];
    struct output out = {text, text + sizeof(text) - 1};
    va_list args;

    va_start(args, format);
    format_to(&out, format, args);
    va_end(args);
    *out.at = '\0';
    report_text(status, file, line, text);
}

void printk(const char *format, ...)
{
    char text[256];
    struct output out = {text, text + sizeof(text) - 1};
    va_list args;

    va_start(args, format);
    format_to(&out, format, args);
    va_end(args);
    console_write(text, (size_t)(out.at - text));
}

/* ---- names of errors */

static const char *const errno_names[] = {
    [XEN_EPERM] = "EPERM",   [XEN_ENOENT] = "ENOENT", [XEN_ESRCH] = "ESRCH",
    [XEN_EIO] = "EIO",       [XEN_ENXIO] = "ENXIO",   [XEN_E2BIG] = "E2BIG",
    [XEN_EBADF] = "EBADF",   [XEN_EAGAIN] = "EAGAIN", [XEN_ENOMEM] = "ENOMEM",
    [XEN_EACCES] = "EACCES", [XEN_EFAULT] = "EFAULT", [XEN_EBUSY] = "EBUSY",
    [XEN_EEXIST] = "EEXIST", [XEN_EXDEV] = "EXDEV",   [XEN_ENODEV] = "ENODEV",
    [XEN_EINVAL] = "EINVAL", [XEN_ENOSPC] = "ENOSPC", [XEN_EDOM] = "EDOM",
    [XEN_ERANGE] = "ERANGE", [XEN_ENOSYS] = "ENOSYS", [XEN_ENODATA] = "ENODATA",
    [XEN_ETIME] = "ETIME",   [XEN_EOVERFLOW] = "EOVERFLOW", [XEN_ERESTART] = "ERESTART",
    [XEN_EOPNOTSUPP] = "EOPNOTSUPP", [XEN_ENOBUFS] = "ENOBUFS", [XEN_EISCONN] = "EISCONN",
};

/** " (-ENAME)" for a negative error number, "" otherwise. */
const char *errno_name(long result)
{
    static char text[24];

    if (result >= 0 || -result >= (long)ARRAY_SIZE(errno_names) || !errno_names[-result])
        return "";
    snprint(text, sizeof(text), " (-%s)", errno_names[-result]);
    return text;
}
