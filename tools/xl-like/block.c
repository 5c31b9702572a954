/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * block-attach, block-detach, block-list, block-resize.
 */
#include "disk.h"
#include "json.h"
#include "report.h"
#include "verbs.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#define DETACH_SECONDS 60

/* The domain and the store, for a verb that changes something. */
static int open_domain(const char *verb, const char *which, uint32_t *domid)
{
    int ret = domain_find(which, domid);

    if (ret != XL_OK)
        return ret;
    if (*domid == 0) {
        report_error("%s: Domain-0 has no disks of ours", verb);
        return XL_FAILED;
    }
    return host_store() ? XL_OK : XL_NO_HOST;
}

/* A disk that the domain has, by the name of its device or its number. */
static int find_disk(const char *verb, uint32_t domid, const char *which, uint32_t *devid)
{
    char *end, *frontend;
    unsigned long n = strtoul(which, &end, 10);

    *devid = n;
    if ((!*which || *end || n > UINT32_MAX) && !disk_devid(which, devid)) {
        report_error("%s: '%s' is no virtual device (like xvda, sdb1, hdc, d3p1, or its number)",
                     verb, which);
        return XL_USAGE;
    }
    frontend = disk_node(host_store(), domid, *devid, DISK_BACKEND, "frontend");
    if (!frontend) {
        report_error("%s: domain %u has no disk %s", verb, domid, which);
        report_hint("`xl-like block-list %u` shows those it has", domid);
        return XL_FAILED;
    }
    free(frontend);
    return XL_OK;
}

int verb_block_attach(int argc, char **argv)
{
    struct disk_cfg *disk;
    struct cfg cfg;
    uint32_t domid;
    int ret;

    if (argc < 3 || argv[1][0] == '-')
        return usage_error(argv[0]);
    cfg_init(&cfg, stderr);
    ret = disk_cfg_words(&cfg, argv + 2, argc - 2, &disk);
    cfg_free(&cfg);
    if (ret < 0) {
        report_error("%s: the disk is not described well: nothing was done", argv[0]);
        return XL_CONFIG;
    }
    ret = open_domain(argv[0], argv[1], &domid);
    if (ret == XL_OK)
        ret = disks_attach(host_store(), domid, disk);
    disk_cfg_free(disk);
    return ret;
}

/* --- detaching and resizing ------------------------------------------------------------------- */

static bool parse_seconds(const char *verb, const char *text, int *out)
{
    char *end;
    long n = strtol(text, &end, 10);

    *out = n;
    if (*text && !*end && n > 0 && n <= 1000000)
        return true;
    report_error("%s: --timeout takes a number of seconds", verb);
    return false;
}

int verb_block_detach(int argc, char **argv)
{
    static const struct option longs[] = {
        { "force", no_argument, NULL, 'f' },
        { "timeout", required_argument, NULL, 't' },
        { NULL, 0, NULL, 0 },
    };
    uint32_t domid, devid;
    int c, ret, seconds = DETACH_SECONDS;
    bool force = false;

    while ((c = getopt_long(argc, argv, "ft:", longs, NULL)) != -1) {
        if (c == 't' && !parse_seconds(argv[0], optarg, &seconds))
            return XL_USAGE;
        if (c == '?')
            return usage_error(argv[0]);
        force |= c == 'f';
    }
    if (argc - optind != 2)
        return usage_error(argv[0]);
    ret = open_domain(argv[0], argv[optind], &domid);
    if (ret == XL_OK)
        ret = find_disk(argv[0], domid, argv[optind + 1], &devid);
    return ret == XL_OK ? disk_detach(host_store(), domid, devid, force, seconds) : ret;
}

/* Bytes, or with K, M, G or T behind it 1024 times as many, and so on; whole sectors. */
static bool parse_size(const char *text, uint64_t *bytes)
{
    static const char units[] = "KMGT";
    const char *unit;
    char *end;
    unsigned int shift = 0;

    errno = 0;
    *bytes = strtoull(text, &end, 10);
    if (errno || end == text || *text == '-')
        return false;
    unit = *end ? strchr(units, *end) : NULL;
    if (unit) {
        shift = 10 * (unit - units + 1);
        end++;
    }
    if (*end || *bytes == 0 || *bytes > (uint64_t)INT64_MAX >> shift)
        return false;
    *bytes <<= shift;
    return *bytes % 512 == 0;
}

