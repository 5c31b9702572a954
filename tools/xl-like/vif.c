/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Network devices in the store.
 */
#include "vif.h"
#include "report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void hint_at_bridge(struct xstore *x, const struct device_id *d)
{
    char *bridge = device_read(x, d, DEVICE_BACKEND, "bridge"), path[64];

    snprintf(path, sizeof(path), "/sys/class/net/%s/bridge", bridge ? bridge : "");
    if (bridge && access(path, F_OK) < 0)
        report_hint("Dom0 has no such bridge: `xl-like setup-bridge %s`", bridge);
    free(bridge);
}

const struct device_kind vif_kind = {
    .what = "vif", .daemon = "netd", .frontend = "vif", .hint = hint_at_bridge
};

struct vifs {
    const char *guest;
    const struct vif_cfg *first;
};

static void put_vif(struct device_entry *e, const char *guest, const struct vif_cfg *v)
{
    uint8_t mac[MAC_BYTES];
    char text[MAC_TEXT];

    vif_cfg_mac(v, guest, mac);
    vif_cfg_mac_text(text, mac);
    device_begin(e, v->devid, NULL, v->place);
    device_put(e, DEVICE_FRONTEND, "handle", "%u", v->devid);
    device_put(e, DEVICE_FRONTEND, "mac", "%s", text);
    device_put(e, DEVICE_BACKEND, "handle", "%u", v->devid);
    device_put(e, DEVICE_BACKEND, "mac", "%s", text);
    device_put(e, DEVICE_BACKEND, "bridge", "%s", v->bridge ? v->bridge : VIF_BRIDGE);
    if (v->name)
        device_put(e, DEVICE_BACKEND, "vifname", "%s", v->name);
    else
        device_put(e, DEVICE_BACKEND, "vifname", "vif%u.%u", e->domid, v->devid);
    if (v->mtu) {
        device_put(e, DEVICE_BACKEND, "mtu", "%u", v->mtu);
        device_put(e, DEVICE_FRONTEND, "mtu", "%u", v->mtu);
    }
    if (v->untrusted)
        device_put(e, DEVICE_FRONTEND, "trusted", "0");
    if (v->ip)
        device_put(e, DEVICE_BACKEND, "ip", "%s", v->ip);
    if (v->rate_bytes)
        device_put(e, DEVICE_BACKEND, "rate", "%llu,%llu", (unsigned long long)v->rate_bytes,
                   (unsigned long long)v->rate_us);
}

static void put_vifs(struct device_entry *e, const void *arg)
{
    const struct vifs *vifs = arg;

    for (const struct vif_cfg *v = vifs->first; v; v = v->next)
        put_vif(e, vifs->guest, v);
}

int vifs_attach(struct xstore *x, uint32_t domid, const char *name, const struct vif_cfg *vifs)
{
    struct vifs all = { name, vifs };

    return vifs ? devices_attach(x, &vif_kind, domid, put_vifs, &all) : XL_OK;
}
