/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest from its configuration to a domain, and its end.
 */
#include "guest.h"
#include "bootloader.h"
#include "channel.h"
#include "cpu_set.h"
#include "device_model.h"
#include "disk.h"
#include "kept.h"
#include "name.h"
#include "report.h"
#include "uuid.h"
#include "vif.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define CONSOLE_WAIT_MS 2000
#define CONSOLE_STEP_MS 100

/* --- the store ------------------------------------------------------------------------------- */

struct enter {
    struct xstore *x;
    xstore_txn_t txn;
    uint32_t domid;
    int ret;
};

static void put(struct enter *e, bool guest_owns, const char *sub, const char *value)
{
    struct xstore_perm ours[2] = { { 0, false, false }, { e->domid, true, false } };
    struct xstore_perm theirs[1] = { { e->domid, false, false } };
    char path[128];

    if (e->ret < 0)
        return;
    snprintf(path, sizeof(path), "/local/domain/%u%s%s", e->domid, *sub ? "/" : "", sub);
    e->ret = xstore_write(e->x, e->txn, path, value, strlen(value));
    if (e->ret == 0)
        e->ret = guest_owns ? xstore_set_perms(e->x, e->txn, path, theirs, 1)
                            : xstore_set_perms(e->x, e->txn, path, ours, 2);
}

static void put_number(struct enter *e, const char *sub, unsigned long long n)
{
    char text[24];

    snprintf(text, sizeof(text), "%llu", n);
    put(e, false, sub, text);
}

static void put_vm(struct enter *e, const struct guest_cfg *g, const char *uuid)
{
    char path[64], now[24];

    if (e->ret < 0)
        return;
    snprintf(path, sizeof(path), "/vm/%s/name", uuid);
    e->ret = xstore_write(e->x, e->txn, path, g->name, strlen(g->name));
    snprintf(path, sizeof(path), "/vm/%s/uuid", uuid);
    if (e->ret == 0)
        e->ret = xstore_write(e->x, e->txn, path, uuid, strlen(uuid));
    snprintf(path, sizeof(path), "/vm/%s/start_time", uuid);
    snprintf(now, sizeof(now), "%lld.00", (long long)time(NULL));
    if (e->ret == 0)
        e->ret = xstore_write(e->x, e->txn, path, now, strlen(now));
    snprintf(path, sizeof(path), "/vm/%s", uuid);
    put(e, false, "vm", path);
}

static void put_all(struct enter *e, const struct guest_cfg *g, const char *uuid,
                    const struct ctrl_guest_rings *r)
{
    static const char *const guest_nodes[] = {
        "control/shutdown",
        "control/feature-poweroff",
        "control/feature-reboot",
        "control/feature-suspend",
        "control/sysrq",
        "data",
        "drivers",
        "feature",
        "attr",
        "error",
        "device/suspend/event-channel",
    };

    put(e, false, "", "");
    put_vm(e, g, uuid);
    put(e, false, "name", g->name);
    put_number(e, "domid", e->domid);
    put_number(e, "memory/static-max", (g->maxmem ? g->maxmem : g->memory) << 10);
    put_number(e, "memory/target", g->memory << 10);
    put(e, false, "control", "");
    put(e, false, "control/platform-feature-multiprocessor-suspend", "1");
    put(e, false, "device", "");
    for (size_t i = 0; i < sizeof(guest_nodes) / sizeof(guest_nodes[0]); i++)
        put(e, true, guest_nodes[i], "");
    for (unsigned i = 0; i < (g->maxvcpus ? g->maxvcpus : g->vcpus); i++) {
        char sub[40];

        snprintf(sub, sizeof(sub), "cpu/%u/availability", i);
        put(e, false, sub, i < g->vcpus ? "online" : "offline");
    }
    put(e, false, "console/type", "xenconsoled");
    put(e, false, "console/output", "pty");
    put_number(e, "console/limit", 1 << 20);
    put_number(e, "console/ring-ref", r->console_frame);
    put_number(e, "console/port", r->console_port);
    put_number(e, "store/ring-ref", r->store_frame);
    put_number(e, "store/port", r->store_port);
}

/* Everything appears at once or not at all. */
static int enter_in_store(struct xstore *x, const struct guest_cfg *g, uint32_t domid,
                          const char *uuid, const struct ctrl_guest_rings *r)
{
    struct enter e = { .x = x, .domid = domid };

    do {
        e.ret = xstore_txn_start(x, &e.txn);
        if (e.ret < 0)
            return e.ret;
        put_all(&e, g, uuid, r);
        e.ret = xstore_txn_finish(x, e.txn, e.ret);
    } while (e.ret == -EAGAIN);
    return e.ret < 0 ? e.ret : xstore_introduce(x, domid, r->store_frame, r->store_port);
}

/* --- start and end --------------------------------------------------------------------------- */

