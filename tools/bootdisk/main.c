/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bootdisk: finds out what a guest's disk would start, and copies the kernel and ramdisks from it;
 * the `bootloader` of guest.cfg. Its arguments and its answer are those that xl has for such
 * programs.
 */
#include "confine.h"
#include "ext_files.h"
#include "grub_menu.h"
#include "volumes.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MENU_LIMIT  (1ull << 20)
#define SAVED_LIMIT 4096
#define FILE_LIMIT  (256ull << 20)

struct options {
    const char *kernel, *ramdisk, *args; /* instead of the menu's; args: behind its */
    const char *entry;                   /* instead of the menu's default */
    const char *output, *directory, *disk;
    bool list;
};

struct files {
    int disk, output, kernel, ramdisk;
    char *kernel_path, *ramdisk_path;
};

/* As dprintf(), which asks more of the kernel than a confined process may. */
static int __attribute__((format(printf, 2, 3))) print(int fd, const char *fmt, ...)
{
    char *text;
    va_list ap;
    int length, ret;

    va_start(ap, fmt);
    length = vasprintf(&text, fmt, ap);
    va_end(ap);
    if (length < 0)
        return -1;
    ret = write(fd, text, length) == length ? length : -1;
    free(text);
    return ret;
}

static void say(const char *what, const char *path, int err)
{
    print(2, "bootdisk: %s%s%s%s%s\n", what, path ? " " : "", path ? path : "", err ? ": " : "",
          err == -EFBIG    ? "it is too large"
          : err == -EINVAL ? "it is no plain file"
          : err == -EIO    ? "the file system is damaged"
          : err            ? strerror(-err)
                           : "");
}

static int usage(void)
{
    print(2, "usage: bootdisk [--entry=ENTRY] [--kernel=PATH] [--ramdisk=PATH] [--args=TEXT]\n"
             "                --output=FILE --output-directory=DIRECTORY DISK\n"
             "       bootdisk --list DISK\n");
    return 2;
}

static int parse(int argc, char **argv, struct options *o)
{
    enum { KERNEL = 1, RAMDISK, ARGS, ENTRY, OUTPUT, FORMAT, DIRECTORY, LIST };
    static const struct option longs[] = {
        { "kernel", required_argument, NULL, KERNEL },
        { "ramdisk", required_argument, NULL, RAMDISK },
        { "args", required_argument, NULL, ARGS },
        { "entry", required_argument, NULL, ENTRY },
        { "output", required_argument, NULL, OUTPUT },
        { "output-format", required_argument, NULL, FORMAT },
        { "output-directory", required_argument, NULL, DIRECTORY },
        { "list", no_argument, NULL, LIST },
        { NULL, 0, NULL, 0 },
    };
    int c;

    while ((c = getopt_long(argc, argv, "q", longs, NULL)) != -1) {
        switch (c) {
        case KERNEL: o->kernel = optarg; break;
        case RAMDISK: o->ramdisk = optarg; break;
        case ARGS: o->args = optarg; break;
        case ENTRY: o->entry = optarg; break;
        case OUTPUT: o->output = optarg; break;
        case DIRECTORY: o->directory = optarg; break;
        case LIST: o->list = true; break;
        case 'q': break; /* as for pygrub: never asks */
        case FORMAT:
            if (strcmp(optarg, "simple0") == 0)
                break;
            print(2, "bootdisk: the only format of output is simple0\n");
            return -EINVAL;
        default: return -EINVAL;
        }
    }
    if (optind != argc - 1 || (!o->list && (!o->output || !o->directory)))
        return -EINVAL;
    o->disk = argv[optind];
    return 0;
}

/* --- before the process is confined ------------------------------------------------------------
 */

static int create(const char *directory, const char *name, char **path)
{
    int fd;

    if (asprintf(path, "%s/%s", directory, name) < 0) {
        *path = NULL;
        return -ENOMEM;
    }
    fd = open(*path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    return fd < 0 ? -errno : fd;
}

static int open_files(const struct options *o, struct files *f)
{
    const char *name = o->disk;

    f->disk = open(o->disk, O_RDONLY | O_CLOEXEC);
    if (f->disk >= 0 && o->list)
        return 0;
    if (f->disk < 0 || (name = o->output, f->output = open(name, O_WRONLY | O_CLOEXEC)) < 0) {
        say("cannot open", name, -errno);
        return -1;
    }
    f->kernel = create(o->directory, "kernel", &f->kernel_path);
    f->ramdisk = create(o->directory, "ramdisk", &f->ramdisk_path);
    if (f->kernel < 0 || f->ramdisk < 0) {
        say("cannot make a file in", o->directory, f->kernel < 0 ? f->kernel : f->ramdisk);
        return -1;
    }
    return 0;
}

/* --- what the disk has -------------------------------------------------------------------------
 */

/* Titles and paths are shown to whoever starts the guest: nothing of them is an order to a terminal. */
static void make_harmless(char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char c = text[i];
        bool is_c1 = c >= 0x80 && c < 0xa0 && i && (unsigned char)text[i - 1] == 0xc2; /* UTF-8 */

        if (is_c1)
            text[i - 1] = '?';
        if (is_c1 || (c < ' ' && c != '\n' && c != '\t') || c == 0x7f)
            text[i] = '?';
    }
}

/* Behind "(hd0,msdos1)": the file system is the one of the menu. */
static const char *in_file_system(const char *path)
{
    const char *end = *path == '(' ? strchr(path, ')') : NULL;

    return end ? end + 1 : path;
}

