/* SPDX-License-Identifier: GPL-2.0-only */
#include "present_cfg.h"
#include "cfg_print.h"
#include "kept.h"
#include "report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A save may take long; who makes it ends some day. */
#define WAIT_SECONDS 600

/* --- as text ---------------------------------------------------------------------------------- */

/* One string of a list, from what `print` says of its device. */
static void print_item(FILE *out, void (*print)(const void *device, const struct guest_cfg *g, FILE *out),
                       const void *device, const struct guest_cfg *g, bool more)
{
    struct cfg_value v = { .kind = CFG_STRING };
    size_t size;
    FILE *text = open_memstream(&v.text, &size);

    if (text)
        print(device, g, text);
    if (!text || fclose(text) == EOF) {
        free(v.text);
        v.text = NULL;
    }
    fputc(' ', out);
    if (v.text)
        cfg_print_value(&v, out);
    else
        fputs("no memory", out); /* which cannot be read again */
    if (more)
        fputc(',', out);
    free(v.text);
}

static void print_disk(const void *disk, const struct guest_cfg *g, FILE *out)
{
    (void)g;
    disk_cfg_print(disk, out);
}

static void print_vif(const void *vif, const struct guest_cfg *g, FILE *out)
{
    vif_cfg_print(vif, g->name, out);
}

void present_print_devices(const struct guest_cfg *g, FILE *out)
{
    fputs("disk = [", out);
    for (const struct disk_cfg *d = g->disks; d; d = d->next)
        print_item(out, print_disk, d, g, d->next);
    fputs(" ]\nvif = [", out);
    for (const struct vif_cfg *v = g->vifs; v; v = v->next)
        print_item(out, print_vif, v, g, v->next);
    fputs(" ]\n", out);
}

/* --- changing --------------------------------------------------------------------------------- */

static int read_kept(const char *verb, struct present_cfg *p)
{
    char *kept = kept_config_get(p->domid);
    int ret = kept ? guest_cfg_from_text("kept configuration", kept, &p->cfg) : 0;

    p->known = kept != NULL;
    free(kept);
    if (ret == 0)
        return XL_OK;
    report_error("%s: the configuration that is kept of domain %u has errors", verb, p->domid);
    return XL_FAILED;
}

int present_begin(const char *verb, uint32_t domid, struct present_cfg *p)
{
    int ret;

    *p = (struct present_cfg){ .domid = domid };
    p->lock = kept_save_wait(domid, WAIT_SECONDS);
    if (p->lock < 0) {
        report_error("%s: cannot take the lock of domain %u: %s", verb, domid,
                     p->lock == -EBUSY ? "it is being saved, or changed" : strerror(-p->lock));
        return XL_FAILED;
    }
    ret = read_kept(verb, p);
    if (ret != XL_OK)
        present_end(p);
    return ret;
}

/* Later settings replace earlier ones. */
int present_check(const char *verb, struct present_cfg *p)
{
    struct guest_cfg next = { 0 };
    char *text = NULL;
    size_t size;
    FILE *out;
    int ret = -ENOMEM;

    if (!p->known)
        return XL_OK;
    out = open_memstream(&text, &size);
    if (out) {
        fputs(p->cfg.text, out);
        present_print_devices(&p->cfg, out);
        ret = fclose(out) == EOF ? -ENOMEM : guest_cfg_from_text("changed configuration", text, &next);
    }
    free(text);
    if (ret == 0) {
        free(p->text);
        p->text = next.text;
        next.text = NULL;
    } else {
        report_error("%s: domain %u cannot have that: nothing was done", verb, p->domid);
    }
    guest_cfg_free(&next);
    return ret == 0 ? XL_OK : XL_FAILED;
}

int present_keep(const char *verb, struct present_cfg *p)
{
    int ret;

    if (!p->known)
        return XL_OK;
    ret = kept_config_change(p->domid, p->text);
    if (ret == 0 || ret == -ENOENT) /* the domain has ended */
        return XL_OK;
    report_error("%s: it is done, but the configuration of domain %u does not tell of it: cannot write in "
                 KEPT_DIR ": %s", verb, p->domid, strerror(-ret));
    report_hint("make room, undo it, and do it again");
    return XL_FAILED;
}

void present_end(struct present_cfg *p)
{
    kept_save_end(p->domid, p->lock);
    guest_cfg_free(&p->cfg);
    free(p->text);
    p->text = NULL;
}

int present_change(const char *verb, uint32_t domid, void (*edit)(struct guest_cfg *g, uint32_t devid),
                   uint32_t devid)
{
    struct present_cfg p;
    int ret = present_begin(verb, domid, &p);

    if (ret != XL_OK)
        return ret;
    edit(&p.cfg, devid);
    ret = present_check(verb, &p);
    if (ret == XL_OK)
        ret = present_keep(verb, &p);
    present_end(&p);
    return ret;
}
