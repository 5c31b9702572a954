/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Settings as JSON.
 */
#include "cfg_json.h"

#include <inttypes.h>
#include <string.h>

static void put_text(yajl_gen g, const char *s)
{
    yajl_gen_string(g, (const unsigned char *)s, strlen(s));
}

static void put_value(yajl_gen g, const struct cfg_value *v)
{
    char number[24];

    switch (v->kind) {
    case CFG_NUMBER: /* as text: JSON's numbers have no end, the library's do */
        snprintf(number, sizeof(number), "%" PRIu64, v->number);
        yajl_gen_number(g, number, strlen(number));
        break;
    case CFG_STRING: put_text(g, v->text); break;
    case CFG_LIST:
        yajl_gen_array_open(g);
        for (size_t i = 0; i < v->n_items; i++)
            put_value(g, v->items[i]);
        yajl_gen_array_close(g);
        break;
    }
}

void cfg_put_json(yajl_gen g, const struct cfg *c)
{
    yajl_gen_map_open(g);
    for (const struct cfg_setting *s = c->first; s; s = s->next) {
        put_text(g, s->key);
        put_value(g, s->value);
    }
    yajl_gen_map_close(g);
}
