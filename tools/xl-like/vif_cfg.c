/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Network devices in guest.cfg.
 */
#include "vif_cfg.h"
#include "nearest.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_RATE_US 50000
#define MAX_RATE_US     60000000
#define MIN_MTU         68 /* of IPv4 */
#define MAX_MTU         65521 /* of a TAP device */
#define MAX_DEVID       65535
#define IP_MAX          8

/* One key of a string: where it is, and its value. */
struct item {
    struct cfg *cfg;
    struct cfg_place place; /* of the value */
    const char *value;      /* without the blanks around it */
    struct vif_cfg *vif;
};

static int complain(const struct item *i, const char *what)
{
    cfg_error(i->cfg, i->place, "vif: \"%s\" %s", i->value, what);
    return -EINVAL;
}

/* --- values ----------------------------------------------------------------------------------- */

bool vif_cfg_parse_mac(const char *text, uint8_t mac[MAC_BYTES])
{
    for (int i = 0; i < MAC_BYTES; i++) {
        char digits[3] = { 0 };

        if (!isxdigit((unsigned char)text[0]) || !isxdigit((unsigned char)text[1]) ||
            text[2] != (i == MAC_BYTES - 1 ? '\0' : ':'))
            return false;
        memcpy(digits, text, 2);
        mac[i] = strtoul(digits, NULL, 16);
        text += 3;
    }
    return true;
}

static int set_mac(const struct item *i)
{
    static const uint8_t none[MAC_BYTES];

    if (!vif_cfg_parse_mac(i->value, i->vif->mac))
        return complain(i, "is no address (like 00:16:3e:01:02:03)");
    if ((i->vif->mac[0] & 1) || memcmp(i->vif->mac, none, MAC_BYTES) == 0)
        return complain(i, "is no address of a single device");
    i->vif->has_mac = true;
    return 0;
}

bool vif_cfg_is_interface(const char *name)
{
    size_t len = strlen(name);

    return len > 0 && len <= IF_NAME_MAX && !strpbrk(name, "/:% \t") && strcmp(name, ".") != 0 &&
           strcmp(name, "..") != 0;
}

static int set_interface(const struct item *i, char **to)
{
    if (!vif_cfg_is_interface(i->value))
        return complain(i, "is no name of a network device (1 to 15 characters, no /, : or %)");
    *to = strdup(i->value);
    return *to ? 0 : -ENOMEM;
}

static int set_bridge(const struct item *i) { return set_interface(i, &i->vif->bridge); }

static int set_vifname(const struct item *i) { return set_interface(i, &i->vif->name); }

static int set_type(const struct item *i)
{
    if (strcmp(i->value, "vif") == 0)
        i->vif->type = VIF_PV;
    else if (strcmp(i->value, "ioemu") == 0)
        i->vif->type = VIF_EMULATED;
    else
        return complain(i, "is unknown (vif, ioemu)");
    i->vif->has_type = true;
    return 0;
}

static int set_model(const struct item *i)
{
    static const char *const models[] = { VIF_MODEL, "e1000", "e1000e", "virtio-net" };

    for (size_t m = 0; m < sizeof(models) / sizeof(models[0]); m++)
        if (strcmp(i->value, models[m]) == 0) {
            i->vif->model = strdup(i->value);
            return i->vif->model ? 0 : -ENOMEM;
        }
    return complain(i, "is no device that is emulated (rtl8139, e1000, e1000e, virtio-net)");
}

/* 10Mb/s are bits, 10MB/s bytes; prefixes are powers of 1000. */
static bool parse_speed(const char *text, uint64_t *bytes, const char **end)
{
    static const char prefixes[] = "KMG";
    const char *prefix;

    *bytes = 0;
    *end = text;
    for (; isdigit((unsigned char)**end) && *bytes < 1000000000; (*end)++)
        *bytes = *bytes * 10 + (**end - '0');
    if (*end == text)
        return false;
    prefix = **end ? strchr(prefixes, **end) : NULL;
    for (const char *p = prefixes; prefix && p <= prefix; p++)
        *bytes *= 1000;
    *end += prefix != NULL;
    if (strncmp(*end, "b/s", 3) == 0)
        *bytes /= 8;
    else if (strncmp(*end, "B/s", 3) != 0)
        return false;
    *end += 3;
    return true;
}

