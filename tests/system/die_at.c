/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * die-at N COMMAND...: runs a command and kills it (SIGKILL) where it begins its N-th system call,
 * for tests of what a program leaves when it is cut short. Processes that it forks live on.
 * Exit status: 137 killed; else the command's own, which made fewer calls.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#define KILLED 137

static void fail(const char *what)
{
    perror(what);
    exit(2);
}

static void child(char **command)
{
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
        fail("ptrace");
    execvp(command[0], command);
    fail(command[0]);
}

/* Lets it run to its next system call, into or out of it; other signals are delivered. */
static int next_stop(pid_t pid, int *status)
{
    int signal = 0;

    for (;;) {
        if (ptrace(PTRACE_SYSCALL, pid, NULL, (void *)(long)signal) < 0 ||
            waitpid(pid, status, 0) < 0)
            fail("ptrace");
        if (!WIFSTOPPED(*status))
            return -1;
        if (WSTOPSIG(*status) == (SIGTRAP | 0x80))
            return 0;
        signal = WSTOPSIG(*status) == SIGTRAP ? 0 : WSTOPSIG(*status);
    }
}

int main(int argc, char **argv)
{
    long left = argc > 2 ? atol(argv[1]) : 0;
    int status;
    pid_t pid;

    if (left <= 0) {
        fprintf(stderr, "usage: die-at N COMMAND...\n");
        return 2;
    }
    pid = fork();
    if (pid < 0)
        fail("fork");
    if (pid == 0)
        child(argv + 2);
    if (waitpid(pid, &status, 0) < 0 || !WIFSTOPPED(status) ||
        ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL) < 0)
        fail("the command did not start");
    for (;;) {
        if (next_stop(pid, &status) < 0)
            return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        if (--left == 0)
            break;
        if (next_stop(pid, &status) < 0)
            return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    return KILLED;
}
