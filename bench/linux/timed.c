/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * timed NAME COMMAND...: what a command costs, from before it is started until it has ended; the
 * machine's "NAME" is the point before it.
 * As the machine's first program (rdinit=) it marks that point, and becomes /init.
 */
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

static void first_program(char **argv)
{
    static char init[] = "/init";

    mark_name("init");
    MARK(MARK_EVENT);
    argv[0] = init;
    execv(init, argv);
}

static int run(char **command)
{
    pid_t child = fork();
    int status;

    if (!child) {
        execvp(command[0], command);
        perror(command[0]);
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
        return 127;
    return WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
    uint64_t start;
    int status;

    if (getpid() == 1)
        first_program(argv);
    if (argc < 3) {
        fprintf(stderr, "usage: timed NAME COMMAND...\n");
        return 2;
    }
    mark_name(argv[1]);
    MARK(MARK_EVENT);
    start = ticks();
    MARK(MARK_BEGIN);
    status = run(argv + 2);
    MARK(MARK_END);
    start = ticks() - start;
    if (!status)
        print_figure(argv[1], start, 1);
    return status;
}
