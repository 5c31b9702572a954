/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is to be said of the keys of hardware guests together.
 */
#include "guest_keys.h"

#include <ctrl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DRIVES        4
#define EMULATED_NICS 8

void cfg_texts_free(struct cfg_texts *t)
{
    for (size_t i = 0; i < t->count; i++)
        free(t->text[i]);
    t->count = 0;
}

/* --- single keys ------------------------------------------------------------------------------ */

#define COMPLAIN(cfg, key, ...) \
    (cfg_error(cfg, cfg_find(cfg, key)->value->place, __VA_ARGS__), -EINVAL)

static bool in_table(const char *text, const char *const *table)
{
    for (; *table; table++)
        if (strcmp(text, *table) == 0)
            return true;
    return false;
}

static int check_boot(struct cfg *cfg, const struct hvm_cfg *h)
{
    size_t len = h->boot ? strlen(h->boot) : 0;

    if (!h->boot)
        return 0;
    if (strspn(h->boot, "cdn") != len)
        return COMPLAIN(cfg, "boot", "'boot' is \"%s\": letters are c, d and n", h->boot);
    for (size_t i = 1; i < len; i++)
        if (memchr(h->boot, h->boot[i], i))
            return COMPLAIN(cfg, "boot", "'boot' has the letter %c twice", h->boot[i]);
    return 0;
}

/* What the device model would take from, or give to, the terminal that xl-like runs on is no
 * choice: it has none. */
static int check_serial(struct cfg *cfg, const struct hvm_cfg *h)
{
    static const char *const whole[] = { "pty", "null", "none", NULL };
    static const char *const begins[] = { "file:/", "tcp:",   "telnet:", "udp:",
                                          "unix:/", "pipe:/", "/dev/",   NULL };

    for (size_t i = 0; i < h->serial.count; i++) {
        const char *text = h->serial.text[i];
        bool known = in_table(text, whole);

        for (const char *const *b = begins; *b && !known; b++)
            known = strncmp(text, *b, strlen(*b)) == 0;
        if (!known)
            return COMPLAIN(cfg, "serial",
                            "'serial' cannot be \"%s\" (pty, null, none, file:/PATH, "
                            "tcp:HOST:PORT, telnet:, udp:, unix:/PATH, pipe:/PATH, /dev/NAME)",
                            text);
    }
    return 0;
}

static int check_usb(struct cfg *cfg, struct hvm_cfg *h)
{
    static const char *const devices[] = { "tablet", "mouse", "keyboard", NULL };

    for (size_t i = 0; i < h->usb_devices.count; i++)
        if (!in_table(h->usb_devices.text[i], devices))
            return COMPLAIN(cfg, "usbdevice",
                            "'usbdevice' cannot be \"%s\" (tablet, mouse, keyboard)",
                            h->usb_devices.text[i]);
    if (h->usb_devices.count)
        h->usb = 1;
    return 0;
}

/* An address, a name, or one with :DISPLAY; of IPv6 in brackets. It goes into one of QEMU's lists.
 */
static int check_vnc(struct cfg *cfg, const struct hvm_cfg *h)
{
    if (h->vnclisten &&
        strspn(h->vnclisten, "0123456789abcdefghijklmnopqrstuvwxyz"
                             "ABCDEFGHIJKLMNOPQRSTUVWXYZ.:-[]") != strlen(h->vnclisten))
        return COMPLAIN(cfg, "vnclisten", "'vnclisten' is \"%s\", which is no address",
                        h->vnclisten);
    return 0;
}

static int check_screen(struct cfg *cfg, struct guest_cfg *g)
{
    struct hvm_cfg *h = &g->hvm;

    if (h->stdvga)
        h->vga = HVM_VGA_STD;
    if (h->videoram & (h->videoram - 1))
        return COMPLAIN(cfg, "videoram", "'videoram' is %llu, which is no power of two",
                        (unsigned long long)h->videoram);
    if (h->videoram && h->vga == HVM_VGA_NONE)
        return COMPLAIN(cfg, "videoram", "'videoram' is given, and the guest has no graphics card");
    if (!h->videoram && h->vga != HVM_VGA_NONE)
        h->videoram = h->vga == HVM_VGA_STD ? 16 : 8;
    if (g->memory && g->memory <= h->videoram + 1) {
        struct cfg_setting *s = cfg_find(cfg, "memory");

        cfg_error(cfg, s->value->place, "'memory' is %llu MiB, and %llu of it are for the screen",
                  (unsigned long long)g->memory, (unsigned long long)h->videoram);
        return -EINVAL;
    }
    return 0;
}

