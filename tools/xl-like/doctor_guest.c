/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What one guest needs: its configuration, a name, memory, a kernel, its disks and bridges.
 */
#include "device_model.h"
#include "doctor.h"
#include "guest_cfg.h"
#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define MIB_PAGES   256
#define AUTO_DIR    "/etc/xen-like/auto"

/* --- the configuration ------------------------------------------------------------------------ */

/* Each line of `messages` names file, line and column. */
static void say_mistakes(struct doctor *d, char *messages)
{
    char *rest = NULL;

    for (char *line = strtok_r(messages, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        doctor_say(
            d, VERDICT_BAD, "config",
            "correct that line; `xl-like help keys` lists the keys, guest.cfg(5) explains them",
            "%s", line);
}

/* Of the text that a saved guest has, or else of the file. */
static bool read_config(struct doctor *d, const char *path, const char *text, struct guest_cfg *g)
{
    char *messages = NULL;
    size_t len;
    FILE *errors = open_memstream(&messages, &len);
    struct cfg cfg;
    int ret;

    if (!errors)
        return false;
    cfg_init(&cfg, errors);
    ret = text ? cfg_parse(&cfg, path, text, strlen(text)) : cfg_parse_file(&cfg, path);
    if (ret == 0)
        ret = guest_cfg_from(&cfg, g);
    cfg_free(&cfg);
    fclose(errors);
    if (ret < 0)
        say_mistakes(d, messages);
    free(messages);
    return ret == 0;
}

/* --- name and memory -------------------------------------------------------------------------- */

static bool has_name(struct doctor *d, uint32_t domid, const char *name)
{
    char path[64], *value;
    bool same;

    snprintf(path, sizeof(path), "/local/domain/%u/name", domid);
    if (xstore_read(d->store, XSTORE_NO_TXN, path, &value, NULL) < 0)
        return false;
    same = strcmp(value, name) == 0;
    free(value);
    return same;
}

/* The domain that has the name, -1: none. */
static long domain_of_name(struct doctor *d, const char *name)
{
    struct ctrl_domain_info *list = calloc(MAX_DOMAINS, sizeof(*list));
    int n = list ? ctrl_domain_list(d->ctrl, 0, list, MAX_DOMAINS) : 0;
    long found = -1;

    for (int i = 0; found < 0 && i < n; i++)
        if (has_name(d, list[i].domid, name))
            found = list[i].domid;
    free(list);
    return found;
}

static void check_memory(struct doctor *d, const char *path, const struct guest_cfg *g)
{
    unsigned long long free_mib = d->host.free_pages / MIB_PAGES;

    if (free_mib < g->memory)
        doctor_say(
            d, VERDICT_BAD, "memory",
            "make memory= smaller there, end another guest, or boot with a smaller dom0_mem=",
            "%s: '%s' is to have %llu MiB, and %llu MiB are free", path, g->name,
            (unsigned long long)g->memory, free_mib);
}

/* --- kernel ----------------------------------------------------------------------------------- */

static const char *kernel_fix(const char *error)
{
    static const struct {
        const char *part, *fix;
    } fixes[] = {
        { "ELF note",
          "take a kernel built for such guests (Linux: CONFIG_XEN_PV for type = \"pv\", "
          "CONFIG_PVH for \"pvh\"); Debian's linux-image-amd64 has both" },
        { "too little", "give it that much: memory= there" },
        { "No such file", "kernel= and ramdisk= there are files of Dom0: correct the path" },
        { "Permission", "run it as root, or make the file readable" },
        { "maxmem", "leave out maxmem= there, or make it larger" },
        { "vcpus", "make vcpus= there smaller" },
    };

    for (size_t i = 0; i < sizeof(fixes) / sizeof(fixes[0]); i++)
        if (strstr(error, fixes[i].part))
            return fixes[i].fix;
    return "take another file for kernel= or ramdisk= there: this one is damaged, or of another "
           "kind";
}

static void check_device_model(struct doctor *d, const char *path, const struct guest_cfg *g)
{
    const char *name = g->hvm.device_model ? g->hvm.device_model : DEVICE_MODEL_PROGRAM;
    char program[DOCTOR_PATH];

    doctor_path(d, program, name);
    if (access(program, X_OK) < 0)
        doctor_say(d, VERDICT_BAD, "device-model",
                   "install Debian's package qemu-system-xen, or correct device_model_override= "
                   "there",
                   "%s: '%s' needs %s: %s", path, g->name, name, strerror(errno));
}

static void check_kernel(struct doctor *d, const char *path, const struct guest_cfg *g)
{
    struct ctrl_guest_config cfg = guest_cfg_build(g);
    const char *why = d->hypervisor ? ctrl_no_hardware_guests(&d->host) : NULL, *error;

    if (g->type != CTRL_PV && why)
        doctor_say(d, VERDICT_BAD, "vt-x",
                   "switch VT-x on in the firmware's setup, or write type = \"pv\" there",
                   "%s: '%s' is a hardware guest, and there can be none: %s", path, g->name, why);
    if (g->type == CTRL_HVM)
        check_device_model(d, path, g);
    if (!d->ctrl || g->bootloader) /* what is on a disk shows when it is started */
        return;
    if (ctrl_guest_check(d->ctrl, &cfg) == 0)
        return;
    error = ctrl_error(d->ctrl);
    doctor_say(d, VERDICT_BAD, "kernel", kernel_fix(error), "%s: %s", path, error);
}

/* --- disks ------------------------------------------------------------------------------------ */

/* The process that has locked the file (another disk's daemon), 0: none. A line of /proc/locks:
 * "1: FLOCK  ADVISORY  WRITE 715 08:01:1183 0 EOF". */
static int locked_by(const struct doctor *d, const struct stat *st, bool read_only)
{
    char path[DOCTOR_PATH], kind[16], mode[16], line[256];
    unsigned major, minor;
    unsigned long inode;
    int pid, found = 0;
    FILE *f;

    doctor_path(d, path, "/proc/locks");
    f = fopen(path, "re");
    if (!f)
        return 0;
    while (!found && fgets(line, sizeof(line), f))
        if (sscanf(line, "%*d: %15s %*s %15s %d %x:%x:%lu", kind, mode, &pid, &major, &minor,
                   &inode) == 6 &&
            strcmp(kind, "FLOCK") == 0 && makedev(major, minor) == st->st_dev &&
            inode == st->st_ino && (!read_only || strcmp(mode, "WRITE") == 0))
            found = pid;
    fclose(f);
    return found;
}

static void check_target(struct doctor *d, const char *place, const struct disk_cfg *disk)
{
    char fix[FINDING_TEXT];
    struct stat st;
    int pid;

    if (stat(disk->target, &st) < 0) {
        doctor_fix(fix, "correct target= there, or make an empty disk: `truncate -s 4G %s`",
                   disk->target);
        doctor_say(d, VERDICT_BAD, "disk", fix, "%s: disk %s: %s: %s", place, disk->vdev,
                   disk->target, strerror(errno));
    } else if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode)) {
        doctor_say(d, VERDICT_BAD, "disk", "target= there has to be a file or a block device",
                   "%s: disk %s: %s is neither a file nor a block device", place, disk->vdev,
                   disk->target);
    } else if (access(disk->target, disk->read_only ? R_OK : R_OK | W_OK) < 0) {
        doctor_say(d, VERDICT_BAD, "disk",
                   "run it as root; access=ro there, if the disk need not be written",
                   "%s: disk %s: %s cannot be %s: %s", place, disk->vdev, disk->target,
                   disk->read_only ? "read" : "read and written", strerror(errno));
    } else if ((pid = locked_by(d, &st, disk->read_only))) {
        doctor_say(
            d, VERDICT_BAD, "disk",
            "end the guest that has it (`xl-like block-list` shows disks), or give this one its "
            "own copy: `cp --reflink=auto`",
            "%s: disk %s: %s is in use by another disk (process %d has locked it)", place,
            disk->vdev, disk->target, pid);
    }
}

