/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files for notes that a daemon which is killed leaves to the next one: one for each device,
 * mapped. They are the daemon's alone; no guest can write to them. A file never becomes shorter.
 */
#ifndef PV_LIB_NOTE_FILE_H
#define PV_LIB_NOTE_FILE_H

#include <stddef.h>
#include <stdint.h>

/* A new one in directory `dir`, all zero; -errno. */
int note_file_create(int dir, uint32_t domid, uint32_t devid, size_t bytes, void **out);
/* A predecessor's. -ENOENT: there is none; -EPROTO: it has another size. */
int note_file_open(int dir, uint32_t domid, uint32_t devid, size_t bytes, void **out);
/* NULL is allowed. The file stays. */
void note_file_close(void *note, size_t bytes);
void note_file_remove(int dir, uint32_t domid, uint32_t devid);

#endif