static bool parse_interval(const char *text, uint64_t *us)
{
    static const struct {
        const char *unit;
        uint64_t us;
    } units[] = { { "s", 1000000 }, { "ms", 1000 }, { "us", 1 } };
    char *end;

    if (!isdigit((unsigned char)*text))
        return false;
    *us = strtoul(text, &end, 10);
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (strcmp(end, units[i].unit) != 0)
            continue;
        if (*us == 0 || *us > MAX_RATE_US / units[i].us)
            return false;
        *us *= units[i].us;
        return true;
    }
    return false;
}

static int set_rate(const struct item *i)
{
    uint64_t bytes, us = DEFAULT_RATE_US;
    const char *end;

    if (!parse_speed(i->value, &bytes, &end) ||
        (*end && (*end != '@' || !parse_interval(end + 1, &us))))
        return complain(i, "is no rate (like 10Mb/s, 500KB/s@20ms)");
    i->vif->rate_us = us;
    i->vif->rate_bytes = bytes / 1000 * us / 1000 + bytes % 1000 * us / 1000000;
    return i->vif->rate_bytes ? 0 : complain(i, "is too little: less than a byte in its interval");
}

/* Each of several is looked at here, so that a wrong one is told with its place. */
static int set_ip(const struct item *i)
{
    char address[INET6_ADDRSTRLEN];
    uint8_t bytes[16];
    int n = 0;

    for (const char *from = i->value; *from; from += strspn(from, " ")) {
        size_t len = strcspn(from, " ");

        snprintf(address, sizeof(address), "%.*s", (int)len, from);
        if (n++ == IP_MAX || len >= sizeof(address) ||
            inet_pton(strchr(address, ':') ? AF_INET6 : AF_INET, address, bytes) != 1)
            n = IP_MAX + 1;
        from += len;
    }
    if (n == 0 || n > IP_MAX)
        return complain(i, "is not 1 to 8 IP addresses with blanks between them");
    i->vif->ip = strdup(i->value);
    return i->vif->ip ? 0 : -ENOMEM;
}

static int set_number(const struct item *i, uint32_t least, uint32_t most, uint32_t *to)
{
    char *end;
    unsigned long n = strtoul(i->value, &end, 10);
    char what[64];

    *to = n;
    if (isdigit((unsigned char)*i->value) && !*end && n >= least && n <= most)
        return 0;
    snprintf(what, sizeof(what), "is no number from %u to %u", least, most);
    return complain(i, what);
}

static int set_mtu(const struct item *i) { return set_number(i, MIN_MTU, MAX_MTU, &i->vif->mtu); }

static int set_devid(const struct item *i)
{
    i->vif->has_devid = true;
    return set_number(i, 0, MAX_DEVID, &i->vif->devid);
}

static int set_trusted(const struct item *i)
{
    uint32_t trusted = 0;
    int ret = set_number(i, 0, 1, &trusted);

    i->vif->untrusted = !trusted;
    return ret;
}

/* --- keys ------------------------------------------------------------------------------------- */

static const struct vif_key {
    const char *name;
    int (*set)(const struct item *i); /* NULL: valid in xl.cfg, but not served */
    const char *instead;
} keys[] = {
    { "mac", set_mac, NULL },
    { "bridge", set_bridge, NULL },
    { "vifname", set_vifname, NULL },
    { "rate", set_rate, NULL },
    { "ip", set_ip, NULL },
    { "type", set_type, NULL },
    { "model", set_model, NULL },
    { "mtu", set_mtu, NULL },
    { "devid", set_devid, NULL },
    { "trusted", set_trusted, NULL },
    { "script", NULL, "netd puts the device on its bridge itself" },
    { "backend", NULL, "the backend is in Dom0" },
    { "gatewaydev", NULL, "devices join a bridge" },
    { "netdev", NULL, "devices join a bridge" },
    { "forwarddev", NULL, "guests are not replicated" },
    { "accel", NULL, "it means nothing any more" },
};

#define N_KEYS (sizeof(keys) / sizeof(keys[0]))

static int complain_unknown(const struct item *i, const char *key)
{
    struct nearest near;

    nearest_start(&near, key);
    for (size_t k = 0; k < N_KEYS; k++)
        nearest_offer(&near, keys[k].name);
    if (nearest_result(&near))
        cfg_error(i->cfg, i->place, "vif: unknown key '%s': did you mean '%s'?", key,
                  nearest_result(&near));
    else
        cfg_error(i->cfg, i->place, "vif: unknown key '%s'", key);
    return -EINVAL;
}

