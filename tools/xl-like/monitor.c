/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The monitor: one small process a guest, which outlives xl-like and does what on_poweroff,
 * on_reboot, on_crash and on_watchdog say. Its messages go to /var/log/xen-like/NAME.log.
 */
#include "clock.h"
#include "guest.h"
#include "device_model.h"
#include "identity.h"
#include "kept.h"
#include "report.h"
#include "suspend.h"
#include "uuid.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LOG_DIR "/var/log/xen-like"

/* A guest that reboots faster than this is not started again and again. */
#define MIN_LIFE_SECONDS  2
#define RECONNECT_SECONDS 1
/* Without the store for so long, its package being removed, a domain that has ended is let go. */
#define PATIENCE_SECONDS 30
/* The domain is looked at this often even if the store tells of nothing. */
#define LOOK_SECONDS 10

static void log_line(const char *fmt, ...)
{
    char when[32];
    time_t now = time(NULL);
    struct tm tm;
    va_list ap;

    strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", localtime_r(&now, &tm));
    fprintf(stderr, "%s ", when);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
}

static const char *const reasons[] = {
    [CTRL_SHUTDOWN_POWEROFF] = "power off",    [CTRL_SHUTDOWN_REBOOT] = "reboot",
    [CTRL_SHUTDOWN_CRASH] = "crash",           [CTRL_SHUTDOWN_WATCHDOG] = "watchdog",
    [CTRL_SHUTDOWN_SOFT_RESET] = "soft reset",
};

static enum guest_action action_for(const struct guest_cfg *g, enum ctrl_shutdown reason)
{
    switch (reason) {
    case CTRL_SHUTDOWN_POWEROFF: return g->on_poweroff;
    case CTRL_SHUTDOWN_REBOOT: return g->on_reboot;
    case CTRL_SHUTDOWN_WATCHDOG: return g->on_watchdog;
    default: return g->on_crash;
    }
}

/* One that has suspended goes on or ends by the hand of who saves it. If nobody does, or does any
 * longer, it goes on. */
static void look_after_suspended(uint32_t domid)
{
    int lock = kept_save_begin(domid);

    if (lock < 0)
        return;
    if (guest_has_suspended(domid) == 1) {
        log_line("domain %u has suspended, and nobody saves it: it goes on", domid);
        if (guest_resume(domid) < 0)
            log_line("it does not, or not yet: %s", ctrl_error(host_ctrl()));
    }
    kept_save_end(domid, lock);
}

/* Whether the domain has ended: 1 shut down (reason in *info), 0 gone, -EAGAIN neither, -errno. */
static int look(uint32_t domid, struct ctrl_domain_info *info)
{
    int ret = host_ctrl() ? ctrl_domain_info(host_ctrl(), domid, info) : -ENODEV;

    if (ret == -ESRCH || (ret == 0 && info->dying))
        return 0;
    if (ret < 0)
        return ret;
    if (info->shutdown && info->shutdown_reason == CTRL_SHUTDOWN_SUSPEND)
        look_after_suspended(domid);
    else if (info->shutdown)
        return 1;
    return -EAGAIN;
}

/* A guest whose device model is gone waits for ever for what it has asked of it last. */
static void end_without_devices(uint32_t domid)
{
    struct ctrl_domain_info info;

    if (look(domid, &info) != -EAGAIN)
        return;
    log_line("the device model of domain %u has ended: so the domain ends", domid);
    if (ctrl_domain_force_shutdown(host_ctrl(), domid, CTRL_SHUTDOWN_CRASH) < 0)
        log_line("it does not: %s", ctrl_error(host_ctrl()));
}

/* Wait for an event of the store: 1 there was one, or the device model said something; 0 none for so
 * long that one had better look. */
static int wait_event(struct xstore *x, uint32_t domid)
{
    struct pollfd p[2] = { { .fd = xstore_fd(x), .events = POLLIN },
                           { .fd = device_model_messages(), .events = POLLIN } };
    char *path, *token;
    int ret;

    if (poll(p, 2, LOOK_SECONDS * 1000) == 0)
        return 0;
    if (p[1].revents && !device_model_take_messages())
        end_without_devices(domid);
    while ((ret = xstore_next_event(x, false, &path, &token)) == 0)
        free(path);
    return ret == -EAGAIN ? 1 : ret;
}

/* Wait until the domain has ended: as look(). */
static int wait_for_end(uint32_t domid, struct ctrl_domain_info *info)
{
    struct xstore *x = host_store();
    int ret = x ? xstore_watch(x, "@releaseDomain", "monitor") : -ENOTCONN, seen;
    bool told = true;

    while (ret >= 0) {
        seen = look(domid, info);
        if (seen != -EAGAIN) {
            if (!told)
                log_line("domain %u has ended, and the store has not told of it", domid);
            return seen;
        }
        ret = wait_event(x, domid);
        told = ret > 0;
    }
    return ret;
}

/* The store may be restarted under us: come back to it. */
static int wait_through_restarts(uint32_t domid, struct ctrl_domain_info *info)
{
    int ret, seconds = 0;

    while ((ret = wait_for_end(domid, info)) == -ENOTCONN || ret == -ENOENT ||
           ret == -ECONNREFUSED) {
        host_close();
        sleep(RECONNECT_SECONDS);
        seconds += RECONNECT_SECONDS;
        if (seconds >= PATIENCE_SECONDS && (ret = look(domid, info)) >= 0)
            break;
    }
    if (ret >= 0 && host_store())
        xstore_unwatch(host_store(), "@releaseDomain", "monitor");
    return ret;
}

