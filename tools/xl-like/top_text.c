/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Samples as text.
 */
#include "domain_state.h"
#include "top.h"

#define MIB_PAGES 256

static const struct {
    const char *head;
    enum counter counter;
} rates[] = {
    { "Rx(B/s)", COUNTER_RX_BYTES },   { "Tx(B/s)", COUNTER_TX_BYTES },
    { "Read(B/s)", COUNTER_READ_BYTES }, { "Write(B/s)", COUNTER_WRITTEN_BYTES },
    { "Reads/s", COUNTER_READS },      { "Writes/s", COUNTER_WRITES },
    { "Hcalls/s", COUNTER_HYPERCALLS }, { "Events/s", COUNTER_EVENTS },
};

#define N_RATES (sizeof(rates) / sizeof(rates[0]))

static void print_figure(const struct domain_sample *d, enum counter c, int width, int decimals,
                         double unit, FILE *out)
{
    if (counter_is_published(c) && !d->published)
        fprintf(out, " %*s", width, "-");
    else
        fprintf(out, " %*.*f", width, decimals, d->usage.rate[c] / unit);
}

static void print_row(const struct domain_sample *d, FILE *out)
{
    char state[DOMAIN_STATE_LETTERS];

    domain_state_letters(&d->info, state);
    fprintf(out, "%-32s %5u %6s %10.1f %6.1f %8llu %5u", d->name, d->info.domid, state,
            d->info.cpu_time_ns / 1e9, d->usage.rate[COUNTER_CPU] / 1e7,
            (unsigned long long)(d->info.tot_pages + MIB_PAGES / 2) / MIB_PAGES,
            d->info.online_vcpus);
    for (size_t i = 0; i < N_RATES; i++)
        print_figure(d, rates[i].counter, 11, 0, 1, out);
    print_figure(d, COUNTER_WAITING, 7, 1, 1e7, out);
    fputc('\n', out);
}

void top_print_text(const struct sample *s, FILE *out)
{
    fprintf(out, "%-32s %5s %6s %10s %6s %8s %5s", "Name", "ID", "State", "Time(s)", "CPU(%)",
            "Mem(MiB)", "VCPUs");
    for (size_t i = 0; i < N_RATES; i++)
        fprintf(out, " %11s", rates[i].head);
    fprintf(out, " %7s\n", "Wait(%)");
    for (size_t i = 0; i < s->nr_domains; i++)
        print_row(&s->domains[i], out);
}
