/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The handle: the device, hypercalls through it, and the memory for their arguments.
 *
 * That memory has to stay where it is while the hypervisor uses it. It comes from
 * /dev/xen/hypercall (Linux 4.18 and later), whose pages are never moved, and is mapped once for
 * the life of the handle.
 */
#include "internal.h"
#include "kernel_abi.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int open_device(struct ctrl *h, const char *path)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);

    if (fd >= 0)
        return fd;
    if (errno == ENOENT || errno == ENODEV || errno == ENXIO)
        return ctrl_fail(h, -errno, "cannot open %s: %s (is this the control domain, and is the "
                         "module xen-privcmd loaded?)", path, strerror(errno));
    return ctrl_fail(h, -errno, "cannot open %s: %s", path, strerror(errno));
}

int hypercall_buffer_get(struct ctrl *h, size_t size, void **out)
{
    int fd = open_device(h, "/dev/xen/hypercall");
    void *p;
    int err;

    if (fd < 0)
        return fd;
    p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    err = errno;
    close(fd);
    if (p == MAP_FAILED)
        return ctrl_fail(h, -err, "cannot map hypercall memory: %s", strerror(err));
    *out = p;
    return 0;
}

void hypercall_buffer_put(void *p, size_t size)
{
    munmap(p, size);
}

static int map_arena(struct ctrl *h)
{
    void *p;
    int ret = hypercall_buffer_get(h, ARENA_SIZE, &p);

    if (!ret)
        h->arena = p;
    return ret;
}

int ctrl_open(struct ctrl **out)
{
    struct ctrl *h = calloc(1, sizeof(*h));

    *out = h;
    if (!h)
        return -ENOMEM;
    h->privcmd = open_device(h, "/dev/xen/privcmd");
    if (h->privcmd < 0)
        return h->privcmd;
    return map_arena(h);
}

void ctrl_close(struct ctrl *h)
{
    if (!h)
        return;
    if (h->arena)
        hypercall_buffer_put(h->arena, ARENA_SIZE);
    if (h->privcmd >= 0)
        close(h->privcmd);
    free(h->line);
    free(h);
}

void *arena_get(struct ctrl *h, size_t size)
{
    size_t need = (size + 15) & ~15UL;
    void *p = h->arena + h->arena_used;

    if (need > ARENA_SIZE - h->arena_used)
        abort();
    h->arena_used += need;
    memset(p, 0, need);
    return p;
}

void arena_put(struct ctrl *h, void *p)
{
    h->arena_used = (char *)p - h->arena;
}

long hypercall(struct ctrl *h, unsigned long op, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3,
               uint64_t a4)
{
    struct privcmd_hypercall call = { .op = op, .arg = { a0, a1, a2, a3, a4 } };
    long ret = ioctl(h->privcmd, PRIVCMD_HYPERCALL, &call);

    return ret < 0 ? -errno : ret;
}
