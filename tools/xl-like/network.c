/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * network-attach, network-detach, network-list.
 */
#include "device_verbs.h"
#include "present_cfg.h"
#include "report.h"
#include "verbs.h"
#include "vif.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The columns are xl's; what a frontend with several queues has in each of them is -1. */
static void print(struct xstore *x, const struct device_id *d)
{
    char *mac = device_read(x, d, DEVICE_BACKEND, "mac");

    printf("%-3u %-2d %-17s %-6u %-5lld %-6lld %5lld/%-11lld /local/domain/0/backend/%s/%u/%u\n",
           d->devid, 0, mac ? mac : "-", d->devid,
           device_read_number(x, d, DEVICE_BACKEND, "state"),
           device_read_number(x, d, DEVICE_FRONTEND, "event-channel"),
           device_read_number(x, d, DEVICE_FRONTEND, "tx-ring-ref"),
           device_read_number(x, d, DEVICE_FRONTEND, "rx-ring-ref"), d->kind->daemon, d->domid,
           d->devid);
    free(mac);
}

static void describe(yajl_gen g, struct xstore *x, const struct device_id *d)
{
    static const char *const texts[] = { "mac", "bridge", "vifname", "mtu", "rate", "ip", "error" };
    long long state = device_read_number(x, d, DEVICE_BACKEND, "state");

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        char *value = device_read(x, d, DEVICE_BACKEND, texts[i]);

        if (value)
            json_text(g, texts[i], value);
        free(value);
    }
    if (state >= 0)
        json_number(g, "state", state);
}

/* An address is looked up in the store, as it belongs to a domain: see find_mac(). */
static bool parse(const char *name, uint32_t *devid)
{
    (void)name;
    (void)devid;
    return false;
}

static void forget(struct guest_cfg *g, uint32_t devid) { vif_cfg_remove(&g->vifs, devid); }

static const struct device_verbs vif_verbs = {
    .kind = &vif_kind,
    .parse = parse,
    .names = "address of a network device of this domain",
    .list = "network-list",
    .head = "Idx BE Mac Addr.         handle state evt-ch tx-/rx-ring-ref   BE-path",
    .print = print,
    .describe = describe,
    .forget = forget,
};

/* The number of the domain's device with this address, as text; NULL: there is none. */
static char *find_mac(uint32_t domid, const uint8_t mac[MAC_BYTES])
{
    struct device_id d = { .kind = &vif_kind, .domid = domid };
    int n;
    char **numbers, *found = NULL;

    n = device_numbers(host_store(), &vif_kind, domid, &numbers);
    for (int i = 0; i < n && !found; i++) {
        uint8_t its[MAC_BYTES];
        char *text;

        d.devid = strtoul(numbers[i], NULL, 10);
        text = device_read(host_store(), &d, DEVICE_BACKEND, "mac");
        if (text && vif_cfg_parse_mac(text, its) && memcmp(its, mac, MAC_BYTES) == 0)
            found = strdup(numbers[i]);
        free(text);
    }
    if (n >= 0)
        free(numbers);
    return found;
}

int verb_network_detach(int argc, char **argv)
{
    char *number = NULL, *last = argv[argc - 1];
    uint8_t mac[MAC_BYTES];
    uint32_t domid;
    int ret;

    if (argc > 2 && vif_cfg_parse_mac(last, mac)) {
        ret = device_domain(argv[0], argv[argc - 2], &domid);
        if (ret != XL_OK)
            return ret;
        number = find_mac(domid, mac);
        if (number)
            argv[argc - 1] = number;
    }
    ret = device_verb_detach(&vif_verbs, argc, argv);
    free(number);
    return ret;
}

int verb_network_list(int argc, char **argv) { return device_verb_list(&vif_verbs, argc, argv); }

/* --- attaching -------------------------------------------------------------------------------- */

/* The lowest number that the domain has no device of. */
static uint32_t free_number(uint32_t domid)
{
    char **numbers;
    int n = device_numbers(host_store(), &vif_kind, domid, &numbers), i = 0;
    uint32_t devid = 0;

    while (i < n) {
        if (strtoul(numbers[i++], NULL, 10) == devid) {
            devid++;
            i = 0;
        }
    }
    if (n >= 0)
        free(numbers);
    return devid;
}

/* `vif` goes with the configuration. */
static int attach(const char *verb, struct present_cfg *p, struct vif_cfg *vif)
{
    char name[DOMAIN_NAME_MAX];
    int ret;

    if (p->known) /* the name that its addresses are made of */
        snprintf(name, sizeof(name), "%s", p->cfg.name);
    else
        domain_name(p->domid, name);
    if (!vif->has_devid)
        vif->devid = free_number(p->domid);
    vif->type = VIF_PV;
    vif_cfg_remove(&p->cfg.vifs, vif->devid); /* if it is there, it has gone without a word */
    *vif_cfg_find(&p->cfg.vifs, vif->devid) = vif;
    ret = present_check(verb, p);
    if (ret == XL_OK)
        ret = vifs_attach(host_store(), p->domid, name, vif);
    return ret == XL_OK ? present_keep(verb, p) : ret;
}

int verb_network_attach(int argc, char **argv)
{
    struct present_cfg p;
    struct vif_cfg *vif;
    struct cfg cfg;
    uint32_t domid;
    int ret;

    if (argc < 2 || argv[1][0] == '-')
        return usage_error(argv[0]);
    cfg_init(&cfg, stderr);
    ret = vif_cfg_words(&cfg, argv + 2, argc - 2, &vif);
    cfg_free(&cfg);
    if (ret < 0) {
        report_error("%s: the device is not described well: nothing was done", argv[0]);
        return XL_CONFIG;
    }
    ret = device_domain(argv[0], argv[1], &domid);
    if (ret == XL_OK && (vif->model || vif->type == VIF_EMULATED)) {
        report_error("%s: a guest that runs gets no emulated device: leave out model and type",
                     argv[0]);
        ret = XL_CONFIG;
    }
    if (ret == XL_OK)
        ret = present_begin(argv[0], domid, &p);
    if (ret != XL_OK) {
        vif_cfg_free(vif);
        return ret;
    }
    ret = attach(argv[0], &p, vif);
    present_end(&p);
    return ret;
}
