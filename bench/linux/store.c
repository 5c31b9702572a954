/* SPDX-License-Identifier: GPL-2.0-only */
/* store: what requests to the store daemon cost, on its socket, the daemon's part included. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <public/io/xs_wire.h>

#include "bench.h"

#define SOCKET_PATH "/run/xenstored/socket"
#define NODE        "/bench/a/b/c"
#define VALUE       "sixteen bytes..."

static int daemon_socket;
static char answer[XENSTORE_PAYLOAD_MAX + 1];

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static void receive(void *to, size_t n)
{
    for (char *at = to; n;) {
        ssize_t got = read(daemon_socket, at, n);

        if (got <= 0)
            fail("store: read");
        at += got;
        n -= (size_t)got;
    }
}

static void request(uint32_t type, uint32_t transaction, const void *payload, size_t n)
{
    struct {
        struct xsd_sockmsg header;
        char payload[64];
    } message = {.header = {.type = type, .tx_id = transaction, .len = (uint32_t)n}};
    struct xsd_sockmsg reply;
    size_t size = sizeof(message.header) + n;

    memcpy(message.payload, payload, n);
    if (write(daemon_socket, &message, size) != (ssize_t)size)
        fail("store: write");
    receive(&reply, sizeof(reply));
    if (reply.len > XENSTORE_PAYLOAD_MAX)
        exit(1);
    receive(answer, reply.len);
    answer[reply.len] = '\0';
    if (reply.type != type) {
        fprintf(stderr, "store: request %u failed: %s\n", type, answer);
        exit(1);
    }
}

static void write_node(uint32_t transaction)
{
    request(XS_WRITE, transaction, NODE "\0" VALUE, sizeof(NODE) + sizeof(VALUE) - 1);
}

static void read_node(uint32_t transaction)
{
    request(XS_READ, transaction, NODE, sizeof(NODE));
}

static void op_read(void)
{
    read_node(0);
}

static void op_write(void)
{
    write_node(0);
}

static void op_directory(void)
{
    request(XS_DIRECTORY, 0, "/bench/a", sizeof("/bench/a"));
}

/* Four requests: start, read, write, end. */
static void op_transaction(void)
{
    uint32_t transaction;

    request(XS_TRANSACTION_START, 0, "", 1);
    transaction = (uint32_t)strtoul(answer, NULL, 10);
    read_node(transaction);
    write_node(transaction);
    request(XS_TRANSACTION_END, transaction, "T", 2);
}

int main(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = SOCKET_PATH};

    daemon_socket = socket(AF_UNIX, SOCK_STREAM, 0);
    if (daemon_socket < 0 || connect(daemon_socket, (void *)&address, sizeof(address)))
        fail("store: " SOCKET_PATH);
    write_node(0);
    bench("store_read", op_read, 200, 1);
    bench("store_write", op_write, 200, 1);
    bench("store_directory", op_directory, 200, 1);
    bench("store_transaction", op_transaction, 100, 1);
    request(XS_RM, 0, "/bench", sizeof("/bench"));
    return 0;
}
