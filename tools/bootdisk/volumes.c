/* SPDX-License-Identifier: GPL-2.0-only */
#include "volumes.h"

#include <endian.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#define SECTOR         512
#define MBR_TABLE      446
#define MBR_ENTRIES    4
#define MBR_TYPE_GPT   0xee
#define GPT_ENTRY_SIZE 128
#define GPT_ENTRIES    128

struct mbr_entry {
    uint8_t active, first_chs[3], type, last_chs[3];
    uint32_t start, count; /* sectors */
} __attribute__((packed));

struct gpt_header {
    char signature[8];
    uint8_t unused[64];
    uint64_t entries; /* their first sector */
    uint32_t count, entry_size;
} __attribute__((packed));

struct gpt_entry {
    uint8_t type[16], id[16];
    uint64_t first, last; /* sectors */
    uint8_t rest[GPT_ENTRY_SIZE - 48];
} __attribute__((packed));

struct search {
    int disk;
    uint64_t size;
    struct volume *volumes;
    int count;
};

/* In sectors. What is not within the disk is none. */
static void add(struct search *s, uint64_t start, uint64_t count)
{
    uint64_t sectors = s->size / SECTOR;

    if (s->count < VOLUMES_MAX && count && start < sectors && count <= sectors - start)
        s->volumes[s->count++] = (struct volume){ start * SECTOR, count * SECTOR };
}

static int read_at(int disk, void *to, size_t size, uint64_t at)
{
    ssize_t got = pread(disk, to, size, at);

    return got < 0 ? -errno : got == (ssize_t)size ? 0 : -EIO;
}

static int find_gpt(struct search *s)
{
    struct gpt_entry entries[GPT_ENTRIES];
    struct gpt_header h;
    int ret = read_at(s->disk, &h, sizeof(h), SECTOR);
    uint32_t count;
    uint64_t at;

    if (ret < 0)
        return ret;
    count = le32toh(h.count) < GPT_ENTRIES ? le32toh(h.count) : GPT_ENTRIES;
    at = le64toh(h.entries);
    if (memcmp(h.signature, "EFI PART", 8) != 0 || le32toh(h.entry_size) != GPT_ENTRY_SIZE ||
        at >= s->size / SECTOR || count * sizeof(entries[0]) > s->size - at * SECTOR)
        return 0;
    ret = read_at(s->disk, entries, count * sizeof(entries[0]), at * SECTOR);
    for (uint32_t i = 0; ret == 0 && i < count; i++) {
        uint64_t first = le64toh(entries[i].first), last = le64toh(entries[i].last);

        if (first && last >= first)
            add(s, first, last - first + 1);
    }
    return ret;
}

int volumes_find(int disk, struct volume volumes[VOLUMES_MAX])
{
    struct search s = { .disk = disk, .volumes = volumes };
    struct mbr_entry table[MBR_ENTRIES];
    off_t size = lseek(disk, 0, SEEK_END);
    uint8_t sector[SECTOR];
    int ret = size < 0 ? -errno : 0;

    if (ret < 0 || size < SECTOR)
        return ret;
    s.size = size;
    add(&s, 0, s.size / SECTOR);
    ret = read_at(disk, sector, sizeof(sector), 0);
    if (ret < 0 || sector[SECTOR - 2] != 0x55 || sector[SECTOR - 1] != 0xaa)
        return ret < 0 ? ret : s.count;
    memcpy(table, sector + MBR_TABLE, sizeof(table));
    for (int i = 0; i < MBR_ENTRIES && ret == 0; i++) {
        if (table[i].type == MBR_TYPE_GPT)
            ret = find_gpt(&s);
        else if (table[i].type)
            add(&s, le32toh(table[i].start), le32toh(table[i].count));
    }
    return ret < 0 ? ret : s.count;
}
