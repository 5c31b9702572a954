/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trigger: what a machine's buttons do.
 */
#include "host.h"
#include "report.h"
#include "verbs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[] = {
    [CTRL_TRIGGER_NMI] = "nmi",     [CTRL_TRIGGER_RESET] = "reset", [CTRL_TRIGGER_INIT] = "init",
    [CTRL_TRIGGER_POWER] = "power", [CTRL_TRIGGER_SLEEP] = "sleep",
};

#define N_NAMES (sizeof(names) / sizeof(names[0]))

static int parse(int argc, char **argv, enum ctrl_trigger *what, uint32_t *vcpu)
{
    char *end = "";
    unsigned long n = argc == 4 ? strtoul(argv[3], &end, 10) : 0;
    size_t i = 0;

    while (i < N_NAMES && strcmp(names[i], argv[2]) != 0)
        i++;
    if (i == N_NAMES || *end || (argc == 4 && (*argv[3] < '0' || *argv[3] > '9')) || n > UINT16_MAX)
        return usage_error(argv[0]);
    *what = i;
    *vcpu = n;
    return XL_OK;
}

int verb_trigger(int argc, char **argv)
{
    enum ctrl_trigger what = CTRL_TRIGGER_NMI;
    uint32_t domid, vcpu = 0;
    int ret;

    if (argc < 3 || argc > 4 || argv[1][0] == '-')
        return usage_error(argv[0]);
    ret = parse(argc, argv, &what, &vcpu);
    if (ret == XL_OK)
        ret = domain_find(argv[1], &domid);
    if (ret != XL_OK)
        return ret;
    if (ctrl_domain_trigger(host_ctrl(), domid, what, vcpu) == 0)
        return XL_OK;
    report_error("trigger: %s", ctrl_error(host_ctrl()));
    return XL_FAILED;
}