static int apply_scheduling(struct ctrl *c, const struct guest_cfg *g, uint32_t domid)
{
    struct ctrl_sched_params p = { .weight = g->cpu_weight, .cap = g->cap };
    uint8_t map[64];
    int ret = 0;

    if (g->cpu_weight != 256 || g->cap != 0)
        ret = ctrl_sched_set(c, domid, &p);
    if (ret < 0 || !g->cpus)
        return ret;
    if (parse_cpu_set(g->cpus, map, sizeof(map)) < 0)
        return -EINVAL;
    for (unsigned i = 0; i < g->vcpus && ret == 0; i++)
        ret = ctrl_vcpu_set_affinity(c, domid, i, map, sizeof(map));
    return ret;
}

/* Firmware and some systems take the clock that a PC keeps over its power-off for local time. */
static int set_clock(struct ctrl *c, const struct guest_cfg *g, uint32_t domid)
{
    time_t now = time(NULL);
    struct tm local;

    if (!g->hvm.localtime || !localtime_r(&now, &local))
        return 0;
    return ctrl_domain_set_time_offset(c, domid, local.tm_gmtoff);
}

static struct ctrl_guest_config build_config(const struct guest_cfg *g, const struct boot_files *b)
{
    struct ctrl_guest_config cfg = guest_cfg_build(g);

    cfg.kernel = b->kernel;
    cfg.ramdisk = b->ramdisk;
    cfg.cmdline = b->cmdline;
    return cfg;
}

int guest_check(const struct guest_cfg *g)
{
    struct ctrl_guest_config cfg;
    struct boot_files boot;
    struct ctrl *c = host_ctrl();
    int ret;

    if (!c)
        return XL_NO_HOST;
    ret = boot_files_find(g, &boot);
    if (ret != XL_OK)
        return ret;
    cfg = build_config(g, &boot);
    if (ctrl_guest_check(c, &cfg) < 0) {
        report_error("%s", ctrl_error(c));
        ret = XL_FAILED;
    }
    boot_files_drop(&boot);
    return ret;
}

static int check_memory(struct ctrl *c, const struct guest_cfg *g)
{
    struct ctrl_physinfo p;

    if (ctrl_physinfo(c, &p) < 0) {
        report_error("%s", ctrl_error(c));
        return XL_FAILED;
    }
    if (p.free_pages / 256 >= g->memory)
        return XL_OK;
    report_error("not enough memory for '%s': %llu MiB wanted, %llu MiB free", g->name,
                 (unsigned long long)g->memory, (unsigned long long)(p.free_pages / 256));
    report_hint("give the guest less memory, end another one, or boot with a smaller dom0_mem=");
    return XL_FAILED;
}

static int check_name_free(const struct guest_cfg *g)
{
    uint32_t other;
    int ret = domain_by_name(g->name, &other);

    if (ret == -ENOENT)
        return XL_OK;
    if (ret < 0)
        return XL_NO_HOST;
    report_error("the name '%s' is taken by domain %u", g->name, other);
    report_hint("choose another name= or end that domain: `xl-like destroy %u`", other);
    return XL_FAILED;
}

/* Where a guest comes from: a file, or it is new. */
struct source {
    const char *path;
    struct ctrl_saved *saved; /* NULL: it is new */
};

static int build_domain(struct ctrl *c, const struct guest_cfg *g,
                        const struct ctrl_domain_config *dom, uint32_t *domid,
                        struct ctrl_guest_rings *rings)
{
    struct ctrl_guest_config cfg;
    struct boot_files boot;
    int ret = boot_files_find(g, &boot);

    if (ret != XL_OK)
        return ret;
    report_step("building '%s' ...", g->name);
    cfg = build_config(g, &boot);
    if (ctrl_guest_create(c, dom, &cfg, domid, rings) < 0) {
        report_error("cannot create '%s': %s", g->name, ctrl_error(c));
        ret = XL_FAILED;
    }
    boot_files_drop(&boot);
    return ret;
}

static int restore_domain(struct ctrl *c, const struct guest_cfg *g, const struct source *from,
                          const struct ctrl_domain_config *dom, uint32_t *domid,
                          struct ctrl_guest_rings *rings)
{
    char what[DOMAIN_NAME_MAX + sizeof("restoring '':")];
    struct ctrl_restore restore = {
        .maxmem_kb = guest_cfg_build(g).maxmem_kb,
        .progress = report_pages,
        .arg = what,
    };

    snprintf(what, sizeof(what), "restoring '%s':", g->name);
    if (ctrl_guest_restore(c, from->saved, dom, &restore, domid, rings) == 0)
        return XL_OK;
    report_error("cannot restore '%s' from '%s': %s", g->name, from->path, ctrl_error(c));
    return XL_FAILED;
}

