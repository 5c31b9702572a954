/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is kept of each guest in files.
 */
#include "kept.h"
#include "clock.h"
#include "name.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SAVE_DIR KEPT_DIR "/saves"

#define PATH_LEN     64
#define WAIT_STEP_US 20000

static void config_path(const char *which, uint32_t domid, char path[PATH_LEN])
{
    snprintf(path, PATH_LEN, KEPT_DIR "/%s-%u", which, domid);
}

static int write_text(const char *path, const char *text)
{
    FILE *f;
    int ret = 0;

    mkdir(KEPT_DIR, 0755);
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

static char *read_text(const char *path)
{
    char *text = NULL;
    size_t size = 0;
    FILE *f = fopen(path, "re");

    if (!f)
        return NULL;
    if (getdelim(&text, &size, '\0', f) < 0) {
        free(text);
        text = NULL;
    }
    fclose(f);
    return text;
}

int kept_config_put(uint32_t domid, const char *text)
{
    char path[PATH_LEN];

    kept_next_drop(domid);
    config_path("config", domid, path);
    return write_text(path, text);
}

char *kept_config_get(uint32_t domid)
{
    char path[PATH_LEN];

    config_path("config", domid, path);
    return read_text(path);
}

/* Whole or not at all. */
static int replace(const char *which, uint32_t domid, const char *text)
{
    char path[PATH_LEN], partial[PATH_LEN];
    int ret;

    config_path(which, domid, path);
    config_path("partial", domid, partial);
    ret = write_text(partial, text);
    if (ret == 0 && rename(partial, path) < 0) {
        ret = -errno;
        unlink(partial);
    }
    return ret;
}

int kept_config_change(uint32_t domid, const char *text)
{
    char path[PATH_LEN];

    config_path("config", domid, path);
    return access(path, F_OK) < 0 ? -errno : replace("config", domid, text);
}

int kept_next_put(uint32_t domid, const char *text) { return replace("next", domid, text); }

char *kept_next_get(uint32_t domid)
{
    char path[PATH_LEN];

    config_path("next", domid, path);
    return read_text(path);
}

void kept_next_drop(uint32_t domid)
{
    char path[PATH_LEN];

    config_path("next", domid, path);
    unlink(path);
    config_path("partial", domid, path);
    unlink(path);
}

void kept_forget(uint32_t domid)
{
    char path[PATH_LEN];

    kept_next_drop(domid);
    config_path("config", domid, path);
    unlink(path);
}

int kept_save_begin(uint32_t domid)
{
    char name[16];

    mkdir(KEPT_DIR, 0755);
    snprintf(name, sizeof(name), "%u", domid);
    return name_take(SAVE_DIR, name);
}

int kept_save_wait(uint32_t domid, int seconds)
{
    time_t end = monotonic_seconds() + seconds;
    int fd;

    while ((fd = kept_save_begin(domid)) == -EBUSY && monotonic_seconds() < end)
        usleep(WAIT_STEP_US);
    return fd;
}

void kept_save_end(uint32_t domid, int fd)
{
    char name[16];

    snprintf(name, sizeof(name), "%u", domid);
    name_release(SAVE_DIR, name, fd);
}
