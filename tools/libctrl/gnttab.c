/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Grants: mapping those of other domains through /dev/xen/gntdev, and writing the first entries of
 * a new domain's own table.
 */
#include "internal.h"
#include "kernel_abi.h"

#include <public/grant_table.h>
#include <public/memory.h>

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct ctrl_gnttab {
    int fd;
};

int ctrl_gnttab_open(struct ctrl_gnttab **out)
{
    struct ctrl_gnttab *g = malloc(sizeof(*g));
    int ret;

    if (!g)
        return -ENOMEM;
    g->fd = open("/dev/xen/gntdev", O_RDWR | O_CLOEXEC);
    if (g->fd < 0) {
        ret = -errno;
        free(g);
        return ret;
    }
    *out = g;
    return 0;
}

void ctrl_gnttab_close(struct ctrl_gnttab *g)
{
    if (!g)
        return;
    close(g->fd);
    free(g);
}

static int forget(struct ctrl_gnttab *g, uint64_t index, size_t count)
{
    struct gntdev_unmap un = { .index = index, .count = count };

    return ioctl(g->fd, GNTDEV_UNMAP, &un) < 0 ? -errno : 0;
}

int ctrl_gnttab_map(struct ctrl_gnttab *g, uint32_t domid, const uint32_t *refs, size_t count,
                    int prot, void **addr)
{
    struct gntdev_map *req;
    int ret = 0;
    void *p;

    if (count == 0 || count > UINT16_MAX)
        return -EINVAL;
    req = calloc(1, sizeof(*req) + count * sizeof(req->refs[0]));
    if (!req)
        return -ENOMEM;
    req->count = count;
    for (size_t i = 0; i < count; i++)
        req->refs[i] = (struct gntdev_ref){ .domid = domid, .ref = refs[i] };
    if (ioctl(g->fd, GNTDEV_MAP, req) < 0) {
        ret = -errno;
        goto out;
    }
    p = mmap(NULL, count << PAGE_SHIFT, prot, MAP_SHARED, g->fd, req->index);
    if (p == MAP_FAILED) {
        ret = -errno;
        forget(g, req->index, count);
        goto out;
    }
    *addr = p;
out:
    free(req);
    return ret;
}

int ctrl_gnttab_unmap(struct ctrl_gnttab *g, void *addr, size_t count)
{
    struct gntdev_offset where = { .vaddr = addr_of(addr) };

    if (ioctl(g->fd, GNTDEV_GET_OFFSET, &where) < 0)
        return -errno;
    if (where.count != count)
        return -EINVAL;
    if (munmap(addr, count << PAGE_SHIFT) < 0)
        return -errno;
    return forget(g, where.offset, count);
}

static void describe_piece(struct gntdev_copy_piece *out, const struct ctrl_gnttab_piece *in,
                           uint32_t domid, bool to_guest)
{
    union gntdev_copy_side ours = { .virt = addr_of(in->local) };
    union gntdev_copy_side theirs = {
        .foreign = { .ref = in->ref, .offset = in->offset, .domid = domid },
    };

    *out = (struct gntdev_copy_piece){
        .source = to_guest ? ours : theirs,
        .dest = to_guest ? theirs : ours,
        .len = in->len,
        .flags = to_guest ? GNTCOPY_dest_gref : GNTCOPY_source_gref,
    };
}

int ctrl_gnttab_copy(struct ctrl_gnttab *g, uint32_t domid, const struct ctrl_gnttab_piece *pieces,
                     size_t count, bool to_guest)
{
    struct gntdev_copy_piece list[CTRL_GNTTAB_PIECES];
    struct gntdev_copy copy = { .count = count, .pieces = list };

    if (count > CTRL_GNTTAB_PIECES)
        return -EINVAL;
    for (size_t i = 0; i < count; i++)
        describe_piece(&list[i], &pieces[i], domid, to_guest);
    if (ioctl(g->fd, GNTDEV_COPY, &copy) < 0)
        return -errno;
    for (size_t i = 0; i < count; i++)
        if (list[i].status != GNTST_okay)
            return -EFAULT;
    return 0;
}

int ctrl_grant_seed(struct ctrl *h, uint32_t domid, const struct ctrl_grant *grants,
                    unsigned int count)
{
    struct grant_entry_v1 *table;
    void *p = NULL;
    int ret;

    for (unsigned int i = 0; i < count; i++)
        if (grants[i].ref >= PAGE_SIZE / sizeof(*table) || grants[i].mfn > UINT32_MAX)
            return ctrl_fail(h, -EINVAL, "grant %u of frame %#llx cannot be seeded", grants[i].ref,
                             (unsigned long long)grants[i].mfn);
    ret = ctrl_map_resource(h, domid, XENMEM_resource_grant_table,
                            XENMEM_resource_grant_table_id_shared, 0, 1, PROT_READ | PROT_WRITE,
                            &p);
    if (ret)
        return ctrl_wrap(h, ret, "cannot reach the grant table of domain %u", domid);
    table = p;
    for (unsigned int i = 0; i < count; i++) {
        struct grant_entry_v1 *e = &table[grants[i].ref];

        e->frame = grants[i].mfn;
        e->domid = grants[i].backend;
        __atomic_store_n(&e->flags, GTF_permit_access, __ATOMIC_RELEASE);
    }
    ctrl_unmap(p, 1);
    return 0;
}
