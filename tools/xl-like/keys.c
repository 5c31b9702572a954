/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sysrq, debug-keys: keys for a guest's kernel, and for the hypervisor.
 */
#include "host.h"
#include "report.h"
#include "verbs.h"

#include <string.h>

int verb_sysrq(int argc, char **argv)
{
    uint32_t domid;
    int ret;

    if (argc != 3 || argv[1][0] == '-')
        return usage_error(argv[0]);
    if (strlen(argv[2]) != 1 || argv[2][0] <= ' ' || argv[2][0] > '~') {
        report_error("sysrq: '%s' is not one letter", argv[2]);
        return XL_USAGE;
    }
    ret = domain_find(argv[1], &domid);
    return ret == XL_OK ? domain_put(domid, "control/sysrq", "%s", argv[2]) : ret;
}

int verb_debug_keys(int argc, char **argv)
{
    if (argc != 2 || argv[1][0] == '-' || !argv[1][0])
        return usage_error(argv[0]);
    if (!host_ctrl())
        return XL_NO_HOST;
    if (ctrl_debug_keys(host_ctrl(), argv[1]) == 0)
        return XL_OK;
    report_error("debug-keys: %s", ctrl_error(host_ctrl()));
    return XL_FAILED;
}
