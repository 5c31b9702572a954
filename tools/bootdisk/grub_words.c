/* SPDX-License-Identifier: GPL-2.0-only */
#include "grub_words.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

const char *grub_variable(const struct grub_variables *vars, const char *name)
{
    for (size_t i = 0; i < vars->count; i++)
        if (strcmp(vars->v[i].name, name) == 0)
            return vars->v[i].value;
    return "";
}

void grub_set(struct grub_variables *vars, const char *name, const char *value)
{
    size_t i = 0;

    if (strlen(name) >= sizeof(vars->v[0].name) || strlen(value) >= sizeof(vars->v[0].value))
        return;
    while (i < vars->count && strcmp(vars->v[i].name, name) != 0)
        i++;
    if (i == GRUB_VARIABLES_MAX)
        return;
    strcpy(vars->v[i].name, name);
    strcpy(vars->v[i].value, value);
    if (i == vars->count)
        vars->count++;
}

/* A text being read and the command that becomes of it. */
struct reader {
    const char *at, *end;
    const struct grub_variables *vars;
    struct grub_command *c;
    size_t used;
    bool in_word;
};

static void put(struct reader *r, char byte)
{
    struct grub_command *c = r->c;

    if (!r->in_word && c->count == GRUB_WORDS_MAX)
        return;
    if (r->used + 2 > sizeof(c->text)) /* the byte, and the word's end */
        return;
    if (!r->in_word) {
        c->words[c->count++] = c->text + r->used;
        r->in_word = true;
    }
    c->text[r->used++] = byte;
    c->text[r->used] = '\0';
}

/* Quotes make a word, also of nothing. */
static void begin_word(struct reader *r)
{
    size_t used = r->used;

    put(r, ' ');
    if (r->used > used)
        r->c->text[r->used = used] = '\0';
}

static void end_word(struct reader *r)
{
    if (r->in_word && r->used < sizeof(r->c->text) - 1)
        r->used++;
    r->in_word = false;
}

/* $name, ${name}, $1: behind the dollar. */
static void put_variable(struct reader *r)
{
    bool braces = r->at < r->end && *r->at == '{';
    char name[64];
    size_t n = 0;

    r->at += braces;
    while (r->at < r->end && (isalnum((unsigned char)*r->at) || strchr("_?", *r->at)) && *r->at) {
        if (n < sizeof(name) - 1)
            name[n++] = *r->at;
        r->at++;
    }
    if (braces && r->at < r->end && *r->at == '}')
        r->at++;
    name[n] = '\0';
    for (const char *v = grub_variable(r->vars, name); *v; v++)
        put(r, *v);
}

static void single_quoted(struct reader *r)
{
    begin_word(r);
    while (r->at < r->end && *r->at != '\'')
        put(r, *r->at++);
    r->at += r->at < r->end;
}

static void double_quoted(struct reader *r)
{
    begin_word(r);
    while (r->at < r->end && *r->at != '"') {
        char byte = *r->at++;

        if (byte == '\\' && r->at < r->end && strchr("\"\\$", *r->at))
            put(r, *r->at++);
        else if (byte == '$')
            put_variable(r);
        else
            put(r, byte);
    }
    r->at += r->at < r->end;
}

/* One byte or what begins with it; whether the command is at its end. */
static bool take(struct reader *r)
{
    char byte = *r->at++;

    switch (byte) {
    case '\n':
    case ';': return true;
    case ' ':
    case '\t':
    case '\r': end_word(r); return false;
    case '\'': single_quoted(r); return false;
    case '"': double_quoted(r); return false;
    case '$': put_variable(r); return false;
    case '\\':
        if (r->at < r->end && *r->at++ != '\n')
            put(r, r->at[-1]);
        return false;
    case '#':
        if (r->in_word) {
            put(r, byte);
            return false;
        }
        while (r->at < r->end && *r->at != '\n')
            r->at++;
        return false;
    case '{':
    case '}':
        put(r, byte);
        /* a word of its own ends the command */
        return r->used && r->c->words[r->c->count - 1] == r->c->text + r->used - 1 && r->in_word;
    default: put(r, byte); return false;
    }
}

int grub_next_command(const char **at, const char *end, const struct grub_variables *vars,
                      struct grub_command *c)
{
    struct reader r = { .at = *at, .end = end, .vars = vars, .c = c };

    c->count = 0;
    c->text[0] = '\0';
    while (r.at < end) {
        if (!take(&r))
            continue;
        end_word(&r);
        if (c->count)
            break;
    }
    *at = r.at;
    return c->count > 0;
}
