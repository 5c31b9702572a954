/* SPDX-License-Identifier: GPL-2.0-only */
#include "uuid.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

static const char digits[] = "0123456789abcdef";

int uuid_make(uint8_t uuid[CTRL_UUID_LEN])
{
    if (getrandom(uuid, CTRL_UUID_LEN, 0) != CTRL_UUID_LEN)
        return -EIO;
    uuid[6] = (uuid[6] & 0x0f) | 0x40; /* version 4 */
    uuid[8] = (uuid[8] & 0x3f) | 0x80;
    return 0;
}

void uuid_print(const uint8_t uuid[CTRL_UUID_LEN], char text[UUID_TEXT])
{
    for (int i = 0; i < CTRL_UUID_LEN; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *text++ = '-';
        *text++ = digits[uuid[i] >> 4];
        *text++ = digits[uuid[i] & 15];
    }
    *text = '\0';
}

void uuid_parse(const char *text, uint8_t uuid[CTRL_UUID_LEN])
{
    memset(uuid, 0, CTRL_UUID_LEN);
    for (int nibble = 0; *text && nibble < 2 * CTRL_UUID_LEN; text++) {
        const char *digit = strchr(digits, *text | 0x20);

        if (*text == '-' || !digit)
            continue;
        uuid[nibble / 2] |= (digit - digits) << (nibble % 2 ? 0 : 4);
        nibble++;
    }
}
