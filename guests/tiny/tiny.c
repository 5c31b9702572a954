/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tiny guest: all that a PV domain has to do to live with a toolstack, in this file; and in
 * memory.c, to be resized and saved, in block.c, to use a disk, in net.c, to use a network.
 *
 *   - it prints through the ring to the console daemon, and echoes what is typed there;
 *   - it talks to the store through the other ring: says that it can be shut down, and watches
 *     control/shutdown, where the toolstack writes what it wants, and memory/target;
 *   - it waits for both by their event channels, and does what it is told: poweroff, halt, reboot,
 *     suspend.
 *
 * Rings are pages shared with a daemon in Dom0: each side advances its own index after it has
 * copied the bytes, and notifies the other. Everything here is done by SCHEDOP_poll, which sleeps
 * until one of the ports is pending, so that no interrupt entry is needed.
 *
 * On the command line: run=poweroff, run=reboot, run=crash, run=spin do that at once; run=watchdog
 * sets a watchdog and lets it bite; run=store writes a number into the store, alone and in a
 * transaction, reads it back and waits for its watch, again and again, in requests that come in two
 * pieces, and says how far it is. With disk=..., net=... and tty=... it uses those
 * first.
 */
#include "device.h"

#include <public/io/console.h>
#include <public/io/xs_wire.h>
#include <public/sched.h>

const start_info_t *info;
static volatile struct xencons_interface *console;
static volatile struct xenstore_domain_interface *store;

union shared_page shared __attribute__((aligned(4096)));

/* ---- hypercalls: number in rax, arguments in rdi, rsi, rdx; rcx and r11 are lost */

long hypercall(long number, uint64_t a, uint64_t b, uint64_t c)
{
    asm volatile("syscall" : "+a"(number), "+D"(a), "+S"(b), "+d"(c)::"rcx", "r11", "r8", "r10",
                 "memory");
    return number;
}

void notify(evtchn_port_t port)
{
    evtchn_send_t send = {port};

    hypercall(__HYPERVISOR_event_channel_op, EVTCHNOP_send, (uint64_t)&send, 0);
}

static void stop(unsigned reason)
{
    struct sched_shutdown arg = {reason};

    for (;;)
        hypercall(__HYPERVISOR_sched_op, SCHEDOP_shutdown, (uint64_t)&arg, 0);
}

/* In a second the domain ends, unless the watchdog is set again; it is not. */
static void set_watchdog(void)
{
    struct sched_watchdog arg = {.timeout = 1};

    hypercall(__HYPERVISOR_sched_op, SCHEDOP_watchdog, (uint64_t)&arg, 0);
}

uint64_t time_now(void)
{
    volatile struct vcpu_time_info *t = &shared.info.vcpu_info[0].time;
    uint64_t ticks, ns;
    uint32_t version;

    do {
        version = t->version;
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        ticks = __builtin_ia32_rdtsc() - t->tsc_timestamp;
        ticks = t->tsc_shift < 0 ? ticks >> -t->tsc_shift : ticks << t->tsc_shift;
        ns = t->system_time + (uint64_t)((unsigned __int128)ticks * t->tsc_to_system_mul >> 32);
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
    } while (version & 1 || version != t->version);
    return ns;
}

void wait_for(evtchn_port_t *ports, unsigned int n) { wait_until(ports, n, 0); }

void wait_until(evtchn_port_t *ports, unsigned int n, uint64_t time)
{
    struct sched_poll poll = {.ports = {(uint64_t)ports}, .nr_ports = n, .timeout = time};

    hypercall(__HYPERVISOR_sched_op, SCHEDOP_poll, (uint64_t)&poll, 0);
    for (unsigned int i = 0; i < n; i++)
        __atomic_fetch_and(&shared.info.evtchn_pending[ports[i] / 64], ~(1UL << ports[i] % 64),
                           __ATOMIC_SEQ_CST);
}

/* Sleeps until the console or the store has something for us. */
static void wait(void)
{
    evtchn_port_t ports[2] = {info->console.domU.evtchn, info->store_evtchn};

    wait_for(ports, 2);
}

/* ---- strings */

size_t length(const char *text)
{
    size_t n = 0;

    while (text[n])
        n++;
    return n;
}

bool same(const char *a, const char *b, size_t n)
{
    while (n && *a == *b && *a)
        a++, b++, n--;
    return !n || *a == *b;
}

