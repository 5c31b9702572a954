/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A device model from its start to its end. Whether it runs, and as which process, is known by a
 * lock that it holds and never learns of: of a file that is opened before QEMU is executed.
 */
#include "device_model.h"
#include "clock.h"
#include "host.h"
#include "nic.h"
#include "qmp.h"
#include "report.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

const char *device_model_dir = "/run/xen-like/device-model";
const char *device_model_logs = "/var/log/xen-like/device-model";

#define NODES "/local/domain/0/device-model"

/* User ids that nobody gives to anybody: one for each guest. */
#define FIRST_USER 0x70000000u

#define START_SECONDS 300
#define TRY_MS        100
#define END_SECONDS   60
#define PATH_BYTES    160
#define THREADS_MAX   128

/* --- its directory ---------------------------------------------------------------------------- */

static void directory_of(char path[PATH_BYTES], uint32_t domid, const char *file)
{
    snprintf(path, PATH_BYTES, "%s/%u%s%s", device_model_dir, domid, *file ? "/" : "", file);
}

static void log_of(char path[PATH_BYTES], const char *name)
{
    snprintf(path, PATH_BYTES, "%s/%s.log", device_model_logs, name);
}

/* A directory and those above it. */
static int make_path(const char *path, mode_t mode)
{
    char part[PATH_BYTES];

    for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        snprintf(part, sizeof(part), "%.*s", (int)(slash - path), path);
        if (mkdir(part, 0755) < 0 && errno != EEXIST)
            return -errno;
    }
    return mkdir(path, mode) < 0 && errno != EEXIST ? -errno : 0;
}

static void remove_directory(uint32_t domid)
{
    static const char *const files[] = { "qmp", "lock" };
    char path[PATH_BYTES];

    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        directory_of(path, domid, files[i]);
        unlink(path);
    }
    directory_of(path, domid, "root");
    rmdir(path);
    directory_of(path, domid, "");
    rmdir(path);
}

/* --- its process ------------------------------------------------------------------------------ */

pid_t device_model_pid(uint32_t domid)
{
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    char path[PATH_BYTES];
    int fd, ret;

    directory_of(path, domid, "lock");
    fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return 0;
    ret = fcntl(fd, F_GETLK, &lock);
    close(fd);
    return ret == 0 && lock.l_type != F_UNLCK ? lock.l_pid : 0;
}

/* Its number is looked up again once it cannot be given to another one: pidfd_open(2). */
static int open_process(uint32_t domid)
{
    pid_t pid = device_model_pid(domid);
    int fd = pid > 0 ? syscall(SYS_pidfd_open, pid, 0) : -1;

    if (fd >= 0 && device_model_pid(domid) != pid) {
        close(fd);
        return -1;
    }
    return fd;
}

static void end_process(uint32_t domid)
{
    int fd = open_process(domid);
    struct pollfd p = { .fd = fd, .events = POLLIN };

    if (fd < 0)
        return;
    syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0);
    if (poll(&p, 1, END_SECONDS * 1000) != 1)
        report_warning("the device model of domain %u does not end", domid);
    close(fd);
}

static void set_limit(int what, rlim_t most)
{
    const struct rlimit limit = { most, most };

    setrlimit(what, &limit);
}

static _Noreturn void refuse(const char *what)
{
    dprintf(STDERR_FILENO, "%s: %s\n", what, strerror(errno));
    _exit(127);
}

