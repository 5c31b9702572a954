/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * save: a guest's memory and registers go to a file, and what its device model knows, if it has one.
 * Whatever goes wrong, the guest goes on: it is ended only when the file is whole and on the disk.
 */
#include "device_model.h"
#include "guest.h"
#include "identity.h"
#include "kept.h"
#include "new_file.h"
#include "present_cfg.h"
#include "report.h"
#include "suspend.h"
#include "verbs.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define SUSPEND_SECONDS 60

enum afterwards { SAVE_ENDS, SAVE_RUNS, SAVE_PAUSED };

struct options {
    enum afterwards afterwards;
    int seconds;
};

static int parse_options(int argc, char **argv, struct options *o)
{
    static const struct option longs[] = {
        { "running", no_argument, NULL, 'c' },
        { "paused", no_argument, NULL, 'p' },
        { "timeout", required_argument, NULL, 't' },
        { NULL, 0, NULL, 0 },
    };
    int c;

    while ((c = getopt_long(argc, argv, "cpt:", longs, NULL)) != -1) {
        switch (c) {
        case 'c': o->afterwards = SAVE_RUNS; break;
        case 'p': o->afterwards = SAVE_PAUSED; break;
        case 't': o->seconds = atoi(optarg); break;
        default: return usage_error("save");
        }
    }
    if (o->seconds > 0)
        return optind == argc - 2 ? XL_OK : usage_error("save");
    report_error("save: --timeout takes a number of seconds");
    return XL_USAGE;
}

/* --- its configuration ----------------------------------------------------------------------- */

/* Later settings replace earlier ones: what was changed since it was made. */
static void print_changes(uint32_t domid, const struct ctrl_domain_info *info, FILE *out)
{
    long long target = domain_number(domid, "memory/target");
    long long most = domain_number(domid, "memory/static-max");

    identity_print(info, out);
    if (target >= 1024 && most >= target)
        fprintf(out, "memory = %lld\nmaxmem = %lld\n", target >> 10, (most + 1023) >> 10);
    fprintf(out, "maxvcpus = %" PRIu32 "\n", info->max_vcpu_id + 1);
}

static int count_devices(uint32_t domid, const char *class)
{
    char path[64], **names;
    int n;

    snprintf(path, sizeof(path), "/local/domain/%" PRIu32 "/device/%s", domid, class);
    n = xstore_directory(host_store(), XSTORE_NO_TXN, path, &names);
    if (n > 0)
        free(names);
    return n == -ENOENT ? 0 : n;
}

/* Somebody was killed between a device and the configuration, or it came by others' hands. */
static int check_devices(uint32_t domid, const struct guest_cfg *g)
{
    int disks, vifs, wanted_disks = 0, wanted_vifs = 0;

    for (const struct disk_cfg *d = g->disks; d; d = d->next)
        wanted_disks += !(d->cdrom && d->drive >= 0); /* its device model has that alone */
    for (const struct vif_cfg *v = g->vifs; v; v = v->next)
        wanted_vifs++;
    disks = count_devices(domid, "vbd");
    vifs = count_devices(domid, "vif");
    if (disks == wanted_disks && vifs == wanted_vifs)
        return XL_OK;
    report_error("save: domain %" PRIu32 " has %d disks and %d network devices, and %d and %d in "
                 "its configuration: it could not be restored as it is",
                 domid, disks, vifs, wanted_disks, wanted_vifs);
    report_hint("`xl-like list --long %" PRIu32 "` shows the configuration: detach what is not in it, "
                "attach what is only there", domid);
    return XL_FAILED;
}

static int print_config(const struct ctrl_domain_info *info, const struct guest_cfg *g, char **text)
{
    size_t size;
    FILE *out = open_memstream(text, &size);

    if (out) {
        fputs(g->text, out);
        present_print_devices(g, out);
        print_changes(info->domid, info, out);
    }
    if (out && fclose(out) == 0)
        return XL_OK;
    report_error("save: no memory for the configuration");
    return XL_FAILED;
}

static int make_config(uint32_t domid, char **text)
{
    struct ctrl_domain_info info;
    struct guest_cfg g = { 0 };
    char *kept = kept_config_get(domid);
    int ret = XL_OK;

    if (!kept) {
        report_error("save: nothing is known of the configuration of domain %u", domid);
        report_hint("only guests that `xl-like create` or `restore` started can be saved");
        return XL_FAILED;
    }
    if (!host_store()) {
        ret = XL_NO_HOST;
    } else if (guest_cfg_from_text("kept configuration", kept, &g) < 0) {
        report_error("save: the configuration that is kept of domain %" PRIu32 " has errors", domid);
        ret = XL_FAILED;
    } else if (ctrl_domain_info(host_ctrl(), domid, &info) < 0) {
        report_error("save: %s", ctrl_error(host_ctrl()));
        ret = XL_FAILED;
    }
    if (ret == XL_OK && g.type == CTRL_HVM)
        ret = device_model_take_cds(domid, g.disks);
    if (ret == XL_OK)
        ret = check_devices(domid, &g);
    if (ret == XL_OK)
        ret = print_config(&info, &g, text);
    guest_cfg_free(&g);
    free(kept);
    return ret;
}

