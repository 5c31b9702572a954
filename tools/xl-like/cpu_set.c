/* SPDX-License-Identifier: GPL-2.0-only */
#include "cpu_set.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static int parse_range(const char *p, const char *end, unsigned long limit, unsigned long *first,
                       unsigned long *last)
{
    char *stop;

    if (p == end || *p < '0' || *p > '9')
        return -EINVAL;
    *first = *last = strtoul(p, &stop, 10);
    if (*stop == '-') {
        p = stop + 1;
        if (*p < '0' || *p > '9')
            return -EINVAL;
        *last = strtoul(p, &stop, 10);
    }
    return stop == end && *first <= *last && *last < limit ? 0 : -EINVAL;
}

int parse_cpu_set(const char *text, uint8_t *map, size_t bytes)
{
    const char *p = text;

    memset(map, 0, bytes);
    if (strcmp(text, "all") == 0) {
        memset(map, 0xff, bytes);
        return 0;
    }
    for (;;) {
        const char *end = p + strcspn(p, ",");
        bool without = *p == '^';
        unsigned long first, last;

        if (parse_range(p + without, end, bytes * 8, &first, &last) < 0)
            return -EINVAL;
        for (unsigned long i = first; i <= last; i++) {
            if (without)
                map[i / 8] &= ~(1u << i % 8);
            else
                map[i / 8] |= 1u << i % 8;
        }
        if (*end == '\0')
            break;
        p = end + 1;
    }
    for (size_t i = 0; i < bytes; i++)
        if (map[i])
            return 0;
    return -EINVAL;
}