/* In the new process; all that it says from here on goes into the pipe. */
static _Noreturn void execute(const struct arguments *a, const char *lock_path, int pipe,
                              const int *kept, size_t nr_kept)
{
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    int null = open("/dev/null", O_RDWR), fd;

    if (dup2(pipe, STDERR_FILENO) < 0 || dup2(pipe, STDOUT_FILENO) < 0)
        _exit(127);
    if (null < 0 || dup2(null, STDIN_FILENO) < 0)
        refuse("/dev/null");
    setsid();
    signal(SIGHUP, SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    fd = open(lock_path, O_RDWR | O_CREAT, 0600);
    if (fd < 0 || fcntl(fd, F_SETLK, &lock) < 0)
        refuse(lock_path);
    set_limit(RLIMIT_CORE, 0);
    set_limit(RLIMIT_MEMLOCK, 0);
    set_limit(RLIMIT_MSGQUEUE, 0);
    set_limit(RLIMIT_NPROC, THREADS_MAX);
    if (close_range(STDERR_FILENO + 1, ~0u, CLOSE_RANGE_CLOEXEC) < 0)
        refuse("close_range");
    if (fcntl(fd, F_SETFD, 0) < 0)
        refuse(lock_path);
    for (size_t i = 0; i < nr_kept; i++)
        if (fcntl(kept[i], F_SETFD, 0) < 0)
            refuse("what it is handed");
    if (chdir("/") == 0)
        execv(a->text[0], a->text);
    refuse(a->text[0]);
}

/* --- starting --------------------------------------------------------------------------------- */

struct start {
    struct xstore *x;
    const struct guest_cfg *g;
    const struct device_model_state *state;
    uint32_t domid;
    char dir[PATH_BYTES], lock[PATH_BYTES], log[PATH_BYTES];
    pid_t pid; /* 0: none yet */
};

static int fail(const struct start *s, const char *what, int ret)
{
    report_error("the device model of '%s': %s: %s", s->g->name, what, strerror(-ret));
    return XL_FAILED;
}

static int make_room(struct start *s)
{
    char root[PATH_BYTES], node[64];
    int ret;

    directory_of(s->dir, s->domid, "");
    directory_of(s->lock, s->domid, "lock");
    directory_of(root, s->domid, "root");
    log_of(s->log, s->g->name);
    remove_directory(s->domid); /* of a domain before this one, if nobody has */
    ret = make_path(s->dir, 0700);
    if (ret == 0 && mkdir(root, 0755) < 0)
        ret = -errno;
    if (ret < 0)
        return fail(s, s->dir, ret);
    ret = make_path(device_model_logs, 0755);
    if (ret < 0)
        return fail(s, device_model_logs, ret);
    snprintf(node, sizeof(node), NODES "/%u", s->domid);
    ret = xstore_mkdir(s->x, XSTORE_NO_TXN, node);
    return ret < 0 ? fail(s, node, ret) : XL_OK;
}

/* `kept`: descriptors that it is handed, of network devices and, if it is to begin with one, of its
 * state, the last. */
static int launch_with(struct start *s, const int *kept, size_t nr_kept)
{
    struct arguments a;
    int to, ret = XL_FAILED;

    device_model_arguments(&a, s->g, s->domid, s->dir, FIRST_USER + s->domid, kept,
                           s->state->bytes ? kept[nr_kept - 1] : -1);
    if (a.failed) {
        fail(s, "its arguments", -ENOMEM);
    } else if ((to = device_model_open_messages(s->log)) < 0) {
        fail(s, "its messages", to);
    } else {
        fflush(NULL);
        s->pid = fork();
        if (s->pid == 0)
            execute(&a, s->lock, to, kept, nr_kept);
        ret = s->pid < 0 ? fail(s, "fork", -errno) : XL_OK;
        close(to);
    }
    arguments_free(&a);
    return ret;
}

static int launch_with_state(struct start *s, const int *nics, size_t nr_nics)
{
    int *kept = malloc((nr_nics + 1) * sizeof(*kept)), fd = -ENOMEM, ret;

    if (kept)
        fd = device_model_state_open(s->state);
    if (fd < 0) {
        free(kept);
        return fail(s, "its state", fd);
    }
    if (nr_nics)
        memcpy(kept, nics, nr_nics * sizeof(*kept));
    kept[nr_nics] = fd;
    ret = launch_with(s, kept, nr_nics + 1);
    close(fd);
    free(kept);
    return ret;
}

static int launch(struct start *s)
{
    size_t nr_nics;
    int *nics, ret = nics_open(s->domid, s->g->vifs, &nics, &nr_nics);

    if (ret != XL_OK)
        return ret;
    ret = s->state->bytes ? launch_with_state(s, nics, nr_nics) : launch_with(s, nics, nr_nics);
    nics_close(nics, nr_nics);
    return ret;
}

/* --- until it runs ---------------------------------------------------------------------------- */

static int has_ended(const struct start *s)
{
    const char *last = device_model_last_message();

    report_error("the device model of '%s' has ended: %s", s->g->name,
                 *last ? last : "it did not say why");
    report_hint("all that it said is in %s", s->log);
    return XL_FAILED;
}

static int no_answer(const struct start *s, const char *what, const char *why)
{
    report_error("the device model of '%s' does not run: %s: %s", s->g->name, what, why);
    report_hint("what it said is in %s", s->log);
    return XL_FAILED;
}

/* Its socket is there early, and answers once it has given up its privileges and runs. */
static int wait_for_socket(const struct start *s, struct qmp **q)
{
    time_t end = monotonic_seconds() + START_SECONDS;
    char path[PATH_BYTES];

    directory_of(path, s->domid, "qmp");
    while (monotonic_seconds() < end) {
        struct pollfd p = { .fd = device_model_messages(), .events = POLLIN };
        int ret;

        if (poll(&p, 1, TRY_MS) > 0) {
            if (!device_model_take_messages())
                return has_ended(s);
            continue;
        }
        ret = qmp_open(path, q);
        if (ret == 0)
            return XL_OK;
        if (ret != -ENOENT && ret != -ECONNREFUSED && ret != -ECONNRESET) {
            no_answer(s, "its socket", *q ? qmp_why(*q) : strerror(-ret));
            qmp_close(*q);
            return XL_FAILED;
        }
        qmp_close(*q);
    }
    return no_answer(s, "its socket", "not there in time");
}

/* It may have ended at what it was to read. */
static int status_unknown(const struct start *s, struct qmp *q)
{
    struct pollfd p = { .fd = device_model_messages(), .events = POLLIN };

    while (poll(&p, 1, TRY_MS) > 0)
        if (!device_model_take_messages())
            return has_ended(s);
    return no_answer(s, "query-status", qmp_why(q));
}

/* "inmigrate": it reads what its guest's devices are to be like. */
static int wait_for_status(const struct start *s, struct qmp *q)
{
    time_t end = monotonic_seconds() + START_SECONDS;
    const char *status;
    yajl_val v;

    for (;;) {
        if (qmp_run(q, "query-status", &v) < 0)
            return status_unknown(s, q);
        status = qmp_text(v, "status");
        if (status && strcmp(status, "running") == 0)
            return XL_OK;
        if (!s->state->bytes || !status || strcmp(status, "inmigrate") != 0 ||
            monotonic_seconds() >= end)
            return no_answer(s, "its state", status ? status : "?");
        usleep(TRY_MS * 1000);
    }
}

/* Where the ends of serial ports are, for `console -t serial`. */
static int note_serial(const struct start *s, struct qmp *q)
{
    yajl_val list, v;
    int ret = XL_OK;

    if (s->g->hvm.serial.count == 0)
        return XL_OK;
    if (qmp_run(q, "query-chardev", &list) < 0 || !YAJL_IS_ARRAY(list))
        return no_answer(s, "query-chardev", qmp_why(q));
    for (size_t i = 0; i < YAJL_GET_ARRAY(list)->len && ret == XL_OK; i++) {
        const char *label, *file;
        unsigned int number;
        char node[32];

        v = YAJL_GET_ARRAY(list)->values[i];
        label = qmp_text(v, "label");
        file = qmp_text(v, "filename");
        if (!label || sscanf(label, "serial%u", &number) != 1 || number >= HVM_TEXTS_MAX || !file ||
            strncmp(file, "pty:", 4) != 0)
            continue;
        snprintf(node, sizeof(node), "serial/%u/tty", number);
        ret = domain_put(s->domid, node, "%s", file + 4);
    }
    return ret;
}

static void password_argument(yajl_gen g, const void *password)
{
    static const unsigned char key[] = "password";

    yajl_gen_string(g, key, sizeof(key) - 1);
    yajl_gen_string(g, password, strlen(password));
}

/* Where its screen is, for `vncviewer`. */
static int note_screen(const struct start *s, struct qmp *q)
{
    const struct hvm_cfg *h = &s->g->hvm;
    const char *host, *port;
    yajl_val v;

    if (!h->vnc)
        return XL_OK;
    if (h->vncpasswd && *h->vncpasswd &&
        qmp_run_with(q, "change-vnc-password", password_argument, h->vncpasswd, -1, NULL) < 0)
        return no_answer(s, "vncpasswd", qmp_why(q));
    if (qmp_run(q, "query-vnc", &v) < 0)
        return no_answer(s, "query-vnc", qmp_why(q));
    host = qmp_text(v, "host");
    port = qmp_text(v, "service");
    if (!host || !port)
        return no_answer(s, "query-vnc", "no address");
    if (domain_put(s->domid, "console/vnc-listen", "%s", host) != XL_OK)
        return XL_FAILED;
    return domain_put(s->domid, "console/vnc-port", "%s", port);
}

static int wait_until_running(const struct start *s)
{
    struct qmp *q = NULL;
    int ret = wait_for_socket(s, &q);

    if (ret != XL_OK)
        return ret;
    ret = wait_for_status(s, q);
    if (ret == XL_OK)
        ret = note_serial(s, q);
    if (ret == XL_OK)
        ret = note_screen(s, q);
    if (ret == XL_OK)
        ret = domain_put(s->domid, "image/device-model-pid", "%d", (int)s->pid);
    qmp_close(q);
    return ret;
}

int device_model_start(struct xstore *x, uint32_t domid, const struct guest_cfg *g,
                       const struct device_model_state *state)
{
    struct start s = { .x = x, .g = g, .state = state, .domid = domid };
    int ret = make_room(&s);

    if (ret == XL_OK)
        ret = launch(&s);
    if (ret == XL_OK) {
        report_step("starting the device model of '%s' ...", g->name);
        ret = wait_until_running(&s);
    }
    if (ret == XL_OK)
        return XL_OK;
    if (s.pid > 0) { /* it may not have come to its lock yet */
        kill(s.pid, SIGKILL);
        waitpid(s.pid, NULL, 0);
    }
    device_model_leave_messages();
    device_model_stop(x, domid);
    return XL_FAILED;
}

/* --- afterwards ------------------------------------------------------------------------------- */

struct qmp *device_model_connect(uint32_t domid)
{
    char path[PATH_BYTES];
    struct qmp *q;
    int ret;

    directory_of(path, domid, "qmp");
    ret = qmp_open(path, &q);
    if (ret == 0)
        return q;
    if (ret == -ENOENT)
        report_error("domain %u has no device model", domid);
    else
        report_error("the device model of domain %u does not answer: %s", domid,
                     q ? qmp_why(q) : strerror(-ret));
    qmp_close(q);
    return NULL;
}

void device_model_stop(struct xstore *x, uint32_t domid)
{
    char path[PATH_BYTES];

    directory_of(path, domid, "");
    if (access(path, F_OK) < 0)
        return;
    end_process(domid);
    while (waitpid(-1, NULL, WNOHANG) > 0)
        continue;
    remove_directory(domid);
    if (!x)
        return;
    snprintf(path, sizeof(path), NODES "/%u", domid);
    xstore_rm(x, XSTORE_NO_TXN, path);
    store_remove_if_empty(x, NODES);
}
