/* SPDX-License-Identifier: GPL-2.0-only */
#include "bootloader.h"

#include <errno.h>
#include <string.h>

int boot_files_parse(struct boot_files *b, size_t length)
{
    const struct {
        const char *name;
        const char **value;
    } items[] = { { "kernel ", &b->kernel },
                  { "ramdisk ", &b->ramdisk },
                  { "args ", &b->cmdline } };
    size_t at = 0, size;

    for (; at < length; at += size + 1) {
        size = strnlen(b->answer + at, length - at);
        if (at + size == length)
            return -EINVAL; /* it has no end */
        for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++)
            if (strncmp(b->answer + at, items[i].name, strlen(items[i].name)) == 0)
                *items[i].value = b->answer + at + strlen(items[i].name);
    }
    return b->kernel ? 0 : -EINVAL;
}
