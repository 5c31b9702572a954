/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Disks as blockd serves them, from their nodes in the store to the file: they come, are used and
 * go, in every order and against the rules, beside another guest's disk that does not notice. After
 * each nothing is left: no page, port, node, watch, descriptor or note.
 */
#include "disk_machine.h"

#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

static unsigned int descriptors(void)
{
    DIR *d = opendir("/proc/self/fd");
    unsigned int n = 0;

    while (readdir(d))
        n++;
    closedir(d);
    return n;
}

static int state(const struct front *f)
{
    const char *text = get(f, BACK, "state");

    return text ? atoi(text) : -1;
}

/* Writes a sector and reads it back. */
static void guest_works(struct front *f)
{
    unsigned int sector = rand() % DISK_SECTORS;

    memset(fake.memory[f->data_ref], rand(), 512);
    guest_asks(f, BLKIF_OP_WRITE, f->data_ref, sector);
    settle();
    guest_asks(f, BLKIF_OP_READ, f->data_ref + 1, sector);
    settle();
    for (; f->seen != f->ring->rsp_prod; f->seen++)
        ck_assert_int_eq(f->ring->ring[f->seen % QUEUE_ENTRIES].rsp.status, BLKIF_RSP_OKAY);
    ck_assert_uint_eq(f->seen, f->ring->req_prod);
    ck_assert_int_eq(memcmp(fake.memory[f->data_ref], fake.memory[f->data_ref + 1], 512), 0);
}

static void guest_goes_to(struct front *f, enum xenbus_state s)
{
    put(f, FRONT, "state", "%d", s);
    settle();
}

static void comes(struct front *f)
{
    tools_attach(f);
    ck_assert_int_eq(state(f), XenbusStateInitWait);
    ck_assert_str_eq(get(f, BACK, "sectors"), "64");
}

static void connects(struct front *f)
{
    guest_connects(f);
    ck_assert_int_eq(state(f), XenbusStateConnected);
    guest_goes_to(f, XenbusStateConnected);
}

static void expect_statistics(struct front *f, const char *text)
{
    put(f, BACK, "statistics", "now");
    settle();
    ck_assert_str_eq(get(f, BACK, "statistics"), text);
}

/* ---- the ways of a disk */

static void is_asked_to_go(struct front *f)
{
    connects(f);
    expect_statistics(f, "reads=0 writes=0 flushes=0 discards=0 failed=0 read_sectors=0 "
                         "written_sectors=0");
    guest_works(f);
    guest_works(f);
    expect_statistics(f, "reads=2 writes=2 flushes=0 discards=0 failed=0 read_sectors=2 "
                         "written_sectors=2");
    put(f, BACK, "online", "0");
    settle();
    ck_assert_int_eq(state(f), XenbusStateClosing);
    guest_works(f); /* what it has not written yet */
    guest_goes_to(f, XenbusStateClosing);
    guest_goes_to(f, XenbusStateClosed);
    ck_assert_int_eq(state(f), XenbusStateClosed);
}

static void closes_and_comes_again(struct front *f)
{
    for (int i = 0; i < 3; i++) {
        connects(f);
        guest_works(f);
        guest_goes_to(f, XenbusStateClosing);
        guest_goes_to(f, XenbusStateClosed);
        ck_assert_int_eq(state(f), XenbusStateClosed);
        guest_goes_to(f, XenbusStateInitialising);
        ck_assert_int_eq(state(f), XenbusStateInitWait);
    }
}

static void never_connects(struct front *f)
{
    put(f, BACK, "online", "0");
    settle();
    ck_assert_int_eq(state(f), XenbusStateClosed);
}

/* As a domain does that is destroyed: all its nodes go while requests are under way. */
static void vanishes_at_work(struct front *f)
{
    connects(f);
    for (int i = 0; i < 10; i++)
        guest_asks(f, BLKIF_OP_WRITE, f->data_ref, i);
    fake_store_rm(f->half[FRONT]);
    fake_store_rm(f->half[BACK]);
}

