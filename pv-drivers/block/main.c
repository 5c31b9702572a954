/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A daemon that serves disks: blockd.c and blockd_nbd.c say which.
 */
#include "backend.h"
#include "daemon.h"
#include "disk.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

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
    ret = buffers_start(&env->buffers);
    if (ret)
        return daemon_fail("no memory for data", -ret);
    ret = targets_start(&b->loop, &env->buffers, batch_done, &env->unpublished, &env->targets);
    if (ret)
        return daemon_fail("cannot use targets", -ret);
    if (backend_confine(block_daemon.calls, block_daemon.nr_calls))
        return EXIT_FAILURE;
    disk_ops.daemon = block_daemon.name;
    return xenbus_start(&b->loop, &disk_ops, env) ? 0 : daemon_fail("cannot start", ENOMEM);
}

int main(int argc, char **argv)
{
    struct backend backend = {
        .usage = block_daemon.usage,
        .messages = block_daemon.messages,
        .log_dir = block_daemon.log_dir,
        .run_dir = block_daemon.run_dir,
        .pid_file = block_daemon.pid_file,
    };
    struct block_env env = { 0 };

    backend_options(&backend, argc, argv);
    umask(077);
    if (backend_begin(&backend) || start(&backend, &env))
        return EXIT_FAILURE;
    return backend_run(&backend);
}
