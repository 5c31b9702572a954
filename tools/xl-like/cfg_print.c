/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Settings as text.
 */
#include "cfg_print.h"

#include <string.h>

static void print_string(const char *text, FILE *out)
{
    static const char special[] = "\n\t\r\\\"", letters[] = "ntr\\\"";

    putc('"', out);
    for (; *text; text++) {
        const char *s = strchr(special, *text);

        if (s)
            putc('\\', out);
        putc(s ? letters[s - special] : *text, out);
    }
    putc('"', out);
}

void cfg_print_value(const struct cfg_value *v, FILE *out)
{
    switch (v->kind) {
    case CFG_NUMBER: fputs(v->text, out); break;
    case CFG_STRING: print_string(v->text, out); break;
    case CFG_LIST:
        fputs("[ ", out);
        for (size_t i = 0; i < v->n_items; i++) {
            cfg_print_value(v->items[i], out);
            fputs(i + 1 < v->n_items ? ", " : " ", out);
        }
        putc(']', out);
        break;
    }
}

void cfg_print(const struct cfg *c, FILE *out)
{
    for (const struct cfg_setting *s = c->first; s; s = s->next) {
        fprintf(out, "%s = ", s->key);
        cfg_print_value(s->value, out);
        putc('\n', out);
    }
}

void cfg_print_string(const char *key, const char *text, FILE *out)
{
    fprintf(out, "%s = ", key);
    print_string(text, out);
    putc('\n', out);
}
