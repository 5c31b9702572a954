/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Parser of guest.cfg's syntax: one pass, one character of look-ahead, depth of lists bounded.
 */
#include "cfg_parse.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define MAX_LIST_DEPTH 8
#define MAX_FILE_SIZE  (1 << 20)

struct scanner {
    struct cfg *cfg;
    const char *at, *end;
    struct cfg_place place;
};

void cfg_init(struct cfg *c, FILE *errors)
{
    *c = (struct cfg){ .errors = errors };
    c->last = &c->first;
}

static void value_free(struct cfg_value *v)
{
    if (!v)
        return;
    for (size_t i = 0; i < v->n_items; i++)
        value_free(v->items[i]);
    free(v->items);
    free(v->text);
    free(v);
}

void cfg_free(struct cfg *c)
{
    while (c->first) {
        struct cfg_setting *s = c->first;

        c->first = s->next;
        value_free(s->value);
        free(s->key);
        free(s);
    }
    c->last = &c->first;
}

void cfg_error(struct cfg *c, struct cfg_place p, const char *fmt, ...)
{
    va_list ap;

    c->n_errors++;
    fprintf(c->errors, "%s:%d:%d: ", p.file, p.line, p.column);
    va_start(ap, fmt);
    vfprintf(c->errors, fmt, ap);
    va_end(ap);
    fputc('\n', c->errors);
}

const char *cfg_kind_name(enum cfg_kind k)
{
    static const char *const names[] = { "a number", "a string", "a list" };

    return names[k];
}

/* --- characters ------------------------------------------------------------------------------ */

static int peek(const struct scanner *s)
{
    return s->at < s->end ? (unsigned char)*s->at : -1;
}

static int next(struct scanner *s)
{
    int c = peek(s);

    if (c < 0)
        return c;
    s->at++;
    s->place.column++;
    if (c == '\n') {
        s->place.line++;
        s->place.column = 1;
    }
    return c;
}

/* Blanks and comments; with `lines` also line ends. */
static void skip(struct scanner *s, bool lines)
{
    for (;;) {
        int c = peek(s);

        if (c == '#') {
            while (peek(s) >= 0 && peek(s) != '\n')
                next(s);
        } else if (c == ' ' || c == '\t' || c == '\r' || (lines && c == '\n')) {
            next(s);
        } else {
            return;
        }
    }
}

static void skip_line(struct scanner *s)
{
    while (peek(s) >= 0 && next(s) != '\n')
        ;
}

static const char *describe(int c, char buf[8])
{
    if (c < 0)
        return "the end of the file";
    if (c == '\n')
        return "the end of the line";
    snprintf(buf, 8, isprint(c) ? "'%c'" : "\\x%02x", c);
    return buf;
}

/* --- values ---------------------------------------------------------------------------------- */

static struct cfg_value *value_new(struct scanner *s, enum cfg_kind kind)
{
    struct cfg_value *v = calloc(1, sizeof(*v));

    if (v) {
        v->kind = kind;
        v->place = s->place;
    }
    return v;
}

static int parse_escape(struct scanner *s, char *out)
{
    static const char from[] = "ntr\\\"'", to[] = "\n\t\r\\\"'";
    struct cfg_place p = s->place;
    int c = next(s);
    const char *k = c > 0 ? strchr(from, c) : NULL;

    if (!k) {
        cfg_error(s->cfg, p, "unknown escape in a string (known: \\n \\t \\r \\\\ \\\" \\')");
        return -EINVAL;
    }
    *out = to[k - from];
    return 0;
}

static int parse_string(struct scanner *s, struct cfg_value *v)
{
    int quote = next(s), c;
    size_t len = 0;

    v->text = malloc(s->end - s->at + 1);
    if (!v->text)
        return -ENOMEM;
    while ((c = peek(s)) != quote) {
        if (c < 0 || c == '\n') {
            cfg_error(s->cfg, v->place, "the string that begins here is not closed");
            return -EINVAL;
        }
        if (c == '\0') {
            cfg_error(s->cfg, s->place, "a zero byte in a string");
            return -EINVAL;
        }
        next(s);
        v->text[len] = c;
        if (c == '\\' && parse_escape(s, &v->text[len]) < 0)
            return -EINVAL;
        len++;
    }
    next(s);
    v->text[len] = '\0';
    return 0;
}

