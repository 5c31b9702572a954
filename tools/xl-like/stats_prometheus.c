/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A sample in the exposition format: families of metrics, each with HELP, TYPE and all its lines
 * together. Times are seconds, sizes bytes.
 */
#include "domain_state.h"
#include "stats.h"

#define PREFIX    "xen_like_"
#define PAGE_SIZE 4096.0
#define NS        1e9

/* --- values and labels ------------------------------------------------------------------------ */

/* Length of the UTF-8 sequence that begins there; 0: it is none. */
static int utf8_length(const unsigned char *s)
{
    int n = s[0] < 0x80                    ? 1
            : s[0] >= 0xc2 && s[0] <= 0xdf ? 2
            : s[0] >= 0xe0 && s[0] <= 0xef ? 3
            : s[0] >= 0xf0 && s[0] <= 0xf4 ? 4
                                           : 0;

    for (int i = 1; i < n; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
        (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
        return 0;
    return n;
}

/* As the format wants it: backslash, quote and line feed escaped, UTF-8; what is none is "?". */
static void put_escaped(const char *text, FILE *out)
{
    const unsigned char *s = (const unsigned char *)text;

    while (*s) {
        int n = utf8_length(s);

        if (*s == '\n')
            fputs("\\n", out);
        else if (*s == '\\' || *s == '"')
            fprintf(out, "\\%c", *s);
        else if (n)
            fwrite(s, 1, n, out);
        else
            fputc('?', out);
        s += n ? n : 1;
    }
}

static void put_value(double value, FILE *out)
{
    /* whole numbers are exact up to 2^53, more than any counter reaches in a century */
    fprintf(out, " %.17g\n", value);
}

static void put_family(const char *name, const char *type, const char *help, FILE *out)
{
    fprintf(out, "# HELP " PREFIX "%s %s\n# TYPE " PREFIX "%s %s\n", name, help, name, type);
}

/* --- domains ---------------------------------------------------------------------------------- */

static void put_domain_labels(const struct domain_sample *d, FILE *out)
{
    fprintf(out, "{domid=\"%u\",name=\"", d->info.domid);
    put_escaped(d->name, out);
    fputc('"', out);
}

static double memory(const struct domain_sample *d) { return d->info.tot_pages * PAGE_SIZE; }
static double max_memory(const struct domain_sample *d) { return d->info.max_pages * PAGE_SIZE; }
static double vcpus(const struct domain_sample *d) { return d->info.online_vcpus; }

/* A gauge has a function, a counter its number and what a unit of it is. */
static const struct domain_family {
    const char *name, *help;
    double (*gauge)(const struct domain_sample *d);
    enum counter counter;
    double unit;
} domain_families[] = {
    { "domain_cpu_seconds_total", "Time for which vcpus of the domain ran.", NULL, COUNTER_CPU,
      NS },
    { "domain_waiting_seconds_total", "Time for which vcpus could have run, but others did.", NULL,
      COUNTER_WAITING, NS },
    { "domain_hypercalls_total", "Hypercalls of the domain.", NULL, COUNTER_HYPERCALLS, 1 },
    { "domain_events_total", "Events that the domain sent.", NULL, COUNTER_EVENTS, 1 },
    { "domain_memory_bytes", "Memory that the domain has.", memory, 0, 0 },
    { "domain_max_memory_bytes", "Memory that the domain may have.", max_memory, 0, 0 },
    { "domain_vcpus", "Vcpus of the domain that are on line.", vcpus, 0, 0 },
};

static void put_domain_family(const struct domain_family *f, const struct sample *s, FILE *out)
{
    if (!f->gauge && counter_is_published(f->counter) && !s->published)
        return;
    put_family(f->name, f->gauge ? "gauge" : "counter", f->help, out);
    for (size_t i = 0; i < s->nr_domains; i++) {
        const struct domain_sample *d = &s->domains[i];

        fprintf(out, PREFIX "%s", f->name);
        put_domain_labels(d, out);
        fputc('}', out);
        put_value(f->gauge ? f->gauge(d) : d->usage.total[f->counter] / f->unit, out);
    }
}

static void put_states(const struct sample *s, FILE *out)
{
    put_family("domain_state", "gauge", "1 for the state that the domain is in.", out);
    for (size_t i = 0; i < s->nr_domains; i++) {
        fputs(PREFIX "domain_state", out);
        put_domain_labels(&s->domains[i], out);
        fprintf(out, ",state=\"%s\"} 1\n", domain_state_word(&s->domains[i].info));
    }
}

/* --- devices ---------------------------------------------------------------------------------- */

static const struct device_family {
    const char *name, *help;
    enum device_type type;
    enum counter counter;
} device_families[] = {
    { "network_receive_bytes_total", "Bytes that the guest got.", DEVICE_VIF, COUNTER_RX_BYTES },
    { "network_transmit_bytes_total", "Bytes that the guest sent.", DEVICE_VIF, COUNTER_TX_BYTES },
    { "network_receive_packets_total", "Packets that the guest got.", DEVICE_VIF,
      COUNTER_RX_PACKETS },
    { "network_transmit_packets_total", "Packets that the guest sent.", DEVICE_VIF,
      COUNTER_TX_PACKETS },
    { "disk_read_bytes_total", "Bytes that the guest read.", DEVICE_DISK, COUNTER_READ_BYTES },
    { "disk_written_bytes_total", "Bytes that the guest wrote.", DEVICE_DISK,
      COUNTER_WRITTEN_BYTES },
    { "disk_reads_total", "Requests to read.", DEVICE_DISK, COUNTER_READS },
    { "disk_writes_total", "Requests to write.", DEVICE_DISK, COUNTER_WRITES },
};

/* Devices are in the order of domains; those of a domain that is gone are nobody's. */
static void put_device_family(const struct device_family *f, const struct sample *s, FILE *out)
{
    size_t d = 0;

    put_family(f->name, "counter", f->help, out);
    for (size_t i = 0; i < s->nr_devices; i++) {
        const struct device_sample *dev = &s->devices[i];

        while (d < s->nr_domains && s->domains[d].info.domid < dev->domid)
            d++;
        if (dev->type != f->type || d == s->nr_domains || s->domains[d].info.domid != dev->domid)
            continue;
        fprintf(out, PREFIX "%s", f->name);
        put_domain_labels(&s->domains[d], out);
        fprintf(out, ",device=\"%u\"}", dev->devid);
        put_value(dev->usage.total[f->counter], out);
    }
}

/* --- the machine ------------------------------------------------------------------------------ */

static double idle(const struct cpu_sample *c) { return c->idle_ns / NS; }
static double switches(const struct cpu_sample *c) { return c->switches; }
static double waiting(const struct cpu_sample *c) { return c->waiting; }

static const struct cpu_family {
    const char *name, *type, *help;
    double (*value)(const struct cpu_sample *c);
    bool published;
} cpu_families[] = {
    { "cpu_idle_seconds_total", "counter", "Time for which nothing ran on the CPU.", idle, false },
    { "cpu_switches_total", "counter", "How often another vcpu began to run on the CPU.", switches,
      true },
    { "cpu_vcpus_waiting", "gauge", "Vcpus that wait for the CPU.", waiting, true },
};

static void put_cpu_family(const struct cpu_family *f, const struct sample *s, FILE *out)
{
    if (f->published && !s->published)
        return;
    put_family(f->name, f->type, f->help, out);
    for (size_t i = 0; i < s->nr_cpus; i++) {
        fprintf(out, PREFIX "%s{cpu=\"%zu\"}", f->name, i);
        put_value(f->value(&s->cpus[i]), out);
    }
}

static void put_host(const char *name, const char *help, double value, FILE *out)
{
    put_family(name, "gauge", help, out);
    fprintf(out, PREFIX "%s", name);
    put_value(value, out);
}

#define FOR_ALL(table, put)                                         \
    for (size_t i = 0; i < sizeof(table) / sizeof((table)[0]); i++) \
    put(&(table)[i], s, out)

void stats_print_prometheus(const struct sample *s, FILE *out)
{
    put_host("cpus", "CPUs of the machine.", s->host.nr_cpus, out);
    put_host("memory_bytes", "Memory of the machine.", s->host.total_pages * PAGE_SIZE, out);
    put_host("memory_free_bytes", "Memory that no domain has.", s->host.free_pages * PAGE_SIZE,
             out);
    FOR_ALL(cpu_families, put_cpu_family);
    FOR_ALL(domain_families, put_domain_family);
    put_states(s, out);
    FOR_ALL(device_families, put_device_family);
}
