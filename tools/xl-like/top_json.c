/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Samples as JSON. Counters stand as totals under their names, and as rates under the same with
 * "_per_second"; those that the hypervisor does not publish are left out.
 */
#include "domain_state.h"
#include "json.h"
#include "top.h"

#define SCHEMA    1
#define MIB_PAGES 256

static void put_usage(yajl_gen g, const struct usage *u, bool published)
{
    char key[40];

    for (int c = COUNTER_CPU + 1; c < COUNTERS; c++) {
        if (counter_is_published(c) && !published)
            continue;
        json_number(g, counter_names[c], u->total[c]);
        snprintf(key, sizeof(key), "%s_per_second", counter_names[c]);
        json_decimal(g, key, u->rate[c]);
    }
}

static void put_domain(yajl_gen g, const struct domain_sample *d)
{
    yajl_gen_map_open(g);
    json_number(g, "domid", d->info.domid);
    json_text(g, "name", d->name);
    json_text(g, "state", domain_state_word(&d->info));
    json_number(g, "vcpus", d->info.online_vcpus);
    json_number(g, "memory_mib", d->info.tot_pages / MIB_PAGES);
    json_seconds(g, "cpu_seconds", d->info.cpu_time_ns);
    json_decimal(g, "cpu_percent", d->usage.rate[COUNTER_CPU] / 1e7);
    put_usage(g, &d->usage, d->published);
    yajl_gen_map_close(g);
}

static void put_cpu(yajl_gen g, const struct cpu_sample *cpu, bool published)
{
    yajl_gen_map_open(g);
    json_decimal(g, "busy_percent", cpu->busy * 100);
    if (published) {
        json_number(g, "switches", cpu->switches);
        json_decimal(g, "switches_per_second", cpu->switch_rate);
        json_number(g, "vcpus_waiting", cpu->waiting);
    }
    yajl_gen_map_close(g);
}

static void put_host(yajl_gen g, const struct ctrl_physinfo *host)
{
    json_key(g, "host");
    yajl_gen_map_open(g);
    json_number(g, "cpus", host->nr_cpus);
    json_number(g, "cpu_khz", host->cpu_khz);
    json_number(g, "memory_mib", host->total_pages / MIB_PAGES);
    json_number(g, "free_memory_mib", host->free_pages / MIB_PAGES);
    yajl_gen_map_close(g);
}

bool top_print_json(const struct sample *s)
{
    yajl_gen g = json_start_line();

    if (!g)
        return false;
    yajl_gen_map_open(g);
    json_number(g, "schema", SCHEMA);
    json_seconds(g, "seconds", s->seconds * 1e9);
    put_host(g, &s->host);
    json_key(g, "cpus");
    yajl_gen_array_open(g);
    for (size_t i = 0; i < s->nr_cpus; i++)
        put_cpu(g, &s->cpus[i], s->published);
    yajl_gen_array_close(g);
    json_key(g, "domains");
    yajl_gen_array_open(g);
    for (size_t i = 0; i < s->nr_domains; i++)
        put_domain(g, &s->domains[i]);
    yajl_gen_array_close(g);
    yajl_gen_map_close(g);
    /* the library ends a text with a line feed only if it beautifies */
    return json_end(g) && putchar('\n') != EOF && fflush(stdout) == 0;
}