static int parse_number(struct scanner *s, struct cfg_value *v)
{
    const char *start = s->at;
    char *end;

    while (isalnum(peek(s)) || peek(s) == '_')
        next(s);
    v->text = strndup(start, s->at - start);
    if (!v->text)
        return -ENOMEM;
    errno = 0;
    v->number = strtoull(v->text, &end, 0);
    if (*end != '\0') {
        cfg_error(s->cfg, v->place, "'%s' is no number (a string needs quotes)", v->text);
        return -EINVAL;
    }
    if (errno == ERANGE) {
        cfg_error(s->cfg, v->place, "the number %s is too large", v->text);
        return -EINVAL;
    }
    return 0;
}

static int parse_value(struct scanner *s, int depth, struct cfg_value **out);

static int list_append(struct cfg_value *list, struct cfg_value *item)
{
    struct cfg_value **more = realloc(list->items, (list->n_items + 1) * sizeof(*more));

    if (!more)
        return -ENOMEM;
    list->items = more;
    list->items[list->n_items++] = item;
    return 0;
}

static int parse_list(struct scanner *s, int depth, struct cfg_value *v)
{
    char buf[8];

    next(s);
    for (;;) {
        struct cfg_value *item = NULL;
        int ret;

        skip(s, true);
        if (peek(s) == ']')
            break;
        ret = parse_value(s, depth + 1, &item);
        if (ret == 0)
            ret = list_append(v, item);
        if (ret < 0) {
            value_free(item);
            return ret;
        }
        skip(s, true);
        if (peek(s) == ',') {
            next(s);
        } else if (peek(s) != ']') {
            cfg_error(s->cfg, s->place, "expected ',' or ']' in the list of line %d, found %s",
                      v->place.line, describe(peek(s), buf));
            return -EINVAL;
        }
    }
    next(s);
    return 0;
}

static int parse_value(struct scanner *s, int depth, struct cfg_value **out)
{
    int c = peek(s), ret = -EINVAL;
    enum cfg_kind kind = c == '[' ? CFG_LIST : isdigit(c) ? CFG_NUMBER : CFG_STRING;
    char buf[8];

    *out = NULL;
    if (c != '[' && c != '"' && c != '\'' && !isalnum(c)) {
        cfg_error(s->cfg, s->place, "expected a value (number, \"string\" or [list]), found %s",
                  describe(c, buf));
        return -EINVAL;
    }
    if (depth > MAX_LIST_DEPTH) {
        cfg_error(s->cfg, s->place, "lists within lists are nested too deep");
        return -EINVAL;
    }
    *out = value_new(s, kind);
    if (!*out)
        return -ENOMEM;
    if (c == '[')
        ret = parse_list(s, depth, *out);
    else if (c == '"' || c == '\'')
        ret = parse_string(s, *out);
    else
        ret = parse_number(s, *out);
    if (ret < 0) {
        value_free(*out);
        *out = NULL;
    }
    return ret;
}

/* --- settings -------------------------------------------------------------------------------- */

struct cfg_setting *cfg_find(const struct cfg *c, const char *key)
{
    struct cfg_setting *s = c->first;

    while (s && strcmp(s->key, key) != 0)
        s = s->next;
    return s;
}

/* `+=`: the new value's content goes behind the old one's; the new value is used up. */
static int append(struct scanner *s, struct cfg_setting *old, struct cfg_value *v)
{
    if (old->value->kind != v->kind || v->kind == CFG_NUMBER) {
        cfg_error(s->cfg, v->place,
                  "'+=' needs a string or list on both sides; '%s' was %s at line %d", old->key,
                  cfg_kind_name(old->value->kind), old->place.line);
        return -EINVAL;
    }
    if (v->kind == CFG_STRING) {
        char *joined;

        if (asprintf(&joined, "%s%s", old->value->text, v->text) < 0)
            return -ENOMEM;
        free(old->value->text);
        old->value->text = joined;
    }
    for (size_t i = 0; i < v->n_items; i++) {
        if (list_append(old->value, v->items[i]) < 0)
            return -ENOMEM;
        v->items[i] = NULL;
    }
    value_free(v);
    return 0;
}

