/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What daemon and client share of the protocol.
 */
#include "proto.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    int number;
    const char *name;
} error_names[] = {
    { EINVAL, "EINVAL" },       { EACCES, "EACCES" },   { EEXIST, "EEXIST" }, { EISDIR, "EISDIR" },
    { ENOENT, "ENOENT" },       { ENOMEM, "ENOMEM" },   { ENOSPC, "ENOSPC" }, { EIO, "EIO" },
    { ENOTEMPTY, "ENOTEMPTY" }, { ENOSYS, "ENOSYS" },   { EROFS, "EROFS" },   { EBUSY, "EBUSY" },
    { EAGAIN, "EAGAIN" },       { EISCONN, "EISCONN" }, { E2BIG, "E2BIG" },   { EPERM, "EPERM" },
};

#define N_ERRORS (sizeof(error_names) / sizeof(error_names[0]))

const char *xs_error_name(int err)
{
    for (size_t i = 0; i < N_ERRORS; i++)
        if (error_names[i].number == err)
            return error_names[i].name;
    return "EINVAL";
}

int xs_error_number(const char *name)
{
    for (size_t i = 0; i < N_ERRORS; i++)
        if (strcmp(error_names[i].name, name) == 0)
            return error_names[i].number;
    return EIO;
}

int xs_count_strings(const char *buf, size_t len)
{
    int n = 0;

    if (len > 0 && buf[len - 1] != '\0')
        return -1;
    for (size_t i = 0; i < len; i++)
        n += buf[i] == '\0';
    return n;
}

bool xs_parse_number(const char *s, uint64_t max, uint64_t *out)
{
    uint64_t v = 0;

    if (*s == '\0')
        return false;
    for (; *s; s++) {
        if (*s < '0' || *s > '9' || __builtin_mul_overflow(v, 10, &v) ||
            __builtin_add_overflow(v, *s - '0', &v) || v > max)
            return false;
    }
    *out = v;
    return true;
}

bool xs_parse_perm(const char *s, uint32_t *domid, bool *read, bool *write)
{
    uint64_t id;

    if (*s == '\0' || strchr("nrwb", *s) == NULL || !xs_parse_number(s + 1, UINT16_MAX, &id))
        return false;
    *domid = id;
    *read = *s == 'r' || *s == 'b';
    *write = *s == 'w' || *s == 'b';
    return true;
}

char xs_perm_letter(bool read, bool write)
{
    return write ? (read ? 'b' : 'w') : (read ? 'r' : 'n');
}
