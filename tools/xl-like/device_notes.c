/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counts of devices.
 */
#include "device_notes.h"

#include <counts.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* One note file, mapped. A device that connects anew gets another file. */
struct mapped_note {
    uint32_t domid, devid;
    unsigned source;
    ino_t inode;
    const void *counts;
};

struct device_notes {
    const char *dir;
    struct mapped_note *notes; /* in the order of note_order() */
    size_t count;
};

static uint64_t get(const uint64_t *count) { return __atomic_load_n(count, __ATOMIC_RELAXED); }

static void disk_totals(const void *counts, uint64_t total[])
{
    const struct disk_counts *c = counts;

    total[COUNTER_READS] = get(&c->reads);
    total[COUNTER_WRITES] = get(&c->writes);
    total[COUNTER_READ_BYTES] = get(&c->read_sectors) * 512;
    total[COUNTER_WRITTEN_BYTES] = get(&c->written_sectors) * 512;
}

static void vif_totals(const void *counts, uint64_t total[])
{
    const struct vif_counts *c = counts;

    total[COUNTER_RX_BYTES] = get(&c->rx_bytes);
    total[COUNTER_TX_BYTES] = get(&c->tx_bytes);
    total[COUNTER_RX_PACKETS] = get(&c->rx_packets);
    total[COUNTER_TX_PACKETS] = get(&c->tx_packets);
}

/* The daemons, and the directory of each. */
static const struct source {
    const char *dir;
    enum device_type type;
    size_t bytes;
    void (*totals)(const void *counts, uint64_t total[]);
} sources[] = {
    { "block", DEVICE_DISK, sizeof(struct disk_counts), disk_totals },
    { "block-nbd", DEVICE_DISK, sizeof(struct disk_counts), disk_totals },
    { "net", DEVICE_VIF, sizeof(struct vif_counts), vif_totals },
};

#define N_SOURCES (sizeof(sources) / sizeof(sources[0]))

static int compare(uint64_t a, uint64_t b) { return (a > b) - (a < b); }

static int note_order(const void *one, const void *other)
{
    const struct mapped_note *a = one, *b = other;
    int order = compare(a->domid, b->domid);

    if (!order)
        order = compare(sources[a->source].type, sources[b->source].type);
    if (!order)
        order = compare(a->devid, b->devid);
    return order ? order : compare(a->source, b->source);
}

static void unmap(const struct mapped_note *m)
{
    munmap((void *)m->counts, sources[m->source].bytes);
}

/* false: it has gone, or is not whole yet. */
static bool map(int dir, const char *name, struct mapped_note *m)
{
    size_t bytes = sources[m->source].bytes;
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    void *p = MAP_FAILED;
    struct stat st;

    if (fd < 0)
        return false;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (uint64_t)st.st_size >= bytes)
        p = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
    if (p == MAP_FAILED)
        return false;
    m->inode = st.st_ino;
    m->counts = p;
    return true;
}

static bool is_note(const char *name, uint32_t *domid, uint32_t *devid)
{
    int end = 0;

    return sscanf(name, "%" SCNu32 "-%" SCNu32 ".note%n", domid, devid, &end) == 2 && end > 0 &&
           !name[end];
}

/* A table that grows. */
struct table {
    struct mapped_note *notes;
    size_t count, size;
};

static bool make_room(struct table *t)
{
    size_t size = t->size ? t->size * 2 : 64;
    struct mapped_note *bigger;

    if (t->count < t->size)
        return true;
    bigger = realloc(t->notes, size * sizeof(*bigger));
    if (!bigger)
        return false;
    t->notes = bigger;
    t->size = size;
    return true;
}

/* One file: the old map if it still is that file, which goes over into the new table. */
static int take_note(struct device_notes *n, struct table *t, int dir, const struct dirent *e,
                     struct mapped_note key)
{
    struct mapped_note *old;

    if (!make_room(t))
        return -ENOMEM;
    old = n->count ? bsearch(&key, n->notes, n->count, sizeof(key), note_order) : NULL;
    if (old && old->counts && old->inode == e->d_ino) {
        t->notes[t->count++] = *old;
        old->counts = NULL;
    } else if (map(dir, e->d_name, &key)) {
        t->notes[t->count++] = key;
    }
    return 0;
}

static int take_source(struct device_notes *n, struct table *t, unsigned source)
{
    struct mapped_note key = { .source = source };
    char path[256];
    struct dirent *e;
    int ret = 0;
    DIR *d;

    snprintf(path, sizeof(path), "%s/%s", n->dir, sources[source].dir);
    d = opendir(path);
    if (!d)
        return 0;
    while (ret == 0 && (e = readdir(d)))
        if (is_note(e->d_name, &key.domid, &key.devid))
            ret = take_note(n, t, dirfd(d), e, key);
    closedir(d);
    return ret;
}

static void unmap_all(struct mapped_note *notes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (notes[i].counts)
            unmap(&notes[i]);
    free(notes);
}

/* Map what has come, unmap what has gone. */
static int look(struct device_notes *n)
{
    struct table t = { 0 };
    int ret = 0;

    for (unsigned source = 0; source < N_SOURCES && ret == 0; source++)
        ret = take_source(n, &t, source);
    if (t.count)
        qsort(t.notes, t.count, sizeof(*t.notes), note_order);
    unmap_all(n->notes, n->count);
    n->notes = t.notes;
    n->count = t.count;
    return ret;
}

int device_notes_read(struct device_notes *n, struct device_sample **out, size_t *count)
{
    struct device_sample *d;
    int ret = look(n);

    if (ret)
        return ret;
    d = calloc(n->count + 1, sizeof(*d));
    if (!d)
        return -ENOMEM;
    for (size_t i = 0; i < n->count; i++) {
        const struct mapped_note *m = &n->notes[i];

        d[i].domid = m->domid;
        d[i].devid = m->devid;
        d[i].type = sources[m->source].type;
        sources[m->source].totals(m->counts, d[i].usage.total);
    }
    *out = d;
    *count = n->count;
    return 0;
}

struct device_notes *device_notes_open(const char *dir)
{
    struct device_notes *n = calloc(1, sizeof(*n));

    if (n)
        n->dir = dir;
    return n;
}

void device_notes_close(struct device_notes *n)
{
    if (!n)
        return;
    unmap_all(n->notes, n->count);
    free(n);
}
