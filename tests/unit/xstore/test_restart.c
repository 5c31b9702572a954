/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The daemon dies at any moment and is started again, while two guests work on at their rings: each
 * request is answered once, in order, as the reference answers it; watches go on; a transaction
 * that was open cannot be committed and is done again. In the end the tree is the reference's.
 *
 * The daemon is a child that ends, without a word, at the Nth of the points where what it does
 * becomes visible: a commit of the journal, a moved index of a ring, an event. Guests' states and
 * rings are in memory that outlives it. N is random, the seed is printed.
 *
 * Guests do something at each of these points, and while there is no daemon. They send no more events
 * than Linux does: for what they write where all they had written was taken, and for room that they
 * make in a ring that was full. One that has nothing to do sleeps until an event comes. So none may
 * be missing, on either side, whichever daemon owes it.
 */
#include "connection.h"
#include "domain.h"
#include "journal.h"
#include "ops.h"
#include "perm.h"
#include "proto.h"
#include "quota.h"
#include "records.h"
#include "reference.h"
#include "ring.h"
#include "store_ctrl.h"
#include "watch.h"

#include <check.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define GUESTS   2
#define REQUESTS 400 /* of each guest */
#define PIPELINE 6
#define TXN_OPS  6
#define DIED     99

enum { NORMAL, TXN_START, TXN_OP, TXN_END, WATCH };

struct sent {
    struct ref_op op;
    int kind;
    uint32_t id;
};

struct guest {
    uint32_t seed, domid, txn, next_id;
    unsigned made, answered, n_sent, n_txn, began; /* began: daemons there had been */
    struct sent sent[PIPELINE];
    struct ref_op op[TXN_OPS]; /* of the open transaction */
    int result[TXN_OPS];
    char answer[TXN_OPS][4096];
    char out[8192], in[8192];
    size_t out_len, in_len;
    unsigned events, again;
    bool watches;
    bool asleep, told, event; /* told: an event came; event: it has sent one */
};

/* What outlives the daemon. */
static struct world {
    struct xenstore_domain_interface page[STORE_GUESTS] __attribute__((aligned(4096)));
    struct guest guest[GUESTS];
    struct ref_store reference;
    unsigned daemons;
} *world;

static char journal_path[64];

void fuzz_fail(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    abort();
}

/* --- where it dies --------------------------------------------------------------------------- */

static unsigned left; /* points until then */

static void some_guest_step(void);

static void point(void)
{
    if (left > 0 && --left == 0)
        _exit(DIED);
    some_guest_step();
}

void __real_journal_commit(void);
void __wrap_journal_commit(void);
void __wrap_journal_commit(void)
{
    point();
    __real_journal_commit();
    point();
}

static long dying_read(struct connection *c, void *buf, size_t len)
{
    long n = ring_transport.read(c, buf, len);

    point();
    return n;
}

static long dying_write(struct connection *c, const void *buf, size_t len)
{
    long n = ring_transport.write(c, buf, len > 9 ? len / 2 : len);

    point();
    return n;
}

static void dying_served(struct connection *c, size_t len)
{
    ring_transport.served(c, len);
    point();
}

static void dying_notify(struct connection *c)
{
    point();
    ring_transport.notify(c);
}

static const struct transport dying = {
    .read = dying_read,
    .write = dying_write,
    .served = dying_served,
    .notify = dying_notify,
};

/* --- the guests ------------------------------------------------------------------------------ */

static unsigned below(struct guest *g, unsigned n)
{
    g->seed = g->seed * 1664525 + 1013904223;
    return (g->seed >> 16) % n;
}

static void message(struct guest *g, uint32_t type, uint32_t txn, const char *body, size_t len)
{
    struct xsd_sockmsg hdr = { .type = type, .req_id = ++g->next_id, .tx_id = txn, .len = len };

    memcpy(g->out + g->out_len, &hdr, sizeof(hdr));
    memcpy(g->out + g->out_len + sizeof(hdr), body, len);
    g->out_len += sizeof(hdr) + len;
    g->sent[g->n_sent++].id = g->next_id;
    g->made++;
}

static struct ref_op random_op(struct guest *g)
{
    static const uint32_t types[] = { XS_READ, XS_WRITE, XS_WRITE, XS_MKDIR, XS_RM, XS_DIRECTORY };
    struct ref_op op = { .type = types[below(g, 6)], .domid = g->domid };

