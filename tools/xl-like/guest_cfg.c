/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The schema of guest.cfg and what is checked with it.
 */
#include "guest_cfg.h"
#include "cfg_print.h"
#include "cpu_set.h"
#include "guest_keys.h"
#include "name.h"
#include "nearest.h"
#include "xl_keys.h"

#include <ctrl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* --- one setting ----------------------------------------------------------------------------- */

static int set_number(struct cfg *cfg, const struct cfg_setting *s, const struct guest_key *k,
                      uint64_t *out)
{
    const struct cfg_value *v = s->value;
    uint64_t n = v->number;
    char *end = NULL;

    if (v->kind == CFG_STRING) { /* xl takes "2" for 2 */
        errno = 0;
        n = strtoull(v->text, &end, 0);
    }
    if (v->kind == CFG_LIST || (end && (*end || end == v->text || errno))) {
        cfg_error(cfg, v->place, "'%s' takes a number, not %s", k->name,
                  v->kind == CFG_LIST ? "a list" : v->text);
        return -EINVAL;
    }
    if (n < k->min || n > k->max) {
        cfg_error(cfg, v->place, "'%s' is %llu; it must be from %llu to %llu", k->name,
                  (unsigned long long)n, (unsigned long long)k->min, (unsigned long long)k->max);
        return -EINVAL;
    }
    *out = n;
    return 0;
}

static int set_string(struct cfg *cfg, const struct cfg_setting *s, const struct guest_key *k,
                      char **out)
{
    const struct cfg_value *v = s->value;

    if (v->kind != CFG_STRING) {
        cfg_error(cfg, v->place, "'%s' takes a string in quotes, not %s", k->name,
                  cfg_kind_name(v->kind));
        return -EINVAL;
    }
    if (strlen(v->text) < k->min || strlen(v->text) > k->max) {
        cfg_error(cfg, v->place, "'%s' has %zu characters; it must have %llu to %llu", k->name,
                  strlen(v->text), (unsigned long long)k->min, (unsigned long long)k->max);
        return -EINVAL;
    }
    free(*out);
    *out = strdup(v->text);
    return *out ? 0 : -ENOMEM;
}

static int set_word(struct cfg *cfg, const struct cfg_setting *s, const struct guest_key *k,
                    void *out)
{
    const struct cfg_value *v = s->value;
    struct nearest near;
    char known[128] = "";
    bool not_served = false;

    if (v->kind != CFG_STRING) {
        cfg_error(cfg, v->place, "'%s' takes a string in quotes, not %s", k->name,
                  cfg_kind_name(v->kind));
        return -EINVAL;
    }
    nearest_start(&near, v->text);
    for (const struct word *w = k->words; w->text; w++) {
        if (strcmp(w->text, v->text) == 0) {
            not_served = w->value == NOT_SERVED;
            if (!not_served) {
                *(unsigned *)out = w->value;
                return 0;
            }
        }
        if (w->value == NOT_SERVED)
            continue;
        nearest_offer(&near, w->text);
        snprintf(known + strlen(known), sizeof(known) - strlen(known), "%s%s", *known ? ", " : "",
                 w->text);
    }
    if (not_served)
        cfg_error(cfg, v->place, "'%s' cannot be \"%s\" yet (known: %s)", k->name, v->text, known);
    else if (nearest_result(&near))
        cfg_error(cfg, v->place, "'%s' cannot be \"%s\": did you mean \"%s\"? (known: %s)", k->name,
                  v->text, nearest_result(&near), known);
    else
        cfg_error(cfg, v->place, "'%s' cannot be \"%s\" (known: %s)", k->name, v->text, known);
    return -EINVAL;
}

static int set_fixed(struct cfg *cfg, const struct cfg_setting *s, const struct guest_key *k)
{
    const struct cfg_value *v = s->value;

    if (v->kind == CFG_NUMBER && v->number == k->number)
        return 0;
    cfg_error(cfg, v->place, "'%s' is %s", k->name, k->help);
    return -EINVAL;
}

