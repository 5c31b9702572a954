/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xstore quota and control: the daemon's limits, and commands to it.
 */
#include "xstore_cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_gen.h>

/* The answer's next line, cut off: NULL at its end. */
static char *next_line(char **text)
{
    char *line = *text, *end = line ? strchr(line, '\n') : NULL;

    if (!end)
        return NULL;
    *end = '\0';
    *text = end + 1;
    return line;
}

/* --- how it is shown ------------------------------------------------------------------------- */

/* Of one domain and limit: number, limit and refused requests, "-" where there is no such thing. */
struct share {
    char name[32], used[24], limit[24], refused[24];
};

struct output {
    void (*begin)(void *arg);
    void (*limit)(void *arg, const char *name, const char *value);
    void (*domains)(void *arg); /* that was the last limit */
    void (*domain)(void *arg, const char *domid);
    void (*share)(void *arg, const char *domid, const struct share *s);
    void (*domain_end)(void *arg);
    void (*end)(void *arg);
    void *arg;
};

static void nothing(void *arg) { (void)arg; }

static void text_limit(void *arg, const char *name, const char *value)
{
    (void)arg;
    printf("%s=%s\n", name, value);
}

static void text_domain(void *arg, const char *domid)
{
    (void)arg;
    printf("\ndomain %-8s %12s %12s %12s\n", domid, "has", "limit", "refused");
}

static void text_share(void *arg, const char *domid, const struct share *s)
{
    (void)arg;
    (void)domid;
    printf("%-15s %12s %12s %12s\n", s->name, s->used, s->limit, s->refused);
}

static const struct output as_text = { nothing,    text_limit, nothing, text_domain,
                                       text_share, nothing,    nothing, NULL };

static void json_text(yajl_gen g, const char *s)
{
    yajl_gen_string(g, (const unsigned char *)s, strlen(s));
}

static void json_number(yajl_gen g, const char *name, const char *number)
{
    json_text(g, name);
    if (strcmp(number, "-") == 0)
        yajl_gen_null(g);
    else
        yajl_gen_number(g, number, strlen(number));
}

static void json_begin(void *g)
{
    yajl_gen_map_open(g);
    json_text(g, "limits");
    yajl_gen_map_open(g);
}

static void json_limit(void *g, const char *name, const char *value)
{
    json_number(g, name, value);
}

static void json_domains(void *g)
{
    yajl_gen_map_close(g);
    json_text(g, "domains");
    yajl_gen_array_open(g);
}

static void json_domain(void *g, const char *domid)
{
    yajl_gen_map_open(g);
    json_number(g, "domid", domid);
}

static void json_share(void *g, const char *domid, const struct share *s)
{
    (void)domid;
    json_text(g, s->name);
    yajl_gen_map_open(g);
    json_number(g, "has", s->used);
    json_number(g, "limit", s->limit);
    json_number(g, "refused", s->refused);
    yajl_gen_map_close(g);
}

static void json_close(void *g) { yajl_gen_map_close(g); }

static void json_end(void *g)
{
    const unsigned char *buf;
    size_t len;

    yajl_gen_array_close(g);
    yajl_gen_map_close(g);
    if (yajl_gen_get_buf(g, &buf, &len) == yajl_gen_status_ok)
        fwrite(buf, 1, len, stdout);
}

/* --- asking ---------------------------------------------------------------------------------- */

static int show_limits(struct xstore *x, const struct output *out)
{
    char *answer, *rest, *line;
    int ret = xstore_control(x, "quota", NULL, &answer);

    if (ret < 0)
        return ret;
    for (rest = answer; (line = next_line(&rest));) {
        char *eq = strchr(line, '=');

        if (!eq)
            continue;
        *eq = '\0';
        out->limit(out->arg, line, eq + 1);
    }
    free(answer);
    return 0;
}

static void show_domain(char *text, const struct output *out, unsigned *domid)
{
    char *first = next_line(&text), *line;
    struct share s;

    if (!first || !is_number(first, domid))
        return;
    out->domain(out->arg, first);
    while ((line = next_line(&text)))
        if (sscanf(line, "%31s %23s %23s %23s", s.name, s.used, s.limit, s.refused) == 4)
            out->share(out->arg, first, &s);
    out->domain_end(out->arg);
}

/* Each answer is about the first domain from a number on; an empty one is the last. */
static int show_domains(struct xstore *x, const struct output *out)
{
    bool more = true;

    for (unsigned domid = 0; more; domid++) {
        char from[16], *answer;
        int ret;

        snprintf(from, sizeof(from), "%u", domid);
        ret = xstore_control(x, "quota", from, &answer);
        if (ret < 0)
            return ret;
        more = answer[0] != '\0';
        show_domain(answer, out, &domid);
        free(answer);
    }
    return 0;
}

static int show(struct xstore *x, const struct output *out)
{
    int ret;

    out->begin(out->arg);
    ret = show_limits(x, out);
    out->domains(out->arg);
    if (ret == 0)
        ret = show_domains(x, out);
    if (ret == 0)
        out->end(out->arg);
    return ret;
}

static int show_json(struct xstore *x)
{
    yajl_gen g = yajl_gen_alloc(NULL);
    struct output as_json = { json_begin, json_limit, json_domains, json_domain,
                              json_share, json_close, json_end,     g };
    int ret;

    if (!g)
        return -ENOMEM;
    yajl_gen_config(g, yajl_gen_beautify, 1);
    ret = show(x, &as_json);
    yajl_gen_free(g);
    return ret;
}

/* --- the verbs ------------------------------------------------------------------------------- */

int verb_quota(struct xstore *x, const struct options *o, int n, char **arg)
{
    int ret;

    for (int i = 0; i < n; i++) {
        char *answer;

        ret = strchr(arg[i], '=') ? xstore_control(x, "quota", arg[i], &answer) : -EINVAL;
        if (ret < 0)
            return complain("quota", arg[i], ret);
        free(answer);
    }
    if (n > 0)
        return EXIT_OK;
    ret = o->json ? show_json(x) : show(x, &as_text);
    return ret < 0 ? complain("quota", "", ret) : EXIT_OK;
}

int verb_control(struct xstore *x, const struct options *o, int n, char **arg)
{
    char *answer;
    int ret;

    (void)o;
    ret = xstore_control(x, arg[0], n > 1 ? arg[1] : NULL, &answer);
    if (ret < 0)
        return complain("control", arg[0], ret);
    if (*answer)
        printf("%s%s", answer, answer[strlen(answer) - 1] == '\n' ? "" : "\n");
    free(answer);
    return EXIT_OK;
}