/* --- all of it -------------------------------------------------------------------------------- */

static void check_devices(struct doctor *d, const struct guest_cfg *g)
{
    char place[DOCTOR_PATH];

    for (const struct disk_cfg *disk = g->disks; disk; disk = disk->next) {
        snprintf(place, sizeof(place), "%s:%d", disk->place.file, disk->place.line);
        if (*disk->target && !disk_target_is_nbd(disk->target))
            check_target(d, place, disk);
    }
    for (const struct vif_cfg *v = g->vifs; v; v = v->next)
        doctor_bridge(d, VERDICT_BAD, "vif", v->bridge ? v->bridge : VIF_BRIDGE);
}

static void say_taken(struct doctor *d, const char *path, const struct guest_cfg *g, long domid)
{
    char fix[FINDING_TEXT];

    doctor_fix(fix, "another name= there, or end that domain: `xl-like destroy %ld`", domid);
    doctor_say(d, VERDICT_BAD, "name", fix, "%s: the name '%s' is taken by domain %ld", path,
               g->name, domid);
}

struct purpose {
    bool autostart; /* it may be running already */
    bool saved;     /* it has its kernel in memory */
};

static void check_guest(struct doctor *d, const char *path, const struct guest_cfg *g,
                        struct purpose p)
{
    struct finding **before = d->last;
    long domid = d->hypervisor && d->store ? domain_of_name(d, g->name) : -1;

