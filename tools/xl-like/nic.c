/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Dom0's ends of emulated network devices.
 */
#include "nic.h"
#include "report.h"
#include "rtnetlink.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* As netd's: the bridge must not take an address of ours from it. */
static const uint8_t its_address[MAC_BYTES] = { 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff };

static int make_tap(const char *name)
{
    struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | IFF_TUN_EXCL };
    int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC), ret;

    if (fd < 0)
        return -errno;
    strcpy(ifr.ifr_name, name);
    if (ioctl(fd, TUNSETIFF, &ifr) == 0)
        return fd;
    ret = -errno;
    close(fd);
    return ret;
}

/* One message: address, MTU, its bridge, and up. */
static int join(const char *name, const struct vif_cfg *v)
{
    struct ifinfomsg up = { .ifi_index = if_nametoindex(name),
                            .ifi_flags = IFF_UP | IFF_NOARP,
                            .ifi_change = IFF_UP | IFF_NOARP };
    uint32_t bridge = if_nametoindex(v->bridge ? v->bridge : VIF_BRIDGE);
    struct rt_message m;
    int s, ret;

    if (!up.ifi_index || !bridge)
        return -ENODEV;
    s = rt_open();
    if (s < 0)
        return s;
    rt_begin(&m, RTM_NEWLINK, 0, &up, sizeof(up));
    rt_add(&m, IFLA_ADDRESS, its_address, sizeof(its_address));
    if (v->mtu)
        rt_add(&m, IFLA_MTU, &v->mtu, sizeof(v->mtu));
    rt_add(&m, IFLA_MASTER, &bridge, sizeof(bridge));
    ret = rt_request(s, &m);
    close(s);
    return ret;
}

static int open_nic(uint32_t domid, const struct vif_cfg *v)
{
    const struct cfg_place *at = &v->place;
    const char *bridge = v->bridge ? v->bridge : VIF_BRIDGE;
    char name[IFNAMSIZ];
    int fd, ret;

    snprintf(name, sizeof(name), "vif%u.%u-emu", domid, v->devid);
    fd = make_tap(name);
    if (fd < 0) {
        report_error("%s:%d:%d: vif %u: cannot make the device %s: %s", at->file, at->line,
                     at->column, v->devid, name, strerror(-fd));
        return fd;
    }
    ret = join(name, v);
    if (ret == 0)
        return fd;
    report_error("%s:%d:%d: vif %u: %s cannot join the bridge %s: %s", at->file, at->line,
                 at->column, v->devid, name, bridge, strerror(-ret));
    if (!if_nametoindex(bridge))
        report_hint("Dom0 has no such bridge: `xl-like setup-bridge %s`", bridge);
    close(fd);
    return ret;
}

int nics_open(uint32_t domid, const struct vif_cfg *vifs, int **fds, size_t *count)
{
    size_t room = 0;

    *count = 0;
    for (const struct vif_cfg *v = vifs; v; v = v->next)
        room += v->type == VIF_EMULATED;
    *fds = calloc(room + 1, sizeof(**fds));
    if (!*fds) {
        report_error("no memory");
        return XL_FAILED;
    }
    for (const struct vif_cfg *v = vifs; v; v = v->next) {
        if (v->type != VIF_EMULATED)
            continue;
        (*fds)[*count] = open_nic(domid, v);
        if ((*fds)[*count] < 0) {
            nics_close(*fds, *count);
            *fds = NULL;
            return XL_FAILED;
        }
        ++*count;
    }
    return XL_OK;
}

void nics_close(int *fds, size_t count)
{
    for (size_t i = 0; i < count; i++)
        close(fds[i]);
    free(fds);
}
