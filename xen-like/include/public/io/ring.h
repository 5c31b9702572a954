/* SPDX-License-Identifier: MIT */
/*
 * Rings of requests and responses in a page (or several) shared by a frontend and a backend.
 *
 * The page begins with struct xen_sring, 64 bytes; then entries follow, as many as the largest
 * power of two that fits. Indices run freely; entry i is in slot i modulo that number. A request's
 * slot is reused for a response. req_event and rsp_event hold back notifications: whoever moves
 * a producer index past the event index notifies the other side. Each protocol names its own ring
 * (blkif_sring ...), all with this layout.
 */
#ifndef XEN_PUBLIC_IO_RING_H
#define XEN_PUBLIC_IO_RING_H

#include <stdint.h>

typedef uint32_t RING_IDX;

/** Header of every ring. The other side can change all of it at any time. */
struct xen_sring {
    RING_IDX req_prod;  /* frontend: requests made */
    RING_IDX req_event; /* backend: notify me when req_prod reaches this */
    RING_IDX rsp_prod;  /* backend: responses made */
    RING_IDX rsp_event; /* frontend: notify me when rsp_prod reaches this */
    uint8_t pad[48];
};

/** Number of entries of entry_bytes each in a ring of ring_bytes; 0 if none fits. */
static inline RING_IDX xen_sring_entries(uint32_t ring_bytes, uint32_t entry_bytes)
{
    uint32_t fit = ring_bytes < sizeof(struct xen_sring) ? 0
                   : (ring_bytes - (uint32_t)sizeof(struct xen_sring)) / entry_bytes;
    RING_IDX entries = 1;

    while (entries <= fit / 2)
        entries *= 2;
    return fit ? entries : 0;
}

/** After the producer index went from old_prod to new_prod: does the other side want to know? */
static inline int xen_sring_wants_event(RING_IDX old_prod, RING_IDX new_prod, RING_IDX event)
{
    return (RING_IDX)(new_prod - event) < (RING_IDX)(new_prod - old_prod);
}

#endif
