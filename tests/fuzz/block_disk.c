/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A disk of blockd from the store to the file, while tools and frontend write any nodes in any
 * order, halves of devices vanish, rings change, and operations take long.
 *
 * Whatever happens: once both halves are gone and all operations done, nothing is mapped or bound,
 * no watch but blockd's own and no file of its notes is left; and another disk serves as before.
 */
#include "fuzz.h"

#include <disk_machine.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *some_value(void)
{
    static const char *const words[] = { "",          "0",           "1",  "3",          "4",
                                         "5",         "6",           "7",  "8",          "5",
                                         "99",        "now",         "w",  "110",        "-1",
                                         "65536",     "x86_64-abi",  "9x", "4294967296", "cdrom",
                                         "/dev/null", "/nonexistent" };
    unsigned int i = fuzz_below(sizeof(words) / sizeof(words[0]) + 1);

    return i < sizeof(words) / sizeof(words[0]) ? words[i] : disk.file;
}

static void write_front(void)
{
    static const char *const nodes[] = { "state",
                                         "state",
                                         "state",
                                         "ring-ref",
                                         "event-channel",
                                         "protocol",
                                         "feature-persistent",
                                         "ring-page-order",
                                         "multi-queue-num-queues",
                                         "queue-0/ring-ref",
                                         "queue-1/event-channel" };

    put(&disk, FRONT, nodes[fuzz_below(sizeof(nodes) / sizeof(nodes[0]))], "%s", some_value());
}

static void write_back(void)
{
    static const char *const nodes[] = { "online", "resize",      "statistics", "mode",
                                         "params", "device-type", "other" };

    put(&disk, BACK, nodes[fuzz_below(sizeof(nodes) / sizeof(nodes[0]))], "%s", some_value());
}

static void attach(void)
{
    if (!get(&disk, BACK, "frontend"))
        tools_attach(&disk);
}

static void connect(void)
{
    if (get(&disk, BACK, "frontend"))
        guest_connects(&disk);
}

static void ask(void)
{
    if (disk.ring)
        guest_asks(&disk, fuzz_below(7), disk.data_ref + fuzz_below(3),
                   fuzz_below(DISK_SECTORS + 2));
}

static void scribble(void)
{
    uint8_t *page = fake.memory[disk.ring_ref];

    page[fuzz_bytes(2) % 4096] = fuzz_byte();
    fake_event(disk.port);
}

static void take_back(void)
{
    uint32_t ref = disk.data_ref + fuzz_below(3);

    fake.revoked[ref] = !fake.revoked[ref];
}

static void resize(void)
{
    if (truncate(disk.file, fuzz_below(2 * DISK_SECTORS) * 512))
        abort();
}

static void remove_half(void) { fake_store_rm(disk.half[fuzz_below(2)]); }

static void finish_one(void) { do_one(); }

static void remove_all(void)
{
    fake_store_rm(disk.half[FRONT]);
    fake_store_rm(disk.half[BACK]);
    settle();
}

/* What another guest would notice. */
static void other_works(void)
{
    RING_IDX before = other.ring->rsp_prod;

    guest_asks(&other, 1, other.data_ref, 5);
    settle();
    guest_asks(&other, 0, other.data_ref + 1, 5);
    settle();
    FUZZ_CHECK(other.ring->rsp_prod == before + 2, "another disk is not served");
}

void fuzz_one(const uint8_t *data, size_t size)
{
    static void (*const steps[])(void) = {
        attach,    connect, ask,    ask,    write_front, write_front, write_back, scribble,
        take_back, resize,  settle, settle, remove_half, finish_one,  connect,    attach,
    };
    unsigned int mapped, watches, files;
    FILE *errors = stderr;

    stderr = fopen("/dev/null", "w"); /* what blockd says of the frontend */
    disk_machine_start();
    tools_attach(&other);
    guest_connects(&other);
    other_works();
    other_works();
    mapped = fake.mapped;
    watches = fake_store_watches();
    files = disk_machine_files();
    while (fuzz_left())
        steps[fuzz_below(sizeof(steps) / sizeof(steps[0]))]();
    remove_all();
    fclose(stderr);
    stderr = errors;
    other_works();
    FUZZ_CHECK(fake.mapped == mapped, "%u pages are mapped, not %u", fake.mapped, mapped);
    FUZZ_CHECK(fake.bound == 1, "%u ports are bound", fake.bound);
    FUZZ_CHECK(fake_store_watches() == watches, "%u watches", fake_store_watches());
    FUZZ_CHECK(disk_machine_files() == files, "%u files", disk_machine_files());
    tools_remove(&other);
    disk_machine_end();
}
