/* SPDX-License-Identifier: GPL-2.0-only */
#include "fake_domains.h"
#include "domain.h"
#include "ops.h"
#include "proto.h"
#include "quota.h"

#include <stdlib.h>
#include <string.h>

static struct domain *domains;

struct domain *domain_get(uint32_t domid)
{
    static uint64_t lives;
    struct domain *d = domains;

    while (d && d->domid != domid)
        d = d->next;
    if (d)
        return d;
    d = calloc(1, sizeof(*d));
    d->domid = domid;
    d->life = domid ? ++lives : 0;
    d->next = domains;
    domains = d;
    return d;
}

uint64_t domain_life(uint32_t domid)
{
    for (struct domain *d = domains; d; d = d->next)
        if (d->domid == domid)
            return d->life;
    return 0;
}

int domain_introduce(uint32_t domid, uint64_t mfn, uint32_t port)
{
    (void)mfn;
    (void)port;
    domain_get(domid)->introduced = true;
    tell_special("@introduceDomain");
    return 0;
}

int domain_release(uint32_t domid)
{
    domain_get(domid)->introduced = false;
    tell_special("@releaseDomain");
    return 0;
}

struct domain *domain_known(uint32_t domid)
{
    return domid == 0 || domain_life(domid) ? domain_get(domid) : NULL;
}

/* No journal is read beside these. */
void domain_restore(const struct domain *d)
{
    abort();
}

struct connection *domain_restore_connection(uint32_t domid)
{
    abort();
}

void fake_domain_gone(uint32_t domid)
{
    struct domain **d = &domains, *gone;

    for (struct connection *c = connections, *next; c; c = next) {
        next = c->next;
        if (c->domain->domid == domid)
            connection_free(c);
    }
    while ((*d)->domid != domid)
        d = &(*d)->next;
    gone = *d;
    *d = gone->next;
    free(gone);
}

void fake_end(void)
{
    while (connections)
        connection_free(connections);
    while (domains) {
        struct domain *d = domains;

        domains = d->next;
        free(d);
    }
    table_free(&tree);
}

/* --- a client in memory ---------------------------------------------------------------------- */

static char input[8192], output[1 << 20];
static size_t in_len, in_pos, out_len;

static long mem_read(struct connection *c, void *buf, size_t len)
{
    (void)c;
    if (len > in_len - in_pos)
        len = in_len - in_pos;
    memcpy(buf, input + in_pos, len);
    in_pos += len;
    return len;
}

static long mem_write(struct connection *c, const void *buf, size_t len)
{
    (void)c;
    if (len > sizeof(output) - out_len)
        len = sizeof(output) - out_len;
    memcpy(output + out_len, buf, len);
    out_len += len;
    return len;
}

static const struct transport mem = { .read = mem_read, .write = mem_write };

struct connection *fake_client(uint32_t domid)
{
    quota.rate = 0; /* there is no clock */
    return connection_new(&mem, domain_get(domid));
}

uint32_t fake_request(struct connection *c, uint32_t type, uint32_t txn, const void *body,
                      size_t len, const char **answer, size_t *alen)
{
    struct xsd_sockmsg h = { .type = type, .req_id = 7, .tx_id = txn, .len = len };

    memcpy(input, &h, sizeof(h));
    memcpy(input + sizeof(h), body, len);
    in_pos = out_len = 0;
    in_len = sizeof(h) + len;
    connection_serve(c);
    for (size_t at = 0; at < out_len; at += sizeof(h) + h.len) {
        memcpy(&h, output + at, sizeof(h));
        if (h.type == XS_WATCH_EVENT)
            continue;
        *answer = output + at + sizeof(h);
        *alen = h.len;
        return h.type;
    }
    return UINT32_MAX;
}

int fake_call(struct connection *c, uint32_t type, uint32_t txn, const char *body, size_t len,
              char answer[4097])
{
    const char *a = "";
    size_t n = 0;
    uint32_t t = fake_request(c, type, txn, body, len, &a, &n);

    memcpy(answer, a, n);
    answer[n] = '\0';
    return t == type ? 0 : t == XS_ERROR ? xs_error_number(answer) : -1;
}

int fake_events(struct connection *c, char path[4097])
{
    struct xsd_sockmsg h;
    int n = 0;

    out_len = 0;
    path[0] = '\0';
    connection_flush(c);
    for (size_t at = 0; at < out_len; at += sizeof(h) + h.len) {
        memcpy(&h, output + at, sizeof(h));
        if (h.type != XS_WATCH_EVENT)
            continue;
        n++;
        strcpy(path, output + at + sizeof(h));
    }
    return n;
}
