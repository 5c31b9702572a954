/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rings and the note of what is put into them.
 */
#include "net_ring.h"

#include <sys/mman.h>

#define PAGE 4096

void net_ring_promise(struct net_ring *r, const struct netif_tx_response *answers, unsigned int n)
{
    uint32_t end = r->ring.rsp_prod + n;

    for (unsigned int i = 0; i < n; i++)
        r->note->answers[(r->ring.rsp_prod + i) % RING_SLOTS] = answers[i];
    /* whoever reads the new end finds the answers; whoever finds one in the ring, the new end */
    __atomic_store_n(&r->note->end, end, __ATOMIC_RELEASE);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static void put(struct net_ring *r, const struct netif_tx_response *answer)
{
    struct netif_rx_response rx = { .id = answer->id, .status = NETIF_RSP_DROPPED };

    if (r->rx)
        back_ring_put(&r->ring, &rx, sizeof(rx));
    else
        back_ring_put(&r->ring, answer, sizeof(*answer));
}

/* Requests over which there may be an answer are answered, whatever was in them. */
static void finish_answers(struct net_ring *r)
{
    uint32_t left = r->note->end - r->ring.rsp_prod;

    if (left > RING_SLOTS) /* the frontend has changed its page: it will see what it has of that */
        left = 0;
    for (uint32_t i = 0; i < left; i++)
        put(r, &r->note->answers[(r->ring.rsp_prod) % RING_SLOTS]);
    r->ring.req_cons = r->ring.rsp_prod;
    back_ring_publish(&r->ring);
}

int net_ring_open(struct net_ring *r, struct ctrl_gnttab *dev, uint32_t domid, uint32_t ref,
                  struct note_ring *note, bool taken_over)
{
    uint32_t bytes =
        r->rx ? sizeof(union netif_rx_sring_entry) : sizeof(union netif_tx_sring_entry);
    int ret = ctrl_gnttab_map(dev, domid, &ref, 1, PROT_READ | PROT_WRITE, &r->page);

    if (ret)
        return ret;
    r->note = note;
    back_ring_attach(&r->ring, r->page, PAGE, bytes, 0, 0);
    if (!taken_over)
        return 0;
    r->ring.req_cons = r->ring.rsp_prod = r->ring.published = back_ring_shown(&r->ring);
    finish_answers(r);
    return 0;
}

void net_ring_close(struct net_ring *r, struct ctrl_gnttab *dev)
{
    ctrl_gnttab_unmap(dev, r->page, 1);
    r->page = NULL;
}
