/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Paths as clients give them.
 */
#include "request.h"
#include "domain.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

bool is_special(const char *path)
{
    return strcmp(path, "@introduceDomain") == 0 || strcmp(path, "@releaseDomain") == 0;
}

static bool well_formed(const char *path)
{
    const char *letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-/_@";
    size_t len = strlen(path);

    return len > 0 && strspn(path, letters) == len && !strstr(path, "//") &&
           (len == 1 || path[len - 1] != '/');
}

int absolute_path(const struct connection *c, const char *given, char *out)
{
    size_t len = strlen(given);

    if (!well_formed(given))
        return is_special(given) ? (strcpy(out, given), 0) : -EINVAL;
    if (given[0] == '@')
        return is_special(given) ? (strcpy(out, given), 0) : -EINVAL;
    if (given[0] == '/' ? len >= XS_ABS_PATH_SIZE : len >= XS_REL_PATH_SIZE)
        return -EINVAL;
    if (given[0] == '/')
        strcpy(out, given);
    else
        snprintf(out, XS_ABS_PATH_SIZE + 1, "/local/domain/%u/%s", c->domain->domid, given);
    return 0;
}
