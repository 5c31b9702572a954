/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * JSON output.
 */
#include "json.h"
#include "report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

yajl_gen json_start_line(void)
{
    yajl_gen g = yajl_gen_alloc(NULL);

    if (!g)
        report_error("out of memory");
    return g;
}

yajl_gen json_start(void)
{
    yajl_gen g = json_start_line();

    if (g)
        yajl_gen_config(g, yajl_gen_beautify, 1);
    return g;
}

static void put(yajl_gen g, const char *s)
{
    yajl_gen_string(g, (const unsigned char *)s, strlen(s));
}

void json_key(yajl_gen g, const char *key) { put(g, key); }

void json_text(yajl_gen g, const char *key, const char *value)
{
    put(g, key);
    put(g, value);
}

void json_number(yajl_gen g, const char *key, uint64_t value)
{
    put(g, key);
    yajl_gen_integer(g, (long long)value);
}

void json_seconds(yajl_gen g, const char *key, uint64_t ns)
{
    char text[40];

    put(g, key);
    snprintf(text, sizeof(text), "%llu.%03llu", (unsigned long long)(ns / 1000000000),
             (unsigned long long)(ns / 1000000 % 1000));
    yajl_gen_number(g, text, strlen(text));
}

void json_decimal(yajl_gen g, const char *key, double value)
{
    char text[40];

    put(g, key);
    snprintf(text, sizeof(text), "%.1f", isfinite(value) && fabs(value) < 1e18 ? value : 0.0);
    yajl_gen_number(g, text, strlen(text));
}

void json_bool(yajl_gen g, const char *key, bool value)
{
    put(g, key);
    yajl_gen_bool(g, value);
}

bool json_end(yajl_gen g)
{
    const unsigned char *text;
    size_t len;
    bool ok = yajl_gen_get_buf(g, &text, &len) == yajl_gen_status_ok &&
              fwrite(text, 1, len, stdout) == len && fflush(stdout) == 0;

    yajl_gen_free(g);
    if (!ok)
        report_error("the output could not be written");
    return ok;
}
