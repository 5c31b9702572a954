/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The program is told --output=FILE --output-format=simple0 --output-directory=FOLDER, what the
 * configuration says of kernel, ramdisk and command line, and the disk, and answers in FILE.
 */
#include "bootloader.h"
#include "kept.h"
#include "report.h"

#include <ctrl.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ANSWER_MAX    65536
#define ARGUMENTS_MAX 16

struct arguments {
    char *v[ARGUMENTS_MAX + 1];
    int count;
    int err;
};

static void add(struct arguments *a, const char *name, const char *value)
{
    if (!value || a->err)
        return;
    if (a->count == ARGUMENTS_MAX)
        a->err = -E2BIG;
    else if (asprintf(&a->v[a->count], "%s%s", name, value) < 0)
        a->err = -ENOMEM;
    else
        a->count++;
}

/* A name without a slash is a program beside this one's, or in PATH. */
static char *find_program(const char *name)
{
    char self[4096], *path = NULL;
    ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);

    if (strchr(name, '/') || length < 0)
        return strdup(name);
    self[length] = '\0';
    if (asprintf(&path, "%s/../lib/xen-like/%s", dirname(self), name) < 0)
        return NULL;
    if (access(path, X_OK) == 0)
        return path;
    free(path);
    return strdup(name);
}

static const char *disk_of(const struct guest_cfg *g)
{
    const struct disk_cfg *d = g->disks;

    while (d && d->cdrom)
        d = d->next;
    if (d && !disk_target_is_nbd(d->target))
        return d->target;
    report_error("'%s' has bootloader=, but %s", g->name,
                 d ? "its first disk is no file or device of this host" : "no disk");
    return NULL;
}

/* The child: its output is what a user sees, there is nobody to ask. */
static void run(char *const *arguments)
{
    int null = open("/dev/null", O_RDWR);

    if (null < 0 || dup2(null, 0) < 0 || dup2(2, 1) < 0)
        _exit(126);
    execvp(arguments[0], arguments);
    report_error("cannot run the bootloader '%s': %s", arguments[0], strerror(errno));
    _exit(127);
}

/* -errno; -ENOEXEC after a message of the program's. */
static int run_and_wait(char *const *arguments)
{
    int status;
    pid_t pid = fork();

    if (pid < 0)
        return -errno;
    if (pid == 0)
        run(arguments);
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return -errno;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    if (WIFSIGNALED(status))
        report_error("the bootloader '%s' was ended by signal %d", arguments[0], WTERMSIG(status));
    return -ENOEXEC;
}

static int ask(const struct guest_cfg *g, const char *disk, const char *folder, const char *output)
{
    struct arguments a = { 0 };
    char *program = find_program(g->bootloader);
    int ret;

    add(&a, "", program ? program : "");
    add(&a, "--kernel=", g->kernel);
    add(&a, "--ramdisk=", g->ramdisk);
    add(&a, "--args=", g->cmdline);
    add(&a, "--output=", output);
    add(&a, "--output-format=", "simple0");
    add(&a, "--output-directory=", folder);
    for (size_t i = 0; i < g->bootloader_args.count; i++)
        add(&a, "", g->bootloader_args.text[i]);
    add(&a, "", disk);
    ret = !program ? -ENOMEM : a.err ? a.err : run_and_wait(a.v);
    for (int i = 0; i < a.count; i++)
        free(a.v[i]);
    free(program);
    return ret;
}

static int read_answer(struct boot_files *b, int fd)
{
    ssize_t length;

    b->answer = malloc(ANSWER_MAX);
    if (!b->answer)
        return -ENOMEM;
    length = pread(fd, b->answer, ANSWER_MAX, 0);
    return length < 0 ? -errno : boot_files_parse(b, length);
}

static int ask_bootloader(const struct guest_cfg *g, const char *disk, struct boot_files *b)
{
    char output[sizeof(KEPT_DIR) + 32];
    int fd, ret;

    mkdir(KEPT_DIR, 0755);
    b->folder = strdup(KEPT_DIR "/boot.XXXXXX");
    if (!b->folder)
        return -ENOMEM;
    if (!mkdtemp(b->folder)) {
        ret = -errno;
        free(b->folder);
        b->folder = NULL;
        return ret;
    }
    snprintf(output, sizeof(output), "%s/answer", b->folder);
    fd = open(output, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    ret = ask(g, disk, b->folder, output);
    if (ret == 0)
        ret = read_answer(b, fd);
    close(fd);
    return ret;
}

int boot_files_find(const struct guest_cfg *g, struct boot_files *b)
{
    const char *disk;
    int ret;

    *b = (struct boot_files){ 0 };
    if (g->type == CTRL_HVM) /* the firmware has its kernel from the device model, if any */
        return XL_OK;
    *b = (struct boot_files){ g->kernel, g->ramdisk, g->cmdline, NULL, NULL };
    if (!g->bootloader)
        return XL_OK;
    disk = disk_of(g);
    if (!disk)
        return XL_CONFIG;
    *b = (struct boot_files){ 0 };
    report_step("looking for what '%s' starts ...", g->name);
    ret = ask_bootloader(g, disk, b);
    if (ret == 0)
        return XL_OK;
    boot_files_drop(b);
    if (ret == -ENOEXEC)
        report_error("'%s' finds nothing to start on '%s'", g->bootloader, disk);
    else if (ret == -EINVAL)
        report_error("'%s' names no kernel on '%s'", g->bootloader, disk);
    else
        report_error("cannot ask the bootloader '%s': %s", g->bootloader, strerror(-ret));
    return XL_FAILED;
}

void boot_files_drop(struct boot_files *b)
{
    DIR *folder = b->folder ? opendir(b->folder) : NULL;
    struct dirent *entry;

    while (folder && (entry = readdir(folder)))
        if (entry->d_name[0] != '.')
            unlinkat(dirfd(folder), entry->d_name, 0);
    if (folder)
        closedir(folder);
    if (b->folder)
        rmdir(b->folder);
    free(b->folder);
    free(b->answer);
    *b = (struct boot_files){ 0 };
}
