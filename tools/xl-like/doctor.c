/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * doctor: what keeps guests from running on this host.
 */
#include "doctor.h"
#include "json.h"
#include "report.h"
#include "verbs.h"

#include <getopt.h>

#define SCHEMA 1

static bool print_json(const struct doctor *d)
{
    yajl_gen g = json_start();

    if (!g)
        return false;
    yajl_gen_map_open(g);
    json_number(g, "schema", SCHEMA);
    json_bool(g, "good", !doctor_found_bad(d));
    json_key(g, "checks");
    yajl_gen_array_open(g);
    for (const struct finding *f = d->first; f; f = f->next) {
        yajl_gen_map_open(g);
        json_text(g, "check", f->check);
        json_text(g, "verdict", verdict_name(f->verdict));
        json_text(g, "text", f->text);
        if (*f->fix)
            json_text(g, "fix", f->fix);
        yajl_gen_map_close(g);
    }
    yajl_gen_array_close(g);
    yajl_gen_map_close(g);
    return json_end(g);
}

int verb_doctor(int argc, char **argv)
{
    static const struct option longs[] = { { "json", no_argument, NULL, 'j' },
                                           { NULL, 0, NULL, 0 } };
    bool json = false, printed = true;
    struct doctor d;
    int c, ret;

    while ((c = getopt_long(argc, argv, "j", longs, NULL)) != -1) {
        if (c != 'j')
            return usage_error(argv[0]);
        json = true;
    }
    doctor_init(&d, "");
    doctor_host(&d);
    if (optind == argc)
        doctor_autostart(&d);
    for (int i = optind; i < argc; i++)
        doctor_guest(&d, argv[i], false);
    if (json)
        printed = print_json(&d);
    else
        doctor_print_text(&d, stdout);
    ret = printed && !doctor_found_bad(&d) ? XL_OK : XL_FAILED;
    doctor_free(&d);
    return ret;
}
