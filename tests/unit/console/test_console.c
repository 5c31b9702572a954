/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * consoled's parts: rings with honest and hostile guests, logs and their rotation, the scrollback
 * and viewers that are too slow; and a guest that floods, which has to wait.
 */
#include "fake_ctrl.h"
#include "guest.h"
#include "log.h"
#include "ring.h"
#include "statistics.h"
#include "viewer.h"

#include <public/grant_table.h>

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static struct xencons_interface page;
static struct console_ring ring;
static char buf[8 * CONSOLE_OUT_SIZE];

static void fresh_ring(uint32_t start)
{
    memset(&page, 0, sizeof(page));
    page.out_cons = page.out_prod = page.in_cons = page.in_prod = start;
    console_ring_attach(&ring, &page);
}

/* What a guest does to put a byte out. */
static void guest_put(char c)
{
    page.out[page.out_prod % sizeof(page.out)] = c;
    page.out_prod++;
}

START_TEST(output_in_order)
{
    uint32_t expect = 0, put = 0;

    fresh_ring(0xffffffff - 5000);      /* the indices wrap around on the way */
    while (expect < 20000) {
        ssize_t n;

        for (int i = rand() % CONSOLE_OUT_SIZE; i >= 0; i--)
            guest_put(put++ % 127);
        n = console_ring_peek(&ring, buf);
        ck_assert_int_gt(n, 0);
        for (ssize_t i = 0; i < n; i++)
            ck_assert_int_eq(buf[i], (expect + i) % 127);
        console_ring_consume(&ring, n / 2 + 1); /* the rest comes again */
        expect += n / 2 + 1;
        console_ring_consume(&ring, n - (n / 2 + 1));
        expect += n - (n / 2 + 1);
        ck_assert_uint_eq(page.out_cons, page.out_prod);
    }
}
END_TEST

START_TEST(peeked_output_stays)
{
    fresh_ring(7);
    guest_put('a');
    guest_put('b');
    ck_assert_int_eq(console_ring_peek(&ring, buf), 2);
    console_ring_attach(&ring, &page);  /* a daemon that was killed, and its successor */
    ck_assert_int_eq(console_ring_peek(&ring, buf), 2);
    ck_assert_int_eq(memcmp(buf, "ab", 2), 0);
}
END_TEST

START_TEST(hostile_output_index)
{
    static const uint32_t jumps[] = { CONSOLE_OUT_SIZE + 1, 1u << 31, 0xffffffff, 12345678 };

    for (size_t i = 0; i < sizeof(jumps) / sizeof(jumps[0]); i++) {
        fresh_ring(100);
        page.out_prod += jumps[i];
        ck_assert_int_eq(console_ring_peek(&ring, buf), -EPROTO);
        ck_assert_int_eq(console_ring_peek(&ring, buf), 0);
        guest_put('x');
        ck_assert_int_eq(console_ring_peek(&ring, buf), 1);
    }
    fresh_ring(0);
    page.out_cons = 0x1234;             /* our index is not the guest's to change */
    guest_put('y');
    ck_assert_int_eq(console_ring_peek(&ring, buf), 1);
    ck_assert_int_eq(buf[0], 'y');
}
END_TEST

START_TEST(input)
{
    char text[CONSOLE_IN_SIZE + 100];

    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = 'a' + i % 26;
    fresh_ring(0xfffffff0);
    ck_assert_uint_eq(console_ring_write(&ring, text, sizeof(text)), CONSOLE_IN_SIZE);
    ck_assert_uint_eq(console_ring_write(&ring, text, 1), 0);
    for (size_t i = 0; i < CONSOLE_IN_SIZE; i++)
        ck_assert_int_eq(page.in[(page.in_cons + i) % CONSOLE_IN_SIZE], text[i]);
    page.in_cons += 10;
    ck_assert_uint_eq(console_ring_write(&ring, text, 100), 10);
    page.in_cons += CONSOLE_IN_SIZE + 1;        /* has read what was never written */
    ck_assert_int_eq(console_ring_write(&ring, text, 100), -EPROTO);
}
END_TEST