bool asked_for(const char *word)
{
    const char *line = (const char *)info->cmd_line;

    for (; *line; line++)
        if (same(line, word, length(word)))
            return true;
    return false;
}

/* ---- the console ring */

void print(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        while (console->out_prod - console->out_cons >= sizeof(console->out)) {
            notify(info->console.domU.evtchn);
            wait();
        }
        console->out[console->out_prod % sizeof(console->out)] = text[i];
        __atomic_thread_fence(__ATOMIC_RELEASE);
        console->out_prod++;
    }
    notify(info->console.domU.evtchn);
}

static void echo(void)
{
    while (console->in_cons != console->in_prod) {
        char c = console->in[console->in_cons % sizeof(console->in)];

        __atomic_thread_fence(__ATOMIC_ACQ_REL);
        console->in_cons++;
        print(&c, 1);
    }
}

/* ---- the store's ring: messages of a header and its payload */

static void store_write(const void *bytes, size_t n)
{
    const char *at = bytes;

    for (size_t i = 0; i < n; i++) {
        while (store->req_prod - store->req_cons >= XENSTORE_RING_SIZE)
            wait();
        store->req[MASK_XENSTORE_IDX(store->req_prod)] = at[i];
        __atomic_thread_fence(__ATOMIC_RELEASE);
        store->req_prod++;
    }
}

static void store_read(void *bytes, size_t n)
{
    char *at = bytes;

    for (size_t i = 0; i < n; i++) {
        while (store->rsp_cons == store->rsp_prod)
            wait();
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        at[i] = store->rsp[MASK_XENSTORE_IDX(store->rsp_cons)];
        store->rsp_cons++;
    }
}

uint32_t store_receive(char *payload, size_t room)
{
    struct xsd_sockmsg header;
    char rest;
    uint32_t n;

    store_read(&header, sizeof(header));
    n = header.len < room - 1 ? header.len : room - 1;
    store_read(payload, n);
    payload[n] = '\0';
    while (n++ < header.len)
        store_read(&rest, 1);
    notify(info->store_evtchn); /* there is room in the ring again */
    return header.type;
}

static unsigned fired;        /* watches, while answers were waited for */
static uint32_t transaction;  /* that requests belong to */
static bool store_in_pieces;  /* the daemon has taken the first one before the second comes */

uint32_t store_request(uint32_t type, const char *a, const char *b, bool end_b, char *answer,
                       size_t room)
{
    size_t n = b ? length(b) + end_b : 0;
    struct xsd_sockmsg header = {
        .type = type, .tx_id = transaction, .len = (uint32_t)(length(a) + 1 + n)};
    uint32_t got;

    store_write(&header, sizeof(header));
    if (store_in_pieces)
        notify(info->store_evtchn);
    while (store_in_pieces && store->req_cons != store->req_prod)
        wait();
    store_write(a, length(a) + 1);
    store_write(b, n);
    notify(info->store_evtchn);
    while ((got = store_receive(answer, room)) == XS_WATCH_EVENT)
        fired++;
    return got;
}

/* What we can do, and what we want to be told of. */
static void announce(void)
{
    static const char *const features[] = {"control/feature-poweroff", "control/feature-reboot",
                                           "control/feature-suspend"};
    static const char *const watched[] = {"control/shutdown", "memory/target"};
    char answer[16];

    for (unsigned i = 0; i < sizeof(features) / sizeof(features[0]); i++)
        store_request(XS_WRITE, features[i], "1", false, answer, sizeof(answer));
    for (unsigned i = 0; i < sizeof(watched) / sizeof(watched[0]); i++)
        store_request(XS_WATCH, watched[i], "tiny", true, answer, sizeof(answer));
}

/* What does the toolstack want? An empty value is the answer to our own. */
static void look_for_command(void)
{
    char value[32], answer[16];

    if (store_request(XS_READ, "control/shutdown", NULL, false, value, sizeof(value)) != XS_READ ||
        !value[0])
        return;
    store_request(XS_WRITE, "control/shutdown", "", false, answer, sizeof(answer));
    print("tiny: told to ", 14);
    print(value, length(value));
    print("\n", 1);
    if (same(value, "suspend", 8)) {
        if (memory_suspend())
            announce(); /* the store of a new domain knows nothing of us */
        return;
    }
    stop(same(value, "reboot", 7) ? SHUTDOWN_reboot : SHUTDOWN_poweroff);
}

