/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is kept of each guest in files.
 */
#include "kept.h"
#include "name.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SAVE_DIR KEPT_DIR "/saves"

static void config_path(uint32_t domid, char path[64])
{
    snprintf(path, 64, KEPT_DIR "/config-%u", domid);
}

int kept_config_put(uint32_t domid, const char *text)
{
    char path[64];
    FILE *f;
    int ret = 0;

    mkdir(KEPT_DIR, 0755);
    config_path(domid, path);
    unlink(path);
    f = fopen(path, "wxe");
    if (!f)
        return -errno;
    if (fchmod(fileno(f), 0600) < 0 || fputs(text, f) < 0)
        ret = -errno;
    if (fclose(f) < 0 && !ret)
        ret = -errno;
    if (ret)
        unlink(path);
    return ret;
}

char *kept_config_get(uint32_t domid)
{
    char path[64], *text = NULL;
    size_t size = 0;
    FILE *f;

    config_path(domid, path);
    f = fopen(path, "re");
    if (!f)
        return NULL;
    if (getdelim(&text, &size, '\0', f) < 0) {
        free(text);
        text = NULL;
    }
    fclose(f);
    return text;
}

void kept_forget(uint32_t domid)
{
    char path[64];

    config_path(domid, path);
    unlink(path);
}

int kept_save_begin(uint32_t domid)
{
    char name[16];

    mkdir(KEPT_DIR, 0755);
    snprintf(name, sizeof(name), "%u", domid);
    return name_take(SAVE_DIR, name);
}

void kept_save_end(uint32_t domid, int fd)
{
    char name[16];

    snprintf(name, sizeof(name), "%u", domid);
    name_release(SAVE_DIR, name, fd);
}