static int set_texts(struct cfg *cfg, const struct cfg_setting *s, const struct guest_key *k,
                     struct cfg_texts *out)
{
    const struct cfg_value *v = s->value;
    size_t n = v->kind == CFG_LIST ? v->n_items : 1;

    cfg_texts_free(out);
    if (n > k->max) {
        cfg_error(cfg, v->place, "'%s' has %zu strings; it may have %llu", k->name, n,
                  (unsigned long long)k->max);
        return -EINVAL;
    }
    for (size_t i = 0; i < n; i++) {
        const struct cfg_value *item = v->kind == CFG_LIST ? v->items[i] : v;

        if (item->kind != CFG_STRING || !*item->text) {
            cfg_error(cfg, item->place, "'%s' takes a string in quotes, or a list of them",
                      k->name);
            return -EINVAL;
        }
        out->text[i] = strdup(item->text);
        if (!out->text[i])
            return -ENOMEM;
        out->count = i + 1;
    }
    return 0;
}

/* A string, or a list of numbers and strings: kept as one text with commas. */
static int set_cpus(struct cfg *cfg, const struct cfg_setting *s, const struct guest_key *k,
                    char **out)
{
    const struct cfg_value *v = s->value;
    uint8_t map[64];
    char *joined = v->kind == CFG_LIST ? strdup("") : strdup(v->text);

    for (size_t i = 0; joined && i < v->n_items; i++) {
        char *more = NULL;

        if (v->items[i]->kind == CFG_LIST) {
            cfg_error(cfg, v->items[i]->place, "'%s': a list within the list", k->name);
            free(joined);
            return -EINVAL;
        }
        if (asprintf(&more, "%s%s%s", joined, i ? "," : "", v->items[i]->text) < 0)
            more = NULL;
        free(joined);
        joined = more;
    }
    if (!joined)
        return -ENOMEM;
    if (parse_cpu_set(joined, map, sizeof(map)) < 0) {
        cfg_error(cfg, v->place, "'%s': \"%s\" is no set of CPUs (like \"0-3,^2\" or \"all\")",
                  k->name, joined);
        free(joined);
        return -EINVAL;
    }
    free(*out);
    *out = joined;
    return 0;
}

static int set_key(struct cfg *cfg, const struct cfg_setting *s, const struct guest_key *k,
                   struct guest_cfg *g)
{
    void *field = (char *)g + k->field;

    switch (k->type) {
    case KEY_NUMBER: return set_number(cfg, s, k, field);
    case KEY_STRING: return set_string(cfg, s, k, field);
    case KEY_WORD: return set_word(cfg, s, k, field);
    case KEY_FIXED: return set_fixed(cfg, s, k);
    case KEY_TEXTS: return set_texts(cfg, s, k, field);
    case KEY_CPUS: return set_cpus(cfg, s, k, field);
    case KEY_DISKS: return disk_cfg_list(cfg, s->value, field);
    case KEY_VIFS: return vif_cfg_list(cfg, s->value, field);
    case KEY_CHANNELS: return channel_cfg_list(cfg, s->value, field);
    }
    return -EINVAL;
}

/* --- unknown keys ---------------------------------------------------------------------------- */

static void complain_unknown(struct cfg *cfg, const struct cfg_setting *s)
{
    struct nearest near;

    nearest_start(&near, s->key);
    for (size_t i = 0; i < guest_keys_count; i++)
        nearest_offer(&near, guest_keys[i].name);
    for (const char *const *key = xl_keys_not_served; *key; key++)
        nearest_offer(&near, *key);
    if (nearest_result(&near))
        cfg_error(cfg, s->place, "unknown key '%s': did you mean '%s'?", s->key,
                  nearest_result(&near));
    else
        cfg_error(cfg, s->place, "unknown key '%s' (`xl-like help keys` lists them)", s->key);
}

