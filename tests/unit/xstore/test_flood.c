/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a flooding guest costs another client. The guest fills its ring with writes that fire its
 * own watch, and notifies without end; a program asks for a value every 50 microseconds. How much
 * longer its answers take than without the guest is counted in basic blocks of the daemon's own
 * code (see test_scale.c), to which each system call adds what it takes on the reference rig; they
 * are the clock as well. So the figures are the same on every machine.
 *
 * One request takes the program 26,400 instructions there (docs/performance.md), of which the
 * daemon's code is a small part: a few percent of that is what the guest may cost on average.
 */
#include "connection.h"
#include "domain.h"
#include "ops.h"
#include "quota.h"
#include "store_ctrl.h"
#include "throttle.h"

#include <check.h>
#include <ctrl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK          5 /* instructions in a basic block, about */
#define REQUEST_BLOCKS (26400 / BLOCK)
#define SYSCALL_BLOCKS (3000 / BLOCK) /* with a hypercall in it */
#define BLOCK_NS       2
#define PERIOD         50000   /* nanoseconds between the program's requests */
#define TURN           5000000 /* as main.c looks after those who wait */
#define A_WHILE        2000000000

static unsigned long blocks;
static uint64_t idle;

void __sanitizer_cov_trace_pc(void);
__attribute__((no_sanitize_coverage)) void __sanitizer_cov_trace_pc(void) { blocks++; }

void fuzz_fail(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    abort();
}

static uint64_t now(void) { return idle + blocks * BLOCK_NS; }

/* --- system calls ----------------------------------------------------------------------------- */

int __real_ctrl_evtchn_unmask(struct ctrl_evtchn *e, uint32_t port);
int __wrap_ctrl_evtchn_unmask(struct ctrl_evtchn *e, uint32_t port);
int __wrap_ctrl_evtchn_unmask(struct ctrl_evtchn *e, uint32_t port)
{
    blocks += SYSCALL_BLOCKS;
    return __real_ctrl_evtchn_unmask(e, port);
}

int __real_ctrl_evtchn_notify(struct ctrl_evtchn *e, uint32_t port);
int __wrap_ctrl_evtchn_notify(struct ctrl_evtchn *e, uint32_t port);
int __wrap_ctrl_evtchn_notify(struct ctrl_evtchn *e, uint32_t port)
{
    blocks += SYSCALL_BLOCKS;
    return __real_ctrl_evtchn_notify(e, port);
}

/* --- the program ------------------------------------------------------------------------------ */

static struct connection *program;
static bool asks;
static uint64_t asked_at, waited;
static unsigned answers;

static long program_read(struct connection *c, void *buf, size_t len)
{
    struct xsd_sockmsg hdr = { .type = XS_READ, .len = 6 };

    (void)c;
    (void)len;
    if (!asks)
        return 0;
    asks = false;
    memcpy(buf, &hdr, sizeof(hdr));
    memcpy((char *)buf + sizeof(hdr), "/tool", 6);
    return sizeof(hdr) + 6;
}

static long program_write(struct connection *c, const void *buf, size_t len)
{
    (void)c;
    (void)buf;
    answers++;
    waited += now() - asked_at;
    return len;
}

static const struct transport transport = { .read = program_read, .write = program_write };

/* --- the guest -------------------------------------------------------------------------------- */

static bool floods;
static unsigned long served;

static void put(struct xenstore_domain_interface *p, const void *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        p->req[MASK_XENSTORE_IDX(p->req_prod++)] = ((const char *)bytes)[i];
}

static void request(struct xenstore_domain_interface *p, uint32_t type, const char *body,
                    size_t len)
{
    struct xsd_sockmsg hdr = { .type = type, .len = len };

    put(p, &hdr, sizeof(hdr));
    put(p, body, len);
}

