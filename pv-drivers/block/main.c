/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * blockd: serves the disks of all guests. See blockd --help.
 */
#include "backend.h"
#include "calls.h"
#include "daemon.h"
#include "disk.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#define DEFAULT_LOG_DIR  "/var/log/xen-like"
#define DEFAULT_RUN_DIR  "/run/xen-like/block"
#define DEFAULT_PID_FILE "/run/xen-like/blockd.pid"

static const char usage[] =
    "usage: blockd [options]\n"
    "Serves the disks of all guests: what the store says they are, files and block devices.\n"
    "  -f, --foreground    do not go to the background\n"
    "  -l, --log-dir DIR   messages go to DIR/blockd.messages (" DEFAULT_LOG_DIR ")\n"
    "  -r, --run-dir DIR   notes of requests under way, for a successor if it is killed\n"
    "                      (" DEFAULT_RUN_DIR ")\n"
    "  -p, --pid-file F    (" DEFAULT_PID_FILE ")\n"
    "  -h, --help\n"
    "Exit status: 0 ended by a signal, 1 could not start, 2 wrong usage.\n";

static void batch_done(void *context) { queues_publish(context); }

/* Everything that needs privileges, or has to be in the process that goes on. */
static int start(struct backend *b, struct block_env *env)
{
    int ret;

    if (backend_open(b))
        return EXIT_FAILURE;
    env->loop = &b->loop;
    env->events = b->events;
    env->gnttab = b->gnttab;
    env->notes = b->notes;
    ret = uring_start(&b->loop, batch_done, &env->unpublished, &env->uring);
    if (ret)
        return daemon_fail("io_uring", -ret);
    ret = daemon_drop_capabilities();
    if (ret)
        return daemon_fail("cannot drop capabilities", -ret);
    ret = calls_limit((const char *const[]){ "io_uring_enter" }, 1);
    if (ret)
        return daemon_fail("cannot limit its system calls", -ret);
    return xenbus_start(&b->loop, &disk_ops, env) ? 0 : daemon_fail("cannot start", ENOMEM);
}

int main(int argc, char **argv)
{
    static struct backend backend = {
        .usage = usage,
        .messages = "blockd.messages",
        .log_dir = DEFAULT_LOG_DIR,
        .run_dir = DEFAULT_RUN_DIR,
        .pid_file = DEFAULT_PID_FILE,
    };
    struct block_env env = { 0 };
    int ret;

    backend_options(&backend, argc, argv);
    umask(077);
    if (backend_begin(&backend) || start(&backend, &env))
        return EXIT_FAILURE;
    ret = loop_run(&backend.loop);
    return ret ? daemon_fail("cannot go on", -ret) : EXIT_SUCCESS;
}
