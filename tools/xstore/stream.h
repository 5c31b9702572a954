/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside libxstore: messages over a socket or the kernel's device.
 */
#ifndef XSTORE_STREAM_H
#define XSTORE_STREAM_H

#include <public/io/xs_wire.h>
#include <stdbool.h>
#include <sys/uio.h>

struct message {
    struct xsd_sockmsg hdr;
    char *body; /* with a 0 byte behind it; from malloc() */
};

/** Connect to a socket, or open a device: a descriptor, or -errno. */
int stream_open(const char *path);
bool stream_is_socket(int fd);
/** Send a message; its length becomes that of the parts together. -E2BIG: nothing was sent;
 * -ENOTCONN: the other side has ended. */
int stream_send(int fd, bool socket, struct xsd_sockmsg hdr, const struct iovec *iov, int n);
/** Send what is whole messages already. -ENOTCONN: the other side has ended. */
int stream_send_bytes(int fd, bool socket, const void *bytes, size_t len);
/** Wait for the next message; its body is the caller's. -ENOTCONN: the other side has ended, or
 * cannot be understood; -ENOMEM: the place in the stream is lost. */
int stream_receive(int fd, struct message *m);

#endif