static int read_menu(struct ext_files *fs, struct grub_menu *menu)
{
    static const char *const folders[] = { "/boot/grub", "/grub", "/boot/grub2", "/grub2" };
    char path[32], *text, *saved;
    size_t length, saved_length = 0;
    int ret = -ENOENT;

    for (size_t i = 0; ret == -ENOENT && i < sizeof(folders) / sizeof(folders[0]); i++) {
        snprintf(path, sizeof(path), "%s/grub.cfg", folders[i]);
        ret = ext_read(fs, path, MENU_LIMIT, &text, &length);
        if (ret < 0)
            continue;
        make_harmless(text, length);
        snprintf(path, sizeof(path), "%s/grubenv", folders[i]);
        if (ext_read(fs, path, SAVED_LIMIT, &saved, &saved_length) < 0)
            saved = NULL;
        else
            make_harmless(saved, saved_length);
        ret = grub_menu_read(text, length, saved, saved_length, menu);
        free(saved);
        free(text);
    }
    return ret;
}

static bool has_file(struct ext_files *fs, const char *path)
{
    size_t length;
    char *text;
    int ret = ext_read(fs, path, 0, &text, &length); /* of what is in it, nothing */

    if (ret == 0)
        free(text);
    return ret == 0 || ret == -EFBIG;
}

/* The first file system that has a menu, or the kernel that was asked for. */
static int find(const struct options *o, int disk, struct ext_files **fs, struct grub_menu *menu)
{
    struct volume volumes[VOLUMES_MAX];
    int count = volumes_find(disk, volumes), ret, systems = 0, err = 0;

    if (count < 0) {
        say("cannot read", o->disk, count);
        return -1;
    }
    for (int i = 0; i < count; i++) {
        ret = ext_open(disk, &volumes[i], fs);
        if (ret < 0)
            continue;
        systems++;
        ret = o->kernel ? has_file(*fs, o->kernel) ? 0 : -ENOENT : read_menu(*fs, menu);
        if (ret == 0)
            return 0;
        err = ret == -ENOENT ? err : ret;
        ext_close(*fs);
    }
    say(!systems    ? "no ext2, ext3 or ext4 file system on"
        : o->kernel ? "no such kernel on"
        : err       ? "GRUB's menu cannot be read on"
                    : "no menu of GRUB (/boot/grub/grub.cfg) on",
        o->disk, err);
    return -1;
}

static int copy(struct ext_files *fs, const char *path, int to)
{
    int ret = ext_copy(fs, in_file_system(path), FILE_LIMIT, to);

    if (ret < 0)
        say("cannot copy", path, ret);
    return ret;
}

/* Ramdisks are unpacked one after the other, each from a multiple of four bytes on. */
static int copy_ramdisks(struct ext_files *fs, const char *paths, int to)
{
    static const char zeros[4];
    char *list = strdup(paths), *rest = list, *path;
    int ret = list ? 0 : -ENOMEM;

    while (ret == 0 && (path = strtok_r(rest, " ", &rest))) {
        off_t odd = lseek(to, 0, SEEK_END) & 3;

        if (odd && write(to, zeros, 4 - odd) != 4 - odd)
            ret = -EIO;
        else
            ret = copy(fs, path, to);
    }
    free(list);
    return ret;
}

static int answer(const struct files *f, bool ramdisk, const char *args, const char *more)
{
    int ret = print(f->output, "kernel %s%c", f->kernel_path, 0);

    if (ret >= 0 && ramdisk)
        ret = print(f->output, "ramdisk %s%c", f->ramdisk_path, 0);
    if (ret >= 0)
        ret =
            print(f->output, "args %s%s%s%c", args, more && *args ? " " : "", more ? more : "", 0);
    return ret < 0 ? -1 : 0;
}

static int take(const struct options *o, const struct files *f, struct ext_files *fs,
                const struct grub_menu *menu)
{
    struct grub_entry asked = { .kernel = (char *)o->kernel, .args = "", .ramdisks = "" };
    const char *choice = o->entry ? o->entry : menu->chosen, *ramdisks;
    const struct grub_entry *e = o->kernel ? &asked : grub_menu_find(menu, choice);

    if (!e) {
        say("GRUB's menu has no such entry that starts a kernel:", choice, 0);
        return -1;
    }
    ramdisks = o->ramdisk ? o->ramdisk : e->ramdisks;
    if (copy(fs, e->kernel, f->kernel) < 0 || copy_ramdisks(fs, ramdisks, f->ramdisk) < 0)
        return -1;
    return answer(f, *ramdisks, e->args, o->args);
}

static int list(const struct grub_menu *menu)
{
    for (int i = 0; i < menu->count; i++) {
        const struct grub_entry *e = &menu->entries[i];
        int depth = 0;

        for (int p = e->parent; p >= 0; p = menu->entries[p].parent)
            depth++;
        print(1, "%*s%d %s\n", 4 * depth, "", e->number, e->title);
    }
    return print(1, "default: %s\n", menu->chosen) < 0 ? -1 : 0;
}

int main(int argc, char **argv)
{
    struct options o = { 0 };
    struct files f = { 0 };
    struct grub_menu menu = { 0 };
    struct ext_files *fs;
    int ret;

    if (parse(argc, argv, &o) < 0)
        return usage();
    if (open_files(&o, &f) < 0)
        return 1;
    ret = confine(FILE_LIMIT);
    if (ret < 0) {
        say("cannot give up its rights", NULL, ret);
        return 1;
    }
    if (find(&o, f.disk, &fs, &menu) < 0)
        return 1;
    ret = o.list ? list(&menu) : take(&o, &f, fs, &menu);
    grub_menu_free(&menu);
    ext_close(fs);
    free(f.kernel_path);
    free(f.ramdisk_path);
    return ret < 0;
}
