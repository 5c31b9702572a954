/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From the model to the screen: help, CPUs, and more about one domain.
 */
#include "domain_state.h"
#include "top_draw.h"

#include <stdio.h>
#include <string.h>

#define MIB_PAGES   256
#define HELP_COLUMN 22

static void heading(struct canvas *s, int row, const char *text)
{
    canvas_text(s, row, 0, s->cols, STYLE_PLAIN, text);
    canvas_row_style(s, row, STYLE_BAR);
}

void draw_help(struct canvas *s)
{
    const char *keys, *help;
    int row = TOP_HEAD_ROW;

    heading(s, row++, "Keys");
    for (unsigned i = 0; row < s->rows - 1 && (help = top_key_help(i, &keys)); i++, row++) {
        canvas_text(s, row, 0, HELP_COLUMN - 1, STYLE_BOLD, keys);
        canvas_text(s, row, HELP_COLUMN, s->cols - HELP_COLUMN, STYLE_PLAIN, help);
    }
    if (row < s->rows - 1)
        canvas_text(s, row, 0, s->cols, STYLE_PLAIN,
                    "A click on a heading sorts, on a domain selects it, and again opens it.");
}

/* --- CPUs ------------------------------------------------------------------------------------- */

/* As many columns of CPUs as are needed and find room. */
#define CPU_WIDTH 50
#define CPU_FIGURES 25

static void draw_cpu_figures(const struct sample *sample, int number, struct canvas *s, int row,
                             int col)
{
    const struct cpu_sample *cpu = &sample->cpus[number];
    char switches[COLUMN_TEXT] = "-", waiting[COLUMN_TEXT] = "-";

    if (sample->published) {
        format_rate(cpu->switch_rate, switches);
        snprintf(waiting, sizeof(waiting), "%u", cpu->waiting);
    }
    canvas_print(s, row, col, CPU_FIGURES - 1, STYLE_PLAIN, "%3d  %6.1f  %5s %4s", number,
                 cpu->busy * 100, switches, waiting);
}

void draw_cpus(const struct top *t, struct canvas *s)
{
    int rows = s->rows - TOP_HEAD_ROW - 2, across = s->cols / CPU_WIDTH;
    int nr_cpus = t->sample->nr_cpus, width;

    if (across > (nr_cpus + rows - 1) / rows)
        across = (nr_cpus + rows - 1) / rows;
    if (across < 1)
        across = 1;
    width = s->cols / across - 1;
    heading(s, TOP_HEAD_ROW, "CPU   busy% switch wait");
    for (int cpu = 0; cpu < nr_cpus && cpu < rows * across; cpu++) {
        const struct history *h = histories_find(&t->cpus, cpu);
        int row = TOP_HEAD_ROW + 1 + cpu % rows, col = cpu / rows * (width + 1);
        double busy = t->sample->cpus[cpu].busy;
        int rest = width - CPU_FIGURES, bar = col + CPU_FIGURES;

        draw_cpu_figures(t->sample, cpu, s, row, col);
        canvas_bar(s, row, bar, rest / 2, load_style(busy), busy);
        if (h)
            canvas_sparkline(s, row, bar + rest / 2 + 1, rest - rest / 2 - 1, h);
    }
}

/* --- one domain ------------------------------------------------------------------------------- */

static int draw_vcpus(const struct top_detail *d, struct canvas *s, int row, int last)
{
    const int width = 20;
    int across = s->cols / width;

    for (unsigned i = 0; i < d->nr_vcpus && row + (int)i / across < last; i++) {
        const struct ctrl_vcpu_info *v = &d->vcpus[i];
        const char *state = !v->online  ? "off"
                            : v->running ? "run"
                            : v->blocked ? "idle"
                                         : "wait";

        canvas_print(s, row + i / across, i % across * width, width - 1, STYLE_PLAIN,
                     "vcpu %2u: %-4s CPU %u", i, state, v->cpu);
    }
    return row + (int)(d->nr_vcpus + across - 1) / across;
}

static int draw_usage(const struct domain_sample *d, struct canvas *s, int row, int last)
{
    char calls[COLUMN_TEXT], events[COLUMN_TEXT];

    if (!d->published || row >= last)
        return row;
    format_rate(d->usage.rate[COUNTER_HYPERCALLS], calls);
    format_rate(d->usage.rate[COUNTER_EVENTS], events);
    canvas_print(s, row, 0, s->cols, STYLE_PLAIN,
                 "%s hypercalls/s, %s events/s, %.1f%% of a CPU's time waited for", calls, events,
                 d->usage.rate[COUNTER_WAITING] / 1e7);
    return row + 1;
}

