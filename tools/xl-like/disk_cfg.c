/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Disks in guest.cfg.
 */
#include "disk_cfg.h"
#include "nearest.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* One disk while it is read; positions are counted in the string. */
struct parser {
    struct cfg *cfg;
    struct cfg_place start; /* of the string's first character */
    struct disk_cfg *disk;
    char *format, *access;
    unsigned int places; /* how many were filled by position */
    int ret;
};

static struct cfg_place at(const struct parser *p, size_t offset)
{
    struct cfg_place place = p->start;

    place.column += offset;
    return place;
}

#define COMPLAIN(p, offset, ...) \
    (cfg_error((p)->cfg, at(p, offset), __VA_ARGS__), (p)->ret = -EINVAL)

/* --- virtual devices -------------------------------------------------------------------------- */

/* Letters a to z, aa to zz and so on count disks: 26 letters, no zero. */
static const char *parse_letters(const char *s, uint32_t *disk)
{
    uint32_t n = 0;

    for (; *s >= 'a' && *s <= 'z'; s++)
        n = n < 1000000 ? n * 26 + (*s - 'a') + 1 : n;
    *disk = n - 1;
    return s;
}

static bool parse_partition(const char *s, uint32_t *part)
{
    char *end;
    unsigned long n;

    *part = 0;
    if (!*s)
        return true;
    if (*s < '1' || *s > '9')
        return false;
    n = strtoul(s, &end, 10);
    *part = n;
    return *end == '\0' && n < 256;
}

/* Numbers as Linux has them: 202 is xvd; disks behind the sixteenth have numbers of their own. */
static bool xvd_number(uint32_t disk, uint32_t part, uint32_t *devid)
{
    if (disk < 16 && part < 16)
        *devid = 202 << 8 | disk << 4 | part;
    else
        *devid = 1u << 28 | disk << 8 | part;
    return disk < 1u << 20;
}

static bool sd_number(uint32_t disk, uint32_t part, uint32_t *devid)
{
    *devid = 8 << 8 | disk << 4 | part;
    return disk < 16 && part < 16;
}

static bool hd_number(uint32_t disk, uint32_t part, uint32_t *devid)
{
    *devid = (disk < 2 ? 3 : 22) << 8 | (disk & 1) << 6 | part;
    return disk < 4 && part < 64;
}

static const struct family {
    const char *prefix;
    bool (*number)(uint32_t disk, uint32_t part, uint32_t *devid);
} families[] = {
    { "xvd", xvd_number },
    { "sd", sd_number },
    { "hd", hd_number },
};

bool disk_devid(const char *vdev, uint32_t *devid)
{
    unsigned int disk, n = 0;
    uint32_t part;

    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
        const char *letters = vdev + strlen(families[i].prefix), *end;

        if (strncmp(vdev, families[i].prefix, letters - vdev) != 0)
            continue;
        end = parse_letters(letters, &disk);
        return end > letters && parse_partition(end, &part) &&
               families[i].number(disk, part, devid);
    }
    if (sscanf(vdev, "d%7u%n", &disk, &n) != 1)
        return false;
    if (vdev[n] == 'p')
        n++;
    else if (vdev[n])
        return false;
    return parse_partition(vdev + n, &part) && xvd_number(disk, part, devid);
}

int disk_cfg_drive(const struct disk_cfg *d)
{
    uint32_t major = d->devid >> 8;

    if (d->pv_only)
        return -1;
    if (major == 202)
        return d->devid & 15 || (d->devid >> 4 & 15) > 3 ? -1 : (int)(d->devid >> 4 & 15);
    if ((major == 3 || major == 22) && (d->devid & 63) == 0)
        return (major == 22) * 2 + (d->devid >> 6 & 1);
    return -1;
}

/* --- values ----------------------------------------------------------------------------------- */

static char *copy(struct parser *p, const char *s, size_t len)
{
    char *text = strndup(s, len);

    if (!text)
        p->ret = -ENOMEM;
    return text;
}