/* Its half is taken away first. */
static void is_forced(struct front *f)
{
    connects(f);
    guest_works(f);
    fake_store_rm(f->half[FRONT]);
    put(f, BACK, "online", "0");
    settle();
    ck_assert_int_eq(state(f), XenbusStateClosed);
}

static void breaks_its_ring(struct front *f)
{
    connects(f);
    guest_works(f);
    f->ring->req_prod += 1000;
    fake_event(f->port);
    settle();
    ck_assert_int_eq(state(f), XenbusStateClosed);
    ck_assert_ptr_nonnull(get(f, BACK, "error"));
    guest_goes_to(f, XenbusStateInitialising); /* is not talked to again */
    ck_assert_int_eq(state(f), XenbusStateClosed);
}

static void writes_nonsense(struct front *f)
{
    static const char *const nodes[][2] = {
        { "ring-ref", "9x" },          { "ring-ref", "" },       { "event-channel", "-1" },
        { "event-channel", "140000" }, { "state", "9" },         { "state", "connected" },
        { "protocol", "x86_32-abi" },  { "ring-ref", "99999" },  { "multi-queue-num-queues", "0" },
        { "ring-page-order", "3" },    { "event-channel", "6" }, { "multi-queue-num-queues", "2" },
    };
    size_t i = rand() % (sizeof(nodes) / sizeof(nodes[0]));

    put(f, FRONT, "ring-ref", "%u", f->ring_ref);
    put(f, FRONT, "event-channel", "%u", f->port);
    put(f, FRONT, "state", "%d", XenbusStateInitWait);
    put(f, FRONT, nodes[i][0], "%s", nodes[i][1]);
    if (strcmp(nodes[i][0], "state") != 0)
        put(f, FRONT, "state", "%d", XenbusStateInitialised);
    settle();
    ck_assert_int_eq(state(f), XenbusStateClosed);
    ck_assert_ptr_nonnull(get(f, BACK, "error"));
}

static void loses_the_store(struct front *f)
{
    connects(f);
    fake_store_lose();
    guest_works(f);
    while (fake_store_watches() == 0) { /* it is called again before long */
        struct epoll_event ev;

        ck_assert_int_eq(epoll_wait(loop.epoll, &ev, 1, -1), 1);
        ((struct loop_source *)ev.data.ptr)->ready(ev.data.ptr, ev.events);
    }
    settle();
    guest_works(f);
    guest_goes_to(f, XenbusStateClosed);
    ck_assert_int_eq(state(f), XenbusStateClosed);
}

static void grows(struct front *f)
{
    connects(f);
    ck_assert_int_eq(truncate(f->file, 2 * DISK_SECTORS * 512), 0);
    guest_asks(f, BLKIF_OP_READ, f->data_ref, DISK_SECTORS);
    settle();
    ck_assert_int_eq(f->ring->ring[f->seen++ % QUEUE_ENTRIES].rsp.status, BLKIF_RSP_ERROR);
    put(f, BACK, "resize", "now");
    settle();
    ck_assert_str_eq(get(f, BACK, "resize"), "done");
    ck_assert_str_eq(get(f, BACK, "sectors"), "128");
    ck_assert_int_eq(state(f), XenbusStateConnected);
    guest_asks(f, BLKIF_OP_READ, f->data_ref, DISK_SECTORS);
    settle();
    ck_assert_int_eq(f->ring->ring[f->seen++ % QUEUE_ENTRIES].rsp.status, BLKIF_RSP_OKAY);
    ck_assert_int_eq(truncate(f->file, DISK_SECTORS * 512), 0);
    put(f, BACK, "resize", "now");
    settle();
    ck_assert_str_eq(get(f, BACK, "sectors"), "64");
    guest_works(f);
}

