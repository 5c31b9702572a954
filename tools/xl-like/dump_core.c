/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dump-core: a guest's memory and registers for a debugger.
 */
#include "host.h"
#include "new_file.h"
#include "report.h"
#include "verbs.h"

#include <string.h>

/* It stands still meanwhile, so that what is in the file fits together. */
static int dump(uint32_t domid, int fd)
{
    struct ctrl_save s = { .fd = fd, .progress = report_pages, .arg = "dumping" };
    int ret = ctrl_domain_pause(host_ctrl(), domid);

    if (ret == 0) {
        ret = ctrl_guest_dump(host_ctrl(), domid, &s);
        if (ret < 0)
            report_error("dump-core: %s", ctrl_error(host_ctrl()));
        if (ctrl_domain_unpause(host_ctrl(), domid) == 0)
            return ret;
    }
    report_error("dump-core: %s", ctrl_error(host_ctrl()));
    return -1;
}

int verb_dump_core(int argc, char **argv)
{
    struct new_file f;
    uint32_t domid;
    int ret;

    if (argc != 3 || argv[1][0] == '-')
        return usage_error(argv[0]);
    ret = domain_find(argv[1], &domid);
    if (ret != XL_OK)
        return ret;
    if (domid == 0) {
        report_error("dump-core: Domain-0 runs this command itself");
        return XL_FAILED;
    }
    ret = new_file_open(&f, argv[2]);
    if (ret < 0) {
        report_error("dump-core: cannot make a file beside '%s': %s", argv[2], strerror(-ret));
        return XL_FAILED;
    }
    if (dump(domid, f.fd) < 0) {
        new_file_drop(&f);
        return XL_FAILED;
    }
    report_step_done();
    ret = new_file_keep(&f);
    if (ret == 0)
        return XL_OK;
    report_error("dump-core: '%s': %s", argv[2], strerror(-ret));
    return XL_FAILED;
}