/* `seen` has a bit for each key that was there already. */
static int set_key(struct item *i, const char *key, unsigned int *seen)
{
    size_t k = 0;

    while (k < N_KEYS && strcmp(keys[k].name, key) != 0)
        k++;
    if (k == N_KEYS)
        return complain_unknown(i, key);
    if (!keys[k].set) {
        cfg_error(i->cfg, i->place, "vif: '%s' is valid in xl.cfg, but not served: %s", key,
                  keys[k].instead);
        return -EINVAL;
    }
    if (*seen & 1u << k) {
        cfg_error(i->cfg, i->place, "vif: '%s' is given twice", key);
        return -EINVAL;
    }
    *seen |= 1u << k;
    return keys[k].set(i);
}

/* --- the string ------------------------------------------------------------------------------- */

static char *trim(char *text)
{
    size_t len;

    while (isspace((unsigned char)*text))
        text++;
    for (len = strlen(text); len > 0 && isspace((unsigned char)text[len - 1]); len--)
        text[len - 1] = '\0';
    return text;
}

/* One KEY=VALUE of `text`, which begins at column `column` of its line. */
static int take_item(struct item *i, char *text, int column, unsigned int *seen)
{
    char *key = trim(text), *equals = strchr(key, '=');

    i->place.column = column + (key - text);
    i->value = key;
    if (!equals)
        return complain(i, "is not KEY=VALUE");
    *equals = '\0';
    i->value = trim(equals + 1);
    return set_key(i, trim(key), seen);
}

/* An empty string is a device with nothing but defaults. */
static int take_items(struct item *i, char *text, unsigned int *seen)
{
    int column = i->place.column;
    int ret = 0;

    if (!*trim(text))
        return 0;
    for (char *from = text, *next; from; from = next) {
        char *comma = strchr(from, ',');
        int r, at = column + (from - text);

        next = comma ? comma + 1 : NULL;
        if (comma)
            *comma = '\0';
        r = take_item(i, from, at, seen);
        if (r)
            ret = r;
    }
    return ret;
}

static int note_text(struct vif_cfg *v, const char *more)
{
    char *all = NULL;

    if (asprintf(&all, "%s%s%s", v->text ? v->text : "", v->text && *v->text && *more ? "," : "", more) < 0)
        return -ENOMEM;
    free(v->text);
    v->text = all;
    return 0;
}

/* The strings of one device; `places` has that of each one's first character. */
static int parse(struct cfg *cfg, char *const *texts, const struct cfg_place *places, int n,
                 struct vif_cfg **out)
{
    struct item i = { .cfg = cfg };
    unsigned int seen = 0;
    int ret = 0;

    i.vif = calloc(1, sizeof(*i.vif));
    if (!i.vif)
        return -ENOMEM;
    ret = note_text(i.vif, "");
    for (int t = 0; t < n && ret != -ENOMEM; t++) {
        char *text = strdup(texts[t]);
        int r;

        i.place = places[t];
        r = text ? note_text(i.vif, trim(text)) : -ENOMEM;
        if (r == 0)
            r = take_items(&i, text, &seen);
        if (r)
            ret = r;
        free(text);
    }
    if (ret)
        vif_cfg_free(i.vif);
    else
        *out = i.vif;
    return ret;
}

static int parse_value(struct cfg *cfg, const struct cfg_value *v, struct vif_cfg **out)
{
    struct cfg_place place = v->place;
    int ret;

    if (v->kind != CFG_STRING) {
        cfg_error(cfg, v->place, "'vif' takes a list of strings, not %s in it",
                  cfg_kind_name(v->kind));
        return -EINVAL;
    }
    place.column++; /* behind the quote */
    ret = parse(cfg, &v->text, &place, 1, out);
    if (ret == 0)
        (*out)->place = v->place;
    return ret;
}

int vif_cfg_words(struct cfg *cfg, char *const *words, int n, struct vif_cfg **out)
{
    struct cfg_place *places = calloc(n + 1, sizeof(*places));
    int ret;

    if (!places)
        return -ENOMEM;
    for (int i = 0; i <= n; i++)
        places[i] = (struct cfg_place){ "command line", i + 1, 1 };
    ret = parse(cfg, words, places, n, out);
    if (ret == 0)
        (*out)->place = places[0];
    free(places);
    return ret;
}

