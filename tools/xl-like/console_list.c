/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * console-list: the consoles that consoled serves, with what they have moved.
 */
#include "guest.h"
#include "json.h"
#include "report.h"
#include "verbs.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define STATISTICS "/run/xen-like/console/statistics"

struct console {
    unsigned domid, number, viewers;
    unsigned long long taken, given, lost;
};

static FILE *open_statistics(void)
{
    struct sockaddr_un sa = { .sun_family = AF_UNIX, .sun_path = STATISTICS };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    FILE *f = NULL;

    if (fd >= 0 && connect(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0)
        f = fdopen(fd, "r");
    if (!f && fd >= 0)
        close(fd);
    return f;
}

static void show_text(const struct console *c)
{
    printf("%-6u %-6u %14llu %12llu %10llu %7u\n", c->domid, c->number, c->taken, c->given, c->lost,
           c->viewers);
}

static void show_json(yajl_gen g, const struct console *c)
{
    yajl_gen_map_open(g);
    json_number(g, "domid", c->domid);
    json_number(g, "number", c->number);
    json_number(g, "bytes_out", c->taken);
    json_number(g, "bytes_in", c->given);
    json_number(g, "bytes_not_logged", c->lost);
    json_number(g, "viewers", c->viewers);
    yajl_gen_map_close(g);
}

static int list(FILE *f, yajl_gen g)
{
    struct console c;
    char line[120];

    if (g)
        yajl_gen_array_open(g);
    else
        printf("%-6s %-6s %14s %12s %10s %7s\n", "domain", "number", "bytes out", "bytes in",
               "not logged", "viewers");
    while (fgets(line, sizeof(line), f)) {
        if (sscanf(line, "%u %u %llu %llu %llu %u", &c.domid, &c.number, &c.taken, &c.given,
                   &c.lost, &c.viewers) != 6)
            continue;
        if (g)
            show_json(g, &c);
        else
            show_text(&c);
    }
    if (g)
        yajl_gen_array_close(g);
    return g && !json_end(g) ? XL_FAILED : XL_OK;
}

int verb_console_list(int argc, char **argv)
{
    static const struct option longs[] = { { "json", no_argument, NULL, 'j' },
                                           { NULL, 0, NULL, 0 } };
    bool json = false;
    yajl_gen g = NULL;
    FILE *f;
    int c, ret;

    while ((c = getopt_long(argc, argv, "j", longs, NULL)) != -1) {
        if (c != 'j')
            return usage_error(argv[0]);
        json = true;
    }
    if (optind != argc)
        return usage_error(argv[0]);
    f = open_statistics();
    if (!f) {
        report_error("%s: nobody tells of consoles at " STATISTICS, argv[0]);
        report_hint("is consoled running? (`pidof consoled`)");
        return XL_FAILED;
    }
    ret = json && !(g = json_start()) ? XL_FAILED : list(f, g);
    fclose(f);
    return ret;
}
