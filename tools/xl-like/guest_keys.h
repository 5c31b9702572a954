/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The schema of guest.cfg: a row for each key.
 */
#ifndef XL_GUEST_KEYS_H
#define XL_GUEST_KEYS_H

#include "guest_cfg.h"

enum key_type {
    KEY_NUMBER,
    KEY_STRING,
    KEY_WORD,
    KEY_FIXED, /* a number that can have one value only; no field */
    KEY_TEXTS, /* a string, or a list of them: struct cfg_texts */
    KEY_CPUS,
    KEY_DISKS,
    KEY_VIFS,
    KEY_CHANNELS,
};

struct word {
    const char *text;
    unsigned value;
};

#define NOT_SERVED ~0U /* as a word's value: xl.cfg(5) has it */

struct guest_key {
    const char *name;
    enum key_type type;
    size_t field;      /* its place in struct guest_cfg */
    uint64_t min, max; /* of numbers; of strings: length; of texts: their number */
    uint64_t number;   /* default of numbers and words; what is fixed */
    const struct word *words;
    const char *help;
};

extern const struct guest_key guest_keys[];
extern const size_t guest_keys_count;

extern const struct word guest_actions[];

/** The row of this name, NULL if there is none. */
const struct guest_key *guest_key_find(const char *name);
/** Whether it is for guests of type "hvm" only. */
bool guest_key_is_hvm(const struct guest_key *k);
/** Its type, as help calls it. */
const char *guest_key_type_name(const struct guest_key *k);

#endif