/* The list's end; or the device that has the same number, address or name. */
static struct vif_cfg **find_same(struct vif_cfg **list, const struct vif_cfg *v)
{
    for (; *list; list = &(*list)->next) {
        struct vif_cfg *o = *list;

        if (v->devid == o->devid ||
            (v->has_mac && o->has_mac && memcmp(v->mac, o->mac, MAC_BYTES) == 0) ||
            (v->name && o->name && strcmp(v->name, o->name) == 0))
            break;
    }
    return list;
}

static int append(struct cfg *cfg, struct vif_cfg **list, struct vif_cfg *v)
{
    struct vif_cfg **same = find_same(list, v);

    if (!*same) {
        *same = v;
        return 0;
    }
    cfg_error(cfg, v->place, "vif: it has the number, address or name of the device in line %d",
              (*same)->place.line);
    vif_cfg_free(v);
    return -EINVAL;
}

int vif_cfg_list(struct cfg *cfg, const struct cfg_value *list, struct vif_cfg **vifs)
{
    int ret = 0;

    vif_cfg_free(*vifs);
    *vifs = NULL;
    if (list->kind != CFG_LIST || list->n_items > VIF_PER_LIST) {
        cfg_error(cfg, list->place, "'vif' takes a list of up to %d strings", VIF_PER_LIST);
        return -EINVAL;
    }
    for (size_t i = 0; i < list->n_items; i++) {
        struct vif_cfg *v;
        int r = parse_value(cfg, list->items[i], &v);

        if (r == 0) {
            if (!v->has_devid)
                v->devid = i;
            r = append(cfg, vifs, v);
        }
        if (r)
            ret = r;
    }
    return ret;
}

void vif_cfg_print(const struct vif_cfg *v, const char *guest, FILE *out)
{
    const char *comma = *v->text ? "," : "";

    fputs(v->text, out);
    if (!v->has_mac) {
        uint8_t mac[MAC_BYTES];
        char text[MAC_TEXT];

        vif_cfg_mac(v, guest, mac);
        vif_cfg_mac_text(text, mac);
        fprintf(out, "%smac=%s", comma, text);
        comma = ",";
    }
    if (!v->has_devid)
        fprintf(out, "%sdevid=%u", comma, v->devid);
    if (!v->has_type && v->type == VIF_PV)
        fputs(",type=vif", out);
}

struct vif_cfg **vif_cfg_find(struct vif_cfg **list, uint32_t devid)
{
    while (*list && (*list)->devid != devid)
        list = &(*list)->next;
    return list;
}

void vif_cfg_remove(struct vif_cfg **list, uint32_t devid)
{
    struct vif_cfg **at = vif_cfg_find(list, devid), *v = *at;

    if (!v)
        return;
    *at = v->next;
    v->next = NULL;
    vif_cfg_free(v);
}

void vif_cfg_free(struct vif_cfg *vifs)
{
    while (vifs) {
        struct vif_cfg *v = vifs;

        vifs = v->next;
        free(v->text);
        free(v->bridge);
        free(v->name);
        free(v->ip);
        free(v->model);
        free(v);
    }
}

/* --- addresses -------------------------------------------------------------------------------- */

/* FNV-1a: any function does that spreads names well. */
void vif_cfg_make_mac(uint8_t mac[MAC_BYTES], const char *guest, uint32_t devid)
{
    uint32_t h = 2166136261u;

    for (; *guest; guest++)
        h = (h ^ (uint8_t)*guest) * 16777619u;
    h = (h ^ devid) * 16777619u;
    mac[0] = 0x00;
    mac[1] = 0x16;
    mac[2] = 0x3e;
    mac[3] = h >> 16 & 0x7f;
    mac[4] = h >> 8;
    mac[5] = h;
}

void vif_cfg_mac(const struct vif_cfg *v, const char *guest, uint8_t mac[MAC_BYTES])
{
    if (v->has_mac)
        memcpy(mac, v->mac, MAC_BYTES);
    else
        vif_cfg_make_mac(mac, guest, v->devid);
}

void vif_cfg_mac_text(char text[MAC_TEXT], const uint8_t mac[MAC_BYTES])
{
    snprintf(text, MAC_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
             mac[4], mac[5]);
}