/* --- the file -------------------------------------------------------------------------------- */

static int save_with(uint32_t domid, const char *config, const struct device_model_state *devices,
                     const char *path)
{
    struct ctrl_save s = { .config = config, .device_model = devices->bytes,
                           .device_model_size = devices->size, .progress = report_pages,
                           .arg = "saving" };
    struct new_file f;
    int ret = new_file_open(&f, path);

    if (ret < 0) {
        report_error("save: cannot make a file beside '%s': %s", path, strerror(-ret));
        return XL_FAILED;
    }
    s.fd = f.fd;
    if (ctrl_guest_save(host_ctrl(), domid, &s) < 0) {
        report_error("save: '%s': %s", path, ctrl_error(host_ctrl()));
        new_file_drop(&f);
        return XL_FAILED;
    }
    ret = new_file_keep(&f);
    if (ret < 0)
        report_error("save: '%s': %s", path, strerror(-ret));
    return ret < 0 ? XL_FAILED : XL_OK;
}

/* Devices first: they may write memory until they have stopped. */
static int save_to(uint32_t domid, const char *config, const char *path)
{
    struct device_model_state devices = { 0 };
    struct ctrl_domain_info info;
    int ret = XL_OK;

    if (ctrl_domain_info(host_ctrl(), domid, &info) < 0) {
        report_error("save: %s", ctrl_error(host_ctrl()));
        return XL_FAILED;
    }
    if (info.pc)
        ret = device_model_take_state(domid, &devices);
    if (ret == XL_OK)
        ret = save_with(domid, config, &devices, path);
    device_model_state_free(&devices);
    return ret;
}

/* --- the guest ------------------------------------------------------------------------------- */

static int go_on(uint32_t domid, bool paused)
{
    int ret;

    if (paused && ctrl_domain_pause(host_ctrl(), domid) < 0)
        report_error("save: %s", ctrl_error(host_ctrl()));
    ret = guest_resume(domid);
    if (ret == -ENODEV)
        report_error("save: domain %u has no device model any more: so it ends", domid);
    else if (ret == -ETIMEDOUT)
        report_error("save: domain %u goes on when its device model answers", domid);
    else if (ret < 0)
        report_error("save: domain %u does not go on: %s", domid, ctrl_error(host_ctrl()));
    return ret < 0 ? XL_FAILED : XL_OK;
}

/* A file holds a guest as it runs. */
static void warn_of_next(uint32_t domid)
{
    char *next = kept_next_get(domid);

    if (next)
        report_warning("what `xl-like config-update` gave domain %" PRIu32 " for its next start is "
                       "not in the file: give it again when it is restored",
                       domid);
    free(next);
}

static int save_suspended(uint32_t domid, const char *config, const char *path,
                          const struct options *o)
{
    int ret = save_to(domid, config, path);

    if (ret != XL_OK) {
        if (go_on(domid, false) == XL_OK)
            report_hint("the guest goes on as if nothing had been");
        return ret;
    }
    report_step_done();
    warn_of_next(domid);
    if (o->afterwards != SAVE_ENDS)
        return go_on(domid, o->afterwards == SAVE_PAUSED);
    return guest_destroy(domid) == 0 ? XL_OK : XL_FAILED;
}

int verb_save(int argc, char **argv)
{
    struct options o = { .seconds = SUSPEND_SECONDS };
    char *config = NULL;
    uint32_t domid;
    int ret = parse_options(argc, argv, &o), lock;

    if (ret == XL_OK)
        ret = domain_find(argv[optind], &domid);
    if (ret == XL_OK && domid == 0) {
        report_error("save: Domain-0 runs this command itself");
        ret = XL_FAILED;
    }
    if (ret != XL_OK)
        return ret;
    lock = kept_save_begin(domid);
    if (lock < 0) {
        report_error("save: cannot take the lock of domain %u: %s", domid,
                     lock == -EBUSY ? "it is being saved, or given another configuration, just now"
                                    : strerror(-lock));
        return XL_FAILED;
    }
    ret = make_config(domid, &config);
    if (ret == XL_OK)
        ret = guest_suspend(domid, o.seconds);
    if (ret == XL_OK)
        ret = save_suspended(domid, config, argv[optind + 1], &o);
    free(config);
    kept_save_end(domid, lock);
    return ret;
}
