/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * list, claims, vcpu-list, domid, domname.
 */
#include "cfg_json.h"
#include "domain_state.h"
#include "host.h"
#include "json.h"
#include "kept.h"
#include "report.h"
#include "verbs.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* All domains, or one. *list is malloc'ed. The number of them, or -1 after a message. */
static int get_domains(const char *which, struct ctrl_domain_info **list, int *status)
{
    struct ctrl *c = host_ctrl();
    uint32_t domid = 0;
    int n;

    *status = XL_NO_HOST;
    if (!c)
        return -1;
    if (which && (*status = domain_find(which, &domid)) != XL_OK)
        return -1;
    *status = XL_FAILED;
    *list = calloc(which ? 1 : MAX_DOMAINS, sizeof(**list));
    if (!*list) {
        report_error("out of memory");
        return -1;
    }
    n = which ? (ctrl_domain_info(c, domid, *list) < 0 ? -1 : 1)
              : ctrl_domain_list(c, 0, *list, MAX_DOMAINS);
    if (n < 0) {
        report_error("cannot list the domains: %s", ctrl_error(c));
        free(*list);
        return -1;
    }
    *status = XL_OK;
    return n;
}

static uint64_t pages_to_mib(uint64_t pages)
{
    return (pages + 128) / 256;
}

/* The name of the i-th of n domains; those of the next ones are asked for with it. */
static const char *name_in(const struct ctrl_domain_info *list, int n, int i,
                           char names[NAMES_AT_ONCE][DOMAIN_NAME_MAX])
{
    uint32_t domids[NAMES_AT_ONCE];
    int part = n - i < NAMES_AT_ONCE ? n - i : NAMES_AT_ONCE;

    if (i % NAMES_AT_ONCE == 0) {
        for (int j = 0; j < part; j++)
            domids[j] = list[i + j].domid;
        domain_names(domids, part, names);
    }
    return names[i % NAMES_AT_ONCE];
}

static void print_table(const struct ctrl_domain_info *list, int n, bool claims)
{
    char names[NAMES_AT_ONCE][DOMAIN_NAME_MAX], state[DOMAIN_STATE_LETTERS];

    printf("%-40s %5s %5s %5s     %s   %s%s\n", "Name", "ID", "Mem", "VCPUs", "State", "Time(s)",
           claims ? "   Claimed" : "");
    for (int i = 0; i < n; i++) {
        const struct ctrl_domain_info *d = &list[i];

        domain_state_letters(d, state);
        printf("%-40s %5u %5llu %5u     %s  %8.1f", name_in(list, n, i, names), d->domid,
               (unsigned long long)pages_to_mib(d->tot_pages), d->online_vcpus, state,
               d->cpu_time_ns / 1e9);
        if (claims)
            printf(" %9llu", (unsigned long long)pages_to_mib(d->outstanding_pages));
        putchar('\n');
    }
}

/* A configuration, if there is one; it is freed. */
static void put_config(yajl_gen g, const char *key, char *text)
{
    struct cfg cfg;

    if (!text)
        return;
    cfg_init(&cfg, stderr);
    if (cfg_parse(&cfg, KEPT_DIR, text, strlen(text)) == 0) {
        json_key(g, key);
        cfg_put_json(g, &cfg);
    }
    cfg_free(&cfg);
    free(text);
}

static bool print_json(const struct ctrl_domain_info *list, int n, bool config)
{
    char names[NAMES_AT_ONCE][DOMAIN_NAME_MAX];
    yajl_gen g = json_start();

    if (!g)
        return false;
    yajl_gen_array_open(g);
    for (int i = 0; i < n; i++) {
        const struct ctrl_domain_info *d = &list[i];

        yajl_gen_map_open(g);
        json_number(g, "domid", d->domid);
        json_text(g, "name", name_in(list, n, i, names));
        json_number(g, "memory_mib", pages_to_mib(d->tot_pages));
        json_number(g, "max_memory_mib", pages_to_mib(d->max_pages));
        json_number(g, "claimed_mib", pages_to_mib(d->outstanding_pages));
        json_number(g, "vcpus", d->online_vcpus);
        json_text(g, "state", domain_state_word(d));
        json_seconds(g, "cpu_seconds", d->cpu_time_ns);
        if (config) { /* which Dom0 has not */
            put_config(g, "config", kept_config_get(d->domid));
            put_config(g, "next_config", kept_next_get(d->domid));
        }
        yajl_gen_map_close(g);
    }
    yajl_gen_array_close(g);
    return json_end(g);
}

int list_options(int argc, char **argv, bool *json, const char **which)
{
    static const struct option longs[] = { { "json", no_argument, NULL, 'j' },
                                           { NULL, 0, NULL, 0 } };
    int c;

    *json = false;
    while ((c = getopt_long(argc, argv, "j", longs, NULL)) != -1) {
        if (c != 'j')
            return usage_error(argv[0]);
        *json = true;
    }
    if (argc - optind > 1)
        return usage_error(argv[0]);
    *which = argv[optind];
    return XL_OK;
}

static int print_domains(const char *which, bool json, bool config, bool claims)
{
    struct ctrl_domain_info *list;
    int ret, n = get_domains(which, &list, &ret);

    if (n < 0)
        return ret;
    if (!json)
        print_table(list, n, claims);
    else if (!print_json(list, n, config))
        ret = XL_FAILED;
    free(list);
    return ret;
}

