/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The syntax of guest.cfg, which is xl.cfg's: `key = value` lines; a value is a number, a quoted
 * string, or a list of values in brackets. `+=` adds to a string or list. '#' begins a comment. A
 * line may end in ';'.
 *
 * Knows nothing of the meaning of keys: that is guest_cfg.c.
 */
#ifndef XL_CFG_PARSE_H
#define XL_CFG_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct cfg_place {
    const char *file;
    int line, column; /* from 1 */
};

enum cfg_kind { CFG_NUMBER, CFG_STRING, CFG_LIST };

struct cfg_value {
    enum cfg_kind kind;
    struct cfg_place place;
    char *text;               /* string, or the number as written */
    uint64_t number;          /* of CFG_NUMBER */
    struct cfg_value **items; /* of CFG_LIST */
    size_t n_items;
};

struct cfg_setting {
    struct cfg_setting *next;
    char *key;
    struct cfg_place place; /* of the key */
    struct cfg_value *value;
};

struct cfg {
    struct cfg_setting *first, **last;
    FILE *errors; /* where messages go: "file:line:column: ..." */
    unsigned n_errors;
};

void cfg_init(struct cfg *c, FILE *errors);
void cfg_free(struct cfg *c);
/** Add the settings of a text; `file` names it in messages and must outlive `c`. Later settings
 * replace earlier ones. 0, or -EINVAL after errors (all of them are reported, line by line),
 * -ENOMEM. */
int cfg_parse(struct cfg *c, const char *file, const char *text, size_t len);
int cfg_parse_file(struct cfg *c, const char *path);
struct cfg_setting *cfg_find(const struct cfg *c, const char *key);
/** "place: message" to c->errors, counted. */
void cfg_error(struct cfg *c, struct cfg_place p, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
const char *cfg_kind_name(enum cfg_kind k);

#endif