static int start(const struct guest_cfg *g, const struct source *from, uint32_t *domid)
{
    struct ctrl_domain_config dom = {
        .type = g->type,
        .max_vcpus = g->maxvcpus ? g->maxvcpus : g->vcpus,
        .max_grant_frames = g->max_grant_frames ? (int32_t)g->max_grant_frames : -1,
        .max_maptrack_frames = g->max_maptrack_frames ? (int32_t)g->max_maptrack_frames : -1,
        .max_evtchn_port = g->max_event_channels,
    };
    struct ctrl_guest_rings rings;
    struct ctrl *c = host_ctrl();
    struct xstore *x = host_store();
    struct device_model_state state = { 0 };
    char uuid[UUID_TEXT];
    int ret;

    if (!c || !x)
        return XL_NO_HOST;
    ret = check_name_free(g);
    if (ret == XL_OK)
        ret = check_memory(c, g);
    if (ret != XL_OK)
        return ret;
    if (g->uuid) {
        uuid_parse(g->uuid, dom.handle);
    } else if (uuid_make(dom.handle) < 0) {
        report_error("no random numbers for a UUID");
        return XL_FAILED;
    }
    uuid_print(dom.handle, uuid);
    *domid = 0;
    ret = from->saved ? restore_domain(c, g, from, &dom, domid, &rings)
                      : build_domain(c, g, &dom, domid, &rings);
    if (ret != XL_OK)
        return ret;
    ret = kept_config_put(*domid, g->text);
    if (ret < 0) {
        report_error("cannot keep the configuration of '%s' in " KEPT_DIR ": %s", g->name,
                     strerror(-ret));
        goto err;
    }
    if (set_clock(c, g, *domid) < 0) {
        report_error("cannot set the clock of '%s': %s", g->name, ctrl_error(c));
        goto err;
    }
    if (apply_scheduling(c, g, *domid) < 0) {
        report_error("cannot set the scheduling of '%s': %s", g->name, ctrl_error(c));
        goto err;
    }
    ret = enter_in_store(x, g, *domid, uuid, &rings);
    if (ret < 0) {
        report_error("cannot enter '%s' in the store: %s", g->name, strerror(-ret));
        goto err;
    }
    if (disks_attach(x, *domid, g->disks) != XL_OK ||
        vifs_attach(x, *domid, g->name, g->vifs) != XL_OK ||
        channels_attach(x, *domid, g->name, g->channels) != XL_OK)
        goto err;
    if (from->saved)
        state.bytes = (void *)ctrl_saved_device_model(from->saved, &state.size);
    if (g->type == CTRL_HVM && device_model_start(x, *domid, g, &state) != XL_OK)
        goto err;
    report_step_done();
    return XL_OK;

err:
    guest_destroy(*domid);
    return XL_FAILED;
}

static int start_named(const struct guest_cfg *g, const struct source *from, uint32_t *domid)
{
    int fd, ret;

    mkdir(KEPT_DIR, 0755);
    fd = name_take(NAME_DIR, g->name);
    if (fd < 0) {
        if (fd == -EBUSY)
            report_error("a domain with the name '%s' is being created just now", g->name);
        else
            report_error("cannot take the name '%s': %s", g->name, strerror(-fd));
        return XL_FAILED;
    }
    ret = start(g, from, domid);
    name_release(NAME_DIR, g->name, fd);
    return ret;
}

int guest_start(const struct guest_cfg *g, uint32_t *domid)
{
    return start_named(g, &(struct source){ 0 }, domid);
}

int guest_restore(const struct guest_cfg *g, const char *path, struct ctrl_saved *saved,
                  uint32_t *domid)
{
    return start_named(g, &(struct source){ path, saved }, domid);
}

static bool node_exists(struct xstore *x, const char *path)
{
    char *value;

    if (xstore_read(x, XSTORE_NO_TXN, path, &value, NULL) < 0)
        return false;
    free(value);
    return true;
}

/* consoled writes console/tty once it serves the guest. Without a daemon the wait is bounded. */
static void wait_for_console(struct xstore *x, uint32_t domid)
{
    char path[64];

    snprintf(path, sizeof(path), "/local/domain/%u/console/tty", domid);
    if (xstore_watch(x, path, "console") < 0)
        return;
    for (int ms = 0; ms < CONSOLE_WAIT_MS && !node_exists(x, path); ms += CONSOLE_STEP_MS)
        store_wait(x, CONSOLE_STEP_MS);
    xstore_unwatch(x, path, "console");
}

int guest_unpause(uint32_t domid)
{
    if (host_store())
        wait_for_console(host_store(), domid);
    return ctrl_domain_unpause(host_ctrl(), domid);
}

int guest_destroy(uint32_t domid)
{
    struct ctrl *c = host_ctrl();
    struct xstore *x = host_store();
    int ret;

    if (!c)
        return -ENODEV;
    ret = ctrl_domain_destroy(c, domid);
    if (ret < 0 && ret != -ESRCH)
        report_error("cannot destroy domain %u: %s", domid, ctrl_error(c));
    if (ret == 0 || ret == -ESRCH)
        device_model_stop(x, domid); /* first: it holds memory of the domain */
    if (x && (ret == 0 || ret == -ESRCH)) {
        store_forget_domain(x, domid);
        devices_forget(x, &disk_kind, domid);
        devices_forget(x, &vif_kind, domid);
        devices_forget(x, &channel_kind, domid);
    }
    if (ret == 0 || ret == -ESRCH)
        kept_forget(domid);
    return ret == -ESRCH ? 0 : ret;
}
