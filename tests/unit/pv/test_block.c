/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * blockd's queues: requests of every kind, with kept and with copied grants, in and out of order;
 * and frontends that do what they may not.
 */
#include "block_machine.h"

#include <check.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct queue *q;
static RING_IDX seen; /* responses */

static void start(bool persistent, bool read_only)
{
    block_machine_start(persistent, read_only);
    q = m.queues.queues[0];
    seen = 0;
}

static void serve(void)
{
    queue_serve(q);
    queues_publish(&m.unpublished);
}

/* The next response: its id, and status in *status. */
static uint64_t response(int *status)
{
    struct blkif_response *r = &m.ring->ring[seen % QUEUE_ENTRIES].rsp;

    ck_assert_uint_ne(seen, m.ring->rsp_prod);
    seen++;
    *status = r->status;
    return r->id;
}

static void expect(uint64_t id, int status)
{
    int got;

    ck_assert_uint_eq(response(&got), id);
    ck_assert_int_eq(got, status);
}

/* A read or write of `pages` whole pages from DATA_REF on. */
static void ask(uint8_t op, uint64_t id, uint64_t sector, unsigned int pages)
{
    struct blkif_request *r = &front_next()->req;

    *r = (struct blkif_request){
        .operation = op, .nr_segments = pages, .id = id, .sector_number = sector
    };
    for (unsigned int i = 0; i < pages; i++)
        r->seg[i] = (struct blkif_request_segment){ DATA_REF + i, 0, 7 };
    front_push();
}

/* The same with `segments` in page 99. */
static void ask_indirect(uint8_t op, uint64_t id, uint64_t sector, unsigned int segments)
{
    struct blkif_request_indirect *r = (struct blkif_request_indirect *)front_next();
    struct blkif_request_segment *s = (struct blkif_request_segment *)fake.memory[99];

    *r = (struct blkif_request_indirect){ .operation = BLKIF_OP_INDIRECT,
                                          .indirect_op = op,
                                          .nr_segments = segments,
                                          .id = id,
                                          .sector_number = sector,
                                          .indirect_grefs = { 99 } };
    for (unsigned int i = 0; i < segments && i < 512; i++)
        s[i] = (struct blkif_request_segment){ DATA_REF + i, 0, 7 };
    front_push();
}

static void fill(void *p, size_t bytes, unsigned int seed)
{
    for (size_t i = 0; i < bytes; i++)
        ((uint8_t *)p)[i] = (i * 7 + i / 512 + seed) & 0xff;
}

/* ---- frontends that keep to the protocol; _i: 0 copied grants, 1 kept ones */

START_TEST(writes_and_reads)
{
    start(_i, false);
    fill(fake.memory[DATA_REF], 3 * 4096, 1);
    ask(BLKIF_OP_WRITE, 11, 100, 3);
    serve();
    ck_assert_uint_eq(m.nr_pending, 1);
    ck_assert_uint_eq(m.ring->rsp_prod, 0);
    target_finish(0, 0);
    expect(11, BLKIF_RSP_OKAY);
    ck_assert_int_eq(memcmp(m.medium + 100 * 512, fake.memory[DATA_REF], 3 * 4096), 0);
    fill(m.medium, 11 * 4096, 2);
    ask(BLKIF_OP_READ, 12, 0, 11);
    serve();
    target_finish(0, 0);
    expect(12, BLKIF_RSP_OKAY);
    ck_assert_int_eq(memcmp(m.medium, fake.memory[DATA_REF], 11 * 4096), 0);
    ck_assert_uint_eq(fake.mapped, _i ? 1 + 11 : 1); /* the ring, and what is kept */
    block_machine_end();
}
END_TEST

