/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Making TAP devices.
 */
#include "taps.h"
#include "calls.h"
#include "daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <linux/sockios.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

struct taps {
    int socket;
};

struct reply {
    int err; /* 0 or -errno; with 0 comes a descriptor */
    char why[TAP_WHY];
};

/* ---- in the process with privileges ---- */

static int failed(struct reply *r, const char *what, const char *name)
{
    r->err = -errno;
    snprintf(r->why, sizeof(r->why), "%s %.15s: %s", what, name, strerror(errno));
    return -1;
}

/* The bridge must not take an address of ours from it; the device itself speaks no protocol. */
static int set_up(int s, struct ifreq *ifr, struct reply *r)
{
    static const unsigned char address[] = { 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff };

    ifr->ifr_hwaddr.sa_family = ARPHRD_ETHER;
    memcpy(ifr->ifr_hwaddr.sa_data, address, sizeof(address));
    if (ioctl(s, SIOCSIFHWADDR, ifr) < 0)
        return failed(r, "cannot set the address of", ifr->ifr_name);
    ifr->ifr_flags = IFF_UP | IFF_NOARP;
    if (ioctl(s, SIOCSIFFLAGS, ifr) < 0)
        return failed(r, "cannot bring up", ifr->ifr_name);
    return 0;
}

/* A port with less than the bridge has would make it the bridge's. */
static int set_mtu(int s, const struct tap_request *q, struct reply *r)
{
    struct ifreq ifr = { 0 };

    strcpy(ifr.ifr_name, q->bridge);
    if (q->mtu == 0 && ioctl(s, SIOCGIFMTU, &ifr) < 0)
        return failed(r, "cannot find the bridge", q->bridge);
    if (q->mtu)
        ifr.ifr_mtu = q->mtu;
    strcpy(ifr.ifr_name, q->name);
    if (ioctl(s, SIOCSIFMTU, &ifr) < 0)
        return failed(r, "cannot set the MTU of", q->name);
    return 0;
}

static int join_bridge(int s, const struct tap_request *q, struct reply *r)
{
    struct ifreq ifr = { 0 };

    strcpy(ifr.ifr_name, q->name);
    if (ioctl(s, SIOCGIFINDEX, &ifr) < 0)
        return failed(r, "cannot find", q->name);
    strcpy(ifr.ifr_name, q->bridge);
    if (ioctl(s, SIOCBRADDIF, &ifr) < 0)
        return failed(r, "cannot join the bridge", q->bridge);
    return 0;
}

static int open_tap(int s, const struct tap_request *q, struct reply *r)
{
    struct ifreq ifr = { 0 };
    int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0)
        return failed(r, "cannot open", "/dev/net/tun");
    strcpy(ifr.ifr_name, q->name);
    ifr.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | IFF_MULTI_QUEUE;
    if (*q->bridge)
        ifr.ifr_flags |= IFF_TUN_EXCL;
    if (ioctl(fd, TUNSETIFF, &ifr) < 0) {
        failed(r, "cannot make the device", q->name);
        goto close;
    }
    if (!*q->bridge)
        return fd;
    tap_set_carrier(fd, false);
    if (set_mtu(s, q, r) == 0 && set_up(s, &ifr, r) == 0 && join_bridge(s, q, r) == 0)
        return fd;

close:
    close(fd);
    return -1;
}

static void send_reply(int owner, const struct reply *r, int fd)
{
    char control[CMSG_SPACE(sizeof(int))] = { 0 };
    struct iovec iov = { (void *)r, sizeof(*r) };
    struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };

    if (fd >= 0) {
        struct cmsghdr *c = (struct cmsghdr *)control;

        m.msg_control = control;
        m.msg_controllen = sizeof(control);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(c), &fd, sizeof(fd));
    }
    if (sendmsg(owner, &m, MSG_NOSIGNAL) < 0)
        _exit(1); /* the owner is gone */
}

/* Its name differs, so that whoever counts or kills daemons does not take it for one. */
static _Noreturn void serve(int owner)
{
    int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct tap_request q;

    if (s < 0 || calls_limit(NULL, 0))
        _exit(1);
    while (recv(owner, &q, sizeof(q), 0) == sizeof(q)) {
        struct reply r = { 0 };
        int fd;

        q.name[TAP_NAME - 1] = q.bridge[TAP_NAME - 1] = '\0';
        fd = open_tap(s, &q, &r);
        send_reply(owner, &r, fd);
        if (fd >= 0)
            close(fd);
    }
    _exit(0);
}

/* It keeps no terminal and no log of its owner's, and is not reached by signals for its group. */
static _Noreturn void become_maker(int owner)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    setsid();
    for (int fd = 0; fd <= 2; fd++)
        dup2(null, fd);
    prctl(PR_SET_NAME, "netd-taps");
    if (null < 0 || daemon_limit_capabilities(1ull << CAP_NET_ADMIN))
        _exit(1);
    serve(owner);
}

/* ---- in its owner ---- */

struct taps *taps_start(void)
{
    struct taps *t = malloc(sizeof(*t));
    int ends[2];
    pid_t pid;

    if (!t || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
        goto free;
    pid = fork();
    if (pid < 0)
        goto close;
    if (pid == 0) {
        close(ends[0]);
        become_maker(ends[1]);
    }
    close(ends[1]);
    t->socket = ends[0];
    return t;

close:
    close(ends[0]);
    close(ends[1]);
free:
    free(t);
    return NULL;
}

static int receive_reply(int socket, struct reply *r)
{
    char control[CMSG_SPACE(sizeof(int))] = { 0 };
    struct iovec iov = { r, sizeof(*r) };
    struct msghdr m = {
        .msg_iov = &iov,
        .msg_iovlen = 1,
        .msg_control = control,
        .msg_controllen = sizeof(control),
    };
    struct cmsghdr *c;
    int fd;

    if (recvmsg(socket, &m, MSG_CMSG_CLOEXEC) != sizeof(*r))
        return -EPIPE;
    if (r->err)
        return r->err;
    c = CMSG_FIRSTHDR(&m);
    if (!c || c->cmsg_type != SCM_RIGHTS)
        return -EMFILE; /* the kernel could not give it to us */
    memcpy(&fd, CMSG_DATA(c), sizeof(fd));
    return fd;
}

int taps_open(struct taps *t, const struct tap_request *r, char why[TAP_WHY])
{
    struct reply reply = { 0 };
    int ret = -EPIPE;

    if (send(t->socket, r, sizeof(*r), MSG_NOSIGNAL) == sizeof(*r))
        ret = receive_reply(t->socket, &reply);
    if (ret < 0)
        snprintf(why, TAP_WHY, "%s",
                 *reply.why ? reply.why : "the process that makes devices does not answer");
    return ret;
}

int tap_set_offload(int fd, struct tap_offload o)
{
    unsigned long flags =
        (o.checksum ? TUN_F_CSUM : 0) | (o.tso4 ? TUN_F_TSO4 : 0) | (o.tso6 ? TUN_F_TSO6 : 0);

    return ioctl(fd, TUNSETOFFLOAD, flags) < 0 ? -errno : 0;
}

void tap_set_carrier(int fd, bool on)
{
    int carrier = on;

    ioctl(fd, TUNSETCARRIER, &carrier);
}
