/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Multicast groups.
 */
#include "multicast.h"

#include <string.h>

static unsigned int find(const struct multicast *m, const uint8_t group[MAC_BYTES])
{
    unsigned int i = 0;

    while (i < m->count && memcmp(m->groups[i], group, MAC_BYTES) != 0)
        i++;
    return i;
}

bool multicast_add(struct multicast *m, const uint8_t group[MAC_BYTES])
{
    if (find(m, group) < m->count)
        return true;
    if (m->count == MULTICAST_MAX)
        return false;
    memcpy(m->groups[m->count++], group, MAC_BYTES);
    return true;
}

void multicast_remove(struct multicast *m, const uint8_t group[MAC_BYTES])
{
    unsigned int i = find(m, group);

    if (i < m->count)
        memmove(m->groups[i], m->groups[--m->count], MAC_BYTES);
}

bool multicast_wants(const struct multicast *m, const uint8_t to[MAC_BYTES])
{
    static const uint8_t everybody[MAC_BYTES] = { 255, 255, 255, 255, 255, 255 };

    if (!m->on || !(to[0] & 1) || memcmp(to, everybody, MAC_BYTES) == 0)
        return true;
    return find(m, to) < m->count;
}
