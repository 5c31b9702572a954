/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vncviewer: a guest's screen.
 */
#include "host.h"
#include "report.h"
#include "verbs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define VIEWER "vncviewer"

/* HOST::PORT is what all viewers take; an address of IPv6 goes into brackets. */
static int show(const char *host, long long port)
{
    char address[160];

    snprintf(address, sizeof(address), strchr(host, ':') ? "[%s]::%lld" : "%s::%lld", host, port);
    execlp(VIEWER, VIEWER, address, (char *)NULL);
    if (errno != ENOENT) {
        report_error(VIEWER ": %s", strerror(errno));
        return XL_FAILED;
    }
    printf("%s\n", address);
    report_hint("there is no program " VIEWER " here: give one this address");
    return XL_OK;
}

int verb_vncviewer(int argc, char **argv)
{
    unsigned domid;
    int ret = one_domain(argc, argv, &domid);
    long long port;
    char *host;

    if (ret != XL_OK)
        return ret;
    port = domain_number(domid, "console/vnc-port");
    host = domain_read(domid, "console/vnc-listen");
    if (host && port > 0) {
        ret = show(host, port);
    } else {
        report_error("%s: domain %u shows no screen by VNC", argv[0], domid);
        ret = XL_FAILED;
    }
    free(host);
    return ret;
}