    snprintf(op.path, sizeof(op.path), "/local/domain/%u/%c", g->domid, 'a' + below(g, 3));
    if (below(g, 2))
        snprintf(op.path + strlen(op.path), 8, "/%c", 'a' + below(g, 3));
    snprintf(op.value, sizeof(op.value), "%u", below(g, 1000));
    return op;
}

static void send_op(struct guest *g, int kind)
{
    struct ref_op op = random_op(g);
    char body[4096];
    size_t len = strlen(op.path) + 1;

    g->sent[g->n_sent].op = op;
    g->sent[g->n_sent].kind = kind;
    strcpy(body, op.path);
    if (op.type == XS_WRITE)
        len = sprintf(body + len, "%s", op.value) + len;
    message(g, op.type, kind == TXN_OP ? g->txn : 0, body, len);
}

/* Longer than a ring: refused for its length, after all of it was read. */
static void send_long(struct guest *g)
{
    char body[3500];

    memset(body, 'l', sizeof(body));
    body[sizeof(body) - 1] = '\0';
    memset(&g->sent[g->n_sent], 0, sizeof(g->sent[0]));
    g->sent[g->n_sent].kind = NORMAL;
    message(g, XS_READ, 0, body, sizeof(body));
}

static void send_something(struct guest *g)
{
    bool alone = g->n_sent == 0;
    char body[64];

    if (g->out_len > 4096 || g->n_sent == PIPELINE || (g->txn && g->n_txn + g->n_sent >= TXN_OPS))
        return;
    if (alone && !g->watches) {
        g->watches = true;
        g->sent[0].kind = WATCH;
        message(g, XS_WATCH, 0, body, sprintf(body, "a%ctoken", 0) + 1);
    } else if (alone && !g->txn && below(g, 4) == 0) {
        g->sent[0].kind = TXN_START;
        g->began = world->daemons;
        message(g, XS_TRANSACTION_START, 0, "", 1);
    } else if (!g->txn && below(g, 20) == 0) {
        send_long(g);
    } else {
        send_op(g, g->txn ? TXN_OP : NORMAL);
    }
}

static void end_txn(struct guest *g)
{
    g->sent[0].kind = TXN_END;
    message(g, XS_TRANSACTION_END, g->txn, "T", 2);
}

/* A piece of what is to be sent goes into the ring, where it has room. */
static size_t put_piece(struct guest *g, struct xenstore_domain_interface *p)
{
    uint32_t before = p->req_prod;
    size_t room = XENSTORE_RING_SIZE - (p->req_prod - p->req_cons), n = 1 + below(g, 1024);

    n = n < room ? n : room;
    n = n < g->out_len ? n : g->out_len;
    for (size_t i = 0; i < n; i++)
        p->req[MASK_XENSTORE_IDX(p->req_prod + i)] = g->out[i];
    p->req_prod += n;
    g->out_len -= n;
    memmove(g->out, g->out + n, g->out_len);
    g->event |= n > 0 && before == p->req_cons;
    return n;
}

static size_t take_piece(struct guest *g, struct xenstore_domain_interface *p)
{
    uint32_t before = p->rsp_cons;
    size_t n = 1 + below(g, 200);

    while (n-- > 0 && p->rsp_cons != p->rsp_prod)
        g->in[g->in_len++] = p->rsp[MASK_XENSTORE_IDX(p->rsp_cons++)];
    g->event |= p->rsp_prod - before >= XENSTORE_RING_SIZE;
    return p->rsp_cons - before;
}

/* --- answers --------------------------------------------------------------------------------- */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void normalise(uint32_t type, const char *data, size_t len, char *out)
{
    const char *text[64];
    unsigned n = 0;

    out[0] = '\0';
    if (type == XS_READ)
        sprintf(out, "%.*s|", (int)len, data);
    if (type != XS_DIRECTORY)
        return;
    for (const char *p = data; p < data + len; p += strlen(p) + 1)
        text[n++] = p;
    qsort(text, n, sizeof(*text), by_text);
    for (unsigned i = 0; i < n; i++)
        strcat(strcat(out, text[i]), "|");
}

static void expect(const struct ref_op *op, int result, const char *answer)
{
    char expected[4096];
    int ret = ref_do(&world->reference, op, expected);

    if (ret != result || strcmp(expected, answer) != 0)
        fuzz_fail("domain %u, type %u on %s: %d '%s', expected %d '%s'\n", op->domid, op->type,
                  op->path, result, answer, ret, expected);
}

