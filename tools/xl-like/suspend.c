/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest suspends, and goes on.
 */
#include "suspend.h"
#include "clock.h"
#include "device_model.h"
#include "host.h"
#include "report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <public/io/console.h>

#define NODE "control/shutdown"

/* What it has written is read within that time, unless the daemon is stuck. */
#define CONSOLE_WAIT_MS 2000
#define CONSOLE_STEP_MS 5

int guest_has_suspended(uint32_t domid)
{
    struct ctrl_domain_info info;
    int ret = ctrl_domain_info(host_ctrl(), domid, &info);

    if (ret < 0)
        return ret;
    if (!info.shutdown)
        return 0;
    return info.shutdown_reason == CTRL_SHUTDOWN_SUSPEND ? 1 : -ESHUTDOWN;
}

/* Takes the request back, unless the guest has taken it. True if it is taken back. */
static bool retract(uint32_t domid)
{
    struct xstore *x = host_store();
    char path[64], *word = NULL;
    bool there;
    xstore_txn_t txn;
    int ret;

    snprintf(path, sizeof(path), "/local/domain/%u/" NODE, domid);
    do {
        ret = xstore_txn_start(x, &txn);
        if (ret < 0)
            return false;
        there = xstore_read(x, txn, path, &word, NULL) == 0 && strcmp(word, "suspend") == 0;
        free(word);
        word = NULL;
        if (there)
            ret = xstore_write(x, txn, path, "", 0);
        ret = xstore_txn_finish(x, txn, ret);
    } while (ret == -EAGAIN);
    return ret == 0 && there;
}

static int wait_for_it(uint32_t domid, int seconds)
{
    time_t end = monotonic_seconds() + seconds;
    int ret;

    while ((ret = guest_has_suspended(domid)) == 0 && monotonic_seconds() < end)
        store_wait(host_store(), 100);
    return ret;
}

/* What the console's daemon reads now it would read once more from the ring of a restored guest. */
static void wait_for_console_daemon(uint32_t domid)
{
    long long frame = domain_number(domid, "console/ring-ref");
    const volatile struct xencons_interface *ring;
    uint64_t mfn = frame;
    void *page;

    if (frame < 0 || ctrl_map_foreign(host_ctrl(), domid, PROT_READ, &mfn, 1, &page) < 0)
        return;
    ring = page;
    for (int ms = 0; ms < CONSOLE_WAIT_MS && ring->out_cons != ring->out_prod;
         ms += CONSOLE_STEP_MS)
        usleep(CONSOLE_STEP_MS * 1000);
    ctrl_unmap(page, 1);
}

/* One that cannot be asked stops between two instructions, when its device model has answered. */
static int suspend_by_force(uint32_t domid, int seconds)
{
    int ret = ctrl_domain_force_shutdown(host_ctrl(), domid, CTRL_SHUTDOWN_SUSPEND);

    if (ret < 0) {
        report_error("%s", ctrl_error(host_ctrl()));
        return XL_FAILED;
    }
    ret = wait_for_it(domid, seconds);
    if (ret == 1)
        return XL_OK;
    if (ret < 0) {
        report_error("domain %u has ended instead of suspending", domid);
        return XL_FAILED;
    }
    report_error("the device model of domain %u has not answered its guest within %d seconds", domid,
                 seconds);
    report_hint("is it paused? `xl-like unpause %u`", domid);
    if (ctrl_guest_resume(host_ctrl(), domid) < 0) /* its device model was not stopped */
        report_error("domain %u does not go on: %s", domid, ctrl_error(host_ctrl()));
    return XL_FAILED;
}

int guest_suspend(uint32_t domid, int seconds)
{
    int ret;

    if (!host_ctrl() || !host_store())
        return XL_NO_HOST;
    ret = ctrl_guest_has_pv_drivers(host_ctrl(), domid);
    if (ret < 0) {
        report_error("%s", ctrl_error(host_ctrl()));
        return XL_FAILED;
    }
    if (ret == 0)
        return suspend_by_force(domid, seconds);
    ret = domain_put(domid, NODE, "suspend");
    if (ret != XL_OK)
        return ret;
    ret = wait_for_it(domid, seconds);
    if (ret == 0 && !retract(domid))
        ret = wait_for_it(domid, seconds); /* it has begun just now */
    if (ret == 1) {
        wait_for_console_daemon(domid);
        return XL_OK;
    }
    if (ret == 0) {
        report_error("domain %u has not suspended within %d seconds", domid, seconds);
        report_hint("its kernel needs support for it (Linux: CONFIG_XEN_SAVE_RESTORE); "
                    "-t gives it more time");
    } else {
        report_error("domain %u has ended instead of suspending", domid);
    }
    return XL_FAILED;
}

/* Without its devices it would wait for ever: then it ends as if it had crashed. */
static int resume_without_devices(uint32_t domid)
{
    struct ctrl *c = host_ctrl();
    int ret = ctrl_domain_pause(c, domid);

    if (ret < 0)
        return ret;
    ret = ctrl_guest_resume(c, domid);
    if (ret == 0)
        ret = ctrl_domain_force_shutdown(c, domid, CTRL_SHUTDOWN_CRASH);
    ctrl_domain_unpause(c, domid);
    return ret < 0 ? ret : -ENODEV;
}

int guest_resume(uint32_t domid)
{
    struct ctrl_domain_info info;
    int ret = ctrl_domain_info(host_ctrl(), domid, &info);

    if (ret < 0)
        return ret;
    if (info.pc && device_model_go_on(domid) != XL_OK)
        return device_model_pid(domid) > 0 ? -ETIMEDOUT : resume_without_devices(domid);
    ret = ctrl_guest_resume(host_ctrl(), domid);
    return ret < 0 || !host_store() ? ret : xstore_resume(host_store(), domid);
}