int verb_block_resize(int argc, char **argv)
{
    static const struct option longs[] = { { "shrink", no_argument, NULL, 's' },
                                           { NULL, 0, NULL, 0 } };
    uint32_t domid, devid;
    uint64_t bytes = 0;
    bool shrink = false;
    int c, ret;

    while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        if (c != 's')
            return usage_error(argv[0]);
        shrink = true;
    }
    if (argc - optind < 2 || argc - optind > 3)
        return usage_error(argv[0]);
    if (argc - optind == 3 && !parse_size(argv[optind + 2], &bytes)) {
        report_error("%s: '%s' is no size: bytes, or a number with K, M, G or T; 512 at least",
                     argv[0], argv[optind + 2]);
        return XL_USAGE;
    }
    ret = open_domain(argv[0], argv[optind], &domid);
    if (ret == XL_OK)
        ret = find_disk(argv[0], domid, argv[optind + 1], &devid);
    return ret == XL_OK ? disk_resize(host_store(), domid, devid, bytes, shrink) : ret;
}

/* --- listing ---------------------------------------------------------------------------------- */

/* What a guest writes into its half may be anything: it is shown as a number, or -1. */
static long long number(uint32_t domid, uint32_t devid, enum disk_half half, const char *node)
{
    char *text = disk_node(host_store(), domid, devid, half, node), *end;
    unsigned long n = text ? strtoul(text, &end, 10) : 0;
    bool good = text && *text && !*end && n <= UINT32_MAX;

    free(text);
    return good ? (long long)n : -1;
}

/* The columns are xl's. A frontend with several queues has no event channel of its own: -1. */
static void show_row(uint32_t domid, uint32_t devid)
{
    char *vdev = disk_node(host_store(), domid, devid, DISK_BACKEND, "dev");

    printf("%-5s %-3d %-10u %-5lld %-6lld %-8lld %s%u/%u\n", vdev ? vdev : "-", 0, devid,
           number(domid, devid, DISK_BACKEND, "state"),
           number(domid, devid, DISK_FRONTEND, "event-channel"),
           number(domid, devid, DISK_FRONTEND, "ring-ref"), "/local/domain/0/backend/blockd/",
           domid, devid);
    free(vdev);
}

static void show_object(yajl_gen g, uint32_t domid, uint32_t devid)
{
    static const struct {
        const char *key, *node;
        bool number;
    } fields[] = {
        { "vdev", "dev", false },      { "type", "device-type", false }, { "mode", "mode", false },
        { "target", "params", false }, { "sectors", "sectors", true },   { "state", "state", true },
        { "error", "error", false },
    };

    yajl_gen_map_open(g);
    json_number(g, "domid", domid);
    json_number(g, "devid", devid);
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        char *value = disk_node(host_store(), domid, devid, DISK_BACKEND, fields[i].node);

        if (value && fields[i].number)
            json_number(g, fields[i].key, strtoull(value, NULL, 10));
        else if (value)
            json_text(g, fields[i].key, value);
        free(value);
    }
    yajl_gen_map_close(g);
}

static int show_domain(yajl_gen g, const char *which)
{
    uint32_t domid;
    char **numbers;
    int n, ret = domain_find(which, &domid);

    if (ret != XL_OK)
        return ret;
    n = disk_numbers(host_store(), domid, &numbers);
    if (n < 0) {
        report_error("cannot read the disks of domain %u: %s", domid, strerror(-n));
        return XL_FAILED;
    }
    for (int i = 0; i < n; i++) {
        uint32_t devid = strtoul(numbers[i], NULL, 10);

        if (g)
            show_object(g, domid, devid);
        else
            show_row(domid, devid);
    }
    free(numbers);
    return XL_OK;
}

int verb_block_list(int argc, char **argv)
{
    static const struct option longs[] = { { "json", no_argument, NULL, 'j' },
                                           { NULL, 0, NULL, 0 } };
    yajl_gen g = NULL;
    int c, ret = XL_OK;
    bool json = false;

    while ((c = getopt_long(argc, argv, "j", longs, NULL)) != -1) {
        if (c != 'j')
            return usage_error(argv[0]);
        json = true;
    }
    if (optind == argc)
        return usage_error(argv[0]);
    if (!host_store())
        return XL_NO_HOST;
    if (json && !(g = json_start()))
        return XL_FAILED;
    if (g)
        yajl_gen_array_open(g);
    else
        printf("%-5s %-3s %-10s %-5s %-6s %-8s %s\n", "Vdev", "BE", "handle", "state", "evt-ch",
               "ring-ref", "BE-path");
    for (; optind < argc && ret == XL_OK; optind++)
        ret = show_domain(g, argv[optind]);
    if (g)
        yajl_gen_array_close(g);
    return g && !json_end(g) ? XL_FAILED : ret;
}