static void end_of_txn(struct guest *g, int result)
{
    if (result == EAGAIN && world->daemons == g->began)
        fuzz_fail("a transaction was refused, and no daemon had ended\n");
    if (result != 0 && result != EAGAIN)
        fuzz_fail("the end of a transaction: error %d\n", result);
    g->again += result == EAGAIN;
    for (unsigned i = 0; result == 0 && i < g->n_txn; i++)
        expect(&g->op[i], g->result[i], g->answer[i]);
    g->txn = 0;
}

static void answered(struct guest *g, const struct xsd_sockmsg *hdr, const char *body)
{
    struct sent s = g->sent[0];
    char text[4096];
    int result = hdr->type == XS_ERROR ? xs_error_number(body) : 0;

    if (g->n_sent == 0 || hdr->req_id != s.id)
        fuzz_fail("domain %u: an answer to %u, expected one to %u\n", g->domid, hdr->req_id, s.id);
    memmove(g->sent, g->sent + 1, --g->n_sent * sizeof(s));
    g->answered++;
    normalise(result ? XS_ERROR : hdr->type, body, hdr->len, text);
    switch (s.kind) {
    case WATCH:
        if (result)
            fuzz_fail("watch: %d\n", result);
        break;
    case TXN_START:
        g->txn = atoi(body);
        g->n_txn = 0;
        break;
    case TXN_END: end_of_txn(g, result); break;
    case TXN_OP:
        g->op[g->n_txn] = s.op;
        g->result[g->n_txn] = result;
        strcpy(g->answer[g->n_txn++], text);
        break;
    default:
        if (!s.op.type && result != EINVAL)
            fuzz_fail("a long request: %d\n", result);
        if (s.op.type)
            expect(&s.op, result, text);
    }
}

static void read_answers(struct guest *g)
{
    struct xsd_sockmsg hdr;
    char body[4097];

    while (g->in_len >= sizeof(hdr)) {
        memcpy(&hdr, g->in, sizeof(hdr));
        if (hdr.len > XENSTORE_PAYLOAD_MAX)
            fuzz_fail("domain %u: garbage in its ring\n", g->domid);
        if (g->in_len < sizeof(hdr) + hdr.len)
            return;
        memcpy(body, g->in + sizeof(hdr), hdr.len);
        body[hdr.len] = '\0';
        g->in_len -= sizeof(hdr) + hdr.len;
        memmove(g->in, g->in + sizeof(hdr) + hdr.len, g->in_len);
        if (hdr.type == XS_WATCH_EVENT)
            g->events++;
        else
            answered(g, &hdr, body);
    }
}

static bool done(const struct guest *g)
{
    return g->made >= REQUESTS && g->n_sent == 0 && !g->txn;
}

static void guest_step(struct guest *g)
{
    struct xenstore_domain_interface *p = &world->page[g->domid - 1];
    unsigned made = g->made;
    size_t moved;

    if (g->asleep && !g->told)
        return;
    g->told = false;
    if (g->txn && g->n_sent == 0 && (g->n_txn >= TXN_OPS || g->made >= REQUESTS))
        end_txn(g);
    else if (g->made < REQUESTS)
        send_something(g);
    moved = put_piece(g, p);
    moved += take_piece(g, p);
    read_answers(g);
    g->asleep = moved == 0 && g->made == made && g->n_sent > 0;
}

static void some_guest_step(void)
{
    static uint32_t n;

    if (left > 0)
        guest_step(&world->guest[n++ % GUESTS]);
}

/* Nobody has anything to do, nor will anybody be told of something. */
static bool is_stuck(void)
{
    for (unsigned i = 0; i < GUESTS; i++) {
        const struct guest *g = &world->guest[i];

        if (g->event || g->told || (!g->asleep && !done(g)))
            return false;
    }
    return connections_busy() == 0;
}

/* --- the daemon ------------------------------------------------------------------------------ */

static void turn(void)
{
    struct connection *c;

    for (c = connections; c; c = c->next)
        c->transport = &dying;
    domains_events();
    for (unsigned n = connections_busy(); n && (c = connection_take_busy()); n--) {
        if (connection_has_input(c))
            connection_serve(c);
        else
            connection_flush(c);
        if (c->closing)
            fuzz_fail("domain %u is cut off: %d\n", c->domain->domid, c->closing);
    }
    journal_tidy();
}

static struct store_guest first; /* what the first guest is to be, when the daemon starts */

