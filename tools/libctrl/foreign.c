/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Maps of other domains' memory.
 */
#include "internal.h"
#include "kernel_abi.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static int reserve(struct ctrl *h, size_t count, int prot, void **addr)
{
    void *p;

    if (count == 0 || count > SIZE_MAX >> PAGE_SHIFT)
        return ctrl_fail(h, -EINVAL, "cannot map %zu pages at once", count);
    p = mmap(NULL, count << PAGE_SHIFT, prot, MAP_SHARED, h->privcmd, 0);
    if (p == MAP_FAILED)
        return ctrl_fail(h, -errno, "cannot reserve addresses for %zu pages: %s", count,
                         strerror(errno));
    *addr = p;
    return 0;
}

static int first_error(const int *err, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (err[i])
            return err[i];
    return 0;
}

int ctrl_map_foreign(struct ctrl *h, uint32_t domid, int prot, const uint64_t *mfns, size_t count,
                     void **addr)
{
    struct privcmd_mmapbatch_v2 batch = { .num = count, .dom = domid, .arr = mfns };
    void *p = NULL;
    int ret;

    if (count > UINT32_MAX)
        return ctrl_fail(h, -EINVAL, "cannot map %zu pages at once", count);
    ret = reserve(h, count, prot, &p);
    if (ret)
        return ret;
    batch.addr = addr_of(p);
    batch.err = calloc(count, sizeof(*batch.err));
    if (!batch.err) {
        ret = ctrl_fail(h, -ENOMEM, "no memory for %zu error codes", count);
        goto unmap;
    }
    if (ioctl(h->privcmd, PRIVCMD_MMAPBATCH_V2, &batch) < 0 && errno != ENOENT)
        ret = -errno;
    else
        ret = first_error(batch.err, count);
    free(batch.err);
    if (ret) {
        ctrl_fail(h, ret, "cannot map %zu pages of domain %u: %s", count, domid, strerror(-ret));
        goto unmap;
    }
    *addr = p;
    return 0;

unmap:
    ctrl_unmap(p, count);
    return ret;
}

int ctrl_map_resource(struct ctrl *h, uint32_t domid, uint32_t type, uint32_t id, uint64_t first,
                      size_t count, int prot, void **addr)
{
    struct privcmd_mmap_resource req = {
        .dom = domid,
        .type = type,
        .id = id,
        .idx = first,
        .num = count,
    };
    void *p = NULL;
    int ret = reserve(h, count, prot, &p);

    if (ret)
        return ret;
    req.addr = addr_of(p);
    if (ioctl(h->privcmd, PRIVCMD_MMAP_RESOURCE, &req) < 0) {
        ret = ctrl_fail(h, -errno, "cannot map resource %u of domain %u: %s", type, domid,
                        strerror(errno));
        ctrl_unmap(p, count);
        return ret;
    }
    *addr = p;
    return 0;
}

void ctrl_unmap(void *addr, size_t count)
{
    munmap(addr, count << PAGE_SHIFT);
}
