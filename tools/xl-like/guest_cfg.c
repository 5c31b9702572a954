/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The schema of guest.cfg and what is checked with it.
 */
#include "guest_cfg.h"
#include "cfg_print.h"
#include "cpu_set.h"
#include "name.h"
#include "nearest.h"
#include "xl_keys.h"

#include <ctrl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum key_type { KEY_NUMBER, KEY_STRING, KEY_WORD, KEY_CPUS, KEY_DISKS, KEY_VIFS, KEY_CHANNELS };

struct word {
    const char *text;
    unsigned value;
};

#define NOT_SERVED ~0U /* xl.cfg(5) has the word */

static const struct word types[] = {
    { "pv", CTRL_PV },
    { "pvh", CTRL_PVH },
    { "hvm", NOT_SERVED },
    { NULL, 0 },
};

static const struct word actions[] = {
    { "destroy", ACTION_DESTROY },
    { "restart", ACTION_RESTART },
    { "preserve", ACTION_PRESERVE },
    { "rename-restart", ACTION_RENAME_RESTART },
    { NULL, 0 },
};

static const struct word tsc_modes[] = {
    { "default", CTRL_TSC_DEFAULT },
    { "always_emulate", CTRL_TSC_EMULATE },
    { "native", CTRL_TSC_NATIVE },
    { NULL, 0 },
};

#define FIELD(f) offsetof(struct guest_cfg, f)

static const struct key {
    const char *name;
    enum key_type type;
    size_t field;
    uint64_t min, max; /* of numbers; of strings: length */
    uint64_t number;   /* default of numbers and words */
    const struct word *words;
    const char *help;
} keys[] = {
    { "name", KEY_STRING, FIELD(name), 1, 63, 0, NULL, "name of the domain (required)" },
    { "uuid", KEY_STRING, FIELD(uuid), 36, 36, 0, NULL, "its UUID; made at random if not given" },
    { "type", KEY_WORD, FIELD(type), 0, 0, CTRL_PV, types,
      "kind of guest; \"pvh\" needs a processor with VT-x" },
    { "kernel", KEY_STRING, FIELD(kernel), 1, 4095, 0, NULL,
      "kernel file: bzImage or ELF (required)" },
    { "ramdisk", KEY_STRING, FIELD(ramdisk), 1, 4095, 0, NULL, "initial RAM disk" },
    { "cmdline", KEY_STRING, FIELD(cmdline), 0, 1023, 0, NULL,
      "kernel command line; overrides root and extra" },
    { "root", KEY_STRING, FIELD(root), 0, 255, 0, NULL, "root= of the command line" },
    { "extra", KEY_STRING, FIELD(extra), 0, 1023, 0, NULL, "more of the command line" },
    { "memory", KEY_NUMBER, FIELD(memory), 1, 1 << 24, 0, NULL, "memory in MiB (required)" },
    { "maxmem", KEY_NUMBER, FIELD(maxmem), 0, 1 << 24, 0, NULL, "largest memory in MiB" },
    { "vcpus", KEY_NUMBER, FIELD(vcpus), 1, 128, 1, NULL, "number of vcpus" },
    { "maxvcpus", KEY_NUMBER, FIELD(maxvcpus), 0, 128, 0, NULL, "largest number of vcpus" },
    { "cpus", KEY_CPUS, FIELD(cpus), 0, 0, 0, NULL,
      "CPUs that the vcpus may use: \"0-3,^2\" or a list" },
    { "cpu_weight", KEY_NUMBER, FIELD(cpu_weight), 1, 65535, 256, NULL, "share of the CPUs" },
    { "cap", KEY_NUMBER, FIELD(cap), 0, 12800, 0, NULL,
      "largest use, percent of one CPU; 0: none" },
    { "max_grant_frames", KEY_NUMBER, FIELD(max_grant_frames), 0, 1024, 0, NULL,
      "pages of grant table" },
    { "max_maptrack_frames", KEY_NUMBER, FIELD(max_maptrack_frames), 0, 4096, 0, NULL,
      "pages of mapped-grant records" },
    { "max_event_channels", KEY_NUMBER, FIELD(max_event_channels), 0, 131071, 0, NULL,
      "highest event channel" },
    { "on_poweroff", KEY_WORD, FIELD(on_poweroff), 0, 0, ACTION_DESTROY, actions,
      "after the guest powers off" },
    { "on_reboot", KEY_WORD, FIELD(on_reboot), 0, 0, ACTION_RESTART, actions,
      "after the guest reboots" },
    { "on_crash", KEY_WORD, FIELD(on_crash), 0, 0, ACTION_DESTROY, actions,
      "after the guest crashes" },
    { "on_watchdog", KEY_WORD, FIELD(on_watchdog), 0, 0, ACTION_DESTROY, actions,
      "after its watchdog fires" },
    { "tsc_mode", KEY_WORD, FIELD(tsc_mode), 0, 0, CTRL_TSC_DEFAULT, tsc_modes,
      "how the guest reads the time stamp counter" },
    { "disk", KEY_DISKS, FIELD(disks), 0, 0, 0, NULL,
      "disks: [ \"format=raw, vdev=xvda, access=rw, target=/path\", ... ]" },
    { "vif", KEY_VIFS, FIELD(vifs), 0, 0, 0, NULL,
      "network devices: [ \"mac=00:16:3e:01:02:03, bridge=xenbr0, rate=10Mb/s\", ... ]" },
    { "channel", KEY_CHANNELS, FIELD(channels), 0, 0, 0, NULL,
      "further consoles: [ \"connection=pty, name=org.example.agent\", ... ]" },
};

