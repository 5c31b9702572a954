/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The error chain: causes in the order in which they became known, the innermost first.
 */
#include "internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int add(struct ctrl *h, int ret, const char *file, int line, const char *fmt, va_list ap)
{
    struct cause *c;

    if (!h)
        return ret;
    if (h->nr_causes == MAX_CAUSES)
        h->nr_causes--;         /* the innermost ones tell more than the outermost */
    c = &h->causes[h->nr_causes++];
    vsnprintf(c->text, sizeof(c->text), fmt, ap);
    c->file = file;
    c->line = line;
    c->err = ret < 0 ? -ret : 0;
    return ret;
}

int ctrl_error_start(struct ctrl *h, int ret, const char *file, int line, const char *fmt, ...)
{
    va_list ap;

    ctrl_error_clear(h);
    va_start(ap, fmt);
    ret = add(h, ret, file, line, fmt, ap);
    va_end(ap);
    return ret;
}

int ctrl_error_push(struct ctrl *h, int ret, const char *file, int line, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    ret = add(h, ret, file, line, fmt, ap);
    va_end(ap);
    return ret;
}

void ctrl_error_clear(struct ctrl *h)
{
    if (h)
        h->nr_causes = 0;
}

unsigned int ctrl_error_count(const struct ctrl *h)
{
    return h ? h->nr_causes : 0;
}

const struct ctrl_cause *ctrl_error_at(const struct ctrl *h, unsigned int i)
{
    static _Thread_local struct ctrl_cause out;
    const struct cause *c;

    if (i >= ctrl_error_count(h))
        return NULL;
    c = &h->causes[h->nr_causes - 1 - i];
    out = (struct ctrl_cause){ .text = c->text, .file = c->file, .line = c->line, .err = c->err };
    return &out;
}

const char *ctrl_error(struct ctrl *h)
{
    FILE *f;
    size_t size;

    if (!h)
        return "out of memory";
    free(h->line);
    h->line = NULL;
    if (!h->nr_causes)
        return "";
    f = open_memstream(&h->line, &size);
    if (!f)
        return h->causes[0].text;
    for (unsigned int i = h->nr_causes; i > 0; i--)
        fprintf(f, "%s%s", h->causes[i - 1].text, i > 1 ? ": " : "");
    fprintf(f, " [%s:%d]", h->causes[0].file, h->causes[0].line);
    fclose(f);
    return h->line ? h->line : h->causes[0].text;
}