static void set_once(struct parser *p, char **to, const char *what, const char *value, size_t len,
                     size_t offset)
{
    if (*to) {
        COMPLAIN(p, offset, "disk: %s is given twice", what);
        return;
    }
    *to = copy(p, value, len);
}

bool disk_target_is_nbd(const char *target)
{
    return strncmp(target, "nbd://", 6) == 0 || strncmp(target, "nbd+unix://", 11) == 0;
}

static void set_target(struct parser *p, const char *value, size_t len, size_t offset)
{
    set_once(p, &p->disk->target, "the target", value, len, offset);
    if (len > 0 && value[0] != '/' && !disk_target_is_nbd(value))
        COMPLAIN(p, offset,
                 "disk: the target \"%.*s\" is neither an absolute path nor nbd://HOST/EXPORT",
                 (int)len, value);
}

static void set_vdev(struct parser *p, const char *value, size_t len, size_t offset)
{
    set_once(p, &p->disk->vdev, "vdev", value, len, offset);
    if (p->disk->vdev && !disk_devid(p->disk->vdev, &p->disk->devid))
        COMPLAIN(p, offset, "disk: \"%.*s\" is no virtual device (like xvda, sdb1, hdc, d3p1)",
                 (int)len, value);
}

static void set_format(struct parser *p, const char *value, size_t len, size_t offset)
{
    set_once(p, &p->format, "the format", value, len, offset);
    if (p->format && *p->format && strcmp(p->format, "raw") != 0)
        COMPLAIN(p, offset, "disk: format \"%s\" is not served: only \"raw\" is", p->format);
}

static void set_access(struct parser *p, const char *value, size_t len, size_t offset)
{
    static const struct {
        const char *word;
        bool read_only;
    } words[] = { { "r", true }, { "ro", true }, { "w", false }, { "rw", false } };

    set_once(p, &p->access, "access", value, len, offset);
    for (size_t i = 0; p->access && i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(p->access, words[i].word) == 0) {
            p->disk->read_only = words[i].read_only;
            return;
        }
    }
    COMPLAIN(p, offset, "disk: access \"%.*s\" is unknown (r, ro, w, rw)", (int)len, value);
}

static void set_devtype(struct parser *p, const char *value, size_t len, size_t offset)
{
    p->disk->cdrom = len == 5 && strncmp(value, "cdrom", 5) == 0;
    if (!p->disk->cdrom && !(len == 4 && strncmp(value, "disk", 4) == 0))
        COMPLAIN(p, offset, "disk: devtype \"%.*s\" is unknown (disk, cdrom)", (int)len, value);
}

static void set_backendtype(struct parser *p, const char *value, size_t len, size_t offset)
{
    /* drivers of Xen's; blockd does what each of them is for */
    static const char *const served[] = { "phy", "tap", "qdisk" };

    for (size_t i = 0; i < sizeof(served) / sizeof(served[0]); i++)
        if (len == strlen(served[i]) && strncmp(value, served[i], len) == 0)
            return;
    COMPLAIN(p, offset, "disk: backendtype \"%.*s\" is unknown (phy, tap, qdisk)", (int)len, value);
}

static void set_grants(struct parser *p, const char *value, size_t len, size_t offset)
{
    static const char *const known[] = { "kept", "copied" };

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (len == strlen(known[i]) && strncmp(value, known[i], len) == 0)
            p->disk->grants = known[i];
    if (!p->disk->grants)
        COMPLAIN(p, offset, "disk: grants \"%.*s\" is unknown (kept, copied)", (int)len, value);
}

static void set_emulated(struct parser *p, const char *value, size_t len, size_t offset)
{
    p->disk->pv_only = len == 1 && *value == '0';
    if (!p->disk->pv_only && !(len == 1 && *value == '1'))
        COMPLAIN(p, offset, "disk: emulated \"%.*s\" is unknown (0, 1)", (int)len, value);
}

typedef void set_fn(struct parser *p, const char *value, size_t len, size_t offset);