#define N_KEYS (sizeof(keys) / sizeof(keys[0]))

/* --- one setting ----------------------------------------------------------------------------- */

static int set_number(struct cfg *cfg, const struct cfg_setting *s, const struct key *k,
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

static int set_string(struct cfg *cfg, const struct cfg_setting *s, const struct key *k, char **out)
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

static int set_word(struct cfg *cfg, const struct cfg_setting *s, const struct key *k, void *out)
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

/* A string, or a list of numbers and strings: kept as one text with commas. */
static int set_cpus(struct cfg *cfg, const struct cfg_setting *s, const struct key *k, char **out)
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

static int set_key(struct cfg *cfg, const struct cfg_setting *s, const struct key *k,
                   struct guest_cfg *g)
{
    void *field = (char *)g + k->field;

    switch (k->type) {
    case KEY_NUMBER: return set_number(cfg, s, k, field);
    case KEY_STRING: return set_string(cfg, s, k, field);
    case KEY_WORD: return set_word(cfg, s, k, field);
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
    for (size_t i = 0; i < N_KEYS; i++)
        nearest_offer(&near, keys[i].name);
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
    for (size_t i = 0; i < N_KEYS; i++)
        if (strcmp(keys[i].name, s->key) == 0)
            return set_key(cfg, s, &keys[i], g);
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
    for (size_t i = 0; i < N_KEYS; i++) {
        void *field = (char *)g + keys[i].field;

        if (keys[i].type == KEY_NUMBER)
            *(uint64_t *)field = keys[i].number;
        else if (keys[i].type == KEY_WORD)
            *(unsigned *)field = keys[i].number;
    }
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
    if (need(cfg, g->name || cfg_find(cfg, "name"), "name") < 0 ||
        need(cfg, g->kernel || cfg_find(cfg, "kernel"), "kernel") < 0 ||
        need(cfg, g->memory || cfg_find(cfg, "memory"), "memory") < 0)
        ret = -EINVAL;
    r = check_together(cfg, g);
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

void guest_cfg_free(struct guest_cfg *g)
{
    for (size_t i = 0; i < N_KEYS; i++)
        if (keys[i].type == KEY_STRING || keys[i].type == KEY_CPUS)
            free(*(char **)((char *)g + keys[i].field));
    disk_cfg_free(g->disks);
    vif_cfg_free(g->vifs);
    channel_cfg_free(g->channels);
    free(g->text);
    memset(g, 0, sizeof(*g));
}

const char *guest_action_name(enum guest_action a)
{
    return actions[a].text;
}

static const char *type_name(const struct key *k)
{
    return k->type == KEY_NUMBER ? "number"
           : k->type == KEY_CPUS ? "CPUs"
           : k->type == KEY_DISKS ? "list"
           : k->type == KEY_VIFS ? "list"
           : k->type == KEY_CHANNELS ? "list"
           : k->type == KEY_WORD ? "word"
                                 : "string";
}

void guest_cfg_print_keys(FILE *out)
{
    for (size_t i = 0; i < N_KEYS; i++) {
        const struct key *k = &keys[i];

        fprintf(out, "  %-20s %-7s %s", k->name, type_name(k), k->help);
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
