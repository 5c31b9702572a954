/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What doctor has found.
 */
#include "doctor.h"
#include "report.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void doctor_init(struct doctor *d, const char *root)
{
    *d = (struct doctor){ .root = root };
    d->last = &d->first;
}

void doctor_free(struct doctor *d)
{
    while (d->first) {
        struct finding *f = d->first;

        d->first = f->next;
        free(f);
    }
    xstore_close(d->store);
    ctrl_close(d->ctrl);
}

void doctor_say(struct doctor *d, enum verdict v, const char *check, const char *fix,
                const char *fmt, ...)
{
    struct finding *f = calloc(1, sizeof(*f));
    va_list ap;

    if (!f) {
        report_error("doctor: out of memory");
        return;
    }
    f->verdict = v;
    f->check = check;
    va_start(ap, fmt);
    vsnprintf(f->text, sizeof(f->text), fmt, ap);
    va_end(ap);
    snprintf(f->fix, sizeof(f->fix), "%s", fix ? fix : "");
    *d->last = f;
    d->last = &f->next;
}

void doctor_fix(char fix[FINDING_TEXT], const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(fix, FINDING_TEXT, fmt, ap);
    va_end(ap);
}

void doctor_path(const struct doctor *d, char path[DOCTOR_PATH], const char *fmt, ...)
{
    size_t len = snprintf(path, DOCTOR_PATH, "%s", d->root);
    va_list ap;

    va_start(ap, fmt);
    if (len < DOCTOR_PATH)
        vsnprintf(path + len, DOCTOR_PATH - len, fmt, ap);
    va_end(ap);
}

const char *verdict_name(enum verdict v)
{
    static const char *const names[] = {
        [VERDICT_GOOD] = "ok", [VERDICT_NOTE] = "warning", [VERDICT_BAD] = "failed"
    };

    return names[v];
}

bool doctor_found_bad(const struct doctor *d)
{
    for (const struct finding *f = d->first; f; f = f->next)
        if (f->verdict == VERDICT_BAD)
            return true;
    return false;
}

void doctor_print_text(const struct doctor *d, FILE *out)
{
    for (const struct finding *f = d->first; f; f = f->next) {
        fprintf(out, "%-8s %-11s %s\n", verdict_name(f->verdict), f->check, f->text);
        if (*f->fix)
            fprintf(out, "%20s  %s\n", "fix:", f->fix);
    }
}
