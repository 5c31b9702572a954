/* SPDX-License-Identifier: GPL-2.0-only */
/* pages NAME: how many pages are neither free nor a domain's, that is, taken by the hypervisor. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <public/domctl.h>
#include <public/sysctl.h>

#include "bench.h"

struct privcmd_hypercall {
    uint64_t number, arguments[5];
};
#define PRIVCMD_HYPERCALL _IOC(_IOC_NONE, 'P', 0, sizeof(struct privcmd_hypercall))

static int privcmd;

static int hypercall(uint64_t number, void *argument)
{
    struct privcmd_hypercall call = {number, {(uintptr_t)argument}};

    return ioctl(privcmd, PRIVCMD_HYPERCALL, &call);
}

static uint64_t pages_of_domains(struct xen_domctl *op)
{
    uint64_t sum = 0;

    for (domid_t next = 0;; next = op->domain + 1) {
        memset(op, 0, sizeof(*op));
        op->cmd = XEN_DOMCTL_getdomaininfo;
        op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
        op->domain = next;
        if (hypercall(__HYPERVISOR_domctl, op))
            return sum;
        sum += op->u.getdomaininfo.tot_pages;
    }
}

int main(int argc, char **argv)
{
    void *buffer = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED | MAP_POPULATE, -1, 0);
    struct xen_sysctl *op = buffer;

    privcmd = open("/dev/xen/privcmd", O_RDWR);
    if (argc != 2 || buffer == MAP_FAILED || privcmd < 0) {
        perror("pages NAME");
        return 2;
    }
    op->cmd = XEN_SYSCTL_physinfo;
    op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    if (hypercall(__HYPERVISOR_sysctl, op)) {
        perror("physinfo");
        return 1;
    }
    printf("PAGES %s total %lu free %lu taken %lu\n", argv[1],
           (unsigned long)op->u.physinfo.total_pages, (unsigned long)op->u.physinfo.free_pages,
           (unsigned long)(op->u.physinfo.total_pages - op->u.physinfo.free_pages -
                           pages_of_domains((void *)((char *)buffer + 4096))));
    return 0;
}
