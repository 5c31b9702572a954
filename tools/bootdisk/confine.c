/* SPDX-License-Identifier: GPL-2.0-only */
#include "confine.h"

#include <errno.h>
#include <grp.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define NOBODY       65534
#define MEMORY_LIMIT (256ull << 20)
#define CPU_SECONDS  600

static const char *const calls[] = { "read",         "pread64",      "write",     "lseek",
                                     "close",        "brk",          "munmap",    "mremap",
                                     "madvise",      "futex",        "getrandom", "clock_gettime",
                                     "gettimeofday", "rt_sigreturn", "exit",      "exit_group" };

static int limit(int what, uint64_t value)
{
    struct rlimit r = { value, value };

    return setrlimit(what, &r) < 0 ? -errno : 0;
}

static int become_nobody(void)
{
    if (geteuid() != 0)
        return 0;
    if (setgroups(0, NULL) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 ||
        setresuid(NOBODY, NOBODY, NOBODY) < 0)
        return -errno;
    return 0;
}

static int limit_calls(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    int ret = filter ? 0 : -ENOMEM;

    for (size_t i = 0; !ret && i < sizeof(calls) / sizeof(calls[0]); i++)
        ret = seccomp_rule_add(filter, SCMP_ACT_ALLOW, seccomp_syscall_resolve_name(calls[i]), 0);
    if (!ret)
        ret = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
                               SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    if (!ret)
        ret = seccomp_load(filter);
    seccomp_release(filter);
    return ret;
}

int confine(uint64_t file_limit)
{
    int ret = limit(RLIMIT_AS, MEMORY_LIMIT);

    if (!ret)
        ret = limit(RLIMIT_CPU, CPU_SECONDS);
    if (!ret)
        ret = limit(RLIMIT_FSIZE, file_limit);
    if (!ret)
        ret = limit(RLIMIT_CORE, 0);
    if (!ret)
        ret = become_nobody();
    if (!ret && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        ret = -errno;
    return ret ? ret : limit_calls();
}
