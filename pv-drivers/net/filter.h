/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The IP addresses that a guest may send from, if its configuration names any: packets from others,
 * and of other protocols, are lost.
 */
#ifndef NET_FILTER_H
#define NET_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FILTER_MAX 8

struct filter_address {
    bool ipv6;
    uint8_t bytes[16]; /* 4 of them if not */
};

struct filter {
    unsigned int count; /* 0: anything may be sent */
    struct filter_address addresses[FILTER_MAX];
};

/* Addresses with blanks between them; false: they are none, or too many. */
bool filter_parse(struct filter *f, const char *text);
bool filter_allows(const struct filter *f, const uint8_t *data, size_t bytes);

#endif