static void flood(void)
{
    struct xenstore_domain_interface *p = store_guests[0].page;
    unsigned long work = blocks;
    uint32_t cons = p->req_cons;

    p->rsp_cons = p->rsp_prod;
    while (p->req_prod - cons + sizeof(struct xsd_sockmsg) + 8 <= XENSTORE_RING_SIZE) {
        request(p, XS_WRITE, "data\0abc", 8);
        served++;
    }
    blocks = work; /* that was on another CPU */
}

/* --- the daemon's loop ------------------------------------------------------------------------ */

static void turn(void)
{
    struct connection *c;

    throttle_tick(now());
    if (floods) {
        flood();
        if (!store_guests[0].masked)
            blocks += SYSCALL_BLOCKS; /* to read of its event */
        domains_events();
    }
    if (asks)
        connection_serve(program);
    throttle_release();
    for (unsigned n = connections_busy(); n && (c = connection_take_busy()); n--) {
        if (connection_has_input(c))
            connection_serve(c);
        else
            connection_flush(c);
    }
}

/* Nothing to do until then. */
static void sleep_until(uint64_t then)
{
    if (throttle_waits() && then > now() + TURN)
        then = now() + TURN;
    if (then > now())
        idle += then - now();
}

/* What the program has waited for an answer, in blocks. */
static double run(bool with_guest)
{
    uint64_t end = now() + A_WHILE, next = now();

    floods = with_guest;
    waited = answers = 0;
    while (now() < end) {
        if (!asks && now() >= next) {
            asks = true;
            asked_at = next;
            next += PERIOD;
        }
        turn();
        if (!asks && !connections_busy() && (!floods || store_guests[0].masked))
            sleep_until(next);
    }
    ck_assert_uint_gt(answers, A_WHILE / PERIOD / 2);
    return (double)waited / answers / BLOCK_NS;
}

static double cost_of_guest(void)
{
    double alone = run(false), beside;

    run(true); /* what it had saved is spent */
    beside = run(true);
    return 100 * (beside - alone) / REQUEST_BLOCKS;
}

static void setup(void)
{
    struct domain *d;

    store_ctrl_begin();
    ck_assert_int_eq(tree_first_nodes(), 0);
    ck_assert_int_eq(domains_open(), 0);
    ck_assert_int_eq(domain_introduce(1, 77, 5), 0);
    d = domain_get(1);
    program = connection_new(&transport, domain_get(0));
    {
        struct view v = { &tree, NULL };
        struct node *n = node_new("/local/domain/1");
        struct perm owner = { 1, d->life, false, false };

        ck_assert_int_eq(node_set_value(n, "", 0), 0);
        ck_assert_int_eq(node_set_perms(n, &owner, 1), 0);
        ck_assert_int_eq(view_add(&v, "/local/domain", n), 0);
    }
    request(store_guests[0].page, XS_WATCH, "data\0token", 11);
}

START_TEST(it_costs_a_few_percent)
{
    unsigned long before;
    double cost = cost_of_guest(), rate;

    before = served;
    run(true);
    rate = (double)(served - before) * 1000000000 / A_WHILE;
    printf("a flooding guest costs %.2f %% of a request; %.0f of its own are served a second\n",
           cost, rate);
    ck_assert_msg(cost < 5, "%.2f %%", cost);
    ck_assert_uint_eq(domain_get(1)->nodes, 2);
    ck_assert(rate > 100 && rate <= quota.rate);
}
END_TEST

/* The same without the limit: the measure sees it. */
START_TEST(without_a_limit_it_costs_more)
{
    double cost;

    quota.rate = 0;
    cost = cost_of_guest();
    printf("without a limit it costs %.2f %%\n", cost);
    ck_assert(cost > 20);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("xstore flood");
    TCase *t = tcase_create("all");
    SRunner *r = srunner_create(s);
    int failed;

    suite_add_tcase(s, t);
    tcase_set_timeout(t, 300);
    tcase_add_checked_fixture(t, setup, NULL);
    tcase_add_test(t, it_costs_a_few_percent);
    tcase_add_test(t, without_a_limit_it_costs_more);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
