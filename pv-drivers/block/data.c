/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Data of requests: in the guest's pages, or in a buffer, from and to which the hypervisor copies.
 */
#include "data.h"

#include <errno.h>
#include <string.h>

/* A bounce buffer has the segments' data one after the other. */
static int copy_segments(struct request *r, bool to_guest)
{
    struct ctrl_gnttab_piece pieces[BLOCK_SEGMENTS];
    struct disk_queues *all = r->queue->all;
    char *at = r->bounce;

    for (unsigned int i = 0; i < r->note->asked.nr_segments; i++) {
        const struct block_segment *s = &r->note->asked.segments[i];

        pieces[i] = (struct ctrl_gnttab_piece){ s->ref, s->offset, s->bytes, at };
        at += s->bytes;
    }
    return ctrl_gnttab_copy(all->gnttab, all->domid, pieces, r->note->asked.nr_segments, to_guest);
}

static int bounce_pages(struct request *r)
{
    r->bounce = buffer_get(r->queue->all->buffers);
    if (!r->bounce)
        return -ENOMEM;
    r->op.iov[0] = (struct iovec){ r->bounce, r->op.bytes };
    r->op.nr_iov = 1;
    return r->note->asked.operation == BLKIF_OP_READ ? 0 : copy_segments(r, false);
}

static int map_pages(struct request *r)
{
    uint32_t refs[BLOCK_SEGMENTS];
    void *pages[BLOCK_SEGMENTS];
    int ret;

    for (unsigned int i = 0; i < r->note->asked.nr_segments; i++)
        refs[i] = r->note->asked.segments[i].ref;
    ret = kept_grants_get(r->queue->all->kept, refs, r->note->asked.nr_segments, pages);
    if (ret)
        return ret;
    for (unsigned int i = 0; i < r->note->asked.nr_segments; i++)
        r->op.iov[i] = (struct iovec){
            (char *)pages[i] + r->note->asked.segments[i].offset,
            r->note->asked.segments[i].bytes,
        };
    r->op.nr_iov = r->note->asked.nr_segments;
    return 0;
}

int data_find(struct request *r)
{
    int ret = r->queue->all->persistent ? map_pages(r) : -ENOSPC;

    return ret == -ENOSPC ? bounce_pages(r) : ret;
}

int data_read_segments(struct request *r, struct blkif_request_segment copy[BLOCK_SEGMENTS])
{
    struct disk_queues *all = r->queue->all;
    struct ctrl_gnttab_piece piece = {
        .ref = r->note->asked.indirect_ref,
        .len = r->note->asked.nr_segments * sizeof(copy[0]),
        .local = copy,
    };
    void *page;
    int ret = all->persistent ? kept_grants_get(all->kept, &piece.ref, 1, &page) : -ENOSPC;

    if (ret == -ENOSPC)
        return ctrl_gnttab_copy(all->gnttab, all->domid, &piece, 1, false);
    if (ret == 0)
        memcpy(copy, page, piece.len);
    return ret;
}

int data_deliver(struct request *r)
{
    return r->bounce && r->note->asked.operation == BLKIF_OP_READ ? copy_segments(r, true) : 0;
}

void data_release(struct request *r)
{
    buffer_put(r->queue->all->buffers, r->bounce);
    r->bounce = NULL;
}
