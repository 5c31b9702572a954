/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files of a guest. What comes from an ELF file is read straight into the guest's memory: mapping
 * the file as well would cost a fault for every few pages of it.
 */
#include "kernel_image.h"
#include "bzimage.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int file_open(struct ctrl *h, const char *path, int *out, uint64_t *size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;
    int ret;

    if (fd < 0)
        return ctrl_fail(h, -errno, "%s", strerror(errno));
    if (fstat(fd, &st) < 0)
        ret = ctrl_fail(h, -errno, "%s", strerror(errno));
    else if (!S_ISREG(st.st_mode))
        ret = ctrl_fail(h, -EINVAL, "it is not a regular file");
    else if (st.st_size == 0)
        ret = ctrl_fail(h, -EINVAL, "the file is empty");
    else
        ret = 0;
    if (ret) {
        close(fd);
        return ret;
    }
    *out = fd;
    *size = st.st_size;
    return 0;
}

int file_read(struct ctrl *h, int fd, uint64_t offset, void *dst, size_t len)
{
    char *p = dst;

    while (len) {
        ssize_t n = pread(fd, p, len, offset);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return ctrl_fail(h, -errno, "cannot read: %s", strerror(errno));
        if (n == 0)
            return ctrl_fail(h, -EIO, "the file has become shorter while it was read");
        p += n;
        offset += n;
        len -= n;
    }
    return 0;
}

/* Replaces the map of a bzImage by the kernel inside. */
static int unpack(struct ctrl *h, struct kernel_image *k)
{
    void *out;
    size_t out_size;
    const char *why = bzimage_unpack(k->data, k->size, &out, &out_size);

    if (why)
        return ctrl_fail(h, -EINVAL, "cannot unpack the bzImage: %s", why);
    munmap(k->data, k->size);
    k->data = out;
    k->size = out_size;
    k->unpacked = true;
    return 0;
}

static int parse(struct ctrl *h, struct kernel_image *k)
{
    enum elf_error err = elf_parse(&k->elf, k->data, k->size);
    int ret;

    if (err == ELF_IS_BZIMAGE) {
        ret = unpack(h, k);
        if (ret)
            return ret;
        err = elf_parse(&k->elf, k->data, k->size);
    }
    if (err)
        return ctrl_fail(h, -EINVAL, "%s", elf_error_text(err));
    return 0;
}

static int open_and_parse(struct ctrl *h, const char *path, struct kernel_image *k)
{
    uint64_t size = 0;
    int ret = file_open(h, path, &k->fd, &size);

    if (ret)
        return ret;
    k->size = size;
    k->data = mmap(NULL, k->size, PROT_READ, MAP_PRIVATE, k->fd, 0);
    if (k->data == MAP_FAILED) {
        ret = ctrl_fail(h, -errno, "cannot map the file: %s", strerror(errno));
        close(k->fd);
        return ret;
    }
    ret = parse(h, k);
    if (ret)
        kernel_close(k);
    return ret;
}

int kernel_open(struct ctrl *h, const char *path, struct kernel_image *k)
{
    int ret;

    *k = (struct kernel_image){ .fd = -1 };
    ret = open_and_parse(h, path, k);
    if (ret)
        return ctrl_wrap(h, ret, "cannot load kernel '%s'", path);
    return 0;
}

int kernel_open_memory(struct ctrl *h, const void *data, size_t size, struct kernel_image *k)
{
    *k = (struct kernel_image){ .fd = -1, .data = (void *)data, .size = size, .unpacked = true };
    return parse(h, k);
}

void kernel_close(struct kernel_image *k)
{
    if (k->fd < 0)
        return;
    munmap(k->data, k->size);
    close(k->fd);
}

int kernel_read(struct ctrl *h, const struct kernel_image *k, uint64_t offset, void *dst,
                size_t len)
{
    if (!k->unpacked)
        return file_read(h, k->fd, offset, dst, len);
    memcpy(dst, (const char *)k->data + offset, len);
    return 0;
}