START_TEST(parts_of_pages)
{
    struct blkif_request *r;

    start(_i, false);
    memset(fake.memory[DATA_REF], 0xee, 2 * 4096);
    fill(m.medium, 4096, 3);
    r = &front_next()->req;
    *r = (struct blkif_request){ .operation = BLKIF_OP_READ,
                                 .nr_segments = 2,
                                 .id = 5,
                                 .seg = { { DATA_REF, 3, 3 }, { DATA_REF + 1, 6, 7 } } };
    front_push();
    serve();
    target_finish(0, 0);
    expect(5, BLKIF_RSP_OKAY);
    ck_assert_int_eq(memcmp(fake.memory[DATA_REF] + 3 * 512, m.medium, 512), 0);
    ck_assert_int_eq(memcmp(fake.memory[DATA_REF + 1] + 6 * 512, m.medium + 512, 1024), 0);
    ck_assert_int_eq(fake.memory[DATA_REF][3 * 512 - 1], 0xee);
    ck_assert_int_eq(fake.memory[DATA_REF][4 * 512], 0xee);
    ck_assert_int_eq(fake.memory[DATA_REF + 1][6 * 512 - 1], 0xee);
    block_machine_end();
}
END_TEST

START_TEST(indirect)
{
    start(_i, false);
    fill(fake.memory[DATA_REF], BLOCK_SEGMENTS * 4096, 4);
    ask_indirect(BLKIF_OP_WRITE, 77, 8, BLOCK_SEGMENTS);
    serve();
    /* what is checked is what is used: the guest's page is looked at once */
    memset(fake.memory[99], 0xff, 4096);
    target_finish(0, 0);
    expect(77, BLKIF_RSP_OKAY);
    ck_assert_int_eq(m.ring->ring[0].rsp.operation, BLKIF_OP_WRITE);
    ck_assert_int_eq(memcmp(m.medium + 8 * 512, fake.memory[DATA_REF], BLOCK_SEGMENTS * 4096), 0);
    block_machine_end();
}
END_TEST

/* A full ring, finished in random order, many times around. */
START_TEST(out_of_order)
{
    uint64_t id = 0, expected = 0, got = 0;
    int status;

    start(_i, false);
    for (int round = 0; round < 200; round++) {
        int n = 1 + rand() % QUEUE_ENTRIES;

        for (int i = 0; i < n; i++) {
            ask(BLKIF_OP_READ, id, id % DISK_SECTORS / 8 * 8, 1);
            expected += id++;
        }
        serve();
        ck_assert_uint_eq(m.nr_pending, n);
        while (m.nr_pending)
            target_finish(rand() % m.nr_pending, 0);
        while (seen != m.ring->rsp_prod) {
            got += response(&status);
            ck_assert_int_eq(status, BLKIF_RSP_OKAY);
        }
    }
    ck_assert_uint_eq(got, expected);
    block_machine_end();
}
END_TEST

START_TEST(barrier_waits_for_all)
{
    start(_i, false);
    fill(fake.memory[DATA_REF], 4096, 9);
    ask(BLKIF_OP_READ, 1, 0, 1);
    ask(BLKIF_OP_READ, 2, 8, 1);
    ask(BLKIF_OP_WRITE_BARRIER, 3, 16, 1);
    ask(BLKIF_OP_READ, 4, 24, 1);
    serve();
    ck_assert_uint_eq(m.nr_pending, 2); /* neither the barrier nor what is behind it */
    target_finish(1, 0);
    ck_assert_uint_eq(m.nr_pending, 1);
    target_finish(0, 0);
    ck_assert_uint_eq(m.nr_pending, 1);
    ck_assert_int_eq(m.pending[0]->action, TARGET_SYNC);
    target_finish(0, 0);
    ck_assert_int_eq(m.pending[0]->action, TARGET_WRITE_THROUGH);
    serve();
    ck_assert_uint_eq(m.nr_pending, 1);
    target_finish(0, 0);
    ck_assert_uint_eq(m.syncs, 1);
    serve(); /* which the loop was woken for */
    ck_assert_uint_eq(m.nr_pending, 1);
    target_finish(0, 0);
    expect(2, BLKIF_RSP_OKAY);
    expect(1, BLKIF_RSP_OKAY);
    expect(3, BLKIF_RSP_OKAY);
    expect(4, BLKIF_RSP_OKAY);
    block_machine_end();
}
END_TEST

