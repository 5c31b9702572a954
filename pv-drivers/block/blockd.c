/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * blockd: files and block devices. See blockd --help.
 */
#include "target.h"

#define DEFAULT_LOG_DIR  "/var/log/xen-like"
#define DEFAULT_RUN_DIR  "/run/xen-like/block"
#define DEFAULT_PID_FILE "/run/xen-like/blockd.pid"

static const char *const calls[] = { "io_uring_enter" };

const struct block_daemon block_daemon = {
    .name = "blockd",
    .usage = "usage: blockd [options]\n"
             "Serves disks of all guests: those that are files and block devices.\n"
             "  -f, --foreground    do not go to the background\n"
             "  -l, --log-dir DIR   messages go to DIR/blockd.messages (" DEFAULT_LOG_DIR ")\n"
             "  -r, --run-dir DIR   notes of requests under way, for a successor if it is killed\n"
             "                      (" DEFAULT_RUN_DIR ")\n"
             "  -p, --pid-file F    (" DEFAULT_PID_FILE ")\n"
             "  -h, --help\n"
             "Exit status: 0 ended by a signal, 1 could not start, 2 wrong usage.\n",
    .messages = "blockd.messages",
    .log_dir = DEFAULT_LOG_DIR,
    .run_dir = DEFAULT_RUN_DIR,
    .pid_file = DEFAULT_PID_FILE,
    .calls = calls,
    .nr_calls = sizeof(calls) / sizeof(calls[0]),
};