static void start(void)
{
    stderr = fopen("/dev/null", "w"); /* what blockd says of each; sanitizers say it elsewhere */
    disk_machine_start();
}

static const struct {
    void (*way)(struct front *f);
    unsigned int rounds;
} ways[] = {
    { is_asked_to_go, 1000 },
    { closes_and_comes_again, 100 },
    { never_connects, 100 },
    { vanishes_at_work, 100 },
    { is_forced, 100 },
    { breaks_its_ring, 100 },
    { writes_nonsense, 100 },
    { loses_the_store, 2 },
    { grows, 20 },
};

START_TEST(nothing_is_left_of_a_disk)
{
    unsigned int mapped = 0, nodes = 0, watches = 0, files = 0, entries = 0;

    srand(_i);
    comes(&other);
    connects(&other);
    guest_works(&other);
    for (unsigned int round = 0; round < ways[_i].rounds; round++) {
        if (round == 1) { /* the bystander's pages are all kept by now */
            mapped = fake.mapped;
            nodes = fake_store_nodes();
            watches = fake_store_watches();
            files = descriptors();
            entries = disk_machine_files();
        }
        comes(&disk);
        ways[_i].way(&disk);
        settle();
        tools_remove(&disk);
        guest_works(&other);
        if (round == 0)
            continue;
        ck_assert_uint_eq(fake.mapped, mapped);
        ck_assert_uint_eq(fake.bound, 1);
        ck_assert_uint_eq(fake_store_nodes(), nodes);
        ck_assert_uint_eq(fake_store_watches(), watches);
        ck_assert_uint_eq(descriptors(), files);
        ck_assert_uint_eq(disk_machine_files(), entries);
    }
    guest_goes_to(&other, XenbusStateClosed);
    tools_remove(&other);
    ck_assert_uint_eq(fake.mapped + fake.bound + fake_store_nodes(), 0);
}
END_TEST

/* The tools are faster than blockd, which sees the first disk's end when the second is there. */
START_TEST(another_disk_takes_its_place)
{
    struct front next = disk;

    ck_assert_int_eq(truncate(other.file, 2 * DISK_SECTORS * 512), 0);
    strcpy(next.file, other.file);
    for (int round = 0; round < 3; round++) {
        comes(&disk);
        if (round == 1)
            breaks_its_ring(&disk);
        if (round == 2)
            is_asked_to_go(&disk);
        fake_store_rm(disk.half[FRONT]);
        fake_store_rm(disk.half[BACK]);
        tools_attach(&next);
        ck_assert_int_eq(state(&next), XenbusStateInitWait);
        ck_assert_str_eq(get(&next, BACK, "sectors"), "128");
        ck_assert_ptr_null(get(&next, BACK, "error"));
        next.seen = 0;
        connects(&next);
        guest_works(&next);
        tools_remove(&next);
        ck_assert_uint_eq(fake.mapped + fake.bound + fake_store_nodes(), 0);
    }
}
END_TEST

START_TEST(another_daemons_disk_is_left_alone)
{
    put(&disk, BACK, "daemon", "blockd-nbd");
    tools_attach(&disk);
    guest_connects(&disk);
    ck_assert_int_eq(state(&disk), XenbusStateInitialising);
    ck_assert_ptr_null(get(&disk, BACK, "sectors"));
    ck_assert_uint_eq(fake.mapped + fake.bound, 0);
    tools_remove(&disk);
    put(&disk, BACK, "daemon", "blockd");
    comes(&disk);
    connects(&disk);
    guest_works(&disk);
    tools_remove(&disk);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("pv-drivers/block/disk");
    TCase *t = tcase_create("ways");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, start, disk_machine_end);
    tcase_add_loop_test(t, nothing_is_left_of_a_disk, 0, sizeof(ways) / sizeof(ways[0]));
    tcase_add_test(t, another_disk_takes_its_place);
    tcase_add_test(t, another_daemons_disk_is_left_alone);
    tcase_set_timeout(t, 300);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