START_TEST(flush_and_discard)
{
    struct blkif_request_discard *d;

    start(_i, false);
    ask(BLKIF_OP_FLUSH_DISKCACHE, 1, 0, 0);
    d = (struct blkif_request_discard *)front_next();
    *d = (struct blkif_request_discard){
        .operation = BLKIF_OP_DISCARD, .id = 2, .sector_number = 8, .nr_sectors = 64
    };
    front_push();
    d = (struct blkif_request_discard *)front_next();
    *d = (struct blkif_request_discard){ .operation = BLKIF_OP_DISCARD,
                                         .id = 3,
                                         .nr_sectors = DISK_SECTORS + 1 };
    front_push();
    d = (struct blkif_request_discard *)front_next();
    *d = (struct blkif_request_discard){
        .operation = BLKIF_OP_DISCARD, .id = 4, .nr_sectors = 8, .flag = BLKIF_DISCARD_SECURE
    };
    front_push();
    serve();
    expect(3, BLKIF_RSP_ERROR);
    expect(4, BLKIF_RSP_EOPNOTSUPP);
    target_finish(0, 0);
    target_finish(0, 0);
    expect(1, BLKIF_RSP_OKAY);
    expect(2, BLKIF_RSP_OKAY);
    ck_assert_uint_eq(m.syncs + m.discards, 2);
    block_machine_end();
}
END_TEST

/* More pages than are kept: the rest is copied, and all is right. */
START_TEST(more_pages_than_are_kept)
{
    start(true, false);
    for (unsigned int i = 0; i < QUEUE_PAGES + 50; i++) {
        struct blkif_request *r = &front_next()->req;
        uint32_t ref = DATA_REF + i;

        fill(fake.memory[ref], 4096, i);
        *r = (struct blkif_request){
            .operation = BLKIF_OP_WRITE, .nr_segments = 1, .id = i, .seg = { { ref, 0, 7 } }
        };
        front_push();
        serve();
        target_finish(0, 0);
        expect(i, BLKIF_RSP_OKAY);
        ck_assert_int_eq(memcmp(m.medium, fake.memory[ref], 4096), 0);
    }
    ck_assert_uint_eq(kept_grants_count(m.queues.kept), QUEUE_PAGES);
    ck_assert_uint_eq(fake.copies, 50);
    block_machine_end();
}
END_TEST

START_TEST(refused_not_broken)
{
    start(_i, true);
    ask(BLKIF_OP_WRITE, 1, 0, 1);
    ask(BLKIF_OP_READ, 2, DISK_SECTORS - 7, 1);
    ask(BLKIF_OP_READ, 3, UINT64_MAX, 1);
    ask(BLKIF_OP_READ, 4, UINT64_MAX / 512, 1);
    ask(200, 5, 0, 1);
    serve();
    expect(1, BLKIF_RSP_ERROR);
    expect(2, BLKIF_RSP_ERROR);
    expect(3, BLKIF_RSP_ERROR);
    expect(4, BLKIF_RSP_ERROR);
    expect(5, BLKIF_RSP_EOPNOTSUPP);
    ck_assert_ptr_null(m.broken);
    ask(BLKIF_OP_READ, 6, DISK_SECTORS - 8, 1);
    serve();
    target_finish(0, -5);
    expect(6, BLKIF_RSP_ERROR);
    ck_assert_ptr_null(m.broken);
    block_machine_end();
}
END_TEST

/* ---- those that do not */

static void expect_broken(const char *why)
{
    serve();
    ck_assert_ptr_nonnull(m.broken);
    ck_assert_msg(strstr(m.broken, why) != NULL, "broken for: %s", m.broken);
    ck_assert_uint_eq(m.nr_pending, 0);
    ask(BLKIF_OP_READ, 1, 0, 1); /* nothing is taken any more */
    serve();
    ck_assert_uint_eq(m.nr_pending, 0);
    block_machine_end();
}

