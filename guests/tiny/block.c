/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A block frontend: all that a guest has to do to use a disk.
 *
 *   - its directory in the store, device/vbd/NUMBER, says where the backend's is;
 *   - it grants the backend a page for the ring and pages for data, and makes an event channel;
 *   - it writes what these are into its directory, and that it is initialised; the backend maps the
 *     ring, and both are connected;
 *   - a request names an operation, sectors and pages; the backend answers in the same ring.
 *
 * disk=work does that, and checks in round after round what it reads. With disk=ATTACK it does
 * something that no frontend may do, or that would be too much, and says what came of it. The
 * backend may keep our pages mapped (feature-persistent), unless the command line says "copied".
 * disk=plug uses each disk that it is given, until that is taken away.
 */
#include "device.h"

#include <public/io/blkif.h>

#define RING_REF FIRST_REF
#define DATA_REF (RING_REF + 1)
#define PAGES    8
#define SECTORS  8 /* in a page */
#define ENTRIES  32

static union {
    struct blkif_sring ring;
    uint8_t page[PAGE];
} shared_ring __attribute__((aligned(PAGE)));
static uint8_t data[PAGES][PAGE] __attribute__((aligned(PAGE)));
static volatile struct blkif_sring *const ring = &shared_ring.ring;

static struct device disk;
static RING_IDX asked, taken; /* requests made, responses seen */

/* ---- connecting */

static void grant_all(void)
{
    grant(RING_REF, &shared_ring);
    for (int i = 0; i < PAGES; i++)
        grant(DATA_REF + i, data[i]);
}

static void connect(void)
{
    device_await(&disk, XenbusStateInitWait);
    asked = taken = 0;
    ring->req_prod = ring->rsp_prod = 0;
    ring->req_event = ring->rsp_event = 1;
    device_make_port(&disk);
    device_put(&disk, "ring-ref", RING_REF);
    device_put(&disk, "event-channel", disk.port);
    device_put(&disk, "feature-persistent", !asked_for("copied"));
    device_put(&disk, "state", XenbusStateInitialised);
    device_await_connected(&disk);
    device_put(&disk, "state", XenbusStateConnected);
}

/* ---- requests */

/* One page of data, not yet told of. */
static volatile struct blkif_request *make_request(uint8_t operation, uint64_t sector, int page)
{
    volatile struct blkif_request *r = &ring->ring[asked % ENTRIES].req;

    r->operation = operation;
    r->nr_segments = 1;
    r->id = asked++;
    r->sector_number = sector;
    r->seg[0].gref = DATA_REF + page;
    r->seg[0].first_sect = 0;
    r->seg[0].last_sect = SECTORS - 1;
    return r;
}

static void send_requests(void)
{
    __atomic_thread_fence(__ATOMIC_RELEASE);
    ring->req_prod = asked;
    notify(disk.port);
}

/* How many of the answers were no success. */
static unsigned int await_answers(void)
{
    unsigned int failures = 0;

    while (taken != asked) {
        ring->rsp_event = taken + 1;
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        if (ring->rsp_prod == taken) {
            wait_for(&disk.port, 1);
            continue;
        }
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        failures += ring->ring[taken++ % ENTRIES].rsp.status != BLKIF_RSP_OKAY;
    }
    return failures;
}

static void fill(int page, uint64_t seed)
{
    for (int i = 0; i < PAGE; i++)
        data[page][i] = seed * 31 + page * 7 + i / 512 + i;
}

static bool is_filled(int page, uint64_t seed)
{
    for (int i = 0; i < PAGE; i++)
        if (data[page][i] != (uint8_t)(seed * 31 + page * 7 + i / 512 + i))
            return false;
    return true;
}

static void move(uint8_t operation)
{
    for (int i = 0; i < PAGES; i++)
        make_request(operation, i * SECTORS, i);
    send_requests();
    if (await_answers())
        say("disk: WRONG: a request failed\n");
}

/* Writes all pages, and reads them into others. */
static void work_once(uint64_t round)
{
    for (int i = 0; i < PAGES; i++)
        fill(i, round);
    move(BLKIF_OP_WRITE);
    for (int i = 0; i < PAGES; i++)
        fill(i, ~round);
    move(BLKIF_OP_READ);
    for (int i = 0; i < PAGES; i++)
        if (!is_filled(i, round))
            say_number("disk: WRONG: page ", i, "\n");
}

/* ---- attacks: each ends by being disconnected, unless it returns true */

static bool index_that_jumps(void)
{
    asked += 1000;
    send_requests();
    return false;
}

static bool page_not_granted(void)
{
    make_request(BLKIF_OP_READ, 0, 0)->seg[0].gref = NO_REF;
    send_requests();
    return false;
}

static bool segment_beyond_its_page(void)
{
    make_request(BLKIF_OP_WRITE, 0, 0)->seg[0].last_sect = 200;
    send_requests();
    return false;
}

static bool too_many_segments(void)
{
    make_request(BLKIF_OP_WRITE, 0, 0)->nr_segments = 255;
    send_requests();
    return false;
}

static bool state_that_jumps(void)
{
    device_put(&disk, "state", XenbusStateReconfiguring);
    return false;
}

/* Sectors that the disk has not got are only refused. */
static bool beyond_the_disk(void)
{
    make_request(BLKIF_OP_WRITE, device_get(&disk, "/sectors"), 0);
    make_request(BLKIF_OP_WRITE, ~0UL, 1);
    make_request(BLKIF_OP_READ, ~0UL / 512, 2);
    send_requests();
    if (await_answers() != 3)
        say("disk: WRONG: what is beyond the disk was not refused\n");
    return true;
}

static bool events_without_reason(void)
{
    for (int i = 0; i < 100000; i++)
        notify(disk.port);
    return true;
}

static bool come_and_go(void)
{
    for (int i = 0; i < 20; i++) {
        work_once(i);
        device_close(&disk);
        device_put(&disk, "state", XenbusStateInitialising);
        connect();
    }
    return true;
}

/* Takes its pages back while they are read into, and names them again. */
static bool grants_that_vanish(void)
{
    for (int i = 0; i < PAGES; i++)
        make_request(BLKIF_OP_READ, 0, i);
    send_requests();
    for (int i = 0; i < PAGES; i++)
        grant_end(DATA_REF + i);
    make_request(BLKIF_OP_READ, 0, 0);
    send_requests();
    return false;
}

static const struct attack attacks[] = {
    { "disk=index", index_that_jumps },          { "disk=grant", page_not_granted },
    { "disk=segment", segment_beyond_its_page }, { "disk=count", too_many_segments },
    { "disk=state", state_that_jumps },          { "disk=beyond", beyond_the_disk },
    { "disk=events", events_without_reason },    { "disk=come-and-go", come_and_go },
    { "disk=vanish", grants_that_vanish },
};

/* ---- */

static void use_disks_that_come(void)
{
    grant_all();
    for (uint64_t used = 1;; used++) {
        device_await_coming(&disk, "vbd");
        connect();
        work_once(used);
        say_number("disk: number ", used, " right\n");
        device_await(&disk, XenbusStateClosing);
        device_leave(&disk);
    }
}

void use_disk(void)
{
    if (asked_for("disk=plug"))
        use_disks_that_come();
    if (!device_find(&disk, "vbd")) {
        say("disk: there is none\n");
        return;
    }
    grant_all();
    connect();
    say_number("disk: ", device_get(&disk, "/sectors"), " sectors, connected\n");
    work_once(0);
    device_try(&disk, "disk", attacks, sizeof(attacks) / sizeof(attacks[0]), work_once);
}
