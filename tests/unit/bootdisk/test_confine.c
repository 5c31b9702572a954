/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a confined process can still do: read and write what it has open, get some memory, and end.
 * All else that somebody who got into it would want ends it.
 */
#include "confine.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define FILE_LIMIT 65536

static int null;

static int reads(void)
{
    char c;

    return pread(null, &c, 1, 0) != 0 || read(null, &c, 1) != 0 || lseek(null, 0, SEEK_END) != 0;
}
static int writes(void) { return write(null, "x", 1) != 1; }
static int gets_memory(void)
{
    char *m = malloc(16 << 20);

    if (!m)
        return 1;
    memset(m, 1, 16 << 20);
    free(m);
    return 0;
}
static int gets_no_more(void) { return malloc(1ul << 30) != NULL; }

static int opens(void) { return open("/dev/null", O_RDONLY); }
static int connects(void) { return socket(AF_UNIX, SOCK_STREAM, 0); }
static int runs(void) { return execl("/bin/true", "true", NULL); }
static int forks(void) { return fork(); }
static int kills(void) { return kill(getppid(), 0); }
static int traces(void) { return ptrace(PTRACE_TRACEME, 0, 0, 0); }
static int removes(void) { return unlink("/nonexistent"); }
static int becomes_root(void) { return setuid(0); }
static int makes_code(void)
{
    return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
           MAP_FAILED;
}
static int changes_code(void) { return mprotect((void *)0x1000, 4096, PROT_READ | PROT_EXEC); }

static const struct {
    const char *name;
    int (*what)(void);
    int signal; /* that ends it; 0: it succeeds */
} things[] = {
    { "reads", reads, 0 },
    { "writes", writes, 0 },
    { "gets memory", gets_memory, 0 },
    { "gets little memory", gets_no_more, 0 },
    { "opens a file", opens, SIGSYS },
    { "connects", connects, SIGSYS },
    { "runs a program", runs, SIGSYS },
    { "forks", forks, SIGSYS },
    { "kills", kills, SIGSYS },
    { "traces", traces, SIGSYS },
    { "removes a file", removes, SIGSYS },
    { "becomes root", becomes_root, SIGSYS },
    { "makes code", makes_code, SIGSYS },
    { "changes code", changes_code, SIGSYS },
};

/* Whose rights a process has, as the kernel says. */
static unsigned int user_of(pid_t pid)
{
    unsigned int user = 0;
    char line[128];
    FILE *f;

    snprintf(line, sizeof(line), "/proc/%d/status", (int)pid);
    f = fopen(line, "r");
    while (f && fgets(line, sizeof(line), f))
        if (sscanf(line, "Uid: %u", &user) == 1)
            break;
    if (f)
        fclose(f);
    return user;
}

/* The child's status as waitpid() has it; its user is looked at from outside, while it waits. */
static int in_confinement(int (*what)(void), unsigned int *user)
{
    int ready[2], go[2], status;
    pid_t pid;
    char c;

    if (pipe(ready) < 0 || pipe(go) < 0 || (pid = fork()) < 0)
        return -1;
    if (pid == 0) {
        if (confine(FILE_LIMIT) < 0 || write(ready[1], "r", 1) != 1 || read(go[0], &c, 1) != 1)
            _exit(99);
        _exit(what());
    }
    close(ready[1]);
    if (read(ready[0], &c, 1) == 1) {
        *user = user_of(pid);
        if (write(go[1], "g", 1) != 1)
            return -1;
    }
    close(ready[0]);
    close(go[0]);
    close(go[1]);
    return waitpid(pid, &status, 0) == pid ? status : -1;
}

int main(void)
{
    int failed = 0;

    null = open("/dev/null", O_RDWR);
    for (size_t i = 0; i < sizeof(things) / sizeof(things[0]); i++) {
        unsigned int user = 0;
        int status = in_confinement(things[i].what, &user);
        int good = things[i].signal ? WIFSIGNALED(status) && WTERMSIG(status) == things[i].signal
                                    : WIFEXITED(status) && WEXITSTATUS(status) == 0;

        if (geteuid() == 0 && user == 0)
            good = 0; /* it has still root's rights */
        printf("%s %s (status 0x%x, user %u)\n", good ? "ok" : "FAILED", things[i].name, status,
               user);
        failed += !good;
    }
    return failed != 0;
}
