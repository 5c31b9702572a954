/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * guest.cfg: any text through parser and schema. It is accepted, or something is said about it;
 * sets of CPUs stay within their map.
 */
#include "fuzz.h"

#include "../../tools/xl-like/cpu_set.h"
#include "../../tools/xl-like/guest_cfg.h"

#include <stdlib.h>
#include <string.h>

static void check_cpus(const char *text)
{
    uint8_t *map = malloc(16);

    if (text && parse_cpu_set(text, map, 16) == 0) {
        unsigned any = 0;

        for (unsigned i = 0; i < 16; i++)
            any |= map[i];
        FUZZ_CHECK(any, "\"%s\" is a set of no CPUs", text);
    }
    free(map);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    struct guest_cfg g = { 0 };
    struct cfg c;
    char *said = NULL;
    size_t said_len = 0;
    FILE *sink = open_memstream(&said, &said_len);
    int ret;

    cfg_init(&c, sink);
    ret = cfg_parse(&c, "fuzz.cfg", (const char *)data, size);
    FUZZ_CHECK((ret < 0) == (c.n_errors > 0), "%d with %u errors", ret, c.n_errors);
    if (ret == 0) {
        ret = guest_cfg_from(&c, &g);
        FUZZ_CHECK((ret < 0) == (c.n_errors > 0), "schema: %d with %u errors", ret, c.n_errors);
    }
    if (ret == 0)
        FUZZ_CHECK(g.name && g.kernel && g.cmdline && g.vcpus >= 1,
                   "accepted without what it needs");
    check_cpus(g.cpus);
    fclose(sink);
    FUZZ_CHECK(!c.n_errors == !said_len, "%u errors and %zu bytes about them", c.n_errors,
               said_len);
    free(said);
    guest_cfg_free(&g);
    cfg_free(&c);
}
