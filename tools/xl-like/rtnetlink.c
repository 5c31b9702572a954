/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages of rtnetlink.
 */
#include "rtnetlink.h"

#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_BYTES 32768 /* more than the kernel puts into one */

void rt_begin(struct rt_message *m, uint16_t type, uint16_t flags, const void *fixed, size_t size)
{
    memset(m, 0, sizeof(*m));
    m->header.nlmsg_len = NLMSG_LENGTH(size);
    m->header.nlmsg_type = type;
    m->header.nlmsg_flags = NLM_F_REQUEST | flags;
    memcpy(NLMSG_DATA(&m->header), fixed, size);
}

/* Room for an attribute; NULL: there is none. */
static struct rtattr *reserve(struct rt_message *m, uint16_t type, size_t size)
{
    size_t at = NLMSG_ALIGN(m->header.nlmsg_len);
    struct rtattr *a = (struct rtattr *)(m->bytes + at);

    m->full |= at + RTA_SPACE(size) > sizeof(m->bytes);
    if (m->full)
        return NULL;
    a->rta_type = type;
    a->rta_len = RTA_LENGTH(size);
    m->header.nlmsg_len = at + RTA_LENGTH(size);
    return a;
}

void rt_add(struct rt_message *m, uint16_t type, const void *data, size_t size)
{
    struct rtattr *a = reserve(m, type, size);

    if (a)
        memcpy(RTA_DATA(a), data, size);
}

struct rtattr *rt_begin_nest(struct rt_message *m, uint16_t type) { return reserve(m, type, 0); }

void rt_end_nest(struct rt_message *m, struct rtattr *nest)
{
    if (!m->full)
        nest->rta_len = m->bytes + m->header.nlmsg_len - (char *)nest;
}

struct rtattr *rt_find(const struct nlmsghdr *h, size_t size, uint16_t type)
{
    struct rtattr *a = (struct rtattr *)((char *)NLMSG_DATA(h) + NLMSG_ALIGN(size));
    int left = (int)h->nlmsg_len - (int)NLMSG_SPACE(size);

    for (; RTA_OK(a, left); a = RTA_NEXT(a, left))
        if ((a->rta_type & NLA_TYPE_MASK) == type)
            return a;
    return NULL;
}

uint32_t rt_find_u32(const struct nlmsghdr *h, size_t size, uint16_t type)
{
    const struct rtattr *a = rt_find(h, size, type);
    uint32_t n = 0;

    if (a && RTA_PAYLOAD(a) >= sizeof(n))
        memcpy(&n, RTA_DATA(a), sizeof(n));
    return n;
}

void rt_copy(struct rt_message *m, uint16_t type, uint16_t flags, const struct nlmsghdr *from,
             size_t size, uint16_t without)
{
    struct rtattr *a = (struct rtattr *)((char *)NLMSG_DATA(from) + NLMSG_ALIGN(size));
    int left = (int)from->nlmsg_len - (int)NLMSG_SPACE(size);

    rt_begin(m, type, flags, NLMSG_DATA(from), size);
    for (; RTA_OK(a, left); a = RTA_NEXT(a, left))
        if ((a->rta_type & NLA_TYPE_MASK) != without)
            rt_add(m, a->rta_type, RTA_DATA(a), RTA_PAYLOAD(a));
}

/* ---- talking ---- */

int rt_open(void)
{
    struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
    int s = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    int err;

    if (s >= 0 && connect(s, (struct sockaddr *)&kernel, sizeof(kernel)) == 0)
        return s;
    err = errno;
    if (s >= 0)
        close(s);
    return -err;
}

static int send_message(int s, struct rt_message *m)
{
    if (m->full)
        return -EMSGSIZE;
    return send(s, m->bytes, m->header.nlmsg_len, 0) < 0 ? -errno : 0;
}

/* The next answer of the kernel's; its bytes, or -errno. */
static int receive(int s, char *answer)
{
    ssize_t n;

    do
        n = recv(s, answer, ANSWER_BYTES, MSG_TRUNC);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return -errno;
    return n > ANSWER_BYTES ? -EMSGSIZE : (int)n;
}

/* An acknowledgement is an error that is none. */
static int error_of(const struct nlmsghdr *h)
{
    const struct nlmsgerr *e = NLMSG_DATA(h);

    return h->nlmsg_len < NLMSG_LENGTH(sizeof(*e)) ? -EPROTO : e->error;
}

int rt_request(int s, struct rt_message *m)
{
    static char answer[ANSWER_BYTES] __attribute__((aligned(NLMSG_ALIGNTO)));
    struct nlmsghdr *h = (struct nlmsghdr *)answer;
    int ret;

    m->header.nlmsg_flags |= NLM_F_ACK;
    ret = send_message(s, m);
    if (ret)
        return ret;
    ret = receive(s, answer);
    if (ret < 0)
        return ret;
    return NLMSG_OK(h, ret) && h->nlmsg_type == NLMSG_ERROR ? error_of(h) : -EPROTO;
}

/* All messages of one answer; 1: the last one was among them. */
static int take(char *answer, int n, int (*each)(const struct nlmsghdr *h, void *arg), void *arg)
{
    for (struct nlmsghdr *h = (struct nlmsghdr *)answer; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
        int ret;

        if (h->nlmsg_type == NLMSG_DONE)
            return 1;
        ret = h->nlmsg_type == NLMSG_ERROR ? error_of(h) : each(h, arg);
        if (ret < 0)
            return ret;
    }
    return 0;
}

int rt_dump(int s, struct rt_message *m, int (*each)(const struct nlmsghdr *h, void *arg),
            void *arg)
{
    static char answer[ANSWER_BYTES] __attribute__((aligned(NLMSG_ALIGNTO)));
    int ret;

    m->header.nlmsg_flags |= NLM_F_DUMP;
    ret = send_message(s, m);
    while (ret == 0) {
        ret = receive(s, answer);
        if (ret >= 0)
            ret = take(answer, ret, each, arg);
    }
    return ret < 0 ? ret : 0;
}
