/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frontends, whatever device they are for.
 */
#include "device.h"

static uint8_t table_page[PAGE] __attribute__((aligned(PAGE)));
static volatile grant_entry_v1_t *const table = (void *)table_page;

/* ---- text */

void say(const char *text) { print(text, length(text)); }

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

void say_number(const char *before, uint64_t n, const char *after)
{
    char line[80] = { 0 };

    append(line, before);
    append_number(line, n);
    append(line, after);
    say(line);
}

/* ---- the store */

static void front_path(const struct device *d, const char *node, char path[96])
{
    *path = '\0';
    append(path, "device/");
    append(path, d->type);
    append(path, "/");
    append(path, d->number);
    append(path, "/");
    append(path, node);
}

bool device_text(const struct device *d, const char *node, char *text, size_t room)
{
    char path[96];

    front_path(d, node, path);
    return store_request(XS_READ, path, NULL, false, text, room) == XS_READ;
}

void device_put(const struct device *d, const char *node, uint64_t value)
{
    char path[96], text[24] = { 0 }, answer[16];

    front_path(d, node, path);
    append_number(text, value);
    store_request(XS_WRITE, path, text, false, answer, sizeof(answer));
}

uint64_t device_get(const struct device *d, const char *node)
{
    char path[128] = { 0 }, text[24];
    uint64_t n = 0;

    append(path, d->backend);
    append(path, node);
    if (store_request(XS_READ, path, NULL, false, text, sizeof(text)) != XS_READ)
        return 0;
    for (const char *c = text; *c >= '0' && *c <= '9'; c++)
        n = n * 10 + *c - '0';
    return n;
}

/* XS_WATCH, XS_UNWATCH */
static void watch_backend(const struct device *d, uint32_t request)
{
    char path[128] = { 0 }, answer[16];

    append(path, d->backend);
    append(path, "/state");
    store_request(request, path, d->type, true, answer, sizeof(answer));
}

bool device_find(struct device *d, const char *type)
{
    char path[64] = { 0 };

    d->type = type;
    append(path, "device/");
    append(path, type);
    if (store_request(XS_DIRECTORY, path, NULL, false, d->number, sizeof(d->number)) !=
            XS_DIRECTORY ||
        !d->number[0] || !device_text(d, "backend", d->backend, sizeof(d->backend)))
        return false;
    watch_backend(d, XS_WATCH);
    return true;
}

void device_await(const struct device *d, enum xenbus_state state)
{
    char event[160];

    while (device_get(d, "/state") != state)
        store_receive(event, sizeof(event));
}

/* The backend may want to close by the time that we look; it still serves us then. */
void device_await_connected(const struct device *d)
{
    char event[160];
    uint64_t state;

    while ((state = device_get(d, "/state")) != XenbusStateConnected &&
           state != XenbusStateClosing)
        store_receive(event, sizeof(event));
}

/* ---- the event channel */

void device_make_port(struct device *d)
{
    struct evtchn_alloc_unbound alloc = { .dom = DOMID_SELF, .remote_dom = 0 };

    hypercall(__HYPERVISOR_event_channel_op, EVTCHNOP_alloc_unbound, (uint64_t)&alloc, 0);
    d->port = alloc.port;
}

static void close_port(const struct device *d)
{
    struct evtchn_close close = { .port = d->port };

    hypercall(__HYPERVISOR_event_channel_op, EVTCHNOP_close, (uint64_t)&close, 0);
}

void device_close(struct device *d)
{
    device_put(d, "state", XenbusStateClosing);
    device_put(d, "state", XenbusStateClosed);
    device_await(d, XenbusStateClosed);
    close_port(d);
}

/* ---- devices that come and go */

void device_await_coming(struct device *d, const char *type)
{
    static bool watched;
    char path[64] = { 0 }, event[160];

    append(path, "device/");
    append(path, type);
    if (!watched)
        store_request(XS_WATCH, path, "devices", true, event, sizeof(event));
    watched = true;
    while (!device_find(d, type))
        store_receive(event, sizeof(event));
}

/* Another device may have come in its place before we look: only the backend's state tells. */
void device_leave(struct device *d)
{
    char event[160];
    uint64_t state;

    device_put(d, "state", XenbusStateClosed);
    while ((state = device_get(d, "/state")) == XenbusStateClosing || state == XenbusStateClosed)
        store_receive(event, sizeof(event));
    watch_backend(d, XS_UNWATCH);
    close_port(d);
}

/* ---- grants */

void grant_start(void)
{
    uint64_t frame;
    struct gnttab_setup_table setup = { .dom = DOMID_SELF,
                                        .nr_frames = 1,
                                        .frame_list = { (uint64_t)&frame } };

    hypercall(__HYPERVISOR_grant_table_op, GNTTABOP_setup_table, (uint64_t)&setup, 1);
    hypercall(__HYPERVISOR_update_va_mapping, (uint64_t)table_page, frame << 12 | 0x67,
              UVMF_INVLPG);
}

void grant(grant_ref_t ref, const void *page)
{
    table[ref].domid = 0;
    table[ref].frame = frame_of(page);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    table[ref].flags = GTF_permit_access;
}

void grant_end(grant_ref_t ref) { table[ref].flags = 0; }

/* ---- attacks */

static void say_of(const char *name, const char *text)
{
    say(name);
    say(text);
}

static void attack(const struct device *d, const char *name, bool (*run)(void),
                   void (*work)(uint64_t round))
{
    if (run()) {
        work(1);
        say_of(name, ": still served\n");
    } else {
        device_await(d, XenbusStateClosed);
        say_of(name, ": disconnected\n");
    }
}

void device_try(const struct device *d, const char *name, const struct attack *attacks, size_t n,
                void (*work)(uint64_t round))
{
    char word[16] = { 0 };

    for (size_t i = 0; i < n; i++)
        if (asked_for(attacks[i].word))
            attack(d, name, attacks[i].run, work);
    append(word, name);
    append(word, "=work");
    for (uint64_t round = 1; asked_for(word); round++) {
        work(round);
        if (round % 100 == 0) {
            say(name);
            say_number(": round ", round, " right\n");
        }
    }
}
