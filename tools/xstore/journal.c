/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The journal's file.
 */
#include "journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC      "xstored"
#define STEP       (1u << 20) /* the file grows by so much */
#define PART_BYTES 4096       /* written anew each turn, and four times what it has appended */
#define RETRY      1024       /* turns until a file that could not grow is tried anew */

struct header {
    char magic[7], format;
    char boot[40];      /* of the machine, as the kernel tells */
    uint64_t committed; /* bytes of the file that count */
};

struct record {
    uint32_t type, len; /* of what follows, which is filled up to 8 bytes */
    uint64_t sum;
};

struct file {
    int fd;
    char *map;
    size_t size, used, committed;
};

size_t journal_slack = 1u << 20;

static struct {
    struct file now, anew; /* .map is NULL when there is none */
    char *path, *new_path;
    const struct journal_content *content;
    size_t base;         /* length when it was written anew */
    bool writing_part;   /* records go to the new file only */
    struct file *target; /* of the record that is being filled */
    struct record *open;
    bool ready;    /* it has been read */
    bool broken;   /* something is missing in the file: it has to be written anew */
    size_t tidied; /* length after the last part was written */
    unsigned turns;
} journal;

static size_t padded(size_t len) { return (len + 7) & ~(size_t)7; }

static uint64_t sum_of(const struct record *r)
{
    const uint64_t *word = (const uint64_t *)(r + 1);
    uint64_t h = 0x9e3779b97f4a7c15 ^ ((uint64_t)r->type << 32 | r->len);

    for (size_t i = 0; i < padded(r->len) / 8; i++)
        h = ((h ^ word[i]) * 0x100000001b3) ^ h >> 29;
    return h;
}

/* --- the file -------------------------------------------------------------------------------- */

static void close_file(struct file *f)
{
    if (!f->map)
        return;
    munmap(f->map, f->size);
    close(f->fd);
    *f = (struct file){ 0 };
}

/* Its blocks are there before they are written to: a full disk is an error here, no signal there.
 */
static int grow(struct file *f, size_t need)
{
    size_t size = f->size;
    void *map;
    int ret;

    while (size < need)
        size += STEP;
    ret = posix_fallocate(f->fd, 0, size);
    if (ret)
        return -ret;
    map = f->map ? mremap(f->map, f->size, size, MREMAP_MAYMOVE)
                 : mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, f->fd, 0);
    if (map == MAP_FAILED)
        return -errno;
    f->map = map;
    f->size = size;
    return 0;
}

static int open_file(struct file *f, const char *path, int flags)
{
    struct stat st;
    int ret;

    *f = (struct file){ .fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | flags, 0600) };
    if (f->fd < 0)
        return -errno;
    if (flock(f->fd, LOCK_EX | LOCK_NB) < 0)
        ret = errno == EWOULDBLOCK ? -EBUSY : -errno;
    else
        ret = fstat(f->fd, &st) < 0 ? -errno : grow(f, st.st_size > STEP ? st.st_size : STEP);
    if (ret < 0)
        close(f->fd);
    return ret;
}

static struct header *header_of(const struct file *f) { return (struct header *)f->map; }

static void this_boot(char id[40])
{
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, id, 39);

    memset(id + (n > 0 ? n : 0), 0, 40 - (n > 0 ? n : 0));
    if (fd >= 0)
        close(fd);
}

static void begin_file(struct file *f)
{
    struct header *h = header_of(f);

    memset(h, 0, sizeof(*h));
    this_boot(h->boot);
    h->committed = f->used = f->committed = sizeof(*h);
    h->format = JOURNAL_FORMAT;
    memcpy(h->magic, MAGIC, sizeof(h->magic));
}

static bool is_ours(const struct file *f)
{
    char boot[40];

    this_boot(boot);
    return memcmp(header_of(f)->magic, MAGIC, sizeof(header_of(f)->magic)) == 0 &&
           memcmp(header_of(f)->boot, boot, sizeof(boot)) == 0 &&
           header_of(f)->committed >= sizeof(struct header);
}

static void commit_file(struct file *f)
{
    if (!f->map || f->committed == f->used)
        return;
    __atomic_store_n(&header_of(f)->committed, f->used, __ATOMIC_RELEASE);
    f->committed = f->used;
}

/* --- reading --------------------------------------------------------------------------------- */

/* *lost becomes the number of bytes at the end that could not be read. -ENOMEM. */
static int load(struct file *f, uint64_t *lost)
{
    uint64_t end = header_of(f)->committed;
    size_t at = sizeof(struct header);

    while (at < end) {
        const struct record *r = (const struct record *)(f->map + at);
        int ret;

        if (end > f->size || end - at < sizeof(*r) || end - at - sizeof(*r) < padded(r->len) ||
            sum_of(r) != r->sum)
            break;
        ret = journal.content->load(r->type, (const char *)(r + 1), r->len);
        if (ret == -ENOMEM)
            return ret;
        if (ret < 0)
            break;
        at += sizeof(*r) + padded(r->len);
    }
    f->used = f->committed = at;
    __atomic_store_n(&header_of(f)->committed, at, __ATOMIC_RELEASE);
    *lost = end - at;
    return 0;
}

