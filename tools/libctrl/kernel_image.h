/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The files a guest is made of: its kernel, unpacked and parsed, and its ramdisk.
 */
#ifndef LIBCTRL_KERNEL_IMAGE_H
#define LIBCTRL_KERNEL_IMAGE_H

#include "internal.h"

#include <hv/elf.h>

struct kernel_image {
    int fd;                     /* -1: of no file */
    void *data;                 /* the ELF image: a map of the file, or what was unpacked from it */
    size_t size;
    bool unpacked;
    struct elf_image elf;
};

/* Opens and checks a kernel. On failure nothing is left open and the chain in h says why. */
int kernel_open(struct ctrl *h, const char *path, struct kernel_image *k);
void kernel_close(struct kernel_image *k);

/* The same of an image in memory, which stays where it is. */
int kernel_open_memory(struct ctrl *h, const void *data, size_t size, struct kernel_image *k);

/* Copies bytes of the ELF image, which are known to be inside it. */
int kernel_read(struct ctrl *h, const struct kernel_image *k, uint64_t offset, void *dst,
                size_t len);

/* Opens a regular file and tells its size. */
int file_open(struct ctrl *h, const char *path, int *fd, uint64_t *size);

/* Reads exactly len bytes at an offset; -EIO if the file has become shorter. */
int file_read(struct ctrl *h, int fd, uint64_t offset, void *dst, size_t len);

#endif