static int store(struct scanner *s, char *key, struct cfg_place place, struct cfg_value *v,
                 bool add)
{
    struct cfg_setting *old = cfg_find(s->cfg, key);

    if (old && add) {
        int ret = append(s, old, v);

        if (ret == 0)
            free(key);
        return ret;
    }
    if (!old) {
        old = calloc(1, sizeof(*old));
        if (!old)
            return -ENOMEM;
        old->key = key;
        *s->cfg->last = old;
        s->cfg->last = &old->next;
    } else {
        free(key);
        value_free(old->value);
    }
    old->place = place;
    old->value = v;
    return 0;
}

static char *parse_key(struct scanner *s)
{
    const char *start = s->at;

    while (isalnum(peek(s)) || peek(s) == '_' || peek(s) == '-')
        next(s);
    return strndup(start, s->at - start);
}

static int parse_setting(struct scanner *s)
{
    struct cfg_place place = s->place;
    struct cfg_value *v;
    bool add = false;
    char buf[8], *key;
    int ret;

    if (!isalpha(peek(s)) && peek(s) != '_') {
        cfg_error(s->cfg, place, "expected a key, found %s", describe(peek(s), buf));
        return -EINVAL;
    }
    key = parse_key(s);
    if (!key)
        return -ENOMEM;
    skip(s, false);
    if (peek(s) == '+') {
        next(s);
        add = true;
    }
    if (peek(s) != '=') {
        cfg_error(s->cfg, s->place, "expected '=' after '%s', found %s", key,
                  describe(peek(s), buf));
        free(key);
        return -EINVAL;
    }
    next(s);
    skip(s, false);
    ret = parse_value(s, 0, &v);
    if (ret == 0) {
        ret = store(s, key, place, v, add);
        if (ret < 0)
            value_free(v);
    }
    if (ret < 0)
        free(key);
    return ret;
}

static int parse_line_end(struct scanner *s)
{
    char buf[8];

    skip(s, false);
    if (peek(s) == ';' || peek(s) == '\n') {
        next(s);
        return 0;
    }
    if (peek(s) < 0)
        return 0;
    cfg_error(s->cfg, s->place, "expected the end of the line, found %s", describe(peek(s), buf));
    return -EINVAL;
}

int cfg_parse(struct cfg *c, const char *file, const char *text, size_t len)
{
    struct scanner s = { c, text, text + len, { file, 1, 1 } };
    int result = 0;

    for (;;) {
        int ret;

        skip(&s, true);
        if (peek(&s) == ';') {
            next(&s);
            continue;
        }
        if (peek(&s) < 0)
            return result;
        ret = parse_setting(&s);
        if (ret == 0)
            ret = parse_line_end(&s);
        if (ret == -ENOMEM)
            return ret;
        if (ret < 0) {
            result = ret;
            skip_line(&s);
        }
    }
}

int cfg_parse_file(struct cfg *c, const char *path)
{
    struct cfg_place p = { path, 0, 0 };
    FILE *f = fopen(path, "re");
    char *text;
    size_t len;
    int ret;

    if (!f) {
        c->n_errors++;
        fprintf(c->errors, "%s: %s\n", path, strerror(errno));
        return -errno;
    }
    text = malloc(MAX_FILE_SIZE + 1);
    if (!text) {
        fclose(f);
        return -ENOMEM;
    }
    len = fread(text, 1, MAX_FILE_SIZE + 1, f);
    if (ferror(f) || len > MAX_FILE_SIZE) {
        cfg_error(c, p,
                  ferror(f) ? "cannot be read" : "is larger than 1 MiB: no guest configuration");
        ret = -EINVAL;
    } else {
        ret = cfg_parse(c, path, text, len);
    }
    free(text);
    fclose(f);
    return ret;
}
