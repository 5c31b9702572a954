/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest's configuration as verbs are given it: a file, and settings behind it.
 */
#ifndef XL_CONFIG_ARGS_H
#define XL_CONFIG_ARGS_H

#include "cfg_parse.h"

/** Add the settings of the file among the arguments, and then those like `memory=64`, which replace
 * or complete them. 0, or -EINVAL after messages. */
int config_args_read(int argc, char **argv, struct cfg *cfg);

#endif
