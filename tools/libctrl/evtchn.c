/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Event channels: of other domains by hypercall, of the own domain through /dev/xen/evtchn.
 */
#include "internal.h"
#include "kernel_abi.h"

#include <public/event_channel.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct ctrl_evtchn {
    int fd;
};

int ctrl_evtchn_alloc_unbound(struct ctrl *h, uint32_t domid, uint32_t remote, uint32_t *port)
{
    struct evtchn_alloc_unbound *op = arena_get(h, sizeof(*op));
    int ret;

    op->dom = domid;
    op->remote_dom = remote;
    ret = hypercall(h, __HYPERVISOR_event_channel_op, EVTCHNOP_alloc_unbound, addr_of(op), 0, 0, 0);
    *port = op->port;
    arena_put(h, op);
    if (ret < 0)
        return ctrl_fail(h, ret, "cannot allocate an event channel in domain %u: %s", domid,
                         strerror(-ret));
    return 0;
}

int ctrl_evtchn_open(struct ctrl_evtchn **out)
{
    struct ctrl_evtchn *e = malloc(sizeof(*e));
    int ret;

    if (!e)
        return -ENOMEM;
    e->fd = open("/dev/xen/evtchn", O_RDWR | O_CLOEXEC | O_NONBLOCK);
    if (e->fd < 0) {
        ret = -errno;
        free(e);
        return ret;
    }
    *out = e;
    return 0;
}

void ctrl_evtchn_close(struct ctrl_evtchn *e)
{
    if (!e)
        return;
    close(e->fd);
    free(e);
}

int ctrl_evtchn_fd(const struct ctrl_evtchn *e)
{
    return e->fd;
}

static int call(struct ctrl_evtchn *e, unsigned long op, void *arg)
{
    int ret = ioctl(e->fd, op, arg);

    return ret < 0 ? -errno : ret;
}

int ctrl_evtchn_bind_interdomain(struct ctrl_evtchn *e, uint32_t remote, uint32_t remote_port)
{
    struct evtchn_interdomain arg = { .remote_domain = remote, .remote_port = remote_port };

    return call(e, EVTCHN_BIND_INTERDOMAIN, &arg);
}

int ctrl_evtchn_bind_unbound(struct ctrl_evtchn *e, uint32_t remote)
{
    struct evtchn_unbound arg = { .remote_domain = remote };

    return call(e, EVTCHN_BIND_UNBOUND, &arg);
}

int ctrl_evtchn_bind_virq(struct ctrl_evtchn *e, uint32_t virq)
{
    struct evtchn_virq arg = { .virq = virq };

    return call(e, EVTCHN_BIND_VIRQ, &arg);
}

int ctrl_evtchn_unbind(struct ctrl_evtchn *e, uint32_t port)
{
    struct evtchn_port arg = { .port = port };

    return call(e, EVTCHN_UNBIND, &arg);
}

int ctrl_evtchn_notify(struct ctrl_evtchn *e, uint32_t port)
{
    struct evtchn_port arg = { .port = port };

    return call(e, EVTCHN_NOTIFY, &arg);
}

int ctrl_evtchn_pending(struct ctrl_evtchn *e, uint32_t *ports, unsigned int max)
{
    ssize_t n = read(e->fd, ports, max * sizeof(*ports));

    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -errno;
    return n / sizeof(*ports);
}

int ctrl_evtchn_unmask(struct ctrl_evtchn *e, uint32_t port)
{
    return write(e->fd, &port, sizeof(port)) == sizeof(port) ? 0 : -errno;
}
