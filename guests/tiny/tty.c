/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A console frontend: all that a guest has to do to use a console beside its first, which is no
 * device (tiny.c).
 *
 *   - its directory in the store, device/console/NUMBER, says where the backend's is;
 *   - it grants the backend a page with two rings of bytes, makes an event channel, and writes what
 *     these are into its directory; the backend maps the page, and both are connected;
 *   - each side advances its own index after it has copied the bytes, and notifies the other.
 *
 * tty=work does that, and puts out numbered lines without end. With tty=ATTACK it does something
 * that no frontend may do, or that would be too much, and says on the first console what came of it.
 */
#include "device.h"

#include <public/io/console.h>

#define RING_REF FIRST_REF
#define FLOOD    1000000
#define NO_PORT  3000 /* nobody has so many */

static union {
    struct xencons_interface ring;
    uint8_t page[PAGE];
} shared_page __attribute__((aligned(PAGE)));
static volatile struct xencons_interface *const ring = &shared_page.ring;
static struct device tty;

static void connect(void)
{
    device_await(&tty, XenbusStateInitWait);
    ring->in_cons = ring->in_prod = ring->out_cons = ring->out_prod = 0;
    device_make_port(&tty);
    device_put(&tty, "ring-ref", RING_REF);
    device_put(&tty, "port", tty.port);
    device_put(&tty, "state", XenbusStateInitialised);
    device_await_connected(&tty);
    device_put(&tty, "state", XenbusStateConnected);
}

static void begin_anew(void)
{
    device_close(&tty);
    device_put(&tty, "state", XenbusStateInitialising);
}

/* ---- work */

static void put(char c)
{
    while (ring->out_prod - ring->out_cons >= sizeof(ring->out)) {
        notify(tty.port);
        wait_for(&tty.port, 1);
    }
    ring->out[ring->out_prod % sizeof(ring->out)] = c;
    __atomic_thread_fence(__ATOMIC_RELEASE);
    ring->out_prod++;
}

static void put_number(uint64_t n)
{
    if (n >= 10)
        put_number(n / 10);
    put('0' + n % 10);
}

static void take_input(void)
{
    while (ring->in_cons != ring->in_prod) {
        char c = ring->in[ring->in_cons % sizeof(ring->in)];

        __atomic_thread_fence(__ATOMIC_ACQ_REL);
        ring->in_cons++;
        put(c);
    }
}

/* A line, and back what was typed; until all of it is taken. */
static void work_once(uint64_t round)
{
    for (const char *c = "line "; *c; c++)
        put(*c);
    put_number(round);
    put('\n');
    take_input();
    notify(tty.port);
    while (ring->out_cons != ring->out_prod) {
        if (ring->out_prod - ring->out_cons > sizeof(ring->out))
            say("tty: WRONG: more was taken than there was\n");
        wait_for(&tty.port, 1);
    }
}

/* ---- attacks: each ends by being disconnected, unless it returns true */

static bool index_that_jumps(void)
{
    ring->out_prod += sizeof(ring->out) + 1;
    notify(tty.port);
    return false;
}

static bool page_not_granted(void)
{
    begin_anew();
    device_await(&tty, XenbusStateInitWait);
    device_put(&tty, "ring-ref", NO_REF);
    device_put(&tty, "state", XenbusStateInitialised);
    return false;
}

static bool port_that_is_none(void)
{
    begin_anew();
    device_await(&tty, XenbusStateInitWait);
    device_put(&tty, "port", NO_PORT);
    device_put(&tty, "state", XenbusStateInitialised);
    return false;
}

static bool state_that_jumps(void)
{
    device_put(&tty, "state", XenbusStateReconfiguring);
    return false;
}

/* The backend has it mapped: it only cannot be mapped again. */
static bool page_that_vanishes(void)
{
    grant_end(RING_REF);
    work_once(2);
    begin_anew();
    device_await(&tty, XenbusStateInitWait);
    device_put(&tty, "state", XenbusStateInitialised);
    return false;
}

static bool flood(void)
{
    for (int i = 0; i < FLOOD; i++)
        put('F');
    put('\n');
    return true;
}

static bool events_without_reason(void)
{
    for (int i = 0; i < 100000; i++)
        notify(tty.port);
    return true;
}

static bool come_and_go(void)
{
    for (int i = 0; i < 20; i++) {
        work_once(i);
        begin_anew();
        connect();
    }
    return true;
}

static const struct attack attacks[] = {
    { "tty=index", index_that_jumps },       { "tty=grant", page_not_granted },
    { "tty=port", port_that_is_none },       { "tty=state", state_that_jumps },
    { "tty=vanish", page_that_vanishes },    { "tty=flood", flood },
    { "tty=events", events_without_reason }, { "tty=come-and-go", come_and_go },
};

/* ---- */

void use_tty(void)
{
    if (!device_find(&tty, "console")) {
        say("tty: there is none\n");
        return;
    }
    grant(RING_REF, &shared_page);
    connect();
    say("tty: connected\n");
    work_once(0);
    device_try(&tty, "tty", attacks, sizeof(attacks) / sizeof(attacks[0]), work_once);
}
