/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Domains: their lives, their rings, their end.
 */
#include "domain.h"
#include "connection.h"
#include "ops.h"

#include <ctrl.h>
#include <errno.h>
#include <fcntl.h>
#include <public/grant_table.h>
#include <public/xen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define RING_PAGE_SIZE 4096
#define NUMBERS        65536 /* of domains, as permissions can name them */

/* The page shared with a domain, and where its events go. */
struct ring {
    struct xenstore_domain_interface *page;
    int port;     /* local */
    bool foreign; /* by ctrl_map_foreign, not by grant */
    bool kernel;  /* Dom0's own: mapped from xenfs */
};

/* One record for each number, so that guests that name many make nobody's search longer. */
static struct domain records[NUMBERS];
static struct domain *domains; /* those with a ring */
static struct ctrl *ctrl;
static struct ctrl_evtchn *evtchn;
static struct ctrl_gnttab *gnttab;
static int exc_port = -1;

/* --- records --------------------------------------------------------------------------------- */

struct domain *domain_get(uint32_t domid)
{
    static uint64_t lives;
    struct domain *d = domid < NUMBERS ? &records[domid] : NULL;

    if (d && domid && !d->life) {
        d->domid = domid;
        d->life = ++lives;
    }
    return d;
}

uint64_t domain_life(uint32_t domid)
{
    return domid < NUMBERS ? records[domid].life : 0;
}

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
    *d = (struct domain){ 0 };
}

/* --- ring ------------------------------------------------------------------------------------ */

/* How much is between two indices of the other side, which may hold anything. */
static bool ring_used(uint32_t prod, uint32_t cons, uint32_t *used)
{
    *used = prod - cons;
    return *used <= XENSTORE_RING_SIZE;
}

static uint32_t at_most(uint32_t a, size_t b)
{
    return a < b ? a : b;
}

static long ring_copy_in(struct connection *c, void *buf, size_t len)
{
    struct xenstore_domain_interface *p = c->ring->page;
    uint32_t prod = __atomic_load_n(&p->req_prod, __ATOMIC_ACQUIRE), cons = p->req_cons, used, at,
             run;

    if (!ring_used(prod, cons, &used))
        return -EPROTO;
    used = at_most(used, len);
    if (used == 0)
        return 0;
    at = cons & (XENSTORE_RING_SIZE - 1);
    run = at_most(used, XENSTORE_RING_SIZE - at);
    memcpy(buf, p->req + at, run);
    memcpy((char *)buf + run, p->req, used - run);
    __atomic_store_n(&p->req_cons, cons + used, __ATOMIC_RELEASE);
    ctrl_evtchn_notify(evtchn, c->ring->port);
    return used;
}

static long ring_copy_out(struct connection *c, const void *buf, size_t len)
{
    struct xenstore_domain_interface *p = c->ring->page;
    uint32_t cons = __atomic_load_n(&p->rsp_cons, __ATOMIC_ACQUIRE), prod = p->rsp_prod, used, at,
             run;

    if (!ring_used(prod, cons, &used))
        return -EPROTO;
    len = at_most(XENSTORE_RING_SIZE - used, len);
    if (len == 0)
        return 0;
    at = prod & (XENSTORE_RING_SIZE - 1);
    run = at_most(XENSTORE_RING_SIZE - at, len);
    memcpy(p->rsp + at, buf, run);
    memcpy(p->rsp, (const char *)buf + run, len - run);
    __atomic_store_n(&p->rsp_prod, prod + len, __ATOMIC_RELEASE);
    ctrl_evtchn_notify(evtchn, c->ring->port);
    return len;
}

static const struct transport ring_transport = { ring_copy_in, ring_copy_out };

static void ring_close(struct ring *r)
{
    if (r->port >= 0)
        ctrl_evtchn_unbind(evtchn, r->port);
    if (r->kernel)
        munmap(r->page, RING_PAGE_SIZE);
    else if (r->foreign)
        ctrl_unmap(r->page, 1);
    else
        ctrl_gnttab_unmap(gnttab, r->page, 1);
    free(r);
}

/* The guest's page: by the grant reserved for it; where there is none, as a foreign frame. */
static int map_ring(struct ring *r, uint32_t domid, uint64_t mfn)
{
    uint32_t ref = GNTTAB_RESERVED_XENSTORE;
    void *page;
    int ret = -ENODEV;

    if (gnttab)
        ret = ctrl_gnttab_map(gnttab, domid, &ref, 1, PROT_READ | PROT_WRITE, &page);
    if (ret < 0 && mfn != 0) {
        ret = ctrl_map_foreign(ctrl, domid, PROT_READ | PROT_WRITE, &mfn, 1, &page);
        r->foreign = true;
    }
    if (ret == 0)
        r->page = page;
    return ret;
}

