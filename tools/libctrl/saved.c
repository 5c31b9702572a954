/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file of a saved guest, as it is before there is a domain.
 */
#include "restore.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int ctrl_saved_open(struct ctrl *h, int fd, struct ctrl_saved **out)
{
    struct ctrl_saved *s = calloc(1, sizeof(*s));
    int ret;

    if (!s)
        return ctrl_fail(h, -ENOMEM, "no memory for a file's description");
    ret = record_open(h, &s->reader, fd);
    if (!ret)
        ret = record_next(h, &s->reader);
    if (!ret && s->reader.type != SAVE_CONFIG)
        ret = record_wrong(h, &s->reader, "the guest's configuration comes first");
    if (!ret)
        s->config = strdup((char *)s->reader.body);
    if (!ret && !s->config)
        ret = ctrl_fail(h, -ENOMEM, "no memory for the configuration");
    if (ret)
        ctrl_saved_close(s);
    else
        *out = s;
    return ret;
}

const char *ctrl_saved_config(const struct ctrl_saved *s) { return s->config; }

const void *ctrl_saved_device_model(const struct ctrl_saved *s, size_t *size)
{
    *size = s->device_model_size;
    return s->device_model;
}

bool ctrl_saved_is(int fd)
{
    char magic[sizeof(SAVE_MAGIC)];

    return pread(fd, magic, sizeof(magic), 0) == sizeof(magic) &&
           memcmp(magic, SAVE_MAGIC, sizeof(magic)) == 0;
}

int ctrl_saved_verify(struct ctrl *h, struct ctrl_saved *s)
{
    int ret = 0;

    while (!ret && s->reader.type != SAVE_END)
        ret = record_next(h, &s->reader);
    return ret;
}

void ctrl_saved_close(struct ctrl_saved *s)
{
    record_close(&s->reader);
    free(s->config);
    free(s->device_model);
    free(s);
}
