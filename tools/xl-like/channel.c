/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Further consoles in the store.
 */
#include "channel.h"
#include "report.h"

const struct device_kind channel_kind = { .what = "console",
                                          .daemon = "consoled",
                                          .frontend = "console" };

struct channels {
    const char *guest;
    const struct channel_cfg *first;
};

static void put_channels(struct device_entry *e, const void *arg)
{
    const struct channels *all = arg;

    for (const struct channel_cfg *c = all->first; c; c = c->next) {
        device_begin(e, c->devid, NULL, c->place);
        device_put(e, DEVICE_FRONTEND, "protocol", "vt100");
        if (c->name)
            device_put(e, DEVICE_FRONTEND, "name", "%s", c->name);
        device_put(e, DEVICE_BACKEND, "domain", "%s", all->guest);
    }
}

int channels_attach(struct xstore *x, uint32_t domid, const char *name,
                    const struct channel_cfg *channels)
{
    struct channels all = { name, channels };

    return channels ? devices_attach(x, &channel_kind, domid, put_channels, &all) : XL_OK;
}