/* ---- logs ---- */

static char dir[] = "/tmp/test_console.XXXXXX";
static int dir_fd;

static void make_dir(void)
{
    ck_assert_ptr_nonnull(mkdtemp(dir));
    dir_fd = open(dir, O_RDONLY | O_DIRECTORY);
}

static void remove_dir(void)
{
    DIR *d = opendir(dir);
    struct dirent *e;

    while ((e = readdir(d)))
        unlinkat(dir_fd, e->d_name, 0);
    closedir(d);
    close(dir_fd);
    rmdir(dir);
}

static off_t file_size(const char *name)
{
    struct stat st;

    return fstatat(dir_fd, name, &st, 0) < 0 ? -1 : st.st_size;
}

START_TEST(log_rotates)
{
    struct console_log l;
    char line[100];

    ck_assert_int_eq(console_log_open(&l, dir_fd, "g1", 4096), 0);
    memset(line, 'x', sizeof(line));
    for (int i = 0; i < 41 * 3 + 5; i++)
        ck_assert_int_eq(console_log_write(&l, line, sizeof(line)), 0);
    ck_assert_int_eq(file_size("g1.log"), 500);
    ck_assert_int_eq(file_size("g1.log.1"), 4100);
    ck_assert_int_eq(file_size("g1.log.3"), 4100);
    ck_assert_int_eq(file_size("g1.log.4"), -1);
    for (int i = 0; i < 41 * 10; i++)
        console_log_write(&l, line, sizeof(line));
    ck_assert_int_eq(file_size("g1.log.4"), 4100);
    ck_assert_int_eq(file_size("g1.log.5"), -1);
    console_log_close(&l);
    ck_assert_int_eq(console_log_open(&l, dir_fd, "g1", 4096), 0);
    console_log_write(&l, line, 1);
    ck_assert_int_eq(file_size("g1.log"), 501); /* goes on where it was */
    console_log_close(&l);
}
END_TEST

START_TEST(log_names)
{
    char stem[LOG_NAME_MAX + 1], text[200];

    console_log_stem(stem, "../../etc/passwd");
    ck_assert_str_eq(stem, "_._.._etc_passwd");
    console_log_stem(stem, "");
    ck_assert_str_eq(stem, "_");
    console_log_stem(stem, "a b\nc");
    ck_assert_str_eq(stem, "a_b_c");
    memset(text, 'n', sizeof(text) - 1);
    text[sizeof(text) - 1] = 0;
    console_log_stem(stem, text);
    ck_assert_uint_eq(strlen(stem), LOG_NAME_MAX);
}
END_TEST

START_TEST(log_counts_what_is_lost)
{
    struct console_log l;
    char text[200] = { 0 };
    int fd;

    ck_assert_int_eq(console_log_open(&l, dir_fd, "full", 4096), 0);
    close(l.fd);
    l.fd = open("/dev/full", O_WRONLY);
    ck_assert_int_eq(console_log_write(&l, "hello", 5), -ENOSPC);
    ck_assert_int_eq(console_log_write(&l, "again", 5), 0);     /* said once */
    ck_assert_uint_eq(l.lost, 10);
    close(l.fd);
    l.fd = -1;                          /* there is room again */
    ck_assert_int_eq(console_log_write(&l, "back", 4), 0);
    console_log_close(&l);
    fd = openat(dir_fd, "full.log", O_RDONLY);
    ck_assert_int_gt(read(fd, text, sizeof(text) - 1), 0);
    ck_assert_str_eq(text, "\n[consoled: 10 bytes could not be written]\nback");
    close(fd);
}
END_TEST

/* ---- viewers ---- */

static struct scrollback scrollback;

static void fill(size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        char c = 'a' + scrollback.end % 26;

        scrollback_add(&scrollback, &c, 1);
    }
}