static int take_setting(struct cfg *cfg, const struct cfg_setting *s, struct guest_cfg *g)
{
    const struct guest_key *k = guest_key_find(s->key);

    if (k)
        return set_key(cfg, s, k, g);
    if (!xl_key_is_not_served(s->key)) {
        complain_unknown(cfg, s);
        return -EINVAL;
    }
    if (s->value->kind == CFG_LIST && s->value->n_items == 0)
        return 0;
    cfg_error(cfg, s->place, "'%s' is valid in xl.cfg, but not served yet by xl-like", s->key);
    return -EINVAL;
}

/* --- the whole ------------------------------------------------------------------------------- */

static void set_defaults(struct guest_cfg *g)
{
    memset(g, 0, sizeof(*g));
    for (size_t i = 0; i < guest_keys_count; i++) {
        void *field = (char *)g + guest_keys[i].field;

        if (guest_keys[i].type == KEY_NUMBER)
            *(uint64_t *)field = guest_keys[i].number;
        else if (guest_keys[i].type == KEY_WORD)
            *(unsigned *)field = guest_keys[i].number;
    }
}

/* What type= does not say, builder= may. */
static void take_builder(const struct cfg *cfg, struct guest_cfg *g)
{
    if (!cfg_find(cfg, "type"))
        g->type = g->builder;
}

static int need(struct cfg *cfg, bool there, const char *key)
{
    struct cfg_place end = { cfg->first ? cfg->first->place.file : "configuration", 1, 1 };

    if (there)
        return 0;
    cfg_error(cfg, end, "'%s' is missing: it is required", key);
    return -EINVAL;
}

static struct cfg_place place_of(const struct cfg *cfg, const char *key)
{
    const struct cfg_setting *s = cfg_find(cfg, key);

    return s ? s->value->place : (struct cfg_place){ "configuration", 1, 1 };
}

static int check_name(struct cfg *cfg, const char *name)
{
    const char *why = name_error(name);

    if (why)
        cfg_error(cfg, place_of(cfg, "name"), "'name' cannot be \"%s\": %s", name, why);
    return why ? -EINVAL : 0;
}

static int check_uuid(struct cfg *cfg, const char *uuid)
{
    for (int i = 0; i < 36; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;

        if (dash ? uuid[i] != '-' : !strchr("0123456789abcdefABCDEF", uuid[i])) {
            cfg_error(cfg, place_of(cfg, "uuid"),
                      "'uuid' is none: 8-4-4-4-12 hexadecimal digits are expected");
            return -EINVAL;
        }
    }
    return 0;
}

/* What no single key can say. */
static int check_together(struct cfg *cfg, struct guest_cfg *g)
{
    int ret = 0;

    if (g->name && check_name(cfg, g->name) < 0)
        ret = -EINVAL;
    if (g->uuid && check_uuid(cfg, g->uuid) < 0)
        ret = -EINVAL;
    if (g->maxmem && g->maxmem < g->memory) {
        cfg_error(cfg, place_of(cfg, "maxmem"), "'maxmem' is smaller than 'memory'");
        ret = -EINVAL;
    }
    if (g->maxvcpus && g->maxvcpus < g->vcpus) {
        cfg_error(cfg, place_of(cfg, "maxvcpus"), "'maxvcpus' is smaller than 'vcpus'");
        ret = -EINVAL;
    }
    return ret;
}

static int make_cmdline(struct guest_cfg *g)
{
    if (g->cmdline || (!g->root && !g->extra))
        return 0;
    if (asprintf(&g->cmdline, "%s%s%s%s", g->root ? "root=" : "", g->root ? g->root : "",
                 g->root && g->extra ? " " : "", g->extra ? g->extra : "") < 0) {
        g->cmdline = NULL;
        return -ENOMEM;
    }
    return 0;
}

static int make_text(const struct cfg *cfg, struct guest_cfg *g)
{
    size_t size;
    FILE *out = open_memstream(&g->text, &size);

    if (!out)
        return -ENOMEM;
    cfg_print(cfg, out);
    return fclose(out) == 0 ? 0 : -ENOMEM;
}

