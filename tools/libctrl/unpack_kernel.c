/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xen-like-unpack-kernel: turns a bzImage into the ELF kernel that is packed in it, as the
 * hypervisor wants its Dom0 kernel. Run when a kernel is installed.
 *
 * Exit status: 0 done, 1 the input is not a kernel that can be Dom0 or a guest, 2 wrong usage,
 * 3 a file could not be read or written.
 */
#include "bzimage.h"

#include <hv/elf.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define EXIT_BAD_KERNEL 1
#define EXIT_USAGE      2
#define EXIT_FILE       3

static int complain(int status, const char *path, const char *why)
{
    fprintf(stderr, "xen-like-unpack-kernel: %s: %s\n", path, why);
    return status;
}

static void *map_file(const char *path, size_t *size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    void *p = MAP_FAILED;

    if (fd < 0)
        return p;
    if (fstat(fd, &st) == 0) {
        *size = st.st_size;
        p = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    }
    close(fd);
    return p;
}

static int write_all(int fd, const char *data, size_t size)
{
    while (size) {
        ssize_t n = write(fd, data, size);

        if (n < 0)
            return -errno;
        data += n;
        size -= n;
    }
    return fsync(fd) < 0 ? -errno : 0;
}

/* Under its own name only when complete, so that a boot loader never sees half a kernel. */
static int write_file(const char *path, const void *data, size_t size)
{
    char *tmp;
    int fd, ret;

    if (asprintf(&tmp, "%s.new", path) < 0)
        return -ENOMEM;
    fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0) {
        ret = -errno;
        goto out;
    }
    ret = write_all(fd, data, size);
    close(fd);
    if (!ret && rename(tmp, path) < 0)
        ret = -errno;
    if (ret)
        unlink(tmp);
out:
    free(tmp);
    return ret;
}

int main(int argc, char **argv)
{
    struct elf_image elf;
    enum elf_error err;
    const char *why;
    size_t size, out_size;
    void *in, *out;
    int ret;

    if (argc != 3 || argv[1][0] == '-') {
        fprintf(stderr, "usage: xen-like-unpack-kernel BZIMAGE OUT\n");
        return EXIT_USAGE;
    }
    in = map_file(argv[1], &size);
    if (in == MAP_FAILED)
        return complain(EXIT_FILE, argv[1], strerror(errno));
    out = in;
    out_size = size;
    err = elf_parse(&elf, in, size);
    if (err == ELF_IS_BZIMAGE) {
        why = bzimage_unpack(in, size, &out, &out_size);
        if (why)
            return complain(EXIT_BAD_KERNEL, argv[1], why);
        err = elf_parse(&elf, out, out_size);
    }
    if (err)
        return complain(EXIT_BAD_KERNEL, argv[1], elf_error_text(err));
    ret = write_file(argv[2], out, out_size);
    if (ret)
        return complain(EXIT_FILE, argv[2], strerror(-ret));
    return EXIT_SUCCESS;
}