START_TEST(viewer_sees_everything)
{
    int s[2];
    struct viewer v = { 0 };
    static char got[SCROLLBACK_SIZE];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, s), 0);
    v.source.fd = s[0];
    fill(SCROLLBACK_SIZE + 1000);
    v.at = scrollback_start(&scrollback);
    for (int round = 0; round < 50; round++) {
        uint64_t from = v.at;
        size_t len = 0;
        ssize_t n;
        int ret;

        do {
            ret = viewer_send(&v, &scrollback);
            ck_assert_int_ge(ret, 0);
            while ((n = read(s[1], got + len, sizeof(got) - len)) > 0)
                len += n;
        } while (!ret);
        ck_assert_uint_eq(len, scrollback.end - from);
        for (size_t i = 0; i < len; i++)
            if (got[i] != (char)('a' + (from + i) % 26))
                ck_abort_msg("byte %zu is wrong", i);
        fill(rand() % 5000 + 1);
    }
    close(s[1]);
    ck_assert_int_lt(viewer_send(&v, &scrollback), 0);
    close(s[0]);
}
END_TEST

START_TEST(slow_viewer_is_told)
{
    int s[2];
    struct viewer v = { 0 };
    char got[200] = { 0 };

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, s), 0);
    v.source.fd = s[0];
    fill(SCROLLBACK_SIZE + 77);
    viewer_send(&v, &scrollback);
    ck_assert_int_gt(read(s[1], got, 60), 0);
    ck_assert_ptr_nonnull(strstr(got, "[consoled: 77 bytes skipped, see the log]"));
    close(s[0]);
    close(s[1]);
}
END_TEST

/* ---- a guest that floods ---- */

#define GUEST_PORT 5

static void turn(struct loop *loop)
{
    struct epoll_event ev;
    struct loop_source *s;

    ck_assert_int_eq(epoll_wait(loop->epoll, &ev, 1, -1), 1);
    s = ev.data.ptr;
    if (s->ready) /* that of the terminal is nobody's */
        s->ready(s, ev.events);
}

/* A period lasts until the test ends it, if it says so: it is no matter of the host's speed. */
static bool periods_held;
static struct loop_source *held;

void __real_loop_timer_start(struct loop_source *s, unsigned int ms);
void __wrap_loop_timer_start(struct loop_source *s, unsigned int ms);
void __wrap_loop_timer_start(struct loop_source *s, unsigned int ms)
{
    if (periods_held)
        held = s;
    else
        __real_loop_timer_start(s, ms);
}

/* A ring full of output, and an event for it. */
static void guest_floods(void)
{
    while (page.out_prod - page.out_cons < CONSOLE_OUT_SIZE)
        guest_put('x');
    fake_event(GUEST_PORT);
}

/* Its event stays masked until the period ends: so much is taken from it, and no more. */
START_TEST(flood_waits_for_the_next_period)
{
    struct loop loop;
    struct console_env env = { .loop = &loop };
    struct guest *g = guest_new(&env, FAKE_DOMID, 0);
    int s[2];

    fake_reset();
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, s), 0);
    ck_assert_int_eq(loop_init(&loop), 0);
    ck_assert_int_eq(events_open(&env.events), 0);
    ck_assert_int_eq(events_start(env.events, &loop), 0);
    ck_assert_int_eq(event_bind(env.events, &g->port, FAKE_DOMID, GUEST_PORT, guest_event), 0);
    g->pty = (struct viewer){ .guest = g, .slave = -1 };
    ck_assert_int_eq(loop_add(&loop, &g->pty.source, s[0], EPOLLIN, NULL), 0);
    ck_assert_int_eq(console_log_open(&g->log, dir_fd, "flood", 4096), 0);
    fresh_ring(0);
    console_ring_attach(&g->ring, &page);
    periods_held = true;
    for (unsigned int period = 0; period < 3; period++) {
        unsigned int taken = period > 0; /* with the event that waited for its beginning */

        for (; !fake_masked(GUEST_PORT); taken++) {
            guest_floods();
            while (page.out_prod != page.out_cons)
                turn(&loop);
        }
        ck_assert_uint_eq(taken, EVENTS_IDLE_MAX);
        guest_floods();
        ck_assert_uint_eq(page.out_prod - page.out_cons, CONSOLE_OUT_SIZE);
        __real_loop_timer_start(held, 1);
        while (page.out_prod != page.out_cons) /* when the period is over */
            turn(&loop);
    }
    periods_held = false;
    console_log_close(&g->log);
    event_unbind(&g->port);
    events_close(env.events);
    fake_end();
    close(s[0]);
    close(s[1]);
    close(loop.epoll);
    free(g);
}
END_TEST