static const struct disk_key {
    const char *name;
    set_fn *set;
} keys[] = {
    { "target", set_target }, { "format", set_format },   { "vdev", set_vdev },
    { "access", set_access }, { "devtype", set_devtype }, { "backendtype", set_backendtype },
    { "grants", set_grants }, { "emulated", set_emulated },
};

#define N_KEYS (sizeof(keys) / sizeof(keys[0]))

/* What a value without a key is, by its place. */
static set_fn *const places[] = { set_target, set_format, set_vdev, set_access };

#define N_PLACES (sizeof(places) / sizeof(places[0]))

/* --- the string ------------------------------------------------------------------------------- */

static void complain_unknown(struct parser *p, const char *key, size_t len, size_t offset)
{
    char name[32];
    struct nearest near;

    snprintf(name, sizeof(name), "%.*s", (int)len, key);
    nearest_start(&near, name);
    for (size_t i = 0; i < N_KEYS; i++)
        nearest_offer(&near, keys[i].name);
    if (nearest_result(&near))
        COMPLAIN(p, offset, "disk: unknown key '%s': did you mean '%s'?", name,
                 nearest_result(&near));
    else
        COMPLAIN(p, offset, "disk: '%s' is unknown, or not served", name);
}

static void take_keyed(struct parser *p, const char *item, const char *equals, size_t len,
                       size_t offset)
{
    const char *value = equals + 1;

    for (size_t i = 0; i < N_KEYS; i++) {
        size_t n = strlen(keys[i].name);

        if ((size_t)(equals - item) == n && strncmp(item, keys[i].name, n) == 0) {
            keys[i].set(p, value, item + len - value, offset + (value - item));
            return;
        }
    }
    complain_unknown(p, item, equals - item, offset);
}

static void take_placed(struct parser *p, const char *item, size_t len, size_t offset)
{
    if (p->places == N_PLACES)
        COMPLAIN(p, offset, "disk: \"%.*s\" is one value too many", (int)len, item);
    else if (places[p->places++] != set_format || len > 0) /* an empty format is "raw" */
        places[p->places - 1](p, item, len, offset);
}

static void take_item(struct parser *p, const char *item, size_t len, size_t offset)
{
    const char *equals = memchr(item, '=', len);

    if (equals)
        take_keyed(p, item, equals, len, offset);
    else if (len == 5 && strncmp(item, "cdrom", 5) == 0)
        p->disk->cdrom = true;
    else
        take_placed(p, item, len, offset);
}

/* An item goes up to the next comma; that of `target=` to the end. */
static void take_items(struct parser *p, const char *text)
{
    size_t from = 0, end, len;

    do {
        while (isspace((unsigned char)text[from]))
            from++;
        end = from + (strncmp(text + from, "target=", 7) == 0 ? strlen(text + from)
                                                              : strcspn(text + from, ","));
        len = end - from;
        while (len > 0 && isspace((unsigned char)text[from + len - 1]))
            len--;
        take_item(p, text + from, len, from);
        from = end + 1;
    } while (text[end] && p->ret != -ENOMEM);
}

/* xl's former spelling: phy:/dev/x,xvda,w has no format. */
static const char *skip_prefix(struct parser *p, const char *text)
{
    static const char *const prefixes[] = { "phy:", "file:", "raw:" };

    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        size_t n = strlen(prefixes[i]);

        if (strncmp(text, prefixes[i], n) != 0)
            continue;
        p->start.column += n;
        p->format = copy(p, "raw", 3);
        return text + n;
    }
    return text;
}

static void take_first(struct parser *p, const char *text)
{
    const char *rest = skip_prefix(p, text);
    size_t comma = strcspn(rest, ",");

    if (rest == text) {
        take_items(p, text);
        return;
    }
    set_target(p, rest, comma, 0); /* its place is filled, and the format's */
    p->places = 2;
    p->start.column += comma + 1;
    if (rest[comma])
        take_items(p, rest + comma + 1);
}

static int begin(struct parser *p, struct cfg *cfg, struct cfg_place place)
{
    *p = (struct parser){ .cfg = cfg, .start = place, .disk = calloc(1, sizeof(*p->disk)) };
    if (!p->disk)
        return -ENOMEM;
    p->disk->place = place;
    p->disk->drive = -1;
    return 0;
}

