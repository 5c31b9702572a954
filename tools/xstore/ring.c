/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rings: mapping, moving bytes, starting anew.
 */
#include "ring.h"

#include <ctrl.h>
#include <errno.h>
#include <fcntl.h>
#include <public/grant_table.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define RING_PAGE_SIZE 4096

struct ring_devices ring_devices;

/* --- moving bytes ---------------------------------------------------------------------------- */

/* How much is between two indices, of which the other side may have written anything. */
static bool ring_used(uint32_t prod, uint32_t cons, uint32_t *used)
{
    *used = prod - cons;
    return *used <= XENSTORE_RING_SIZE;
}

static uint32_t at_most(uint32_t a, size_t b) { return a < b ? a : b; }

static long ring_read(struct connection *c, void *buf, size_t len)
{
    struct xenstore_domain_interface *p = c->ring->page;
    uint32_t prod = __atomic_load_n(&p->req_prod, __ATOMIC_ACQUIRE), used, at, run;

    if (!ring_used(prod, c->ring->read_at, &used))
        return -ERANGE;
    used = at_most(used, len);
    at = MASK_XENSTORE_IDX(c->ring->read_at);
    run = at_most(used, XENSTORE_RING_SIZE - at);
    memcpy(buf, p->req + at, run);
    memcpy((char *)buf + run, p->req, used - run);
    c->ring->read_at += used;
    return used;
}

static long ring_write(struct connection *c, const void *buf, size_t len)
{
    struct xenstore_domain_interface *p = c->ring->page;
    uint32_t cons = __atomic_load_n(&p->rsp_cons, __ATOMIC_SEQ_CST), prod = c->ring->sent_at, used,
             at, run;

    if (!ring_used(prod, cons, &used))
        return -ERANGE;
    len = at_most(XENSTORE_RING_SIZE - used, len);
    at = MASK_XENSTORE_IDX(prod);
    run = at_most(XENSTORE_RING_SIZE - at, len);
    memcpy(p->rsp + at, buf, run);
    memcpy(p->rsp, (const char *)buf + run, len - run);
    c->ring->sent_at = prod + len;
    /* before the next look at rsp_cons: a guest sends an event only for the room that it makes in a
     * ring that it has found full */
    __atomic_store_n(&p->rsp_prod, c->ring->sent_at, __ATOMIC_SEQ_CST);
    c->ring->moved |= len > 0;
    return len;
}

static void ring_served(struct connection *c, size_t len)
{
    struct xenstore_domain_interface *p = c->ring->page;

    c->ring->served_at += len;
    /* before the look at req_prod: the guest does the same the other way round, and sends no event
     * for what it writes before all it had written is served */
    __atomic_store_n(&p->req_cons, c->ring->served_at, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&p->req_prod, __ATOMIC_SEQ_CST) != c->ring->read_at)
        c->drained = false;
    c->ring->moved = true;
}

/* One event for all that has moved. */
static void ring_notify(struct connection *c)
{
    if (c->ring->moved)
        ctrl_evtchn_notify(ring_devices.evtchn, c->ring->port);
    c->ring->moved = false;
}

static void ring_unmask(struct connection *c)
{
    ctrl_evtchn_unmask(ring_devices.evtchn, c->ring->port);
}

const struct transport ring_transport = {
    .read = ring_read,
    .write = ring_write,
    .served = ring_served,
    .notify = ring_notify,
    .unmask = ring_unmask,
};

/* --- mapping --------------------------------------------------------------------------------- */

static struct ring *ring_new(void *page)
{
    struct ring *r = calloc(1, sizeof(*r));

    if (r)
        *r = (struct ring){ .page = page, .port = -1 };
    return r;
}

static void unmap(struct ring *r)
{
    if (r->kernel)
        munmap(r->page, RING_PAGE_SIZE);
    else if (r->foreign)
        ctrl_unmap(r->page, 1);
    else
        ctrl_gnttab_unmap(ring_devices.gnttab, r->page, 1);
}

