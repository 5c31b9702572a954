/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The boot command line: words separated by blanks, each NAME or NAME=VALUE (double quotes keep
 * blanks). Runs before there is memory to allocate, on whatever the boot loader passed.
 */
#include <hv/params.h>
#include <hv/printk.h>
#include <hv/string.h>
#include <public/errno.h>

#define MAX_WORD 256

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/**
 * Copy the next word without its quotes; returns where to go on, or NULL at the end. A word that is
 * too long is cut.
 */
static const char *next_word(const char *s, char word[MAX_WORD])
{
    size_t n = 0;
    bool quoted = false;

    while (is_blank(*s))
        s++;
    if (!*s)
        return NULL;
    for (; *s && (quoted || !is_blank(*s)); s++) {
        if (*s == '"')
            quoted = !quoted;
        else if (n < MAX_WORD - 1)
            word[n++] = *s;
    }
    word[n] = '\0';
    return s;
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 16;
}

int param_parse_number(const char *s, uint64_t *value, const char **end)
{
    unsigned base = 10;
    uint64_t v = 0;

    if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {
        base = 16;
        s += 2;
    }
    if ((unsigned)digit_of(*s) >= base)
        return -XEN_EINVAL;
    for (; (unsigned)digit_of(*s) < base; s++)
        if (__builtin_mul_overflow(v, base, &v) ||
            __builtin_add_overflow(v, (unsigned)digit_of(*s), &v))
            return -XEN_EINVAL;
    *value = v;
    *end = s;
    return 0;
}

static int parse_uint(const char *s, unsigned *value)
{
    const char *end;
    uint64_t v;

    if (param_parse_number(s, &v, &end) || *end || v > UINT32_MAX)
        return -XEN_EINVAL;
    *value = (unsigned)v;
    return 0;
}

int param_parse_size(const char *s, unsigned plain_shift, uint64_t *bytes, const char **end)
{
    static const char suffixes[] = "bkmgt";
    unsigned shift = plain_shift;
    const char *suffix;
    uint64_t v;

    if (param_parse_number(s, &v, &s))
        return -XEN_EINVAL;
    suffix = *s ? strchr(suffixes, *s | 0x20) : NULL;
    if (suffix && *suffix) {
        shift = 10 * (unsigned)(suffix - suffixes);
        s++;
    }
    if (v << shift >> shift != v)
        return -XEN_EINVAL;
    *bytes = v << shift;
    *end = s;
    return 0;
}

static int word_to_bool(const char *s, bool *value)
{
    static const char *const words[2][5] = {
        { "0", "no", "off", "false", "disable" },
        { "1", "yes", "on", "true", "enable" },
    };

    for (unsigned v = 0; v < 2; v++)
        for (unsigned i = 0; i < ARRAY_SIZE(words[v]); i++)
            if (!strcmp(s, words[v][i])) {
                *value = v;
                return 0;
            }
    return -XEN_EINVAL;
}

/** `value` is NULL for a bare name. `negated`: the name was given with "no" before it. */
static int apply(const struct param *p, const char *value, bool negated)
{
    const char *end;
    uint64_t bytes;
    bool on = true;

    switch (p->kind) {
    case PARAM_KIND_BOOL:
        if (value && word_to_bool(value, &on))
            return -XEN_EINVAL;
        *(bool *)p->var = on != negated;
        return 0;
    case PARAM_KIND_UINT:
        return value ? parse_uint(value, p->var) : -XEN_EINVAL;
    case PARAM_KIND_SIZE:
        if (!value || param_parse_size(value, 0, &bytes, &end) || *end)
            return -XEN_EINVAL;
        *(uint64_t *)p->var = bytes;
        return 0;
    case PARAM_KIND_STRING:
        if (!value || strlen(value) >= p->size)
            return -XEN_EINVAL;
        hv_strlcpy(p->var, value, p->size);
        return 0;
    case PARAM_KIND_FN:
        return ((int (*)(const char *))p->var)(value ? value : "");
    }
    return -XEN_EINVAL;
}

static const struct param *find(const char *name)
{
    for (const struct param *p = __start_hv_params; p < __stop_hv_params; p++)
        if (!strcmp(p->name, name))
            return p;
    return NULL;
}

static void parse_word(char *word)
{
    char *value = strchr(word, '=');
    bool negated = false;

    if (value)
        *value++ = '\0';
    const struct param *p = find(word);
    if (!p && word[0] == 'n' && word[1] == 'o') {
        p = find(word + 2);
        negated = p && p->kind == PARAM_KIND_BOOL;
        if (!negated)
            p = NULL;
    }
    if (!p)
        printk(LOG_WARNING, "command line: unknown option \"%s\"\n", word);
    else if (apply(p, value, negated))
        printk(LOG_WARNING, "command line: bad value \"%s\" for %s (%s)\n", value ? value : "",
               p->name, p->help);
}

void params_parse(const char *cmdline)
{
    char word[MAX_WORD];

    while ((cmdline = next_word(cmdline, word)) != NULL)
        parse_word(word);
}
