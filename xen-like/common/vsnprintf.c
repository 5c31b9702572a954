/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bounded formatting. Understands %d %i %u %x %X %o %c %s %p %% with the flags - + blank # 0, width
 * and precision (also *), and the sizes hh h l ll z t j. Anything else is put out as it stands, so
 * that a mistake shows.
 */
#include <hv/printk.h>
#include <hv/string.h>

struct sink {
    char *buf;
    size_t size, len; /* len: what the whole output needs */
};

struct spec {
    bool left, plus, space, alt, zero;
    int width, precision; /* precision < 0: none */
    unsigned bytes;       /* size of the integer argument */
};

static void put(struct sink *o, char c)
{
    if (o->len + 1 < o->size)
        o->buf[o->len] = c;
    o->len++;
}

static void put_n(struct sink *o, char c, int n)
{
    while (n-- > 0)
        put(o, c);
}

static void put_padded(struct sink *o, const struct spec *f, const char *s, int len)
{
    if (!f->left)
        put_n(o, ' ', f->width - len);
    for (int i = 0; i < len; i++)
        put(o, s[i]);
    if (f->left)
        put_n(o, ' ', f->width - len);
}

static void put_string(struct sink *o, const struct spec *f, const char *s)
{
    if (!s)
        s = "(null)";
    size_t len = f->precision >= 0 ? strnlen(s, (size_t)f->precision) : strlen(s);
    put_padded(o, f, s, (int)MIN(len, (size_t)INT32_MAX));
}

static void put_number(struct sink *o, const struct spec *f, uint64_t v, unsigned base, bool upper,
                       const char *sign)
{
    const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    const char *prefix = !f->alt || !v || base == 10 ? "" : base == 8 ? "0" : upper ? "0X" : "0x";
    char rev[24];
    int n = 0;

    for (uint64_t left = v; left; left /= base)
        rev[n++] = digits[left % base];
    if (v == 0 && f->precision != 0)
        rev[n++] = '0';
    int around = (int)(strlen(sign) + strlen(prefix));
    int zeros = f->precision - n;
    if (f->precision < 0 && f->zero && !f->left)
        zeros = f->width - around - n;
    zeros = MAX(zeros, 0);
    int pad = f->width - around - zeros - n;

    if (!f->left)
        put_n(o, ' ', pad);
    while (*sign)
        put(o, *sign++);
    while (*prefix)
        put(o, *prefix++);
    put_n(o, '0', zeros);
    while (n > 0)
        put(o, rev[--n]);
    if (f->left)
        put_n(o, ' ', pad);
}

static const char *parse_flags(const char *s, struct spec *f)
{
    for (;; s++) {
        switch (*s) {
        case '-': f->left = true; continue;
        case '+': f->plus = true; continue;
        case ' ': f->space = true; continue;
        case '#': f->alt = true; continue;
        case '0': f->zero = true; continue;
        default: return s;
        }
    }
}

static const char *parse_int(const char *s, int *v)
{
    for (*v = 0; *s >= '0' && *s <= '9'; s++)
        *v = *v < 100000 ? *v * 10 + (*s - '0') : *v;
    return s;
}

static const char *parse_size(const char *s, struct spec *f)
{
    f->bytes = sizeof(int);
    switch (*s) {
    case 'h':
        f->bytes = s[1] == 'h' ? 1 : 2;
        return s + (s[1] == 'h' ? 2 : 1);
    case 'l':
        f->bytes = 8;
        return s + (s[1] == 'l' ? 2 : 1);
    case 'z': case 't': case 'j':
        f->bytes = 8;
        return s + 1;
    default:
        return s;
    }
}

static uint64_t narrow(uint64_t v, unsigned bytes)
{
    return bytes == 8 ? v : v & ((1ul << bytes * 8) - 1);
}

static void put_signed(struct sink *o, const struct spec *f, uint64_t arg)
{
    unsigned shift = 64 - f->bytes * 8;
    int64_t v = (int64_t)(arg << shift) >> shift;
    const char *sign = v < 0 ? "-" : f->plus ? "+" : f->space ? " " : "";

    put_number(o, f, v < 0 ? 0 - (uint64_t)v : (uint64_t)v, 10, false, sign);
}

int vsnprintf(char *buf, size_t size, const char *fmt, va_list args)
{
    struct sink o = { buf, size, 0 };
    va_list ap;

    va_copy(ap, args);
    for (const char *s = fmt; *s; s++) {
        if (*s != '%') {
            put(&o, *s);
            continue;
        }
        struct spec f = { .precision = -1 };
        const char *start = s;
        s = parse_flags(s + 1, &f);
        if (*s == '*') {
            f.width = va_arg(ap, int);
            f.left |= f.width < 0;
            f.width = f.width < 0 ? -MAX(f.width, -100000) : MIN(f.width, 100000);
            s++;
        } else {
            s = parse_int(s, &f.width);
        }
        if (*s == '.') {
            if (s[1] == '*') {
                f.precision = va_arg(ap, int);
                s += 2;
            } else {
                s = parse_int(s + 1, &f.precision);
            }
        }
        s = parse_size(s, &f);
        bool wide = f.bytes == 8;
        char c;
        switch (*s) {
        case 'd': case 'i':
            put_signed(&o, &f, wide ? va_arg(ap, uint64_t) : va_arg(ap, unsigned));
            break;
        case 'u': case 'x': case 'X': case 'o':
            put_number(&o, &f, narrow(wide ? va_arg(ap, uint64_t) : va_arg(ap, unsigned), f.bytes),
                       *s == 'u' ? 10 : *s == 'o' ? 8 : 16, *s == 'X', "");
            break;
        case 'p':
            f.precision = 16;
            put_number(&o, &f, (uint64_t)va_arg(ap, void *), 16, false, "");
            break;
        case 'c':
            c = (char)va_arg(ap, int);
            put_padded(&o, &f, &c, 1);
            break;
        case 's':
            put_string(&o, &f, va_arg(ap, const char *));
            break;
        case '%':
            put(&o, '%');
            break;
        default: /* not ours: show it */
            s = start;
            put(&o, '%');
        }
    }
    va_end(ap);
    if (size)
        buf[MIN(o.len, size - 1)] = '\0';
    return (int)o.len;
}

int snprintf(char *buf, size_t size, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    int n = vsnprintf(buf, size, fmt, ap);
    va_end(ap);
    return n;
}