uint64_t hvm_video_kb(const struct hvm_cfg *hvm) { return hvm->videoram << 10; }

/* --- disks and network devices ---------------------------------------------------------------- */

static int check_disks(struct cfg *cfg, struct guest_cfg *g)
{
    const struct disk_cfg *at[DRIVES] = { NULL };
    int ret = 0;

    for (struct disk_cfg *d = g->disks; d; d = d->next) {
        d->drive = disk_cfg_drive(d);
        if (d->drive >= 0 && at[d->drive]) {
            cfg_error(cfg, d->place, "disk: '%s' is the same emulated drive as '%s' of line %d",
                      d->vdev, at[d->drive]->vdev, at[d->drive]->place.line);
            ret = -EINVAL;
        } else if (d->drive >= 0 && d->read_only && !d->cdrom) {
            cfg_error(cfg, d->place,
                      "disk: '%s' cannot be read-only: it is emulated as an IDE disk, and those can "
                      "be written (CD-ROMs, and xvde and later, need not be)",
                      d->vdev);
            ret = -EINVAL;
        } else if (d->drive >= 0) {
            at[d->drive] = d;
        } else if (d->pv_only && !*d->target) {
            cfg_error(cfg, d->place, "disk: the target is missing");
            ret = -EINVAL;
        } else if (d->cdrom && !d->pv_only) {
            cfg_error(cfg, d->place, "disk: '%s' cannot be a CD-ROM: hda to hdd can", d->vdev);
            ret = -EINVAL;
        }
    }
    return ret;
}

static int check_vifs(struct cfg *cfg, struct guest_cfg *g)
{
    unsigned int emulated = 0;

    for (struct vif_cfg *v = g->vifs; v; v = v->next) {
        if (v->type == VIF_UNSAID)
            v->type = VIF_EMULATED;
        if (v->type == VIF_PV && v->model) {
            cfg_error(cfg, v->place, "vif: a device of type=vif has no model");
            return -EINVAL;
        }
        if (v->type == VIF_PV)
            continue;
        if (v->rate_bytes || v->ip) {
            cfg_error(
                cfg, v->place,
                "vif: an emulated device knows neither rate nor ip: add type=vif, which leaves "
                "it out");
            return -EINVAL;
        }
        if (++emulated > EMULATED_NICS) {
            cfg_error(cfg, v->place, "vif: more than %d emulated devices: give it type=vif",
                      EMULATED_NICS);
            return -EINVAL;
        }
    }
    return 0;
}

/* --- all -------------------------------------------------------------------------------------- */

/* What a guest without emulated devices cannot have. */
static int check_none(struct cfg *cfg, const struct guest_cfg *g)
{
    int ret = 0;

    for (const struct cfg_setting *s = cfg->first; s; s = s->next) {
        const struct guest_key *k = guest_key_find(s->key);

        if (!k || !guest_key_is_hvm(k))
            continue;
        cfg_error(cfg, s->place, "'%s' is for guests of type = \"hvm\" only", s->key);
        ret = -EINVAL;
    }
    for (const struct disk_cfg *d = g->disks; d; d = d->next)
        if (!*d->target) {
            cfg_error(cfg, d->place, "disk: the target is missing");
            ret = -EINVAL;
        }
    for (const struct vif_cfg *v = g->vifs; v; v = v->next)
        if (v->model || v->type == VIF_EMULATED) {
            cfg_error(cfg, v->place,
                      "vif: model and type=ioemu are for guests of type = \"hvm\" only");
            ret = -EINVAL;
        }
    return ret;
}

int hvm_cfg_check(struct cfg *cfg, struct guest_cfg *g)
{
    struct hvm_cfg *h = &g->hvm;

    if (g->type != CTRL_HVM)
        return check_none(cfg, g);
    if (check_boot(cfg, h) < 0 || check_serial(cfg, h) < 0 || check_usb(cfg, h) < 0 ||
        check_vnc(cfg, h) < 0 || check_screen(cfg, g) < 0 || check_disks(cfg, g) < 0 ||
        check_vifs(cfg, g) < 0)
        return -EINVAL;
    return 0;
}
