/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The daemon's own note: a file, mapped, to which every change is appended as a record, so that a
 * daemon that was killed finds all again. What is written to the mapping is in the file whenever
 * the process ends; a commit is one store of the length that counts. Each record has a sum, so that
 * a damaged end is noticed. It is of no use after the machine has started anew, and is not read
 * then.
 *
 * When the file has become more than twice as long as what it says, what it says is written to a
 * new one, a part each turn, which then takes its place.
 */
#ifndef XSTORE_JOURNAL_H
#define XSTORE_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Of the file, and of what its records mean. */
#define JOURNAL_FORMAT 2

/** Where the records' content is made and read (records.c). */
struct journal_content {
    /** Take one record in. -EINVAL: it makes no sense; -ENOMEM. */
    int (*load)(uint32_t type, const char *data, size_t len);
    /** Write a part of all that has to be kept, as records; false when that was the last. `anew` at
     * the first. */
    bool (*write_part)(bool anew);
};

/** A file is not written anew that is no longer than so many bytes. */
extern size_t journal_slack;

/** Open the journal, take its records in, and append to it from now on. `*lost` becomes the number
 * of bytes at its end that could not be read. -EBUSY: another daemon has it; -EPROTO: it is of
 * this boot and has another format; -errno. */
int journal_open(const char *path, const struct journal_content *content, uint64_t *lost);
/** Stop appending; the file stays. */
void journal_close(void);

/** Room for a record of `len` bytes, to be filled, then journal_end(). NULL: nothing is kept now.
 */
char *journal_begin(uint32_t type, size_t len);
void journal_end(void);
/** All that was appended counts from now on. Costs next to nothing when there is nothing new. */
void journal_commit(void);
/** Write a part of it anew if it has become too long; with the daemon's state at rest. */
void journal_tidy(void);

#endif
