/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pause, unpause, shutdown, reboot, destroy.
 */
#include "clock.h"
#include "guest.h"
#include "report.h"
#include "verbs.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int one_domain(int argc, char **argv, unsigned *domid)
{
    if (argc != 2 || argv[1][0] == '-')
        return usage_error(argv[0]);
    return domain_find(argv[1], domid);
}

static int not_dom0(const char *verb, uint32_t domid)
{
    if (domid != 0)
        return XL_OK;
    report_error("%s: Domain-0 runs this command itself", verb);
    return XL_FAILED;
}

static int simple(int argc, char **argv, int (*fn)(struct ctrl *, uint32_t))
{
    unsigned domid;
    int ret = one_domain(argc, argv, &domid);

    if (ret == XL_OK)
        ret = not_dom0(argv[0], domid);
    if (ret != XL_OK)
        return ret;
    if (fn(host_ctrl(), domid) == 0)
        return XL_OK;
    report_error("%s: %s", argv[0], ctrl_error(host_ctrl()));
    return XL_FAILED;
}

int verb_pause(int argc, char **argv)
{
    return simple(argc, argv, ctrl_domain_pause);
}

int verb_unpause(int argc, char **argv)
{
    return simple(argc, argv, ctrl_domain_unpause);
}

int verb_destroy(int argc, char **argv)
{
    unsigned domid;
    int ret = one_domain(argc, argv, &domid);

    if (ret == XL_OK)
        ret = not_dom0("destroy", domid);
    if (ret != XL_OK)
        return ret;
    return guest_destroy(domid) == 0 ? XL_OK : XL_FAILED;
}

/* --- asking the guest ------------------------------------------------------------------------ */

struct request {
    const char *verb;
    const char *word; /* what is written to control/shutdown */
    enum ctrl_trigger button; /* for a guest without PV drivers, if `press` */
    bool all, wait, press;
    int timeout; /* seconds of --wait, for all guests together; 0: for ever */
    time_t end;  /* when they are over, of monotonic_seconds() */
};

static int press_button(const struct request *r, uint32_t domid)
{
    if (!r->press) {
        report_error("%s: domain %u has no PV drivers, which would heed the request", r->verb, domid);
        report_hint("`xl-like %s -F` presses its %s button", r->verb,
                    r->button == CTRL_TRIGGER_POWER ? "power" : "reset");
        return XL_FAILED;
    }
    if (ctrl_domain_trigger(host_ctrl(), domid, r->button, 0) == 0)
        return XL_OK;
    report_error("%s: %s", r->verb, ctrl_error(host_ctrl()));
    return XL_FAILED;
}

/* A domain that has gone meanwhile has done as it was asked. */
static int ask(const struct request *r, uint32_t domid)
{
    int heeds = ctrl_guest_has_pv_drivers(host_ctrl(), domid);

    if (heeds == -ESRCH && r->all)
        return XL_OK;
    if (heeds < 0) {
        report_error("%s: %s", r->verb, ctrl_error(host_ctrl()));
        return XL_FAILED;
    }
    return heeds ? domain_put(domid, "control/shutdown", "%s", r->word) : press_button(r, domid);
}

static bool still_runs(uint32_t domid)
{
    struct ctrl_domain_info info;

    int ret = ctrl_domain_info(host_ctrl(), domid, &info);

    return ret == 0 ? !info.dying && !info.shutdown : ret != -ESRCH;
}

/* Events of the store tell when to look; a look each half second as well bounds the wait if the
 * store is restarted. */
static int wait_until_stopped(const struct request *r, uint32_t domid)
{
    struct xstore *x = host_store();

    while (still_runs(domid)) {
        if (r->timeout && monotonic_seconds() >= r->end) {
            report_error("%s: domain %u still runs after %d seconds", r->verb, domid, r->timeout);
            report_hint("the guest may not heed the request; `xl-like destroy %u` ends it at once",
                        domid);
            return XL_FAILED;
        }
        store_wait(x, 500);
    }
    return XL_OK;
}

static int parse_request(int argc, char **argv, struct request *r)
{
    static const struct option longs[] = {
        { "all", no_argument, NULL, 'a' },
        { "wait", no_argument, NULL, 'w' },
        { "timeout", required_argument, NULL, 't' },
        { NULL, 0, NULL, 0 },
    };
    int c;

    while ((c = getopt_long(argc, argv, "awt:F", longs, NULL)) != -1) {
        switch (c) {
        case 'a': r->all = true; break;
        case 'w': r->wait = true; break;
        case 'F': r->press = true; break;
        case 't':
            r->timeout = atoi(optarg);
            if (r->timeout <= 0) {
                report_error("%s: --timeout takes a number of seconds", r->verb);
                return XL_USAGE;
            }
            break;
        default: return usage_error(r->verb);
        }
    }
    return r->all == (optind == argc) && optind >= argc - 1 ? XL_OK : usage_error(r->verb);
}

/* What asking, and waiting, takes of the store. */
static int open_store(const struct request *r)
{
    if (!host_store())
        return XL_NO_HOST;
    if (!r->wait || xstore_watch(host_store(), "@releaseDomain", r->verb) >= 0)
        return XL_OK;
    report_error("%s: the store refuses a watch", r->verb);
    return XL_FAILED;
}

/* All are asked before any is waited for. One that cannot be asked, or goes on, keeps no other from
 * it. */
static int request_listed(const struct request *r, const struct ctrl_domain_info *list, int n)
{
    int ret = n > 0 ? open_store(r) : XL_OK; /* without guests it may be gone */

    if (ret != XL_OK)
        return ret;
    for (int i = 0; i < n; i++)
        if (!list[i].dying && !list[i].shutdown && ask(r, list[i].domid) != XL_OK)
            ret = XL_FAILED;
    for (int i = 0; i < n && r->wait; i++)
        if (wait_until_stopped(r, list[i].domid) != XL_OK)
            ret = XL_FAILED;
    return ret;
}

static int request_all(const struct request *r)
{
    struct ctrl_domain_info *list = calloc(MAX_DOMAINS, sizeof(*list));
    int n = list ? ctrl_domain_list(host_ctrl(), 1, list, MAX_DOMAINS) : -ENOMEM, ret = XL_FAILED;

    if (n < 0)
        report_error("%s: cannot list the domains: %s", r->verb,
                     list ? ctrl_error(host_ctrl()) : "out of memory");
    else
        ret = request_listed(r, list, n);
    free(list);
    return ret;
}

static int request(int argc, char **argv, const char *word, enum ctrl_trigger button)
{
    struct request r = { .verb = argv[0], .word = word, .button = button };
    int ret = parse_request(argc, argv, &r);
    unsigned domid;

    if (ret != XL_OK)
        return ret;
    if (!host_ctrl())
        return XL_NO_HOST;
    r.end = monotonic_seconds() + r.timeout;
    if (r.all)
        return request_all(&r);
    ret = domain_find(argv[optind], &domid);
    if (ret == XL_OK)
        ret = not_dom0(r.verb, domid);
    if (ret == XL_OK)
        ret = open_store(&r);
    if (ret == XL_OK)
        ret = ask(&r, domid);
    return ret == XL_OK && r.wait ? wait_until_stopped(&r, domid) : ret;
}

int verb_shutdown(int argc, char **argv)
{
    return request(argc, argv, "poweroff", CTRL_TRIGGER_POWER);
}

int verb_reboot(int argc, char **argv)
{
    return request(argc, argv, "reboot", CTRL_TRIGGER_RESET);
}