static void look_for_target(void)
{
    char value[24];
    uint64_t kib = 0;

    if (store_request(XS_READ, "memory/target", NULL, false, value, sizeof(value)) != XS_READ)
        return;
    for (const char *digit = value; *digit >= '0' && *digit <= '9'; digit++)
        kib = kib * 10 + *digit - '0';
    memory_resize(kib);
}

static void to_text(unsigned n, char text[12])
{
    size_t digits = 1;

    for (unsigned rest = n; rest >= 10; rest /= 10)
        digits++;
    text[digits] = '\0';
    for (; digits > 0; n /= 10)
        text[--digits] = (char)('0' + n % 10);
}

static void wait_for_watch(void)
{
    char event[64];

    while (!fired)
        fired += store_receive(event, sizeof(event)) == XS_WATCH_EVENT;
    fired = 0;
}

static bool store_has(const char *path, const char *text)
{
    char answer[32];

    return store_request(XS_READ, path, NULL, false, answer, sizeof(answer)) == XS_READ &&
           same(answer, text, sizeof(answer));
}

static bool store_takes(const char *path, const char *text)
{
    char answer[32];

    return store_request(XS_WRITE, path, text, false, answer, sizeof(answer)) == XS_WRITE;
}

/* Both or none: until no daemon has ended in the middle of it. */
static bool store_takes_both(const char *text)
{
    char answer[32];
    bool again, taken;

    do {
        if (store_request(XS_TRANSACTION_START, "", NULL, false, answer, sizeof(answer)) !=
            XS_TRANSACTION_START)
            return false;
        for (const char *digit = answer; *digit; digit++)
            transaction = transaction * 10 + *digit - '0';
        taken = store_takes("data/first", text) && store_takes("data/second", text);
        again = store_request(XS_TRANSACTION_END, "T", NULL, false, answer, sizeof(answer)) ==
                    XS_ERROR &&
                same(answer, "EAGAIN", sizeof(answer));
        transaction = 0;
    } while (taken && again);
    return taken && store_has("data/first", text) && store_has("data/second", text);
}

static void use_store(void)
{
    char answer[32], text[12];
    bool right = store_request(XS_WATCH, "data", "data", true, answer, sizeof(answer)) == XS_WATCH;

    store_in_pieces = true;
    wait_for_watch(); /* its first event */
    for (unsigned n = 1; right; n++) {
        to_text(n, text);
        right = store_takes("data/count", text) && store_has("data/count", text);
        wait_for_watch();
        right = right && store_takes_both(text);
        wait_for_watch();
        if (n % 50)
            continue;
        print("STORE ", 6);
        print(text, length(text));
        print("\n", 1);
    }
    print("STORE wrong\n", 12);
    stop(SHUTDOWN_crash);
}

static void serve(void)
{
    char answer[64];

    memory_serve();
    announce();
    for (;;) {
        look_for_command();
        look_for_target();
        while (store->rsp_cons == store->rsp_prod) {
            echo();
            wait();
        }
        store_receive(answer, sizeof(answer)); /* a watch fired */
    }
}

/* ---- start */

/* A page given by machine frame is in our address space at its guest frame. */
static void *page_of(uint64_t mfn)
{
    return (void *)(VIRT_BASE + (((uint64_t *)MACH2PHYS_VIRT_START)[mfn] << 12));
}

void tiny_main(const start_info_t *start);

void tiny_main(const start_info_t *start)
{
    static const char hello[] = "GUEST-IS-UP tiny ";

    info = start;
    memory_start();
    console = page_of(start->console.domU.mfn);
    store = page_of(start->store_mfn);
    print(hello, sizeof(hello) - 1);
    print((const char *)start->cmd_line, length((const char *)start->cmd_line));
    print("\n", 1);
    if (asked_for("run=crash"))
        asm volatile("ud2"); /* no handler: the domain crashes */
    if (asked_for("run=poweroff"))
        stop(SHUTDOWN_poweroff);
    if (asked_for("run=reboot"))
        stop(SHUTDOWN_reboot);
    if (asked_for("run=watchdog"))
        set_watchdog();
    while (asked_for("run=spin"))
        ;
    if (asked_for("disk=") || asked_for("net=") || asked_for("tty="))
        grant_start();
    if (asked_for("disk="))
        use_disk();
    if (asked_for("net="))
        use_network();
    if (asked_for("tty="))
        use_tty();
    if (asked_for("run=store"))
        use_store();
    serve();
}