int verb_list(int argc, char **argv)
{
    static const struct option longs[] = { { "json", no_argument, NULL, 'j' },
                                           { "long", no_argument, NULL, 'l' },
                                           { NULL, 0, NULL, 0 } };
    bool json = false, config = false;
    int c;

    while ((c = getopt_long(argc, argv, "jl", longs, NULL)) != -1) {
        if (c == '?')
            return usage_error(argv[0]);
        json = true;
        config |= c == 'l';
    }
    if (argc - optind > 1)
        return usage_error(argv[0]);
    return print_domains(argv[optind], json, config, false);
}

int verb_claims(int argc, char **argv)
{
    const char *which;
    bool json;
    int ret = list_options(argc, argv, &json, &which);

    return ret != XL_OK ? ret : print_domains(which, json, false, true);
}

/* --- vcpu-list ------------------------------------------------------------------------------- */

/* "0-3,7" for a set of CPUs, "all" if every CPU of the machine is in it. */
static void print_cpu_set(const uint8_t *map, size_t bytes, unsigned nr_cpus, char *out,
                          size_t size)
{
    size_t len = 0;
    bool all = true;

    out[0] = '\0';
    for (unsigned i = 0; i < nr_cpus && i < bytes * 8; i++)
        all &= map[i / 8] >> i % 8 & 1;
    if (all) {
        snprintf(out, size, "all");
        return;
    }
    for (unsigned i = 0; i < bytes * 8 && len < size; i++) {
        unsigned first = i;

        if (!(map[i / 8] >> i % 8 & 1))
            continue;
        while (i + 1 < bytes * 8 && (map[(i + 1) / 8] >> (i + 1) % 8 & 1))
            i++;
        len += snprintf(out + len, size - len, first == i ? "%s%u" : "%s%u-%u", len ? "," : "",
                        first, i);
    }
}

static const char *vcpu_state(const struct ctrl_vcpu_info *v)
{
    return !v->online ? "--p" : v->running ? "r--" : v->blocked ? "-b-" : "---";
}

static void vcpu_row(yajl_gen g, const struct ctrl_domain_info *d, const char *name, unsigned id,
                     const struct ctrl_vcpu_info *v, const char *affinity)
{
    char cpu[12] = "-";

    if (v->online)
        snprintf(cpu, sizeof(cpu), "%u", v->cpu);
    if (!g) {
        printf("%-32s %5u %5u %5s   %s  %9.1f  %s\n", name, d->domid, id, cpu, vcpu_state(v),
               v->cpu_time_ns / 1e9, affinity);
        return;
    }
    yajl_gen_map_open(g);
    json_text(g, "name", name);
    json_number(g, "domid", d->domid);
    json_number(g, "vcpu", id);
    json_bool(g, "online", v->online);
    json_text(g, "state",
              !v->online   ? "offline"
              : v->running ? "running"
              : v->blocked ? "blocked"
                           : "runnable");
    if (v->online)
        json_number(g, "cpu", v->cpu);
    json_seconds(g, "cpu_seconds", v->cpu_time_ns);
    json_text(g, "affinity", affinity);
    yajl_gen_map_close(g);
}

static void list_vcpus(yajl_gen g, const struct ctrl_domain_info *d, unsigned nr_cpus)
{
    char name[DOMAIN_NAME_MAX], affinity[128];
    struct ctrl *c = host_ctrl();
    struct ctrl_vcpu_info v;
    uint8_t map[64];

    domain_name(d->domid, name);
    for (unsigned id = 0; d->max_vcpu_id != UINT32_MAX && id <= d->max_vcpu_id; id++) {
        if (ctrl_vcpu_info(c, d->domid, id, &v) < 0)
            continue; /* not there, or the domain has just gone */
        if (ctrl_vcpu_get_affinity(c, d->domid, id, map, sizeof(map)) < 0)
            memset(map, 0xff, sizeof(map));
        print_cpu_set(map, sizeof(map), nr_cpus, affinity, sizeof(affinity));
        vcpu_row(g, d, name, id, &v, affinity);
    }
}

int verb_vcpu_list(int argc, char **argv)
{
    struct ctrl_domain_info *list;
    struct ctrl_physinfo host;
    const char *which;
    yajl_gen g = NULL;
    bool json;
    int ret = list_options(argc, argv, &json, &which), n;

    if (ret != XL_OK)
        return ret;
    n = get_domains(which, &list, &ret);
    if (n < 0)
        return ret;
    if (ctrl_physinfo(host_ctrl(), &host) < 0 || (json && !(g = json_start()))) {
        report_error("%s", ctrl_error(host_ctrl()));
        free(list);
        return XL_FAILED;
    }
    if (json)
        yajl_gen_array_open(g);
    else
        printf("%-32s %5s %5s %5s %5s %9s  %s\n", "Name", "ID", "VCPU", "CPU", "State", "Time(s)",
               "Affinity");
    for (int i = 0; i < n; i++)
        list_vcpus(g, &list[i], host.nr_cpus);
    if (json) {
        yajl_gen_array_close(g);
        ret = json_end(g) ? XL_OK : XL_FAILED;
    }
    free(list);
    return ret;
}

/* --- domid, domname -------------------------------------------------------------------------- */

int verb_domid(int argc, char **argv)
{
    unsigned domid;
    int ret = one_domain(argc, argv, &domid);

    if (ret == XL_OK)
        printf("%u\n", domid);
    return ret;
}

int verb_domname(int argc, char **argv)
{
    char name[DOMAIN_NAME_MAX];
    unsigned domid;
    int ret = one_domain(argc, argv, &domid);

    if (ret == XL_OK) {
        domain_name(domid, name);
        puts(name);
    }
    return ret;
}
