/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The filter is made by libseccomp. A process that may start no other and open no connection but a
 * local one has little use for whoever got into it.
 */
#include "calls.h"

#include <errno.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/socket.h>

static const char *const common[] = {
    /* memory; mmap, mprotect and socket have rules of their own */
    "brk", "munmap", "mremap", "madvise", "getrandom", "futex",
    /* files, all of them below directories that are open or by name */
    "openat", "close", "read", "write", "readv", "writev", "pread64", "pwrite64", "lseek", "fstat",
    "newfstatat", "fcntl", "flock", "ftruncate", "fallocate", "unlink", "unlinkat", "fsync",
    /* devices of the hypervisor; sizes of targets */
    "ioctl",
    /* the store */
    "connect", "sendto", "sendmsg", "recvfrom", "recvmsg", "shutdown", "poll", "ppoll",
    /* the loop */
    "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "eventfd2", "timerfd_create",
    "timerfd_settime", "clock_gettime", "clock_nanosleep", "gettimeofday", "restart_syscall",
    /* the end */
    "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "getpid", "gettid", "tgkill", "exit",
    "exit_group"
};

static int allow(scmp_filter_ctx filter, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int call = seccomp_syscall_resolve_name(names[i]), ret;

        if (call == __NR_SCMP_ERROR)
            return -ENOENT;
        ret = seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0);
        if (ret)
            return ret;
    }
    return 0;
}

/* Memory that can be run comes from nowhere; sockets are local. */
static int allow_some(scmp_filter_ctx filter)
{
    static const char *const mapping[] = { "mmap", "mprotect" };
    int ret = 0;

    for (int i = 0; i < 2 && !ret; i++)
        ret = seccomp_rule_add(filter, SCMP_ACT_ALLOW, seccomp_syscall_resolve_name(mapping[i]), 1,
                               SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    if (!ret)
        ret = seccomp_rule_add(filter, SCMP_ACT_ALLOW, seccomp_syscall_resolve_name("socket"), 1,
                               SCMP_A0(SCMP_CMP_EQ, AF_UNIX));
    return ret;
}

int calls_limit(const char *const *names, size_t count)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    int ret;

    if (!filter)
        return -ENOMEM;
    ret = seccomp_attr_set(filter, SCMP_FLTATR_CTL_LOG, 1);
    if (!ret)
        ret = allow(filter, common, sizeof(common) / sizeof(common[0]));
    if (!ret)
        ret = allow(filter, names, count);
    if (!ret)
        ret = allow_some(filter);
    if (!ret)
        ret = seccomp_load(filter);
    seccomp_release(filter);
    return ret;
}