int guest_cfg_from(struct cfg *cfg, struct guest_cfg *g)
{
    int ret = 0, r;

    set_defaults(g);
    for (const struct cfg_setting *s = cfg->first; s; s = s->next) {
        r = take_setting(cfg, s, g);
        if (r < 0)
            ret = r;
    }
    take_builder(cfg, g);
    if (need(cfg, g->name || cfg_find(cfg, "name"), "name") < 0 ||
        need(cfg, g->kernel || g->type == CTRL_HVM || cfg_find(cfg, "bootloader") ||
                      cfg_find(cfg, "kernel"),
             "kernel") < 0 ||
        need(cfg, g->memory || cfg_find(cfg, "memory"), "memory") < 0)
        ret = -EINVAL;
    r = check_together(cfg, g);
    if (r < 0)
        ret = r;
    r = hvm_cfg_check(cfg, g);
    if (r < 0)
        ret = r;
    if (ret == 0)
        ret = make_cmdline(g);
    return ret ? ret : make_text(cfg, g);
}

int guest_cfg_from_text(const char *place, const char *text, struct guest_cfg *g)
{
    struct cfg cfg;
    int ret;

    cfg_init(&cfg, stderr);
    ret = cfg_parse(&cfg, place, text, strlen(text));
    if (ret == 0)
        ret = guest_cfg_from(&cfg, g);
    cfg_free(&cfg);
    return ret;
}

struct ctrl_guest_config guest_cfg_build(const struct guest_cfg *g)
{
    bool by_firmware = g->type == CTRL_HVM; /* which has its kernel from the device model, if any */

    return (struct ctrl_guest_config){
        .type = g->type,
        .kernel = by_firmware ? NULL : g->kernel,
        .ramdisk = by_firmware ? NULL : g->ramdisk,
        .cmdline = by_firmware ? NULL : g->cmdline,
        .memory_kb = g->memory << 10,
        .maxmem_kb = (g->maxmem ? g->maxmem : g->memory) << 10,
        .vcpus = g->vcpus,
        .tsc_mode = g->tsc_mode,
        .hvm = { .firmware = g->hvm.firmware,
                 .videoram_kb = hvm_video_kb(&g->hvm),
                 .acpi = g->hvm.acpi,
                 .hpet = g->hvm.hpet,
                 .serial = g->hvm.serial.count > 0 },
    };
}

void guest_cfg_free(struct guest_cfg *g)
{
    for (size_t i = 0; i < guest_keys_count; i++) {
        void *field = (char *)g + guest_keys[i].field;

        if (guest_keys[i].type == KEY_STRING || guest_keys[i].type == KEY_CPUS) {
            free(*(char **)field);
            *(char **)field = NULL; /* two keys may have one field */
        } else if (guest_keys[i].type == KEY_TEXTS) {
            cfg_texts_free(field);
        }
    }
    disk_cfg_free(g->disks);
    vif_cfg_free(g->vifs);
    channel_cfg_free(g->channels);
    free(g->text);
    memset(g, 0, sizeof(*g));
}

const char *guest_action_name(enum guest_action a)
{
    return guest_actions[a].text;
}

void guest_cfg_print_keys(FILE *out)
{
    for (size_t i = 0; i < guest_keys_count; i++) {
        const struct guest_key *k = &guest_keys[i];

        fprintf(out, "  %-20s %-7s %s", k->name, guest_key_type_name(k), k->help);
        if (k->type == KEY_NUMBER && k->number)
            fprintf(out, " [%llu]", (unsigned long long)k->number);
        if (k->type == KEY_WORD) {
            fprintf(out, " [%s]; one of", k->words[k->number].text);
            for (const struct word *w = k->words; w->text; w++)
                if (w->value != NOT_SERVED)
                    fprintf(out, " %s", w->text);
        }
        fputc('\n', out);
    }
}
