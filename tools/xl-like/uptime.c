/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * uptime: for how long domains have been there.
 */
#include "host.h"
#include "json.h"
#include "report.h"
#include "verbs.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static long long own_seconds(void)
{
    FILE *f = fopen("/proc/uptime", "re");
    long long s = -1;

    if (!f)
        return -1;
    if (fscanf(f, "%lld", &s) != 1)
        s = -1;
    fclose(f);
    return s;
}

/* The time when it was made stands in its /vm directory. */
static long long guest_seconds(uint32_t domid)
{
    char *vm = domain_read(domid, "vm"), *start = NULL, path[80];
    long long s = -1;

    if (vm) {
        snprintf(path, sizeof(path), "%.60s/start_time", vm);
        if (xstore_read(host_store(), XSTORE_NO_TXN, path, &start, NULL) == 0)
            s = time(NULL) - strtoll(start, NULL, 10);
    }
    free(start);
    free(vm);
    return s;
}

static void format(long long s, char text[48])
{
    long long days = s / 86400, hours = s / 3600 % 24, minutes = s / 60 % 60;

    if (s < 0)
        snprintf(text, 48, "?");
    else if (days)
        snprintf(text, 48, "%lld day%s, %2lld:%02lld:%02lld", days, days == 1 ? "" : "s", hours,
                 minutes, s % 60);
    else
        snprintf(text, 48, "%lld:%02lld:%02lld", hours, minutes, s % 60);
}

static void show(yajl_gen g, uint32_t domid)
{
    long long s = domid ? guest_seconds(domid) : own_seconds();
    char name[DOMAIN_NAME_MAX], text[48];

    domain_name(domid, name);
    if (!g) {
        format(s, text);
        printf("%-33s %4u %s\n", name, domid, text);
        return;
    }
    yajl_gen_map_open(g);
    json_text(g, "name", name);
    json_number(g, "domid", domid);
    if (s >= 0)
        json_number(g, "seconds", s);
    yajl_gen_map_close(g);
}

static int show_all(yajl_gen g)
{
    struct ctrl_domain_info list[64];
    uint32_t first = 0;
    int n;

    while ((n = ctrl_domain_list(host_ctrl(), first, list, 64)) > 0) {
        for (int i = 0; i < n; i++)
            show(g, list[i].domid);
        first = list[n - 1].domid + 1;
    }
    if (n == 0)
        return XL_OK;
    report_error("uptime: %s", ctrl_error(host_ctrl()));
    return XL_FAILED;
}

int verb_uptime(int argc, char **argv)
{
    yajl_gen g = NULL;
    const char *which;
    uint32_t domid;
    bool json;
    int ret = list_options(argc, argv, &json, &which);

    if (ret == XL_OK && which)
        ret = domain_find(which, &domid);
    if (ret != XL_OK)
        return ret;
    if (!host_ctrl())
        return XL_NO_HOST;
    if (json && !(g = json_start()))
        return XL_FAILED;
    if (g)
        yajl_gen_array_open(g);
    else
        printf("%-33s %4s %s\n", "Name", "ID", "Uptime");
    if (which)
        show(g, domid);
    else
        ret = show_all(g);
    if (!g)
        return ret;
    yajl_gen_array_close(g);
    return json_end(g) ? ret : XL_FAILED;
}