int ring_map(uint32_t domid, uint64_t mfn, struct ring **out)
{
    uint32_t ref = GNTTAB_RESERVED_XENSTORE;
    struct ring *r = ring_new(NULL);
    void *page;
    int ret = -ENODEV;

    if (!r)
        return -ENOMEM;
    if (ring_devices.gnttab)
        ret = ctrl_gnttab_map(ring_devices.gnttab, domid, &ref, 1, PROT_READ | PROT_WRITE, &page);
    if (ret < 0 && mfn != 0) {
        ret = ctrl_map_foreign(ring_devices.ctrl, domid, PROT_READ | PROT_WRITE, &mfn, 1, &page);
        r->foreign = true;
    }
    if (ret < 0) {
        free(r);
        return ret;
    }
    r->page = page;
    *out = r;
    return 0;
}

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

int ring_map_kernel(struct ring **out, uint32_t *remote_port)
{
    int port = read_number("/proc/xen/xsd_port"), fd, ret;
    void *page;

    if (port < 0)
        return port;
    *remote_port = port;
    fd = open("/proc/xen/xsd_kva", O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    page = mmap(NULL, RING_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    ret = page == MAP_FAILED ? -errno : 0;
    close(fd);
    if (ret < 0)
        return ret;
    *out = ring_new(page);
    if (!*out) {
        munmap(page, RING_PAGE_SIZE);
        return -ENOMEM;
    }
    (*out)->kernel = true;
    return 0;
}

/* --- beginning and end ----------------------------------------------------------------------- */

int ring_bind(struct ring *r, uint32_t domid, uint32_t remote_port)
{
    int port = ctrl_evtchn_bind_interdomain(ring_devices.evtchn, domid, remote_port);

    if (port < 0)
        return port;
    if (r->port >= 0)
        ctrl_evtchn_unbind(ring_devices.evtchn, r->port);
    r->port = port;
    return 0;
}

void ring_begin(struct ring *r)
{
    r->read_at = r->served_at = r->page->req_cons;
    r->sent_at = r->page->rsp_prod;
    r->page->server_features = XENSTORE_SERVER_FEATURE_RECONNECTION | XENSTORE_SERVER_FEATURE_ERROR;
    r->page->error = XENSTORE_ERROR_NONE;
    __atomic_store_n(&r->page->connection, XENSTORE_CONNECTED, __ATOMIC_RELEASE);
    ctrl_evtchn_notify(ring_devices.evtchn, r->port);
}

uint32_t ring_resume(struct ring *r, uint32_t served_at)
{
    r->read_at = r->served_at = served_at;
    r->sent_at = r->page->rsp_prod;
    __atomic_store_n(&r->page->req_cons, served_at, __ATOMIC_SEQ_CST); /* as in ring_served */
    r->moved = true;
    return r->sent_at;
}

bool ring_wants_reset(const struct ring *r)
{
    return __atomic_load_n(&r->page->connection, __ATOMIC_ACQUIRE) == XENSTORE_RECONNECT;
}

void ring_reset(struct ring *r)
{
    struct xenstore_domain_interface *p = r->page;

    p->req_cons = p->req_prod = 0;
    p->rsp_cons = p->rsp_prod = 0;
    ring_begin(r);
}

void ring_fail(struct ring *r, int why)
{
    r->page->error = why == -ERANGE   ? XENSTORE_ERROR_RINGIDX
                     : why == -EPROTO ? XENSTORE_ERROR_PROTO
                                      : XENSTORE_ERROR_COMM;
    ctrl_evtchn_notify(ring_devices.evtchn, r->port);
}

void ring_close(struct ring *r)
{
    if (r->port >= 0)
        ctrl_evtchn_unbind(ring_devices.evtchn, r->port);
    unmap(r);
    free(r);
}
