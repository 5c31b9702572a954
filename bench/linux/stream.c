/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stream: bytes in one direction through a TCP connection between two domains, and what they cost
 * the whole machine: from before the connection until the other side has said that it has them all.
 *
 *   stream serve PORT
 *   stream send NAME ADDRESS PORT BYTES
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

#define STREAM_ROUNDS 5
#define PIECE 65536

static char buffer[PIECE];

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

/* Events of other domains that this one has got so far. */
static uint64_t events(void)
{
    char line[512], *at;
    FILE *f = fopen("/proc/interrupts", "r");
    uint64_t all = 0;

    if (!f)
        fail("/proc/interrupts");
    while (fgets(line, sizeof(line), f))
        if (strstr(line, "xen-dyn") && (at = strchr(line, ':')))
            all += strtoul(at + 1, NULL, 10); /* of the only CPU that is measured on */
    fclose(f);
    return all;
}

static struct sockaddr_in address(const char *host, const char *port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};

    if (inet_pton(AF_INET, host, &a.sin_addr) != 1)
        fail(host);
    return a;
}

/* ---- the side that gets the bytes: its answer is the number of its events */

static void take(int s)
{
    uint64_t before = events(), seen;
    ssize_t n;

    while ((n = read(s, buffer, sizeof(buffer))) > 0)
        ;
    seen = events() - before;
    if (n < 0 || write(s, &seen, sizeof(seen)) != sizeof(seen))
        fail("stream: an end too soon");
    close(s);
}

static void serve(const char *port)
{
    struct sockaddr_in a = address("0.0.0.0", port);
    int s = socket(AF_INET, SOCK_STREAM, 0), one = 1;

    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (bind(s, (struct sockaddr *)&a, sizeof(a)) || listen(s, 1))
        fail("stream: port");
    for (;;) {
        int peer = accept(s, NULL, NULL);

        if (peer < 0)
            fail("stream: accept");
        take(peer);
    }
}

/* ---- the side that sends them */

struct cost {
    uint64_t ticks, events;
};

static struct cost send_all(const struct sockaddr_in *a, uint64_t bytes)
{
    struct cost c = {0};
    uint64_t there, start;
    int s = socket(AF_INET, SOCK_STREAM, 0);

    c.events = events();
    start = ticks();
    MARK(MARK_BEGIN);
    if (connect(s, (const struct sockaddr *)a, sizeof(*a)))
        fail("stream: connect");
    for (uint64_t done = 0; done < bytes;) {
        ssize_t n = write(s, buffer, PIECE);

        if (n <= 0)
            fail("stream: write");
        done += (uint64_t)n;
    }
    shutdown(s, SHUT_WR);
    if (read(s, &there, sizeof(there)) != sizeof(there))
        fail("stream: no answer");
    MARK(MARK_END);
    c.ticks = ticks() - start;
    c.events = events() - c.events + there;
    close(s);
    return c;
}

/* The best of some rounds: MB in 10^9 instructions; events for a MB. */
static void send_rounds(const char *name, const struct sockaddr_in *a, uint64_t bytes)
{
    struct cost best = {UINT64_MAX, 0};
    unsigned megabytes = (unsigned)(bytes / 1000000);

    mark_name(name);
    for (int round = 0; round < STREAM_ROUNDS; round++) {
        struct cost c = send_all(a, bytes);

        if (c.ticks < best.ticks)
            best = c;
    }
    printf("BENCH %s %lu %u\n", name, (unsigned long)(bytes * 10000 / best.ticks), megabytes);
    printf("BENCH %s_events %lu 1\n", name, (unsigned long)(best.events * 10 / megabytes));
    fflush(stdout);
}

int main(int argc, char **argv)
{
    struct sockaddr_in a;

    if (argc == 3 && !strcmp(argv[1], "serve"))
        serve(argv[2]);
    if (argc != 6 || strcmp(argv[1], "send")) {
        fprintf(stderr, "usage: stream serve PORT | stream send NAME ADDRESS PORT BYTES\n");
        return 2;
    }
    a = address(argv[3], argv[4]);
    send_rounds(argv[2], &a, strtoul(argv[5], NULL, 10));
    return 0;
}