static void start(void)
{
    uint64_t lost;

    for (unsigned i = 0; i < STORE_GUESTS; i++) {
        store_guests[i] = i ? (struct store_guest){ 0 } : first;
        store_guests[i].page = &world->page[i];
        store_guests[i].port = -1;
        if (i >= GUESTS)
            continue;
        store_guests[i].event = &world->guest[i].event;
        store_guests[i].told = &world->guest[i].told;
    }
    quota.rate = 0; /* there is no clock */
    if (table_init(&tree) || journal_open(journal_path, &records, &lost) || lost)
        fuzz_fail("the journal cannot be read\n");
    if (records_link_nodes() || tree_first_nodes() || domains_open())
        fuzz_fail("the store does not start\n");
    domains_resume();
}

static void introduce_all(void)
{
    for (uint32_t id = 1; id <= GUESTS; id++)
        if (!domain_get(id)->introduced && domain_introduce(id, 77, 5))
            fuzz_fail("introduce\n");
}

static bool same_as_reference(void)
{
    for (unsigned i = 0; i < world->reference.count; i++) {
        const struct node *n = table_find(&tree, world->reference.node[i].path);

        if (!n || strcmp(n->value, world->reference.node[i].value) != 0)
            return false;
    }
    return tree.count == world->reference.count + 2; /* special nodes */
}

static void daemon_life(unsigned points)
{
    left = 0;
    journal_slack = 2000;
    for (unsigned i = 0; i < points; i++)
        guest_step(&world->guest[i % GUESTS]);
    for (unsigned i = 0; i < GUESTS; i++)
        world->guest[i].event = false; /* nobody had the port */
    left = points;
    start();
    introduce_all();
    for (;;) {
        bool all = true;

        for (unsigned i = 0; i < GUESTS; i++) {
            guest_step(&world->guest[i]);
            all &= done(&world->guest[i]);
        }
        if (all)
            break;
        if (is_stuck())
            fuzz_fail("everybody waits\n");
        turn();
    }
    _exit(same_as_reference() ? 0 : 1);
}

/* --- the test -------------------------------------------------------------------------------- */

/* Dom0 has made the guests' homes, in a life of its own. */
static void prepare(void)
{
    static const struct perm perms[2] = { { 1, 0, false, false }, { 2, 0, false, false } };

    start();
    introduce_all();
    for (uint32_t id = 1; id <= 2; id++) {
        struct view v = { &tree, NULL };
        struct perm p = perms[id - 1];
        struct node *n;
        char path[32];

        sprintf(path, "/local/domain/%u", id);
        n = node_new(path);
        p.life = domain_get(id)->life;
        if (node_set_value(n, "", 0) || node_set_perms(n, &p, 1) || view_add(&v, "/local/domain", n))
            fuzz_fail("no home for domain %u\n", id);
    }
    journal_commit();
    _exit(0);
}

static int in_child(void (*fn)(void), unsigned points)
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        if (fn)
            fn();
        daemon_life(points);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_msg(WIFEXITED(status), "the daemon ended with signal %d", WTERMSIG(status));
    return WEXITSTATUS(status);
}

static void begin_world(uint32_t seed)
{
    static const char *const first[] = { "/",      "/tool",         "/tool/xenstored",
                                         "/local", "/local/domain", "/local/domain/1",
                                         "/local/domain/2" };

    memset(world, 0, sizeof(*world));
    ref_init(&world->reference, first, 7);
    for (unsigned i = 0; i < GUESTS; i++) {
        world->guest[i] = (struct guest){ .seed = seed * 2 + i, .domid = i + 1 };
        for (unsigned k = 0; k < world->reference.count; k++)
            if (atoi(world->reference.node[k].path + strlen("/local/domain") + 1) == (int)i + 1)
                world->reference.node[k].perms[0][1] = '1' + i;
    }
    unlink(journal_path);
    ck_assert_int_eq(in_child(prepare, 0), 0);
}

START_TEST(it_dies_again_and_again)
{
    uint32_t seed = _i + 1;
    unsigned again = 0, events = 0;
    int ret = DIED;

    begin_world(seed);
    for (; ret == DIED; world->daemons++) {
        seed = seed * 1664525 + 1013904223;
        ret = in_child(NULL, 1 + (seed >> 16) % 120);
    }
    for (unsigned i = 0; i < GUESTS; i++) {
        again += world->guest[i].again;
        events += world->guest[i].events;
        ck_assert_uint_ge(world->guest[i].answered, REQUESTS);
    }
    printf("seed %d: %u daemons, %u transactions done again, %u events\n", _i + 1, world->daemons,
           again, events);
    ck_assert_msg(ret == 0, "the tree is not the reference's");
    ck_assert_uint_gt(world->daemons, 20);
    ck_assert_uint_gt(events, 20);
}
END_TEST

