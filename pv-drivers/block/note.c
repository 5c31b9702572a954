/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Notes for a successor.
 */
#include "note.h"
#include "note_file.h"

#include <errno.h>
#include <stdbool.h>

#define MAGIC 0x62644e33u /* changes with the layout */

int note_create(int dir, uint32_t domid, uint32_t devid, unsigned int nr_queues, struct note **out)
{
    void *p;
    int ret = note_file_create(dir, domid, devid, sizeof(struct note), &p);

    if (ret)
        return ret;
    *out = p;
    (*out)->nr_queues = nr_queues;
    __atomic_store_n(&(*out)->magic, MAGIC, __ATOMIC_RELEASE);
    return 0;
}

static bool is_whole(const struct note *n, unsigned int nr_queues)
{
    if (n->magic != MAGIC || n->nr_queues != nr_queues)
        return false;
    for (unsigned int i = 0; i < nr_queues; i++)
        for (unsigned int j = 0; j < QUEUE_ENTRIES; j++)
            if (n->queues[i].requests[j].state > NOTE_ANSWERED ||
                n->queues[i].requests[j].asked.nr_segments > BLOCK_SEGMENTS)
                return false;
    return true;
}

int note_open(int dir, uint32_t domid, uint32_t devid, unsigned int nr_queues, struct note **out)
{
    void *p;
    int ret = note_file_open(dir, domid, devid, sizeof(struct note), &p);

    if (ret)
        return ret;
    *out = p;
    if (is_whole(*out, nr_queues))
        return 0;
    note_close(*out);
    return -EPROTO;
}

void note_close(struct note *n) { note_file_close(n, sizeof(*n)); }

void note_remove(int dir, uint32_t domid, uint32_t devid) { note_file_remove(dir, domid, devid); }
