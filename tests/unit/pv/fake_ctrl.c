/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest's grants and ports. Its memory is a memfd, so that a map shows the guest's own page.
 */
#include "fake_ctrl.h"

#include <ctrl.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

struct fake_guest fake;

static int memory_fd = -1;

struct ctrl_evtchn {
    int fd;
    bool pending[FAKE_PORTS], masked[FAKE_PORTS], bound[FAKE_PORTS];
};

static struct ctrl_evtchn device = { .fd = -1 };

void fake_end(void)
{
    if (memory_fd < 0)
        return;
    munmap(fake.memory, FAKE_PAGES * 4096);
    close(memory_fd);
    memory_fd = -1;
}

void fake_reset(void)
{
    fake_end();
    fake = (struct fake_guest){ 0 };
    memory_fd = memfd_create("guest", MFD_CLOEXEC);
    if (memory_fd < 0 || ftruncate(memory_fd, FAKE_PAGES * 4096) < 0)
        abort();
    fake.memory = mmap(NULL, FAKE_PAGES * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, memory_fd, 0);
    if (fake.memory == MAP_FAILED)
        abort();
}

/* ---- grants */

static bool granted(uint32_t domid, uint32_t ref)
{
    return domid == FAKE_DOMID && ref < FAKE_PAGES && !fake.revoked[ref];
}

int ctrl_gnttab_map(struct ctrl_gnttab *g, uint32_t domid, const uint32_t *refs, size_t count,
                    int prot, void **addr)
{
    char *p;

    (void)g;
    for (size_t i = 0; i < count; i++)
        if (!granted(domid, refs[i]))
            return -EINVAL;
    p = mmap(NULL, count * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (size_t i = 0; i < count; i++)
        if (mmap(p + i * 4096, 4096, prot, MAP_SHARED | MAP_FIXED, memory_fd,
                 (off_t)refs[i] * 4096) == MAP_FAILED)
            abort();
    fake.mapped += count;
    fake.maps++;
    *addr = p;
    return 0;
}

int ctrl_gnttab_unmap(struct ctrl_gnttab *g, void *addr, size_t count)
{
    (void)g;
    fake.mapped -= count;
    return munmap(addr, count * 4096);
}

int ctrl_gnttab_copy(struct ctrl_gnttab *g, uint32_t domid, const struct ctrl_gnttab_piece *pieces,
                     size_t count, bool to_guest)
{
    int ret = 0;

    (void)g;
    fake.copies++;
    if (count > CTRL_GNTTAB_PIECES)
        return -EINVAL;
    for (size_t i = 0; i < count; i++) {
        const struct ctrl_gnttab_piece *p = &pieces[i];

        fake.split += (uintptr_t)p->local % 4096 + p->len > 4096;
        if (!granted(domid, p->ref) || p->offset + p->len > 4096)
            ret = -EFAULT;
        else if (to_guest)
            memcpy(fake.memory[p->ref] + p->offset, p->local, p->len);
        else
            memcpy(p->local, fake.memory[p->ref] + p->offset, p->len);
    }
    return ret;
}

/* ---- ports: ours are the numbers of the guest's */

int ctrl_evtchn_open(struct ctrl_evtchn **out)
{
    device = (struct ctrl_evtchn){ .fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC | EFD_SEMAPHORE) };
    *out = &device;
    return 0;
}

void ctrl_evtchn_close(struct ctrl_evtchn *e)
{
    close(e->fd);
    e->fd = -1;
}

int ctrl_evtchn_fd(const struct ctrl_evtchn *e) { return e->fd; }

int ctrl_evtchn_bind_interdomain(struct ctrl_evtchn *e, uint32_t remote, uint32_t remote_port)
{
    if (remote != FAKE_DOMID || remote_port >= FAKE_PORTS || e->bound[remote_port])
        return -EINVAL;
    e->bound[remote_port] = true;
    fake.bound++;
    return remote_port;
}

int ctrl_evtchn_unbind(struct ctrl_evtchn *e, uint32_t port)
{
    e->bound[port] = e->pending[port] = e->masked[port] = false;
    fake.bound--;
    return 0;
}

int ctrl_evtchn_notify(struct ctrl_evtchn *e, uint32_t port)
{
    (void)e;
    fake.notified[port]++;
    return 0;
}

static void deliver(struct ctrl_evtchn *e, uint32_t port)
{
    uint64_t one = 1;

    if (e->pending[port] && !e->masked[port] && write(e->fd, &one, sizeof(one)) < 0)
        abort();
}

void fake_event(uint32_t port)
{
    device.pending[port] = true;
    deliver(&device, port);
}

bool fake_masked(uint32_t port) { return device.masked[port]; }

int ctrl_evtchn_pending(struct ctrl_evtchn *e, uint32_t *ports, unsigned int max)
{
    unsigned int n = 0;
    uint64_t count;

    while (read(e->fd, &count, sizeof(count)) > 0)
        ;
    for (uint32_t i = 0; i < FAKE_PORTS && n < max; i++) {
        if (!e->pending[i] || e->masked[i])
            continue;
        e->pending[i] = false;
        e->masked[i] = true;
        ports[n++] = i;
    }
    return n;
}

int ctrl_evtchn_unmask(struct ctrl_evtchn *e, uint32_t port)
{
    e->masked[port] = false;
    deliver(e, port);
    return 0;
}
