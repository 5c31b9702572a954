/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Domains: their lives, their rings, their end.
 */
#include "domain.h"
#include "connection.h"
#include "ops.h"
#include "records.h"
#include "ring.h"
#include "throttle.h"

#include <ctrl.h>
#include <errno.h>
#include <public/xen.h>
#include <stdio.h>
#include <string.h>

#define PORTS 131072 /* of event channels that one domain can have */

/* One record for each number, so that guests that name many make nobody's search longer. */
static struct domain numbers[DOMAIN_NUMBERS];
static struct domain *domains; /* those with a ring */
static struct domain *by_port[PORTS];
static int exc_port = -1;

/* --- records --------------------------------------------------------------------------------- */

static uint64_t lives; /* given so far */

struct domain *domain_get(uint32_t domid)
{
    struct domain *d = domid < DOMAIN_NUMBERS ? &numbers[domid] : NULL;

    if (d && domid && !d->life) {
        d->domid = domid;
        d->life = ++lives;
        keep_domain(d);
    }
    return d;
}

struct domain *domain_known(uint32_t domid)
{
    struct domain *d = domid < DOMAIN_NUMBERS ? &numbers[domid] : NULL;

    return d && (d->life || domid == 0) ? d : NULL;
}

uint64_t domain_life(uint32_t domid) { return domid < DOMAIN_NUMBERS ? numbers[domid].life : 0; }

static void list(struct domain *d)
{
    if (d->listed)
        return;
    d->listed = true;
    d->next = domains;
    domains = d;
}

static void forget(struct domain *d)
{
    struct domain **slot = &domains;

    while (*slot != d)
        slot = &(*slot)->next;
    *slot = d->next;
    *d = (struct domain){ .domid = d->domid };
    keep_domain(d);
}

/* --- connecting ------------------------------------------------------------------------------ */

static void by_port_set(int port, struct domain *d)
{
    if (port >= 0 && port < PORTS)
        by_port[port] = d;
}

/* Whose connection it is outlives the daemon. */
static struct connection *new_connection(struct domain *d)
{
    struct connection *c = connection_new(&ring_transport, d);

    if (!c)
        return NULL;
    c->kept = true;
    d->conn = c;
    list(d);
    return c;
}

/* Its ring and its connection know each other. */
static void attach(struct domain *d, struct ring *r, uint32_t port)
{
    d->conn->ring = r;
    by_port_set(r->port, d);
    d->remote_port = port;
    d->introduced = true;
    keep_domain(d);
}

/* The ring's memory belongs to the domain's connection only after success. */
static int connect_ring(struct domain *d, struct ring *r, uint32_t port)
{
    int ret = ring_bind(r, d->domid, port);

    if (ret < 0)
        return ret;
    if (!new_connection(d))
        return -ENOMEM;
    ring_begin(r);
    attach(d, r, port);
    keep_connection(d->conn);
    return 0;
}

static void begin_anew(struct domain *d)
{
    connection_reset(d->conn);
    ring_reset(d->conn->ring);
    keep_connection(d->conn);
}

/* The connection is what it was when the last daemon ended. */
static int resume_ring(struct domain *d, struct ring *r, uint32_t port)
{
    struct connection *c = d->conn;
    int ret = ring_bind(r, d->domid, port);

    if (ret < 0)
        return ret;
    attach(d, r, port);
    if (ring_wants_reset(r)) {
        begin_anew(d);
        return 0;
    }
    if (c->broken)
        return 0;
    if (!connection_skip(c, ring_resume(r, c->resume.served_at) - c->resume.sent_at))
        c->closing = -ERANGE;
    connection_wake(c);
    return 0;
}

static void disconnect(struct domain *d)
{
    struct ring *r = d->conn->ring;

    if (r)
        by_port_set(r->port, NULL);
    connection_free(d->conn);
    d->conn = NULL;
    d->introduced = false;
    if (r)
        ring_close(r);
    keep_domain(d);
}

/* Known already: its guest has begun anew, perhaps with another port. */
static int introduce_again(struct domain *d, uint32_t port)
{
    struct ring *r = d->conn->ring;
    int before = r->port, ret = d->remote_port == port ? 0 : ring_bind(r, d->domid, port);

    if (ret < 0)
        return ret;
    by_port_set(before, NULL);
    by_port_set(r->port, d);
    d->remote_port = port;
    keep_domain(d);
    begin_anew(d);
    return 0;
}

int domain_introduce(uint32_t domid, uint64_t mfn, uint32_t port)
{
    struct domain *d = domain_get(domid);
    struct ctrl_domain_info info;
    struct ring *r;
    int ret;

    if (!d)
        return -ENOMEM;
    if (!ring_devices.evtchn)
        return -ENODEV;
    if (d->introduced)
        return introduce_again(d, port);
    ret = ring_map(domid, mfn, &r);
    if (ret < 0)
        return ret;
    d->ring_mfn = mfn;
    if (ctrl_domain_info(ring_devices.ctrl, domid, &info) == 0)
        memcpy(d->handle, info.handle, sizeof(d->handle));
    ret = connect_ring(d, r, port);
    if (ret < 0) {
        ring_close(r);
        return ret;
    }
    tell_special("@introduceDomain");
    return 0;
}

int domain_release(uint32_t domid)
{
    struct domain *d = domain_get(domid);

    if (!d || !d->introduced)
        return -ENOENT;
    disconnect(d);
    forget(d);
    tell_special("@releaseDomain");
    return 0;
}

int domain_connect_kernel(void)
{
    struct domain *d = domain_get(0);
    uint32_t port;
    struct ring *r;
    int ret = d ? ring_map_kernel(&r, &port) : -ENOMEM;

    if (ret < 0)
        return ret;
    ret = d->conn ? resume_ring(d, r, port) : connect_ring(d, r, port);
    if (ret < 0)
        ring_close(r);
    return ret;
}

