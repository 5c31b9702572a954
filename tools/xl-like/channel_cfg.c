/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Further consoles in guest.cfg.
 */
#include "channel_cfg.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS   " \t"
#define NAME_MAX 64

static int set_name(struct cfg *cfg, struct cfg_place place, struct channel_cfg *c,
                    const char *value)
{
    if (!*value || strlen(value) > NAME_MAX || c->name) {
        cfg_error(cfg, place, "channel: 'name' is given twice, empty, or longer than %d", NAME_MAX);
        return -EINVAL;
    }
    c->name = strdup(value);
    return c->name ? 0 : -ENOMEM;
}

static int set_connection(struct cfg *cfg, struct cfg_place place, struct channel_cfg *c,
                          const char *value)
{
    (void)c;
    if (strcmp(value, "pty") == 0)
        return 0;
    cfg_error(cfg, place,
              strcmp(value, "socket") == 0
                  ? "channel: connection=socket is not served: consoled has a socket "
                    "for each console, beside its pty"
                  : "channel: '%s' is no connection (pty)",
              value);
    return -EINVAL;
}

static const struct {
    const char *name;
    int (*set)(struct cfg *cfg, struct cfg_place place, struct channel_cfg *c, const char *value);
} keys[] = { { "name", set_name }, { "connection", set_connection } };

/* The text without the blanks around it. */
static char *trim(char *text)
{
    size_t len;

    text += strspn(text, BLANKS);
    for (len = strlen(text); len > 0 && strchr(BLANKS, text[len - 1]); len--)
        text[len - 1] = '\0';
    return text;
}

static int take_item(struct cfg *cfg, struct cfg_place place, struct channel_cfg *c, char *item)
{
    char *key = trim(item), *equals = strchr(key, '=');

    if (equals)
        *equals = '\0';
    key = trim(key);
    for (size_t i = 0; equals && i < sizeof(keys) / sizeof(keys[0]); i++)
        if (strcmp(keys[i].name, key) == 0)
            return keys[i].set(cfg, place, c, trim(equals + 1));
    cfg_error(cfg, place, "channel: '%s' is not name=NAME or connection=pty", key);
    return -EINVAL;
}

static int take_items(struct cfg *cfg, struct channel_cfg *c, char *text)
{
    int ret = 0;

    for (char *from = text, *next; from; from = next) {
        struct cfg_place place = c->place;
        char *comma = strchr(from, ',');
        int r;

        next = comma ? comma + 1 : NULL;
        if (comma)
            *comma = '\0';
        place.column += 1 + (from - text) + strspn(from, BLANKS); /* behind the quote */
        r = take_item(cfg, place, c, from);
        if (r)
            ret = r;
    }
    return ret;
}

static int take_string(struct cfg *cfg, const struct cfg_value *v, struct channel_cfg *c)
{
    char *text;
    int ret;

    c->place = v->place;
    if (v->kind != CFG_STRING) {
        cfg_error(cfg, v->place, "'channel' takes a list of strings, not %s in it",
                  cfg_kind_name(v->kind));
        return -EINVAL;
    }
    text = strdup(v->text);
    ret = text ? take_items(cfg, c, text) : -ENOMEM;
    free(text);
    return ret;
}

int channel_cfg_list(struct cfg *cfg, const struct cfg_value *list, struct channel_cfg **channels)
{
    struct channel_cfg **last = channels;
    int ret = 0;

    channel_cfg_free(*channels);
    *channels = NULL;
    if (list->kind != CFG_LIST || list->n_items > CHANNELS_MAX) {
        cfg_error(cfg, list->place, "'channel' takes a list of up to %d strings", CHANNELS_MAX);
        return -EINVAL;
    }
    for (size_t i = 0; i < list->n_items && ret != -ENOMEM; i++) {
        int r;

        *last = calloc(1, sizeof(**last));
        if (!*last)
            return -ENOMEM;
        (*last)->devid = i + 1;
        r = take_string(cfg, list->items[i], *last);
        if (r)
            ret = r;
        last = &(*last)->next;
    }
    return ret;
}

void channel_cfg_free(struct channel_cfg *channels)
{
    while (channels) {
        struct channel_cfg *c = channels;

        channels = c->next;
        free(c->name);
        free(c);
    }
}