/* What it is to be started with: as config-update has left it, or as it was; the same guest. */
static void take_next(struct guest_cfg *g, const struct ctrl_domain_info *info)
{
    char *text = kept_next_get(info->domid), *same;
    struct guest_cfg next = { 0 };

    if (text)
        log_line("it is started with the configuration that `xl-like config-update` gave it");
    else
        text = kept_config_get(info->domid);
    same = text ? identity_append(info, text) : NULL;
    free(text);
    if (same && guest_cfg_from_text("kept configuration", same, &next) == 0) {
        guest_cfg_free(g);
        *g = next;
    } else {
        log_line("the configuration that is kept of domain %u cannot be read: it is started as it "
                 "was the last time",
                 info->domid);
        guest_cfg_free(&next);
    }
    free(same);
}

/* The dead domain keeps its memory for inspection, under a name and a UUID of its own; the directory
 * of its old one is the next domain's. */
static int rename_domain(uint32_t domid, const char *name)
{
    uint8_t uuid[CTRL_UUID_LEN];
    char path[64];

    if (uuid_make(uuid) < 0 || ctrl_domain_set_handle(host_ctrl(), domid, uuid) < 0)
        return -EIO;
    snprintf(path, sizeof(path), "/local/domain/%u/vm", domid);
    xstore_rm(host_store(), XSTORE_NO_TXN, path);
    snprintf(path, sizeof(path), "/local/domain/%u/name", domid);
    return xstore_printf(host_store(), XSTORE_NO_TXN, path, "%s-dead-%u", name, domid);
}

static int restart(const struct guest_cfg *g, uint32_t *domid)
{
    if (guest_start(g, domid) != XL_OK)
        return -EIO;
    if (guest_unpause(*domid) < 0) {
        log_line("cannot start domain %u: %s", *domid, ctrl_error(host_ctrl()));
        guest_destroy(*domid);
        return -EIO;
    }
    log_line("started again as domain %u", *domid);
    return 0;
}

/* Do what the configuration says: true while there is a domain to watch. */
static bool act(struct guest_cfg *g, uint32_t *domid, const struct ctrl_domain_info *info, time_t began)
{
    enum ctrl_shutdown reason = info->shutdown_reason;
    enum guest_action a = action_for(g, reason);

    log_line("domain %u has shut down (%s): %s", *domid,
             (size_t)reason < sizeof(reasons) / sizeof(reasons[0]) ? reasons[reason] : "?",
             guest_action_name(a));
    if (monotonic_seconds() - began < MIN_LIFE_SECONDS &&
        (a == ACTION_RESTART || a == ACTION_RENAME_RESTART)) {
        log_line("it lived less than %d seconds: not started again", MIN_LIFE_SECONDS);
        a = a == ACTION_RESTART ? ACTION_DESTROY : ACTION_PRESERVE;
    }
    if (a == ACTION_RESTART || a == ACTION_RENAME_RESTART)
        take_next(g, info);
    switch (a) {
    case ACTION_PRESERVE: return false;
    case ACTION_RENAME_RESTART:
        return rename_domain(*domid, g->name) == 0 && restart(g, domid) == 0;
    case ACTION_RESTART: return guest_destroy(*domid) == 0 && restart(g, domid) == 0;
    case ACTION_DESTROY: guest_destroy(*domid); return false;
    }
    return false;
}

/* `g` may be another one afterwards. */
static void watch_over(struct guest_cfg *g, uint32_t domid)
{
    struct ctrl_domain_info info;
    bool more = true;

    while (more) {
        time_t began = monotonic_seconds();
        int ret = wait_through_restarts(domid, &info);

        if (ret == 0 && host_store())
            log_line("domain %u is gone", domid);
        if (ret < 0)
            log_line("cannot watch domain %u: %s", domid, strerror(-ret));
        more = ret == 1 && act(g, &domid, &info, began);
    }
}

static void redirect(const char *name)
{
    char path[128];
    int log, null = open("/dev/null", O_RDWR);

    mkdir("/var/log", 0755);
    mkdir(LOG_DIR, 0755);
    snprintf(path, sizeof(path), LOG_DIR "/%s.log", name);
    log = open(path, O_WRONLY | O_CREAT | O_APPEND, 0640);
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    dup2(log >= 0 ? log : null, STDERR_FILENO);
    if (log > STDERR_FILENO)
        close(log);
    if (null > STDERR_FILENO)
        close(null);
}

static int start(struct guest_cfg *g, uint32_t domid)
{
    pid_t pid;

    fflush(stdout);
    fflush(stderr);
    pid = fork();
    if (pid < 0)
        return -errno;
    if (pid > 0) {
        device_model_leave_messages();
        return 0;
    }
    setsid();
    signal(SIGHUP, SIG_IGN);
    if (chdir("/") < 0)
        _exit(XL_FAILED);
    redirect(g->name);
    report_quiet = true;
    host_close(); /* connections are not shared with the parent */
    log_line("watching domain %u", domid);
    watch_over(g, domid);
    _exit(XL_OK);
}

int guest_run(struct guest_cfg *g, uint32_t domid, bool paused)
{
    int ret = start(g, domid);

    if (ret < 0)
        report_error("no process to watch over '%s': %s", g->name, strerror(-ret));
    else if (paused || guest_unpause(domid) == 0)
        return XL_OK;
    else
        report_error("cannot start '%s': %s", g->name, ctrl_error(host_ctrl()));
    guest_destroy(domid);
    return XL_FAILED;
}
