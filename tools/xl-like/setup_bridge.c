/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * setup-bridge: a bridge that guests' network devices can join.
 */
#include "bridge.h"
#include "json.h"
#include "report.h"
#include "verbs.h"
#include "vif_cfg.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

static bool is_name(const char *verb, const char *text)
{
    bool good = vif_cfg_is_interface(text);

    if (!good)
        report_error("%s: '%s' is no name of a network device", verb, text);
    return good;
}

static bool add_address(struct bridge_wish *w, const char *verb, const char *text)
{
    if (w->nr_addresses == BRIDGE_ADDRESSES) {
        report_error("%s: more than %d addresses", verb, BRIDGE_ADDRESSES);
        return false;
    }
    w->addresses[w->nr_addresses++] = text;
    return true;
}

static int take_arguments(struct bridge_wish *w, int argc, char **argv, bool *json)
{
    static const struct option longs[] = {
        { "uplink", required_argument, NULL, 'u' },  { "move", no_argument, NULL, 'm' },
        { "address", required_argument, NULL, 'a' }, { "dry-run", no_argument, NULL, 'n' },
        { "json", no_argument, NULL, 'j' },          { NULL, 0, NULL, 0 },
    };
    int c;

    while ((c = getopt_long(argc, argv, "n", longs, NULL)) != -1) {
        switch (c) {
        case 'u': w->uplink = optarg; break;
        case 'm': w->move = true; break;
        case 'n': w->dry = true; break;
        case 'j': *json = true; break;
        case 'a':
            if (!add_address(w, argv[0], optarg))
                return XL_USAGE;
            break;
        default: return usage_error(argv[0]);
        }
    }
    if (argc - optind > 1 || (w->move && !w->uplink))
        return usage_error(argv[0]);
    w->bridge = optind < argc ? argv[optind] : VIF_BRIDGE;
    return is_name(argv[0], w->bridge) && (!w->uplink || is_name(argv[0], w->uplink)) ? XL_OK
                                                                                      : XL_USAGE;
}

static void print(const struct bridge_setup *s)
{
    for (unsigned int i = 0; i < s->nr_changes; i++)
        printf("%s%s\n", s->wish->dry ? "would " : "", s->changes[i].text);
    if (s->nr_changes == 0)
        printf("%s is as it should be: nothing to do\n", s->bridge.name);
}

static int print_json(const struct bridge_setup *s)
{
    static const char key[] = "changes";
    yajl_gen g = json_start();

    if (!g)
        return XL_FAILED;
    yajl_gen_map_open(g);
    json_text(g, "bridge", s->bridge.name);
    if (s->wish->uplink)
        json_text(g, "uplink", s->uplink.name);
    json_bool(g, "done", !s->wish->dry);
    yajl_gen_string(g, (const unsigned char *)key, strlen(key));
    yajl_gen_array_open(g);
    for (unsigned int i = 0; i < s->nr_changes; i++)
        yajl_gen_string(g, (const unsigned char *)s->changes[i].text, strlen(s->changes[i].text));
    yajl_gen_array_close(g);
    yajl_gen_map_close(g);
    return json_end(g) ? XL_OK : XL_FAILED;
}

int verb_setup_bridge(int argc, char **argv)
{
    struct bridge_wish wish = { 0 };
    struct bridge_setup s;
    bool json = false;
    int ret = take_arguments(&wish, argc, argv, &json);

    if (ret != XL_OK)
        return ret;
    ret = bridge_set_up(&s, &wish);
    if (ret == XL_OK && json)
        ret = print_json(&s);
    else if (ret == XL_OK)
        print(&s);
    bridge_release(&s);
    return ret;
}
