/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Going on as another version of the daemon.
 */
#include "upgrade.h"
#include "journal.h"

#include <errno.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static struct {
    char *path;
    char **argv;
    bool wanted;
} upgrade;

/* We are in the foreground, or have gone to the background already. */
void upgrade_begin(int argc, char **argv)
{
    upgrade.path = realpath("/proc/self/exe", NULL);
    upgrade.argv = calloc(argc + 2, sizeof(*argv));
    if (!upgrade.argv)
        return;
    upgrade.argv[0] = argv[0];
    upgrade.argv[1] = "-F";
    memcpy(upgrade.argv + 2, argv + 1, (argc - 1) * sizeof(*argv));
}

/* Without a fork: the mappings of the grant device do not survive one. */
static bool can_run(void)
{
    char format[12];
    char *const argv[] = { upgrade.argv[0], "--can-read", format, NULL };
    int status = -1;
    pid_t pid;

    snprintf(format, sizeof(format), "%d", JOURNAL_FORMAT);
    if (posix_spawn(&pid, upgrade.path, NULL, NULL, argv, environ) != 0)
        return false;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return status == 0;
}

int upgrade_prepare(void)
{
    if (!upgrade.path || !upgrade.argv || !can_run()) {
        fprintf(stderr, "xstored: no upgrade: %s cannot run here, or not read the journal\n",
                upgrade.path ? upgrade.path : "the program");
        return -EIO;
    }
    upgrade.wanted = true;
    return 0;
}

void upgrade_now(void)
{
    if (!upgrade.wanted)
        return;
    upgrade.wanted = false;
    journal_commit();
    execv(upgrade.path, upgrade.argv);
    fprintf(stderr, "xstored: no upgrade: %s: %s\n", upgrade.path, strerror(errno));
}
