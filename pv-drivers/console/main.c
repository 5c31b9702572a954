/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * consoled: serves the consoles of all guests. See consoled --help.
 *
 * It holds two descriptors of the hypervisor's devices (event channels, grants) and the store's,
 * and has no capability and few system calls left once it has them; what it creates later are files
 * and sockets in its own two directories, and pseudo terminals.
 */
#include "backend.h"
#include "daemon.h"
#include "extra.h"
#include "guests.h"
#include "statistics.h"
#include "store_link.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#define DEFAULT_LOG_DIR  "/var/log/xen-like/console"
#define DEFAULT_RUN_DIR  "/run/xen-like/console"
#define DEFAULT_PID_FILE "/run/xen-like/consoled.pid"
#define DEFAULT_LOG_SIZE (1 << 20)
#define SMALLEST_LOG     4096

static const char usage[] =
    "usage: consoled [options]\n"
    "Serves the consoles of all guests: keeps a log for each, and lets programs connect.\n"
    "  -f, --foreground    do not go to the background\n"
    "  -l, --log-dir DIR   logs are DIR/NAME.log, older ones .log.1 to .log.4\n"
    "                      (" DEFAULT_LOG_DIR ")\n"
    "  -s, --log-size N    bytes of a log before a new one is begun (1048576)\n"
    "  -r, --run-dir DIR   sockets are DIR/DOMID, of further consoles DIR/DOMID-NUMBER: what is\n"
    "                      sent there is the guest's input, what comes is its output, the last\n"
    "                      64 KiB first\n"
    "                      (" DEFAULT_RUN_DIR ")\n"
    "  -p, --pid-file F    (" DEFAULT_PID_FILE ")\n"
    "  -h, --help\n"
    "Exit status: 0 ended by a signal, 1 could not start, 2 wrong usage.\n";

static struct console_env env = { .log_limit = DEFAULT_LOG_SIZE };

static bool take_log_size(const char *value)
{
    return parse_decimal(value, INT64_MAX, &env.log_limit) && env.log_limit >= SMALLEST_LOG;
}

/* Everything that needs privileges, or has to be in the process that goes on. */
static struct guests *start(struct backend *b)
{
    static struct loop_source statistics;
    struct guests *all;
    int ret;

    if (backend_open(b))
        return NULL;
    env.loop = &b->loop;
    env.events = b->events;
    env.gnttab = b->gnttab;
    env.log_dir = b->logs;
    env.run_path = b->run_dir;
    if (backend_confine(console_calls, CONSOLE_CALLS))
        return NULL;
    ret = statistics_start(&env, &statistics);
    if (ret) {
        daemon_fail("cannot tell statistics", -ret);
        return NULL;
    }
    all = xenbus_start(&b->loop, &extra_ops, &env) ? guests_start(&env) : NULL;
    if (!all)
        daemon_fail("cannot start", ENOMEM);
    return all;
}

int main(int argc, char **argv)
{
    static struct backend backend = {
        .usage = usage,
        .messages = "consoled.messages",
        .log_dir = DEFAULT_LOG_DIR,
        .run_dir = DEFAULT_RUN_DIR,
        .pid_file = DEFAULT_PID_FILE,
        .own = { "log-size", required_argument, NULL, 's' },
        .take = take_log_size,
    };
    struct guests *all;
    int ret;

    backend_options(&backend, argc, argv);
    umask(077);
    if (backend_begin(&backend))
        return EXIT_FAILURE;
    all = start(&backend);
    if (!all)
        return EXIT_FAILURE;
    ret = backend_run(&backend);
    guests_stop(all);
    events_close(backend.events);
    return ret;
}
