/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's network settings, asked for and changed by messages (rtnetlink).
 */
#ifndef XL_RTNETLINK_H
#define XL_RTNETLINK_H

#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RT_MESSAGE_BYTES 1024

/** A message while it is made. `full`: it did not fit; it cannot be sent. */
struct rt_message {
    union {
        struct nlmsghdr header;
        char bytes[RT_MESSAGE_BYTES];
    };
    bool full;
};

/** Begin with a fixed part of `size` bytes. `flags`: NLM_F_* beside those of every request. */
void rt_begin(struct rt_message *m, uint16_t type, uint16_t flags, const void *fixed, size_t size);
void rt_add(struct rt_message *m, uint16_t type, const void *data, size_t size);
/** Attributes that are added until rt_end_nest() are within this one. */
struct rtattr *rt_begin_nest(struct rt_message *m, uint16_t type);
void rt_end_nest(struct rt_message *m, struct rtattr *nest);

/** A message that says the same as another one, without one of its attributes. */
void rt_copy(struct rt_message *m, uint16_t type, uint16_t flags, const struct nlmsghdr *from,
             size_t size, uint16_t without);

/** An attribute of a message with a fixed part of `size` bytes, NULL if it has none. */
struct rtattr *rt_find(const struct nlmsghdr *h, size_t size, uint16_t type);
/** A number of it; 0 if it has none. */
uint32_t rt_find_u32(const struct nlmsghdr *h, size_t size, uint16_t type);

/** A socket. -errno. */
int rt_open(void);
/** Send a request and wait for its acknowledgement. 0 or -errno. */
int rt_request(int s, struct rt_message *m);
/** All that there is: `each` gets one message after the other, and ends it by an answer below 0.
 * That, 0, or -errno; after a failure the socket is of no use any more. */
int rt_dump(int s, struct rt_message *m, int (*each)(const struct nlmsghdr *h, void *arg),
            void *arg);

#endif