    if (domid >= 0 && p.autostart) {
        doctor_say(d, VERDICT_GOOD, "guest", NULL, "%s: '%s' runs as domain %ld", path, g->name,
                   domid);
        return;
    }
    if (domid >= 0)
        say_taken(d, path, g, domid);
    if (d->hypervisor)
        check_memory(d, path, g);
    if (!p.saved)
        check_kernel(d, path, g);
    check_devices(d, g);
    for (struct finding *f = *before; f; f = f->next)
        if (f->verdict == VERDICT_BAD)
            return;
    doctor_say(d, VERDICT_GOOD, "guest", NULL, "%s: '%s' could be %s", path, g->name,
               p.saved ? "restored" : "started");
}

static void say_damaged(struct doctor *d, const char *path)
{
    doctor_say(d, VERDICT_BAD, "saved",
               "take another copy of the file; without one the guest is to be started anew, from "
               "its disks: `xl-like create`",
               "%s: %s", path, ctrl_error(d->ctrl));
}

static void check_saved(struct doctor *d, const char *path, int fd)
{
    struct guest_cfg g = { 0 };
    struct ctrl_saved *saved;

    if (ctrl_saved_open(d->ctrl, fd, &saved) < 0) {
        say_damaged(d, path);
        return;
    }
    if (ctrl_saved_verify(d->ctrl, saved) < 0)
        say_damaged(d, path);
    else if (read_config(d, path, ctrl_saved_config(saved), &g))
        check_guest(d, path, &g, (struct purpose){ .saved = true });
    guest_cfg_free(&g);
    ctrl_saved_close(saved);
}

void doctor_guest(struct doctor *d, const char *path, bool autostart)
{
    struct guest_cfg g = { 0 };
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd >= 0 && d->ctrl && ctrl_saved_is(fd))
        check_saved(d, path, fd);
    else if (read_config(d, path, NULL, &g))
        check_guest(d, path, &g, (struct purpose){ .autostart = autostart });
    guest_cfg_free(&g);
    if (fd >= 0)
        close(fd);
}

void doctor_autostart(struct doctor *d)
{
    char pattern[DOCTOR_PATH];
    glob_t found;

    doctor_path(d, pattern, AUTO_DIR "/*.cfg");
    if (glob(pattern, 0, NULL, &found) == 0) {
        for (size_t i = 0; i < found.gl_pathc; i++)
            doctor_guest(d, found.gl_pathv[i], true);
        globfree(&found);
    } else {
        doctor_path(d, pattern, AUTO_DIR);
        doctor_say(d, VERDICT_GOOD, "autostart", NULL, "no guest starts with the host (%s)",
                   pattern);
    }
}
