/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Boot command line. Each file declares its own options beside the variable that they set:
 *     static unsigned opt_maxcpus;
 *     PARAM_UINT("maxcpus", opt_maxcpus, "use at most this many CPUs");
 * They are collected in a section; params_parse names unknown or malformed options in the log.
 */
#ifndef HV_PARAMS_H
#define HV_PARAMS_H

#include <hv/types.h>

enum param_kind { PARAM_KIND_BOOL, PARAM_KIND_UINT, PARAM_KIND_SIZE, PARAM_KIND_STRING,
                  PARAM_KIND_FN };

struct param {
    const char *name;
    enum param_kind kind;
    /* bool, unsigned, uint64_t (bytes, with K M G suffix), char[size], or the function */
    void *var;
    size_t size;     /* of a string variable */
    const char *help;
} __attribute__((aligned(32)));

/* Put there by the linker script (host: by the linker itself). */
extern const struct param __start_hv_params[], __stop_hv_params[];

#define PARAM_ENTRY(id, nm, k, v, sz, hlp)                                            \
    static const struct param param_##id                                             \
        __attribute__((used, section("hv_params"))) = { nm, k, v, sz, hlp }
#define PARAM_ID2(line) l##line
#define PARAM_ID(line) PARAM_ID2(line)
#define PARAM_X(line, ...) PARAM_Y(line, __VA_ARGS__)
#define PARAM_Y(line, ...) PARAM_ENTRY(line, __VA_ARGS__)
#define PARAM_BOOL(nm, v, hlp)   PARAM_X(__LINE__, nm, PARAM_KIND_BOOL, &v, 0, hlp)
#define PARAM_UINT(nm, v, hlp)   PARAM_X(__LINE__, nm, PARAM_KIND_UINT, &v, 0, hlp)
#define PARAM_SIZE(nm, v, hlp)   PARAM_X(__LINE__, nm, PARAM_KIND_SIZE, &v, 0, hlp)
#define PARAM_STRING(nm, v, hlp) PARAM_X(__LINE__, nm, PARAM_KIND_STRING, v, sizeof(v), hlp)
/** `fn` is int fn(const char *value): 0 or -EINVAL. */
#define PARAM_FN(nm, fn, hlp)    PARAM_X(__LINE__, nm, PARAM_KIND_FN, (void *)fn, 0, hlp)

/** For PARAM_FN: a decimal or 0x number; *end is what follows it. 0 or -EINVAL. */
int param_parse_number(const char *s, uint64_t *value, const char **end);
/** The same with a suffix B, K, M, G or T, or in units of 2^plain_shift bytes without. */
int param_parse_size(const char *s, unsigned plain_shift, uint64_t *bytes, const char **end);

/** `noNAME` and `NAME=0/no/off/false` clear a boolean; values may contain commas. */
void params_parse(const char *cmdline);

#endif
