/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * blockd's queue, while the frontend changes any index, any byte of its ring and of its other
 * pages, takes back grants, the target finishes its operations in any order, well or not, and
 * blockd dies.
 *
 * Whatever the guest does: an operation that reaches the target lies within the disk and moves as
 * much memory as it says; a disk that is broken begins nothing; afterwards nothing is mapped or
 * bound.
 */
#include "fuzz.h"

#include <block_machine.h>
#include <string.h>

#define INDIRECT_REF 99

static uint32_t some_ref(void)
{
    return fuzz_one_in(16) ? (uint32_t)fuzz_number() : DATA_REF + fuzz_below(48);
}

static void some_segments(struct blkif_request_segment *s, unsigned int n)
{
    for (unsigned int i = 0; i < n; i++) {
        s[i].gref = some_ref();
        s[i].first_sect = fuzz_one_in(32) ? fuzz_byte() : 0;
        s[i].last_sect = fuzz_one_in(16) ? fuzz_byte() : 7;
    }
}

/* ---- the guest */

static void scribble_index(void)
{
    uint32_t *const index[] = { &m.ring->req_prod, &m.ring->req_event, &m.ring->rsp_prod,
                                &m.ring->rsp_event };
    uint32_t *at = index[fuzz_below(4)];

    *at = fuzz_byte() & 1 ? *at + fuzz_byte() : (uint32_t)fuzz_number();
}

static void scribble_bytes(void)
{
    uint8_t *page = fake.memory[fuzz_byte() & 1 ? INDIRECT_REF : RING_REF];
    unsigned int at = fuzz_bytes(2) % 4096;

    page[at] = fuzz_byte();
}

static void ask(void)
{
    struct blkif_request *r = &front_next()->req;

    r->operation = fuzz_one_in(8) ? fuzz_byte() : fuzz_below(7);
    r->nr_segments = fuzz_one_in(8) ? fuzz_byte() : fuzz_below(BLKIF_MAX_SEGMENTS_PER_REQUEST + 1);
    r->id = fuzz_byte();
    r->sector_number = fuzz_one_in(8) ? fuzz_number() : fuzz_bytes(2) % DISK_SECTORS;
    some_segments(r->seg, fuzz_below(BLKIF_MAX_SEGMENTS_PER_REQUEST + 1));
    front_push();
}

static void ask_indirect(void)
{
    struct blkif_request_indirect *r = (struct blkif_request_indirect *)front_next();

    r->operation = BLKIF_OP_INDIRECT;
    r->indirect_op = fuzz_one_in(8) ? fuzz_byte() : fuzz_below(2);
    r->nr_segments = fuzz_one_in(8) ? fuzz_number() : fuzz_below(BLOCK_SEGMENTS + 1);
    r->sector_number = fuzz_bytes(2) % DISK_SECTORS;
    r->indirect_grefs[0] = fuzz_one_in(8) ? some_ref() : INDIRECT_REF;
    some_segments((struct blkif_request_segment *)fake.memory[INDIRECT_REF],
                  fuzz_below(BLOCK_SEGMENTS + 1));
    front_push();
}

static void revoke(void)
{
    uint32_t ref = some_ref() % FAKE_PAGES;

    fake.revoked[ref] = !fake.revoked[ref];
}

/* ---- we */

static void check_pending(void)
{
    for (unsigned int i = 0; i < m.nr_pending; i++) {
        const struct target_op *op = m.pending[i];
        uint64_t size = DISK_SECTORS * BLOCK_SECTOR, moved = 0;

        if (op->action == TARGET_SYNC)
            continue;
        FUZZ_CHECK(op->offset <= size && op->bytes <= size - op->offset, "beyond the disk");
        for (unsigned int j = 0; j < op->nr_iov; j++)
            moved += op->iov[j].iov_len;
        FUZZ_CHECK(op->action == TARGET_DISCARD || moved == op->bytes, "%llu bytes of %llu",
                   (unsigned long long)moved, (unsigned long long)op->bytes);
    }
}

static void serve(void)
{
    bool was_broken = m.broken;
    unsigned int before = m.nr_pending;

    queue_serve(m.queues.queues[0]);
    queues_publish(&m.unpublished);
    FUZZ_CHECK(!was_broken || m.nr_pending <= before, "a broken disk goes on");
    check_pending();
}

static void finish(void)
{
    if (m.nr_pending)
        target_finish(fuzz_below(m.nr_pending), fuzz_one_in(8) ? -5 : 0);
    check_pending();
}

/* We are killed, and a successor goes on; not if the guest has made the ring differ from the note.
 */
static void another(void)
{
    if (!m.broken)
        block_machine_again();
    check_pending();
}

void fuzz_one(const uint8_t *data, size_t size)
{
    static void (*const steps[])(void) = {
        ask,    ask_indirect,   serve,          finish, ask,     serve,
        finish, scribble_index, scribble_bytes, revoke, another,
    };
    unsigned int kind = fuzz_byte();

    block_machine_start(kind & 1, kind & 2);
    while (fuzz_left() && m.queues.count)
        steps[fuzz_below(sizeof(steps) / sizeof(steps[0]))]();
    block_machine_end();
}