/* ---- a viewer that types and hangs up ---- */

static struct loop loop;
static struct console_env env;
static struct guest *guest;
static struct xencons_interface *shared; /* its ring */

/* In place of a pseudo terminal, which there may be none of here. */
int openpty(int *master, int *slave, char *name, const struct termios *t, const struct winsize *w)
{
    int s[2];

    (void)name;
    (void)t;
    (void)w;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, s) < 0)
        return -1;
    *master = s[0];
    *slave = s[1];
    return 0;
}

static void connect_guest(void)
{
    fake_reset();
    shared = (struct xencons_interface *)fake.memory[GNTTAB_RESERVED_CONSOLE];
    ck_assert_int_eq(loop_init(&loop), 0);
    env = (struct console_env){
        .loop = &loop, .log_dir = dir_fd, .run_path = dir, .log_limit = 1 << 20
    };
    ck_assert_int_eq(events_open(&env.events), 0);
    ck_assert_int_eq(events_start(env.events, &loop), 0);
    guest = guest_new(&env, FAKE_DOMID, 0);
    ck_assert_int_eq(guest_connect(guest, "typed", GNTTAB_RESERVED_CONSOLE, GUEST_PORT), 0);
}

static void disconnect_guest(void)
{
    guest_free(guest);
    events_close(env.events);
    close(loop.epoll);
    ck_assert_uint_eq(fake.mapped + fake.bound, 0);
    fake_end();
}

/* Until nothing is ready; a loop that has no end fails. */
static void settle(void)
{
    struct epoll_event ev;
    unsigned int turns = 0;

    while (epoll_wait(loop.epoll, &ev, 1, 0) == 1) {
        struct loop_source *s = ev.data.ptr;

        s->ready(s, ev.events);
        ck_assert_uint_lt(turns++, 10000);
    }
}

static void guest_says(size_t bytes)
{
    while (bytes--) {
        while (shared->out_prod - shared->out_cons == sizeof(shared->out))
            turn(&loop); /* its event may have to wait for a period */
        shared->out[shared->out_prod++ % sizeof(shared->out)] = 'x';
    }
    fake_event(GUEST_PORT);
    settle();
}

static int connect_to(const char *name)
{
    struct sockaddr_un a = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(a.sun_path, sizeof(a.sun_path), "%s/%s", dir, name);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    return fd;
}

/* Connects, types so much and hangs up, without a look at what is sent to it. */
static void type_and_leave(size_t bytes, bool seen_first)
{
    int fd = connect_to("7");

    if (seen_first)
        settle();
    for (size_t i = 0; i < bytes; i++)
        buf[i] = 'a' + i % 26;
    ck_assert_int_eq(write(fd, buf, bytes), bytes);
    close(fd);
}

/* All of it reaches the guest, in order, as it takes it; and no viewer is left. */
START_TEST(what_was_typed_before_the_end_arrives)
{
    static const size_t amounts[] = { 6, INPUT_SIZE, sizeof(buf) };
    size_t bytes = amounts[_i / 2], taken = 0;

    connect_guest();
    for (int i = 0; i < 100; i++)
        guest_says(sizeof(shared->out)); /* more than the viewer's socket takes */
    type_and_leave(bytes, _i % 2);
    settle();
    while (taken < bytes) {
        while (shared->in_prod == shared->in_cons) /* its event may have to wait for a period */
            turn(&loop);
        while (shared->in_cons != shared->in_prod) {
            ck_assert_int_eq(shared->in[shared->in_cons++ % sizeof(shared->in)],
                             'a' + taken % 26);
            if (taken++ % 1000 == 0)
                guest_says(1);
        }
        fake_event(GUEST_PORT);
        settle();
    }
    ck_assert_uint_eq(shared->in_prod, bytes);
    ck_assert_uint_eq(guest->nr_viewers, 0);
    disconnect_guest();
}
END_TEST

