/* SPDX-License-Identifier: GPL-2.0-only */
#include "size.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool parse_size(const char *text, uint64_t unit, uint64_t *bytes)
{
    static const char letters[] = "KMGT";
    const char *letter;
    char *end;

    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    *bytes = strtoull(text, &end, 10);
    letter = *end ? strchr(letters, *end) : NULL;
    if (letter) {
        unit = 1ULL << 10 * (letter - letters + 1);
        end++;
    }
    if (errno || *end || *bytes == 0 || *bytes > INT64_MAX / unit)
        return false;
    *bytes *= unit;
    return true;
}
