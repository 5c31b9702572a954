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
 */
#include "tiny.h"

#include <public/grant_table.h>
#include <public/io/blkif.h>
#include <public/io/xenbus.h>
#include <public/io/xs_wire.h>

#define PAGE     4096
#define RING_REF 8 /* references below are reserved */
#define DATA_REF 9
#define PAGES    8
#define SECTORS  8 /* in a page */
#define ENTRIES  32
#define NO_REF   500 /* in the table, but nothing is granted there */

static union {
    struct blkif_sring ring;
    uint8_t page[PAGE];
} shared_ring __attribute__((aligned(PAGE)));
static uint8_t data[PAGES][PAGE] __attribute__((aligned(PAGE)));
static uint8_t table_page[PAGE] __attribute__((aligned(PAGE)));
static volatile struct blkif_sring *const ring = &shared_ring.ring;
static volatile grant_entry_v1_t *const table = (void *)table_page;

static evtchn_port_t port;
static char number[16];       /* of the disk */
static char backend[96];      /* its directory */
static RING_IDX asked, taken; /* requests made, responses seen */

/* ---- text */

static void say(const char *text) { print(text, length(text)); }

static void append(char *to, const char *text)
{
    to += length(to);
    while ((*to++ = *text++))
        ;
}

static void append_number(char *to, uint64_t n)
{
    char digits[21] = { 0 }, *at = digits + 20;

    do {
        *--at = '0' + n % 10;
    } while (n /= 10);
    append(to, at);
}

static void say_number(const char *before, uint64_t n, const char *after)
{
    char line[80] = { 0 };

    append(line, before);
    append_number(line, n);
    append(line, after);
    say(line);
}

/* ---- the store */

static void put(const char *node, uint64_t value)
{
    char path[64] = { 0 }, text[24] = { 0 }, answer[16];

    append(path, "device/vbd/");
    append(path, number);
    append(path, "/");
    append(path, node);
    append_number(text, value);
    store_request(XS_WRITE, path, text, false, answer, sizeof(answer));
}

static uint64_t get(const char *node)
{
    char path[128] = { 0 }, text[24];
    uint64_t n = 0;

    append(path, backend);
    append(path, node);
    if (store_request(XS_READ, path, NULL, false, text, sizeof(text)) != XS_READ)
        return 0;
    for (const char *c = text; *c >= '0' && *c <= '9'; c++)
        n = n * 10 + *c - '0';
    return n;
}

/* The first disk there is. */
static bool find_disk(void)
{
    char path[64] = { 0 };

    if (store_request(XS_DIRECTORY, "device/vbd", NULL, false, number, sizeof(number)) !=
            XS_DIRECTORY ||
        !number[0])
        return false;
    append(path, "device/vbd/");
    append(path, number);
    append(path, "/backend");
    return store_request(XS_READ, path, NULL, false, backend, sizeof(backend)) == XS_READ;
}

static void watch_backend(void)
{
    char path[128] = { 0 }, answer[16];

    append(path, backend);
    append(path, "/state");
    store_request(XS_WATCH, path, "disk", true, answer, sizeof(answer));
}

static void await_backend(enum xenbus_state state)
{
    char event[160];

    while (get("/state") != state)
        store_receive(event, sizeof(event));
}

/* ---- grants and the event channel */

static uint64_t frame_of(const void *page)
{
    return ((const uint64_t *)info->mfn_list)[((uint64_t)page - VIRT_BASE) / PAGE];
}

static void grant(grant_ref_t ref, const void *page)
{
    table[ref].domid = 0;
    table[ref].frame = frame_of(page);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    table[ref].flags = GTF_permit_access;
}

static void grant_all(void)
{
    uint64_t frame;
    struct gnttab_setup_table setup = { .dom = DOMID_SELF,
                                        .nr_frames = 1,
                                        .frame_list = { (uint64_t)&frame } };

    hypercall(__HYPERVISOR_grant_table_op, GNTTABOP_setup_table, (uint64_t)&setup, 1);
    hypercall(__HYPERVISOR_update_va_mapping, (uint64_t)table_page, frame << 12 | 0x67,
              UVMF_INVLPG);
    grant(RING_REF, &shared_ring);
    for (int i = 0; i < PAGES; i++)
        grant(DATA_REF + i, data[i]);
}

static void make_port(void)
{
    struct evtchn_alloc_unbound alloc = { .dom = DOMID_SELF, .remote_dom = 0 };

    hypercall(__HYPERVISOR_event_channel_op, EVTCHNOP_alloc_unbound, (uint64_t)&alloc, 0);
    port = alloc.port;
}

/* ---- connecting */

static void connect(void)
{
    await_backend(XenbusStateInitWait);
    asked = taken = 0;
    ring->req_prod = ring->rsp_prod = 0;
    ring->req_event = ring->rsp_event = 1;
    make_port(); /* the former one, if any, stays with the backend until it has let go */
    put("ring-ref", RING_REF);
    put("event-channel", port);
    put("feature-persistent", !asked_for("copied"));
    put("state", XenbusStateInitialised);
    await_backend(XenbusStateConnected);
    put("state", XenbusStateConnected);
}

static void disconnect(void)
{
    struct evtchn_close close = { .port = port };

    put("state", XenbusStateClosing);
    put("state", XenbusStateClosed);
    await_backend(XenbusStateClosed);
    hypercall(__HYPERVISOR_event_channel_op, EVTCHNOP_close, (uint64_t)&close, 0);
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
    notify(port);
}

/* How many of the answers were no success. */
static unsigned int await_answers(void)
{
    unsigned int failures = 0;

    while (taken != asked) {
        ring->rsp_event = taken + 1;
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        if (ring->rsp_prod == taken) {
            wait_for(&port, 1);
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
    put("state", XenbusStateReconfiguring);
    return false;
}

/* Sectors that the disk has not got are only refused. */
static bool beyond_the_disk(void)
{
    make_request(BLKIF_OP_WRITE, get("/sectors"), 0);
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
        notify(port);
    return true;
}

static bool come_and_go(void)
{
    for (int i = 0; i < 20; i++) {
        work_once(i);
        disconnect();
        put("state", XenbusStateInitialising);
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
        table[DATA_REF + i].flags = 0;
    make_request(BLKIF_OP_READ, 0, 0);
    send_requests();
    return false;
}

static const struct {
    const char *word;
    bool (*run)(void);
} attacks[] = {
    { "disk=index", index_that_jumps },          { "disk=grant", page_not_granted },
    { "disk=segment", segment_beyond_its_page }, { "disk=count", too_many_segments },
    { "disk=state", state_that_jumps },          { "disk=beyond", beyond_the_disk },
    { "disk=events", events_without_reason },    { "disk=come-and-go", come_and_go },
    { "disk=vanish", grants_that_vanish },
};

static void attack(bool (*run)(void))
{
    if (run()) {
        work_once(1);
        say("disk: still served\n");
    } else {
        await_backend(XenbusStateClosed);
        say("disk: disconnected\n");
    }
}

/* ---- */

void use_disk(void)
{
    if (!find_disk()) {
        say("disk: there is none\n");
        return;
    }
    watch_backend();
    grant_all();
    connect();
    say_number("disk: ", get("/sectors"), " sectors, connected\n");
    work_once(0);
    for (size_t i = 0; i < sizeof(attacks) / sizeof(attacks[0]); i++)
        if (asked_for(attacks[i].word))
            attack(attacks[i].run);
    for (uint64_t round = 1; asked_for("disk=work"); round++) {
        work_once(round);
        if (round % 100 == 0)
            say_number("disk: round ", round, " right\n");
    }
}