START_TEST(malformed)
{
    static const struct {
        uint8_t op, segments, first, last;
        const char *why;
    } cases[] = {
        { BLKIF_OP_READ, 12, 0, 7, "more segments" },
        { BLKIF_OP_WRITE, 255, 0, 7, "more segments" },
        { BLKIF_OP_READ, 0, 0, 7, "of nothing" },
        { BLKIF_OP_READ, 1, 5, 4, "in its page" },
        { BLKIF_OP_WRITE, 1, 0, 8, "in its page" },
        { BLKIF_OP_WRITE, 1, 255, 255, "in its page" },
        { BLKIF_OP_FLUSH_DISKCACHE, 1, 0, 7, "flush with data" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct blkif_request *r;

        start(i & 1, false);
        r = &front_next()->req;
        *r = (struct blkif_request){ .operation = cases[i].op,
                                     .nr_segments = cases[i].segments,
                                     .seg = { { DATA_REF, cases[i].first, cases[i].last } } };
        front_push();
        expect_broken(cases[i].why);
    }
}
END_TEST

START_TEST(malformed_indirect)
{
    start(_i, false);
    ask_indirect(BLKIF_OP_READ, 0, 0, 0);
    expect_broken("no segments");
    start(_i, false);
    ask_indirect(BLKIF_OP_READ, 0, 0, BLOCK_SEGMENTS + 1);
    expect_broken("more than allowed");
    start(_i, false);
    ask_indirect(BLKIF_OP_READ, 0, 0, 0xffff);
    expect_broken("more than allowed");
    start(_i, false);
    ask_indirect(BLKIF_OP_INDIRECT, 0, 0, 1);
    expect_broken("neither reads nor writes");
    start(_i, false);
    ask_indirect(BLKIF_OP_WRITE, 0, 0, 2);
    fake.revoked[99] = true;
    expect_broken("not granted");
}
END_TEST

START_TEST(index_that_jumps)
{
    start(_i, false);
    m.ring->req_prod = QUEUE_ENTRIES + 1;
    expect_broken("index");
}
END_TEST

START_TEST(grants_that_vanish)
{
    start(_i, false);
    ask(BLKIF_OP_WRITE, 0, 0, 2);
    fake.revoked[DATA_REF + 1] = true;
    expect_broken("not granted");

    start(false, false);
    ask(BLKIF_OP_READ, 0, 0, 2);
    serve();
    fake.revoked[DATA_REF + 1] = true; /* while it is read for */
    target_finish(0, 0);
    ck_assert_ptr_nonnull(m.broken);
    expect(0, BLKIF_RSP_ERROR);
    block_machine_end();
}
END_TEST

/* Detached in the middle: what the target works on keeps its memory until it is done. */
START_TEST(detached_under_way)
{
    start(_i, false);
    for (int i = 0; i < QUEUE_ENTRIES; i++)
        ask(i % 8 == 7 ? BLKIF_OP_WRITE_BARRIER : BLKIF_OP_WRITE, i, i * 8, 2);
    serve();
    ck_assert_uint_eq(m.nr_pending, 7);
    target_finish(0, 0);
    block_machine_end();
}
END_TEST

/* One that never stops asking for what is answered at once does not keep us for ever. */
START_TEST(bounded_turn)
{
    unsigned int asked = 0;

    start(_i, false);
    for (int turn = 0; turn < 10; turn++) {
        while (m.ring->req_prod - seen < QUEUE_ENTRIES) {
            ask(200, asked++, 0, 0);
        }
        serve();
        while (seen != m.ring->rsp_prod)
            seen++;
    }
    ck_assert_uint_eq(seen, 10 * QUEUE_ENTRIES);
    ck_assert_ptr_null(m.broken);
    block_machine_end();
}
END_TEST

/* ---- killed, and begun again */

static void again(void)
{
    ck_assert_int_eq(block_machine_again(), 0);
    q = m.queues.queues[0];
}

START_TEST(another_one_goes_on)
{
    start(_i, false);
    ask(BLKIF_OP_READ, 1, 0, 1);
    ask(BLKIF_OP_WRITE, 2, 8, 1);
    ask(BLKIF_OP_READ, 3, 16, 1);
    ask(BLKIF_OP_WRITE_BARRIER, 4, 24, 1);
    serve();
    ck_assert_uint_eq(m.nr_pending, 3);
    target_finish(0, 0);
    expect(1, BLKIF_RSP_OKAY);
    fill(fake.memory[DATA_REF], 4096, 6);
    again();
    ck_assert_uint_eq(m.nr_pending, 2); /* what was answered is not done again */
    target_finish(0, 0);
    target_finish(0, 0);
    ck_assert_int_eq(m.pending[0]->action, TARGET_SYNC); /* the barrier still waits for all */
    again();
    target_finish(0, 0);
    target_finish(0, 0);
    ck_assert_int_eq(memcmp(m.medium + 24 * 512, fake.memory[DATA_REF], 4096), 0);
    ask(BLKIF_OP_READ, 5, 0, 1);
    serve();
    target_finish(0, 0);
    expect(3, BLKIF_RSP_OKAY);
    expect(2, BLKIF_RSP_OKAY);
    expect(4, BLKIF_RSP_OKAY);
    expect(5, BLKIF_RSP_OKAY);
    block_machine_end();
}
END_TEST

/* Death between two writes that belong together; the note is put back to where it was then. */
START_TEST(died_between_two_steps)
{
    struct note before;

    start(_i, false);
    m.lazy = true;
    ask(BLKIF_OP_READ, 1, 0, 1);
    ask(BLKIF_OP_READ, 2, 8, 1);
    serve();
    target_finish(0, 0); /* answered, not published */
    before = *m.note;
    again();
    ck_assert_uint_eq(m.nr_pending, 1);
    queues_publish(&m.unpublished);
    expect(1, BLKIF_RSP_OKAY);
    *m.note = before; /* published, the note does not say so */
    again();
    ck_assert_uint_eq(m.nr_pending, 1);
    queues_publish(&m.unpublished);
    ck_assert_uint_eq(m.ring->rsp_prod, seen);
    target_finish(0, 0);
    queues_publish(&m.unpublished);
    expect(2, BLKIF_RSP_OKAY);
    ask(BLKIF_OP_READ, 3, 8, 1);
    serve();
    m.note->queues[0].req_cons--; /* taken, not counted */
    again();
    serve();
    ck_assert_uint_eq(m.nr_pending, 1);
    target_finish(0, 0);
    queues_publish(&m.unpublished);
    expect(3, BLKIF_RSP_OKAY);
    for (int i = 0; i < QUEUE_ENTRIES; i++) /* no place was lost */
        ask(BLKIF_OP_READ, i, 0, 1);
    serve();
    ck_assert_uint_eq(m.nr_pending, QUEUE_ENTRIES);
    ck_assert_ptr_null(m.broken);
    block_machine_end();
}
END_TEST

/* The frontend has changed what the dead one had published. */
START_TEST(note_and_ring_disagree)
{
    start(_i, false);
    ask(BLKIF_OP_READ, 1, 0, 1);
    serve();
    target_finish(0, 0);
    m.ring->rsp_prod += 1 + _i * 1000000;
    ck_assert_int_eq(block_machine_again(), -71);
}
END_TEST

/* Requests of a frontend in this process, served by another one that is killed again and again. */
#define KILLS 150

static struct {
    uint64_t id; /* 0: there is none */
    uint8_t op;
    unsigned int seed, model; /* of what is written; of what is on the medium */
} slots[QUEUE_ENTRIES];
static uint64_t last_id;

/* Each slot has its page and its sectors; some segments are indirect. */
static void ask_slot(unsigned int i)
{
    static const uint8_t ops[] = { BLKIF_OP_READ, BLKIF_OP_WRITE, BLKIF_OP_WRITE,
                                   BLKIF_OP_WRITE_BARRIER, BLKIF_OP_FLUSH_DISKCACHE };
    uint8_t op = ops[rand() % 5];
    struct blkif_request_segment segment = { DATA_REF + i, 0, 7 };

    slots[i].id = ++last_id;
    slots[i].op = op;
    slots[i].seed = rand() % 256;
    if (op == BLKIF_OP_READ)
        memset(fake.memory[DATA_REF + i], 0xaa, 4096);
    else
        fill(fake.memory[DATA_REF + i], 4096, slots[i].seed);
    if (op <= BLKIF_OP_WRITE && rand() % 2) {
        *(struct blkif_request_indirect *)front_next() =
            (struct blkif_request_indirect){ .operation = BLKIF_OP_INDIRECT,
                                             .indirect_op = op,
                                             .nr_segments = 1,
                                             .id = last_id,
                                             .sector_number = i * 8,
                                             .indirect_grefs = { 20 + i } };
        memcpy(fake.memory[20 + i], &segment, sizeof(segment));
    } else {
        front_next()->req = (struct blkif_request){ .operation = op,
                                                    .nr_segments = op != BLKIF_OP_FLUSH_DISKCACHE,
                                                    .id = last_id,
                                                    .sector_number = i * 8,
                                                    .seg = { segment } };
    }
    __atomic_store_n(&m.ring->req_prod, m.ring->req_prod + 1, __ATOMIC_RELEASE);
}

static void check_answer(void)
{
    uint8_t right[4096];
    unsigned int i = 0;
    int status;
    uint64_t id = response(&status);

    while (i < QUEUE_ENTRIES && slots[i].id != id)
        i++;
    ck_assert_uint_lt(i, QUEUE_ENTRIES); /* an answer to what was not asked, or asked once */
    ck_assert_int_eq(status, BLKIF_RSP_OKAY);
    slots[i].id = 0;
    if (slots[i].op == BLKIF_OP_WRITE || slots[i].op == BLKIF_OP_WRITE_BARRIER)
        slots[i].model = slots[i].seed;
    fill(right, sizeof(right), slots[i].model);
    ck_assert_int_eq(memcmp(m.medium + i * 4096, right, 4096), 0);
    if (slots[i].op == BLKIF_OP_READ)
        ck_assert_int_eq(memcmp(fake.memory[DATA_REF + i], right, 4096), 0);
}

_Noreturn static void serve_for_ever(unsigned int seed)
{
    srand(seed);
    m.lazy = true;
    if (block_machine_again())
        _exit(1);
    for (;;) {
        queue_serve(m.queues.queues[0]);
        if (rand() % 2)
            queues_publish(&m.unpublished);
        if (m.nr_pending && rand() % 2)
            target_finish(rand() % m.nr_pending, 0);
    }
}

static void talk(unsigned int answers)
{
    while (answers) {
        for (unsigned int i = 0; i < QUEUE_ENTRIES; i++)
            if (!slots[i].id && rand() % 4 == 0)
                ask_slot(i);
        if (seen == __atomic_load_n(&m.ring->rsp_prod, __ATOMIC_ACQUIRE)) {
            sched_yield();
            continue;
        }
        check_answer();
        answers--;
    }
}

START_TEST(killed_at_any_moment)
{
    int status;

    start(_i, false);
    for (unsigned int i = 0; i < QUEUE_ENTRIES; i++) {
        slots[i].model = i;
        fill(m.medium + i * 4096, 4096, i);
    }
    for (unsigned int kill_nr = 0; kill_nr < KILLS; kill_nr++) {
        pid_t pid = fork();

        ck_assert_int_ge(pid, 0);
        if (pid == 0)
            serve_for_ever(kill_nr);
        talk(1 + rand() % 100);
        usleep(rand() % 300);
        kill(pid, SIGKILL);
        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        ck_assert_int_eq(WIFSIGNALED(status) ? WTERMSIG(status) : -1, SIGKILL);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("pv-drivers/block");
    TCase *good = tcase_create("good"), *bad = tcase_create("bad"),
          *killed = tcase_create("killed");
    SRunner *r;
    int failed;

    tcase_add_loop_test(good, writes_and_reads, 0, 2);
    tcase_add_loop_test(good, parts_of_pages, 0, 2);
    tcase_add_loop_test(good, indirect, 0, 2);
    tcase_add_loop_test(good, out_of_order, 0, 2);
    tcase_add_loop_test(good, barrier_waits_for_all, 0, 2);
    tcase_add_loop_test(good, flush_and_discard, 0, 2);
    tcase_add_test(good, more_pages_than_are_kept);
    tcase_add_loop_test(good, refused_not_broken, 0, 2);
    tcase_add_test(bad, malformed);
    tcase_add_loop_test(bad, malformed_indirect, 0, 2);
    tcase_add_loop_test(bad, index_that_jumps, 0, 2);
    tcase_add_loop_test(bad, grants_that_vanish, 0, 2);
    tcase_add_loop_test(bad, detached_under_way, 0, 2);
    tcase_add_loop_test(bad, bounded_turn, 0, 2);
    tcase_add_loop_test(killed, another_one_goes_on, 0, 2);
    tcase_add_loop_test(killed, died_between_two_steps, 0, 2);
    tcase_add_loop_test(killed, note_and_ring_disagree, 0, 2);
    tcase_add_loop_test(killed, killed_at_any_moment, 0, 2);
    tcase_set_timeout(killed, 300);
    suite_add_tcase(s, killed);
    tcase_set_timeout(good, 120);
    tcase_set_timeout(bad, 120);
    suite_add_tcase(s, good);
    suite_add_tcase(s, bad);
    r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