static int draw_quota(const struct top_detail *d, struct canvas *s, int row, int last)
{
    char line[512];
    size_t len;

    if (!d->nr_shares || row >= last)
        return row;
    len = snprintf(line, sizeof(line), "store (%lu refused):", d->refused);
    for (unsigned i = 0; i < d->nr_shares && len < sizeof(line); i++)
        len += snprintf(line + len, sizeof(line) - len, " %s %lu/%lu", d->shares[i].name,
                        d->shares[i].has, d->shares[i].limit);
    canvas_text(s, row, 0, s->cols, d->refused ? STYLE_BOLD : STYLE_PLAIN, line);
    return row + 1;
}

static void device_line(const struct device_sample *d, char *line, size_t size)
{
    static const struct {
        const char *what, *in, *out;
        enum counter bytes_in, bytes_out, in_count, out_count;
    } kinds[] = {
        [DEVICE_DISK] = { "disk", "read", "written", COUNTER_READ_BYTES, COUNTER_WRITTEN_BYTES,
                          COUNTER_READS, COUNTER_WRITES },
        [DEVICE_VIF] = { "vif", "got", "sent", COUNTER_RX_BYTES, COUNTER_TX_BYTES,
                         COUNTER_RX_PACKETS, COUNTER_TX_PACKETS },
    };
    char rate[4][COLUMN_TEXT];

    format_rate(d->usage.rate[kinds[d->type].bytes_in], rate[0]);
    format_rate(d->usage.rate[kinds[d->type].in_count], rate[1]);
    format_rate(d->usage.rate[kinds[d->type].bytes_out], rate[2]);
    format_rate(d->usage.rate[kinds[d->type].out_count], rate[3]);
    snprintf(line, size, "%-4s %5u: %5sB/s %s (%s/s)  %5sB/s %s (%s/s)", kinds[d->type].what,
             d->devid, rate[0], kinds[d->type].in, rate[1], rate[2], kinds[d->type].out, rate[3]);
}

static int draw_devices(const struct top *t, struct canvas *s, int row, int last)
{
    size_t n;
    const struct device_sample *d = sample_devices(t->sample, t->rows[t->position], &n);
    char line[160];

    for (size_t i = 0; i < n && row < last; i++, row++) {
        device_line(&d[i], line, sizeof(line));
        canvas_text(s, row, 0, s->cols, STYLE_PLAIN, line);
    }
    return row;
}

static void draw_console(const struct top_detail *d, struct canvas *s, int row, int last)
{
    int lines = 0;

    while (lines < CONSOLE_LINES && d->console[CONSOLE_LINES - 1 - lines][0])
        lines++;
    if (lines > last - row - 1)
        lines = last - row - 1;
    if (lines <= 0)
        return;
    canvas_text(s, row++, 0, s->cols, STYLE_BOLD, "Console:");
    for (int i = CONSOLE_LINES - lines; i < CONSOLE_LINES; i++)
        canvas_text(s, row++, 0, s->cols, STYLE_PLAIN, d->console[i]);
}

void draw_detail(const struct top *t, struct canvas *s, int row)
{
    const struct domain_sample *d = top_selected(t);
    int last = s->rows - 1;
    char line[160];

    if (!d || row >= last)
        return;
    snprintf(line, sizeof(line), "%.64s (%u): %s, %llu of %llu MiB, %u vcpus, %.1f s of CPU", d->name,
             d->info.domid, domain_state_word(&d->info),
             (unsigned long long)d->info.tot_pages / MIB_PAGES,
             (unsigned long long)d->info.max_pages / MIB_PAGES, d->info.online_vcpus,
             d->info.cpu_time_ns / 1e9);
    heading(s, row++, line);
    if (t->detail.domid == d->info.domid)
        row = draw_vcpus(&t->detail, s, row, last);
    row = draw_usage(d, s, row, last);
    row = draw_devices(t, s, row, last);
    if (t->detail.domid == d->info.domid)
        row = draw_quota(&t->detail, s, row, last);
    if (t->detail.domid == d->info.domid)
        draw_console(&t->detail, s, row, last);
}