int journal_open(const char *path, const struct journal_content *content, uint64_t *lost)
{
    int ret;

    *lost = 0;
    journal.content = content;
    journal.path = strdup(path);
    if (!journal.path || asprintf(&journal.new_path, "%s.new", path) < 0)
        return -ENOMEM;
    ret = open_file(&journal.now, path, 0);
    if (ret < 0)
        return ret;
    if (!is_ours(&journal.now))
        begin_file(&journal.now);
    else if (header_of(&journal.now)->format != JOURNAL_FORMAT)
        ret = -EPROTO;
    else
        ret = load(&journal.now, lost);
    if (ret < 0) {
        close_file(&journal.now);
        return ret;
    }
    journal.base = 0; /* not known */
    journal.tidied = journal.now.used;
    journal.ready = true;
    return 0;
}

void journal_close(void)
{
    close_file(&journal.now);
    close_file(&journal.anew);
    free(journal.path);
    free(journal.new_path);
    memset(&journal, 0, sizeof(journal));
}

/* --- writing --------------------------------------------------------------------------------- */

static void fail(const struct file *f, int err)
{
    if (f == &journal.anew) {
        close_file(&journal.anew);
        journal.base = journal.now.used; /* not at once again */
        return;
    }
    if (!journal.broken)
        fprintf(stderr, "xstored: %s cannot be written: %s; what changes now is not kept\n",
                journal.path, strerror(-err));
    journal.broken = true;
    close_file(&journal.anew);
}

static struct record *room_for(struct file *f, size_t len)
{
    size_t need = f->used + sizeof(struct record) + padded(len);
    int ret = need <= f->size ? 0 : grow(f, need);

    if (ret == 0)
        return (struct record *)(f->map + f->used);
    fail(f, ret);
    return NULL;
}

char *journal_begin(uint32_t type, size_t len)
{
    struct file *f =
        journal.writing_part || (journal.broken && journal.anew.map) ? &journal.anew : &journal.now;
    struct record *r =
        journal.ready && f->map && !(f == &journal.now && journal.broken) ? room_for(f, len) : NULL;

    journal.open = r;
    if (!r)
        return NULL;
    journal.target = f;
    r->type = type;
    r->len = len;
    if (padded(len) > 0)
        memset((char *)(r + 1) + padded(len) - 8, 0, 8);
    return (char *)(r + 1);
}

void journal_end(void)
{
    struct record *r = journal.open, *copy;
    size_t size = sizeof(*r) + padded(r->len);

    r->sum = sum_of(r);
    journal.target->used += size;
    if (journal.target == &journal.anew || !journal.anew.map)
        return;
    copy = room_for(&journal.anew, r->len);
    if (!copy)
        return;
    memcpy(copy, r, size);
    journal.anew.used += size;
}

/* --- writing it anew ------------------------------------------------------------------------- */

static void start_anew(void)
{
    int ret;

    unlink(journal.new_path);
    ret = open_file(&journal.anew, journal.new_path, O_EXCL);
    if (ret < 0) {
        fail(&journal.anew, ret);
        return;
    }
    begin_file(&journal.anew);
}

static void take_its_place(void)
{
    commit_file(&journal.anew);
    if (rename(journal.new_path, journal.path) < 0) {
        fail(&journal.anew, -errno);
        return;
    }
    close_file(&journal.now);
    journal.now = journal.anew;
    journal.anew = (struct file){ 0 };
    journal.base = journal.tidied = journal.now.used;
    if (journal.broken)
        fprintf(stderr, "xstored: %s is whole again\n", journal.path);
    journal.broken = false;
}

/* So much that the new file is whole before the old one has doubled. */
static void write_parts(size_t appended, bool first)
{
    size_t until = journal.anew.used + PART_BYTES + 4 * appended;
    bool more = true;

    journal.writing_part = true;
    while (more && journal.anew.map && journal.anew.used < until) {
        more = journal.content->write_part(first);
        first = false;
    }
    journal.writing_part = false;
    if (!more && journal.anew.map)
        take_its_place();
}

static bool is_too_long(void)
{
    if (journal.broken)
        return ++journal.turns % RETRY == 0;
    return journal.now.used > 2 * journal.base + journal_slack;
}

void journal_commit(void)
{
    if (journal.ready && !journal.broken)
        commit_file(&journal.now);
}

void journal_tidy(void)
{
    size_t appended = journal.now.used - journal.tidied;
    bool first = false;

    if (!journal.ready || (appended == 0 && !journal.broken && !journal.anew.map))
        return;
    journal.tidied = journal.now.used;
    if (!journal.anew.map && is_too_long()) {
        start_anew();
        first = true;
    }
    if (journal.anew.map)
        write_parts(appended, first);
}