/* --- events ---------------------------------------------------------------------------------- */

int domains_open(void)
{
    struct ring_devices *dev = &ring_devices;
    int ret = ctrl_open(&dev->ctrl);

    if (ret == 0)
        ret = ctrl_evtchn_open(&dev->evtchn);
    if (ret < 0)
        return ret;
    ret = ctrl_gnttab_open(&dev->gnttab);
    if (ret < 0) {
        fprintf(stderr, "xstored: no grant device (%s): rings are mapped as foreign frames\n",
                strerror(-ret));
        dev->gnttab = NULL;
    }
    exc_port = ctrl_evtchn_bind_virq(dev->evtchn, VIRQ_DOM_EXC);
    return exc_port < 0 ? exc_port : 0;
}

int domains_fd(void) { return ring_devices.evtchn ? ctrl_evtchn_fd(ring_devices.evtchn) : -1; }

/*
 * A domain has shut down or gone, some domain: look at each that was connected.  It is told of
 * when it has shut down, when it begins to die (so that backends let its pages go), and when it is
 * no more (tools wait for that).
 */
static void check_domains(void)
{
    struct ctrl_domain_info info;
    bool tell = false;
    int ret;

    for (struct domain *d = domains, *next; d; d = next) {
        next = d->next;
        if (d->domid == 0 || !(d->introduced || d->shutdown_told))
            continue;
        ret = ctrl_domain_info(ring_devices.ctrl, d->domid, &info);
        if (ret < 0 && ret != -ESRCH) {
            fprintf(stderr, "xstored: domain %u: %s\n", d->domid, ctrl_error(ring_devices.ctrl));
            continue;
        }
        if (ret < 0) {
            if (d->introduced)
                disconnect(d);
            forget(d);
            tell = true;
            continue;
        }
        if ((info.shutdown || info.dying) && !d->shutdown_told) {
            d->shutdown_told = true;
            keep_domain(d);
            tell = true;
        }
        if (info.dying && d->introduced) {
            disconnect(d);
            tell = true;
        }
    }
    if (tell)
        tell_special("@releaseDomain");
}

/* Who has no more to spend is not listened to: its event channel stays masked. */
static void serve_port(uint32_t port)
{
    struct domain *d = port < PORTS ? by_port[port] : NULL;

    if (d && !throttle_allows(d->conn)) {
        throttle_wait(d->conn, true);
        return;
    }
    ctrl_evtchn_unmask(ring_devices.evtchn, port);
    if (!d)
        return;
    throttle_charge(d->conn, 1);
    if (ring_wants_reset(d->conn->ring))
        begin_anew(d);
    connection_serve(d->conn);
}

/* One pass: who notifies without end gets no more than its share of a turn of the loop. */
void domains_events(void)
{
    uint32_t ports[64];
    int n = ctrl_evtchn_pending(ring_devices.evtchn, ports, 64);

    for (int i = 0; i < n; i++) {
        if ((int)ports[i] == exc_port) {
            ctrl_evtchn_unmask(ring_devices.evtchn, ports[i]);
            check_domains();
        } else {
            serve_port(ports[i]);
        }
    }
}

/* The ring stays mapped: the guest may ask for a new beginning. */
void domain_cut_off(struct domain *d)
{
    int why = d->conn->closing;

    connection_reset(d->conn);
    d->conn->broken = true;
    keep_connection(d->conn);
    ring_fail(d->conn->ring, why);
}

/* --- from the journal ------------------------------------------------------------------------ */

void domain_restore(const struct domain *from)
{
    struct domain *d = &numbers[from->domid], was = *d;

    if (was.conn && !from->introduced)
        connection_free(was.conn);
    *d = *from;
    d->next = was.next;
    d->listed = was.listed;
    d->conn = from->introduced ? was.conn : NULL;
    if (from->life > lives)
        lives = from->life;
    if (from->introduced || from->shutdown_told)
        list(d);
}

struct connection *domain_restore_connection(uint32_t domid)
{
    return new_connection(&numbers[domid]);
}

/* Still the domain that was introduced? -ESRCH: no; -ENOENT: it is dying. */
static int is_there(const struct domain *d)
{
    struct ctrl_domain_info info;
    int ret = ctrl_domain_info(ring_devices.ctrl, d->domid, &info);

    if (ret == 0 && memcmp(info.handle, d->handle, sizeof(d->handle)) != 0)
        ret = -ESRCH;
    return ret == 0 && info.dying ? -ENOENT : ret;
}

static int resume(struct domain *d)
{
    struct ring *r;
    int ret = is_there(d);

    if (ret == 0)
        ret = d->conn ? ring_map(d->domid, d->ring_mfn, &r) : -EIO;
    if (ret < 0)
        return ret;
    ret = resume_ring(d, r, d->remote_port);
    if (ret < 0)
        ring_close(r);
    return ret;
}

void domains_resume(void)
{
    bool gone = false;

    for (struct domain *d = domains, *next; d; d = next) {
        int ret;

        next = d->next;
        if (d->domid == 0 || !d->introduced)
            continue;
        ret = resume(d);
        if (ret == 0)
            continue;
        if (ret != -ESRCH && ret != -ENOENT)
            fprintf(stderr, "xstored: domain %u: its ring is lost: %s\n", d->domid, strerror(-ret));
        d->shutdown_told = true; /* now; check_domains waits for its end */
        if (d->conn)
            disconnect(d);
        if (ret == -ESRCH)
            forget(d);
        gone = true;
    }
    if (gone)
        tell_special("@releaseDomain");
    check_domains();
}
