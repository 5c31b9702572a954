/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * blockd in this process, from the store to the file: the real disks, queues and states; the store,
 * the guest's grants and ports, and io_uring are made up. And a guest with two disks.
 */
#ifndef DISK_MACHINE_H
#define DISK_MACHINE_H

#include "fake_ctrl.h"
#include "fake_store.h"

#include "disk.h"

#define DISK_SECTORS 64

struct front {
    unsigned int devid, ring_ref, port, data_ref; /* a page for writing, and one for reading */
    struct blkif_sring *ring;
    RING_IDX seen; /* responses */
    char file[48], half[2][80];
};

enum { FRONT, BACK };

extern struct front disk, other;
extern struct loop loop;

void disk_machine_start(void);
/* No disk may be left. */
void disk_machine_end(void);
/* Files in blockd's directory, with those of the two disks. */
unsigned int disk_machine_files(void);

/* One operation that has been asked of a target is done; false: there is none. */
bool do_one(void);
/* Until nothing is to be done. Timers do not end here. */
void settle(void);

/* Nodes of either half. */
void put(const struct front *f, int half, const char *node, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
const char *get(const struct front *f, int half, const char *node);

void tools_attach(struct front *f);
void tools_remove(struct front *f);
/* Writes what it has for the backend, and that it is initialised. */
void guest_connects(struct front *f);
/* One request of a sector, and its event. */
void guest_asks(struct front *f, uint8_t op, uint32_t ref, unsigned int sector);

#endif