static int connect_ring(struct domain *d, struct ring *r, uint32_t port)
{
    struct connection *c;
    int ret = ctrl_evtchn_bind_interdomain(evtchn, d->domid, port);

    if (ret < 0)
        return ret;
    r->port = ret;
    c = connection_new(&ring_transport, d);
    if (!c)
        return -ENOMEM;
    c->ring = r;
    d->conn = c;
    list(d);
    d->remote_port = port;
    d->introduced = true;
    r->page->server_features = XENSTORE_SERVER_FEATURE_RECONNECTION | XENSTORE_SERVER_FEATURE_ERROR;
    r->page->connection = XENSTORE_CONNECTED;
    ctrl_evtchn_notify(evtchn, r->port);
    return 0;
}

static void disconnect(struct domain *d)
{
    struct ring *r = d->conn->ring;

    connection_free(d->conn);
    d->conn = NULL;
    d->introduced = false;
    ring_close(r);
}

int domain_introduce(uint32_t domid, uint64_t mfn, uint32_t port)
{
    struct domain *d = domain_get(domid);
    struct ring *r;
    int ret;

    if (!d)
        return -ENOMEM;
    if (!evtchn)
        return -ENODEV;
    if (d->introduced)
        return d->remote_port == port ? 0 : -EINVAL;
    r = calloc(1, sizeof(*r));
    if (!r)
        return -ENOMEM;
    r->port = -1;
    ret = map_ring(r, domid, mfn);
    if (ret < 0) {
        free(r);
        return ret;
    }
    ret = connect_ring(d, r, port);
    if (ret < 0) {
        ring_close(r);
        return ret;
    }
    d->ring_mfn = mfn;
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

/* --- Dom0's kernel --------------------------------------------------------------------------- */

static int read_number(const char *path)
{
    FILE *f = fopen(path, "re");
    int n, ret;

    if (!f)
        return -errno;
    ret = fscanf(f, "%d", &n) == 1 ? n : -EIO;
    fclose(f);
    return ret;
}

int domain_connect_kernel(void)
{
    int port = read_number("/proc/xen/xsd_port"), fd, ret;
    struct domain *d = domain_get(0);
    struct ring *r;
    void *page;

    if (port < 0)
        return port;
    if (!d)
        return -ENOMEM;
    fd = open("/proc/xen/xsd_kva", O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    page = mmap(NULL, RING_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    ret = page == MAP_FAILED ? -errno : 0;
    close(fd);
    if (ret < 0)
        return ret;
    r = calloc(1, sizeof(*r));
    if (!r) {
        munmap(page, RING_PAGE_SIZE);
        return -ENOMEM;
    }
    *r = (struct ring){ .page = page, .port = -1, .kernel = true };
    ret = connect_ring(d, r, port);
    if (ret < 0)
        ring_close(r);
    return ret;
}

/* --- events ---------------------------------------------------------------------------------- */

int domains_open(void)
{
    int ret = ctrl_open(&ctrl);

    if (ret < 0)
        return ret;
    ret = ctrl_evtchn_open(&evtchn);
    if (ret < 0)
        return ret;
    ret = ctrl_gnttab_open(&gnttab);
    if (ret < 0) {
        fprintf(stderr, "xstored: no grant device (%s): rings are mapped as foreign frames\n",
                strerror(-ret));
        gnttab = NULL;
    }
    exc_port = ctrl_evtchn_bind_virq(evtchn, VIRQ_DOM_EXC);
    return exc_port < 0 ? exc_port : 0;
}

int domains_fd(void)
{
    return evtchn ? ctrl_evtchn_fd(evtchn) : -1;
}

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
        ret = ctrl_domain_info(ctrl, d->domid, &info);
        if (ret < 0 && ret != -ESRCH) {
            fprintf(stderr, "xstored: domain %u: %s\n", d->domid, ctrl_error(ctrl));
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

static void serve_port(uint32_t port)
{
    for (struct domain *d = domains; d; d = d->next) {
        if (d->conn && d->conn->ring->port == (int)port) {
            connection_serve(d->conn);
            return;
        }
    }
}

void domains_events(void)
{
    uint32_t ports[64];
    int n;

    while ((n = ctrl_evtchn_pending(evtchn, ports, 64)) > 0) {
        for (int i = 0; i < n; i++) {
            ctrl_evtchn_unmask(evtchn, ports[i]);
            if ((int)ports[i] == exc_port)
                check_domains();
            else
                serve_port(ports[i]);
        }
    }
}

/* The ring is beyond repair until the guest or the tools connect it anew. */
void domain_cut_off(struct domain *d)
{
    d->conn->ring->page->error = XENSTORE_ERROR_COMM;
    ctrl_evtchn_notify(evtchn, d->conn->ring->port);
    disconnect(d);
}
