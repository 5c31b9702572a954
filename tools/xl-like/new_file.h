/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file that gets its name when it is whole, so that an older one is not lost for half a new one.
 * Nobody but root can read it.
 */
#ifndef XL_NEW_FILE_H
#define XL_NEW_FILE_H

struct new_file {
    const char *path;
    char *partial; /* its name until then, beside it */
    int fd;
};

/** 0, after which one of the others is to be called; or -errno. */
int new_file_open(struct new_file *f, const char *path);
/** All of it is on the disk and has its name, or nothing is left of it and -errno. */
int new_file_keep(struct new_file *f);
/** Nothing is left of it. */
void new_file_drop(struct new_file *f);

#endif
