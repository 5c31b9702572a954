/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The monitor on a terminal: samples, drawing and keys, in turn.
 */
#include "terminal.h"
#include "top.h"
#include "top_detail.h"
#include "top_model.h"

#include <errno.h>
#include <time.h>

/* Rates are there after the second sample, which therefore comes soon. */
#define FIRST_SECONDS 0.5

static double seconds_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static int take(struct top *t, struct sampler *sampler)
{
    const struct domain_sample *selected;
    const struct sample *s;
    int ret = sampler_take(sampler, &s);

    if (ret == 0 && !top_take(t, s))
        ret = -ENOMEM;
    selected = ret == 0 && t->detail_open ? top_selected(t) : NULL;
    if (selected)
        detail_take(&t->detail, selected, sampler_store(sampler));
    return ret;
}

static bool fit(struct top *t, struct canvas *c)
{
    int rows, cols;

    terminal_size(&rows, &cols);
    top_resize(t, rows, cols);
    return canvas_resize(c, rows, cols);
}

static void act(struct top *t, struct terminal_input in)
{
    uint32_t selected = t->selected;

    if (in.event == TERMINAL_KEY)
        top_key(t, in.key);
    if (in.event == TERMINAL_GONE)
        t->quit = true;
    if (in.event == TERMINAL_CLICK)
        top_click(t, in.row, in.col);
    t->now |= t->detail_open && t->selected != selected;
}

/* Until the next sample is due or an input has changed something. */
static int wait_input(struct top *t, struct canvas *c, double due)
{
    double left = due - seconds_now();
    struct terminal_input in = terminal_wait(left > 0 ? (int)(left * 1000) + 1 : 0);

    if (in.event == TERMINAL_RESIZED && !fit(t, c))
        return -ENOMEM;
    act(t, in);
    return 0;
}

static int watch(struct top *t, struct canvas *c, struct sampler *sampler, unsigned long count)
{
    double due = seconds_now(), delay = t->delay;
    unsigned long taken = 0;
    int ret = fit(t, c) ? 0 : -ENOMEM;

    c->utf8 = terminal_is_utf8();
    while (ret == 0 && !t->quit && (!count || taken <= count)) {
        if (t->now || seconds_now() >= due) {
            if (t->now || !t->frozen)
                ret = take(t, sampler);
            due = seconds_now() + (taken++ || t->delay < FIRST_SECONDS ? t->delay : FIRST_SECONDS);
            t->now = false;
        }
        if (delay != t->delay)
            due += t->delay - delay;
        delay = t->delay;
        top_draw(t, c);
        terminal_show(c);
        if (ret == 0)
            ret = wait_input(t, c, due);
    }
    return ret;
}

int top_watch(struct sampler *sampler, double delay, unsigned long count)
{
    struct canvas canvas = { 0 };
    struct top t;
    int ret;

    if (!terminal_open())
        return -ENOTTY;
    top_init(&t, delay);
    ret = watch(&t, &canvas, sampler, count);
    terminal_close();
    top_free(&t);
    canvas_free(&canvas);
    return ret;
}
