/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypervisor's command line: any string, options of every kind. A string
 * option keeps its end, and a size is what its text says.
 */
#include "fuzz.h"

#include <hv/params.h>
#include <hv/string.h>
#include <public/errno.h>
#include <stdlib.h>

static bool flag, notable;
static unsigned number;
static uint64_t bytes;
static char text[8];

PARAM_BOOL("flag", flag, "a flag");
PARAM_BOOL("notable", notable, "a flag whose name starts with no");
PARAM_UINT("n", number, "a number");
PARAM_SIZE("size", bytes, "a size");
PARAM_STRING("text", text, "a string");

static int take(const char *value)
{
    const char *end;
    uint64_t v;

    return param_parse_size(value, 0, &v, &end) ? -XEN_EINVAL : 0;
}
PARAM_FN("fn", take, "a function");

void fuzz_one(const uint8_t *data, size_t size)
{
    char *line = malloc(size + 1);

    for (size_t i = 0; i < size; i++)
        line[i] = data[i];
    line[size] = 0;
    params_parse(line);
    FUZZ_CHECK(strnlen(text, sizeof(text)) < sizeof(text), "a string without end");
    free(line);
}