static int finish(struct parser *p, bool need_target, struct disk_cfg **out)
{
    if (!p->ret && !p->disk->target)
        p->disk->target = copy(p, "", 0);
    if (!p->ret && !*p->disk->target && (need_target || !p->disk->cdrom))
        COMPLAIN(p, 0, "disk: the target is missing");
    if (!p->ret && !p->disk->vdev)
        COMPLAIN(p, 0, "disk: vdev is missing");
    if (p->disk->cdrom)
        p->disk->read_only = true;
    free(p->format);
    free(p->access);
    if (p->ret)
        disk_cfg_free(p->disk);
    else
        *out = p->disk;
    return p->ret;
}

int disk_cfg_parse(struct cfg *cfg, const struct cfg_value *v, struct disk_cfg **out)
{
    struct parser p;

    if (v->kind != CFG_STRING) {
        cfg_error(cfg, v->place, "'disk' takes a list of strings, not %s in it",
                  cfg_kind_name(v->kind));
        return -EINVAL;
    }
    if (begin(&p, cfg, v->place))
        return -ENOMEM;
    p.start.column++; /* behind the quote */
    take_first(&p, v->text);
    return finish(&p, false, out);
}

int disk_cfg_words(struct cfg *cfg, char *const *words, int n, struct disk_cfg **out)
{
    struct parser p;

    if (begin(&p, cfg, (struct cfg_place){ "command line", 1, 1 }))
        return -ENOMEM;
    for (int i = 0; i < n; i++) {
        p.start = (struct cfg_place){ "command line", i + 1, 1 };
        (i == 0 ? take_first : take_items)(&p, words[i]);
    }
    return finish(&p, true, out);
}

struct disk_cfg **disk_cfg_find(struct disk_cfg **list, uint32_t devid)
{
    while (*list && (*list)->devid != devid)
        list = &(*list)->next;
    return list;
}

int disk_cfg_list(struct cfg *cfg, const struct cfg_value *list, struct disk_cfg **disks)
{
    int ret = 0;

    disk_cfg_free(*disks);
    *disks = NULL;
    if (list->kind != CFG_LIST) {
        cfg_error(cfg, list->place, "'disk' takes a list of strings, not %s",
                  cfg_kind_name(list->kind));
        return -EINVAL;
    }
    for (size_t i = 0; i < list->n_items; i++) {
        struct disk_cfg *d, **same;
        int r = disk_cfg_parse(cfg, list->items[i], &d);

        if (r) {
            ret = r;
            continue;
        }
        same = disk_cfg_find(disks, d->devid);
        if (*same) {
            cfg_error(cfg, d->place, "disk: '%s' is the same device as '%s' of line %d", d->vdev,
                      (*same)->vdev, (*same)->place.line);
            disk_cfg_free(d);
            ret = -EINVAL;
        } else {
            *same = d;
        }
    }
    return ret;
}

/* The target comes last: it takes all the rest. */
void disk_cfg_print(const struct disk_cfg *d, FILE *out)
{
    fprintf(out, "vdev=%s,access=%s,", d->vdev, d->read_only ? "r" : "rw");
    if (d->cdrom)
        fputs("devtype=cdrom,", out);
    if (d->grants)
        fprintf(out, "grants=%s,", d->grants);
    if (d->pv_only)
        fputs("emulated=0,", out);
    fprintf(out, "target=%s", d->target);
}

void disk_cfg_remove(struct disk_cfg **list, uint32_t devid)
{
    struct disk_cfg **at = disk_cfg_find(list, devid), *d = *at;

    if (!d)
        return;
    *at = d->next;
    d->next = NULL;
    disk_cfg_free(d);
}

void disk_cfg_free(struct disk_cfg *disks)
{
    while (disks) {
        struct disk_cfg *d = disks;

        disks = d->next;
        free(d->target);
        free(d->vdev);
        free(d);
    }
}