/* --- what is not as it was -------------------------------------------------------------------- */

static unsigned rights_on_home(uint32_t domid)
{
    return perm_of(domain_get(domid)->conn, table_find(&tree, "/local/domain/1"));
}

static void unchanged(void)
{
    start();
    _exit(!(domain_get(1)->introduced && rights_on_home(1) && domain_get(1)->nodes == 1));
}

static void another_under_its_number(void)
{
    first.handle[0] = 1;
    start();
    if (domain_known(1) || !domain_known(2)->introduced)
        _exit(1);
    introduce_all();
    _exit(rights_on_home(1) || domain_get(1)->nodes != 0);
}

static void gone(void)
{
    first.gone = true;
    start();
    _exit(domain_known(1) || !domain_known(2)->introduced);
}

/* It is still to be told of its end. */
static void ending(void)
{
    first.dying = true;
    start();
    if (!domain_known(1) || domain_known(1)->introduced)
        _exit(1);
    store_guests[0].gone = store_event_of_death = true;
    domains_events();
    _exit(domain_known(1) != NULL);
}

START_TEST(a_domain_has_ended_meanwhile)
{
    static void (*const what[])(void) = { unchanged, another_under_its_number, gone, ending };

    begin_world(1);
    ck_assert_int_eq(in_child(what[_i], 0), 0);
}
END_TEST

static void misses_an_event(void)
{
    struct view v = { &tree, NULL };

    start();
    quota.output_bytes = 10;
    if (watch_add(domain_get(1)->conn, "/local/domain/1", "t", false))
        _exit(2);
    watch_fire(&v, "/local/domain/1/x", false);
    journal_commit();
    _exit(domain_get(1)->conn->n_missed != 1);
}

static void tells_of_it(void)
{
    const struct xenstore_domain_interface *p = &world->page[0];

    start();
    turn();
    _exit(domain_get(1)->conn->n_missed != 0 || p->rsp_prod == 0 ||
          strcmp(p->rsp + sizeof(struct xsd_sockmsg), "/local/domain/1") != 0);
}

/* There was no room for an event when the daemon was killed: the next one makes up for it. */
START_TEST(an_event_is_owed)
{
    begin_world(1);
    ck_assert_int_eq(in_child(misses_an_event, 0), 0);
    ck_assert_int_eq(in_child(tells_of_it, 0), 0);
}
END_TEST

static char change_byte(long at)
{
    FILE *f = fopen(journal_path, "r+");
    int byte;

    fseek(f, at, SEEK_SET);
    byte = getc(f);
    fseek(f, at, SEEK_SET);
    putc(byte ^ 0x55, f);
    return fclose(f);
}

static void refused(void)
{
    uint64_t lost;

    _exit(table_init(&tree) || journal_open(journal_path, &records, &lost) != -EPROTO ||
          tree.count != 0);
}

START_TEST(a_journal_of_another_format_is_left_alone)
{
    begin_world(1);
    change_byte(7);
    ck_assert_int_eq(in_child(refused, 0), 0);
    change_byte(7);
    ck_assert_int_eq(in_child(unchanged, 0), 0);
}
END_TEST

/* The first nodes are its first records: all of them go, but the special ones come again. */
static void damaged(void)
{
    uint64_t lost;

    _exit(table_init(&tree) || journal_open(journal_path, &records, &lost) || lost == 0 ||
          records_link_nodes() || tree_first_nodes() || tree.count != 7);
}

START_TEST(a_damaged_journal_counts_up_to_there)
{
    begin_world(1);
    change_byte(100);
    ck_assert_int_eq(in_child(damaged, 0), 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("xstore restart");
    TCase *t = tcase_create("all");
    SRunner *r = srunner_create(s);
    int failed;

    world = mmap(NULL, sizeof(*world), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    snprintf(journal_path, sizeof(journal_path), "/tmp/xstore-journal-%d", getpid());
    suite_add_tcase(s, t);
    tcase_set_timeout(t, 300);
    tcase_add_loop_test(t, it_dies_again_and_again, 0, 5);
    tcase_add_loop_test(t, a_domain_has_ended_meanwhile, 0, 4);
    tcase_add_test(t, an_event_is_owed);
    tcase_add_test(t, a_journal_of_another_format_is_left_alone);
    tcase_add_test(t, a_damaged_journal_counts_up_to_there);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    unlink(journal_path);
    return failed != 0;
}
