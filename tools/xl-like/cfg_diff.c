/* SPDX-License-Identifier: GPL-2.0-only */
#include "cfg_diff.h"
#include "cfg_print.h"

#include <string.h>

/* By what they mean: 0x10 is 16. */
static bool same(const struct cfg_value *a, const struct cfg_value *b)
{
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case CFG_NUMBER: return a->number == b->number;
    case CFG_STRING: return strcmp(a->text, b->text) == 0;
    case CFG_LIST: break;
    }
    for (size_t i = 0; a->n_items == b->n_items && i < a->n_items; i++)
        if (!same(a->items[i], b->items[i]))
            return false;
    return a->n_items == b->n_items;
}

size_t cfg_print_changes(const struct cfg *now, const struct cfg *next, FILE *out)
{
    const struct cfg_setting *other;
    size_t n = 0;

    for (const struct cfg_setting *s = next->first; s; s = s->next) {
        other = cfg_find(now, s->key);
        if (other && same(other->value, s->value))
            continue;
        n++;
        fprintf(out, "  %s = ", s->key);
        cfg_print_value(s->value, out);
        fputs(other ? " (now " : " (now not given", out);
        if (other)
            cfg_print_value(other->value, out);
        fputs(")\n", out);
    }
    for (const struct cfg_setting *s = now->first; s; s = s->next) {
        if (cfg_find(next, s->key))
            continue;
        n++;
        fprintf(out, "  %s not given (now ", s->key);
        cfg_print_value(s->value, out);
        fputs(")\n", out);
    }
    return n;
}
