/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a backend has done for a device since its guest connected. The counts stand at the start of
 * the device's note file (note_file.h), where tools map them to read them: there is one writer,
 * each count is a word of its own, and none ever falls.
 */
#ifndef PV_LIB_COUNTS_H
#define PV_LIB_COUNTS_H

#include <stdint.h>

/* Where the daemons keep their notes, each in a directory of its own, unless they are told. */
#define COUNTS_DIR "/run/xen-like"

/* Of all requests that were answered. Sectors have 512 bytes. */
struct disk_counts {
    uint64_t reads, writes, flushes, discards, failed;
    uint64_t read_sectors, written_sectors;
};

/* As the guest sees it: what it sent, and what it was sent. */
struct vif_counts {
    uint64_t tx_packets, tx_bytes;
    uint64_t tx_errors; /* answered so: they were none, or the kernel did not take them */
    uint64_t rx_packets, rx_bytes;
    uint64_t rx_dropped; /* it had no room for them too long, or did not want them */
};

#endif
