/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * QEMU's command line. A comma in a value of one of its lists is written twice.
 */
#include "device_model.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_RAM_BELOW_4G "0xf0000000" /* the rest is for devices */

static void take(struct arguments *a, char *text)
{
    char **more = text ? realloc(a->text, (a->count + 2) * sizeof(*more)) : NULL;

    if (!more) {
        free(text);
        a->failed = true;
        return;
    }
    a->text = more;
    more[a->count++] = text;
    more[a->count] = NULL;
}

static void add(struct arguments *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void add(struct arguments *a, const char *fmt, ...)
{
    char *text = NULL;
    va_list ap;

    va_start(ap, fmt);
    if (vasprintf(&text, fmt, ap) < 0)
        text = NULL;
    va_end(ap);
    take(a, text);
}

/* PREFIXvalueSUFFIX, where value may hold commas. */
static void add_value(struct arguments *a, const char *prefix, const char *value,
                      const char *suffix)
{
    size_t room = strlen(prefix) + 2 * strlen(value) + strlen(suffix) + 1;
    char *text = malloc(room), *to = text;

    if (text) {
        to = stpcpy(text, prefix);
        for (; *value; value++) {
            *to++ = *value;
            if (*value == ',')
                *to++ = ',';
        }
        strcpy(to, suffix);
    }
    take(a, text);
}

static void add_machine(struct arguments *a, const struct guest_cfg *g, uint32_t domid)
{
    add(a, "-xen-domid");
    add(a, "%u", domid);
    add(a, "-xen-domid-restrict");
    add(a, "-no-shutdown"); /* it asks the hypervisor to end the guest, and is ended itself */
    add(a, "-nodefaults");
    add(a, "-no-user-config");
    add(a, "-name");
    add(a, "%s", g->name);
    add(a, "-machine");
    add(a, "xenfv,suppress-vmdesc=on,max-ram-below-4g=" MOST_RAM_BELOW_4G);
    add(a, "-m");
    add(a, "size=%lluk", (unsigned long long)((g->memory << 10) - hvm_video_kb(&g->hvm)));
    add(a, "-smp");
    add(a, "%llu,maxcpus=%llu", (unsigned long long)g->vcpus,
        (unsigned long long)(g->maxvcpus ? g->maxvcpus : g->vcpus));
    if (g->hvm.boot) {
        add(a, "-boot");
        add(a, "order=%s", g->hvm.boot);
    }
}

/* What the firmware starts instead of what is on a disk. */
static void add_kernel(struct arguments *a, const struct guest_cfg *g)
{
    const char *const given[][2] = { { "-kernel", g->kernel },
                                     { "-initrd", g->ramdisk },
                                     { "-append", g->cmdline } };

    for (size_t i = 0; g->kernel && i < sizeof(given) / sizeof(given[0]); i++)
        if (given[i][1]) {
            add(a, "%s", given[i][0]);
            add(a, "%s", given[i][1]);
        }
}

static void add_confinement(struct arguments *a, const char *dir, uid_t user)
{
    add(a, "-runas");
    add(a, "%u:%u", user, user);
    add(a, "-chroot");
    add(a, "%s/root", dir);
    add(a, "-qmp");
    add(a, "unix:%s/qmp,server=on,wait=off", dir);
}

static void add_screen(struct arguments *a, const struct hvm_cfg *h)
{
    const char *address = h->vnclisten ? h->vnclisten : "127.0.0.1";
    const char *colon = strrchr(address, ':'), *bracket = strrchr(address, ']');
    bool has_display = colon && (!bracket || colon > bracket);

    if (h->vga != HVM_VGA_NONE) {
        add(a, "-device");
        add(a, "%s,vgamem_mb=%llu", h->vga == HVM_VGA_CIRRUS ? "cirrus-vga" : "VGA",
            (unsigned long long)h->videoram);
    }
    if (!h->vnc) {
        add(a, "-display");
        add(a, "none");
        return;
    }
    add(a, "-vnc");
    if (has_display)
        add(a, "%s%s%s", address, h->vncunused ? ",to=99" : "",
            h->vncpasswd && *h->vncpasswd ? ",password=on" : "");
    else
        add(a, "%s:%llu%s%s", address, (unsigned long long)h->vncdisplay,
            h->vncunused ? ",to=99" : "", h->vncpasswd && *h->vncpasswd ? ",password=on" : "");
}

/* The file is locked by blockd: both work on it, and the guest uses one of them at a time. It is opened
 * for all that is ever done with it: later, when a state has been read, it could not be opened again. */
static void add_disk(struct arguments *a, const struct disk_cfg *d, bool ahci)
{
    char options[128], drive[32] = "";

    if (*d->target) {
        snprintf(options, sizeof(options),
                 ",if=none,id=drive%d,format=raw,cache=writeback,auto-read-only=off,readonly=%s%s", d->drive,
                 d->read_only ? "on" : "off",
                 disk_target_is_nbd(d->target) ? "" : ",file.locking=off");
        add(a, "-drive");
        add_value(a, "file=", d->target, options);
        snprintf(drive, sizeof(drive), ",drive=drive%d", d->drive);
    }
    add(a, "-device");
    if (ahci && !d->cdrom)
        add(a, "ide-hd,id=ide%d,bus=ahci.%d%s", d->drive, d->drive, drive);
    else
        add(a, "%s,id=ide%d,bus=ide.%d,unit=%d%s", d->cdrom ? "ide-cd" : "ide-hd", d->drive,
            d->drive / 2, d->drive % 2, drive);
}

static void add_nic(struct arguments *a, const struct vif_cfg *v, const char *guest, int fd,
                    bool boots)
{
    uint8_t mac[MAC_BYTES];
    char text[MAC_TEXT];

    vif_cfg_mac(v, guest, mac);
    vif_cfg_mac_text(text, mac);
    add(a, "-netdev");
    add(a, "tap,id=net%u,fd=%d", v->devid, fd);
    add(a, "-device");
    add(a, "%s,id=nic%u,netdev=net%u,mac=%s%s", v->model ? v->model : VIF_MODEL, v->devid, v->devid,
        text, boots ? "" : ",romfile=");
}

static void add_usb(struct arguments *a, const struct hvm_cfg *h)
{
    if (h->usb)
        add(a, "-usb");
    for (size_t i = 0; i < h->usb_devices.count; i++) {
        const char *name = h->usb_devices.text[i];

        add(a, "-device");
        add(a, "usb-%s", strcmp(name, "keyboard") == 0 ? "kbd" : name);
    }
}

void device_model_arguments(struct arguments *a, const struct guest_cfg *g, uint32_t domid,
                            const char *dir, uid_t user, const int *nics, int state)
{
    bool boots = g->hvm.boot && strchr(g->hvm.boot, 'n'); /* from the first network device */
    bool ahci = g->hvm.hdtype == HVM_HD_AHCI;

    *a = (struct arguments){ 0 };
    add(a, "%s", g->hvm.device_model ? g->hvm.device_model : DEVICE_MODEL_PROGRAM);
    add_machine(a, g, domid);
    add_kernel(a, g);
    add_confinement(a, dir, user);
    add_screen(a, &g->hvm);
    for (size_t i = 0; i < g->hvm.serial.count; i++) {
        add(a, "-serial");
        add(a, "%s", g->hvm.serial.text[i]);
    }
    add_usb(a, &g->hvm);
    if (ahci) {
        add(a, "-device");
        add(a, "ahci,id=ahci");
    }
    for (const struct disk_cfg *d = g->disks; d; d = d->next)
        if (d->drive >= 0)
            add_disk(a, d, ahci);
    for (const struct vif_cfg *v = g->vifs; v; v = v->next)
        if (v->type == VIF_EMULATED) {
            add_nic(a, v, g->name, *nics++, boots);
            boots = false;
        }
    if (state >= 0) {
        add(a, "-incoming");
        add(a, "fd:%d", state);
    }
}

void arguments_free(struct arguments *a)
{
    for (size_t i = 0; i < a->count; i++)
        free(a->text[i]);
    free(a->text);
    *a = (struct arguments){ 0 };
}