START_TEST(it_tells_what_it_has_moved)
{
    struct loop_source listener;
    char text[200] = { 0 };
    int fd, viewer;

    connect_guest();
    ck_assert_int_eq(statistics_start(&env, &listener), 0);
    guest_says(1234);
    type_and_leave(77, false);
    viewer = connect_to("7");
    settle();
    guest->log.lost_ever = 5;
    fd = connect_to("statistics");
    settle();
    ck_assert_int_gt(read(fd, text, sizeof(text) - 1), 0);
    ck_assert_str_eq(text, "7 0 1234 77 5 1\n");
    ck_assert_int_eq(read(fd, text, sizeof(text)), 0); /* the end */
    close(fd);
    close(viewer);
    settle();
    loop_remove(&loop, &listener);
    close(listener.fd);
    disconnect_guest();
    ck_assert_ptr_null(guests_connected);
}
END_TEST

/* ---- a guest that breaks its ring */

static unsigned int disconnections;

static void count_disconnection(struct guest *g, const char *why)
{
    ck_assert_ptr_eq(g, guest);
    ck_assert_ptr_nonnull(strstr(why, "is impossible"));
    disconnections++;
}

static void jump_output(void) { shared->out_prod += sizeof(shared->out) + 1; }
static void jump_input(void) { shared->in_cons = shared->in_prod + 1; }

/* It is let go, for good; viewers and log keep what it said before, and are told why. */
START_TEST(a_broken_ring_is_let_go)
{
    static void (*const breaks[])(void) = { jump_output, jump_input };
    char text[400] = { 0 };
    int fd;

    connect_guest();
    disconnections = 0;
    guest->disconnected = count_disconnection;
    guest_says(3);
    breaks[_i]();
    type_and_leave(5, false);
    fake_event(GUEST_PORT);
    settle();
    ck_assert_uint_eq(disconnections, 1);
    ck_assert(guest->broken);
    ck_assert_uint_eq(fake.mapped + fake.bound, 0);
    type_and_leave(sizeof(buf), true);
    settle();
    ck_assert_uint_eq(disconnections, 1);
    disconnect_guest();
    fd = openat(dir_fd, "typed.log", O_RDONLY);
    ck_assert_int_gt(read(fd, text, sizeof(text) - 1), 0);
    close(fd);
    ck_assert_ptr_nonnull(strstr(text, "xxx\r\n[consoled: disconnected: the index of its "));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("console");
    TCase *t = tcase_create("all");
    SRunner *r = srunner_create(s);
    int failed;

    signal(SIGPIPE, SIG_IGN);
    suite_add_tcase(s, t);
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, make_dir, remove_dir);
    tcase_add_test(t, output_in_order);
    tcase_add_test(t, peeked_output_stays);
    tcase_add_test(t, hostile_output_index);
    tcase_add_test(t, input);
    tcase_add_test(t, log_rotates);
    tcase_add_test(t, log_names);
    tcase_add_test(t, log_counts_what_is_lost);
    tcase_add_test(t, viewer_sees_everything);
    tcase_add_test(t, slow_viewer_is_told);
    tcase_add_test(t, flood_waits_for_the_next_period);
    tcase_add_loop_test(t, what_was_typed_before_the_end_arrives, 0, 6);
    tcase_add_test(t, it_tells_what_it_has_moved);
    tcase_add_loop_test(t, a_broken_ring_is_let_go, 0, 2);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
