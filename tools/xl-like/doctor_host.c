/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What every guest needs of the host.
 */
#include "doctor.h"
#include "vif_cfg.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/time.h>
#include <unistd.h>
#include <fcntl.h>

#define MIB_PAGES     256
#define LOW_MEMORY    64 /* MiB: less than a small guest needs */
#define LOW_DISK      (64ULL << 20)
#define STORE_SECONDS 10 /* a store that is that slow is stuck */

#define RUN_DIR "/run/xen-like"
#define LOG_DIR "/var/log/xen-like"

/* --- the hypervisor --------------------------------------------------------------------------- */

static bool on_a_hypervisor(const struct doctor *d)
{
    char path[DOCTOR_PATH], type[8] = "";
    FILE *f;

    doctor_path(d, path, "/sys/hypervisor/type");
    f = fopen(path, "re");
    if (!f)
        return false;
    if (!fgets(type, sizeof(type), f))
        type[0] = '\0';
    fclose(f);
    return strcmp(type, "xen\n") == 0;
}

static const char *no_access(const struct doctor *d, int ret)
{
    if (ret == -EACCES || ret == -EPERM)
        return "run it as root: `sudo xl-like doctor`";
    if (!on_a_hypervisor(d))
        return "this kernel runs without a hypervisor: reboot, and choose \"with xen-like "
               "hypervisor\" in "
               "GRUB's menu (package xen-like-hypervisor)";
    return "`modprobe xen-privcmd`; only in Dom0, not in a guest";
}

static void check_hypervisor(struct doctor *d)
{
    struct ctrl_version v;
    int ret = ctrl_open(&d->ctrl);

    if (ret < 0) {
        doctor_say(d, VERDICT_BAD, "hypervisor", no_access(d, ret),
                   "no access to the hypervisor: %s",
                   d->ctrl ? ctrl_error(d->ctrl) : "out of memory");
        return;
    }
    ret = ctrl_version(d->ctrl, &v);
    if (ret == 0)
        ret = ctrl_physinfo(d->ctrl, &d->host);
    if (ret < 0) {
        doctor_say(d, VERDICT_BAD, "hypervisor", "only Dom0 may control it: run it there, as root",
                   "the hypervisor refuses: %s", ctrl_error(d->ctrl));
        return;
    }
    d->hypervisor = true;
    doctor_say(d, VERDICT_GOOD, "hypervisor", NULL, "version %u.%u%s, %u CPUs", v.major, v.minor,
               v.extra, d->host.nr_cpus);
}

static void check_hardware_guests(struct doctor *d)
{
    const char *why = ctrl_no_hardware_guests(&d->host);

    if (!why)
        doctor_say(d, VERDICT_GOOD, "vt-x", NULL, "there can be PVH guests");
    else
        doctor_say(
            d, VERDICT_NOTE, "vt-x",
            "switch VT-x on in the firmware's setup (`xl-like dmesg | grep VT-x` says more), or "
            "have guests with type = \"pv\", which need none",
            "no PVH guests: %s", why);
}

static void check_memory(struct doctor *d)
{
    unsigned long long free_mib = d->host.free_pages / MIB_PAGES;

    if (free_mib >= LOW_MEMORY)
        doctor_say(d, VERDICT_GOOD, "memory", NULL, "%llu of %llu MiB are free for guests",
                   free_mib, (unsigned long long)d->host.total_pages / MIB_PAGES);
    else
        doctor_say(
            d, VERDICT_NOTE, "memory",
            "end a guest, or reboot with a smaller dom0_mem= on the hypervisor's command line "
            "(/etc/default/grub.d/xen-like.cfg, then `update-grub`)",
            "only %llu of %llu MiB are free for guests", free_mib,
            (unsigned long long)d->host.total_pages / MIB_PAGES);
}

/* --- the store -------------------------------------------------------------------------------- */

#define START_STORE "`systemctl start xstored`, or `xstored` as root; what it says is in " LOG_DIR

static void check_store(struct doctor *d)
{
    const struct timeval limit = { .tv_sec = STORE_SECONDS };
    char **names;
    int ret = xstore_open(&d->store);

    if (ret < 0) {
        d->store = NULL;
        doctor_say(d, VERDICT_BAD, "store", START_STORE, "xstored is not to be reached at %s: %s",
                   XSTORE_SOCKET, strerror(-ret));
        return;
    }
    setsockopt(xstore_fd(d->store), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    ret = xstore_directory(d->store, XSTORE_NO_TXN, "/", &names);
    if (ret >= 0) {
        free(names);
        doctor_say(d, VERDICT_GOOD, "store", NULL, "xstored answers");
        return;
    }
    xstore_close(d->store);
    d->store = NULL;
    doctor_say(d, VERDICT_BAD, "store", "`systemctl restart xstored`; guests keep what they have",
               "xstored takes connections at %s and does not answer: %s", XSTORE_SOCKET,
               strerror(-ret));
}

/* Lines of "quota": a kind, what the domain has, its limit, requests that were refused. */
static void check_shares(struct doctor *d, unsigned domid, const char *answer)
{
    char name[32], has[24], limit[24], fix[FINDING_TEXT];
    unsigned long refused;

    for (const char *line = strchr(answer, '\n'); line; line = strchr(line + 1, '\n')) {
        if (sscanf(line, "%31s %23s %23s %lu", name, has, limit, &refused) != 4 || !refused ||
            strcmp(limit, "-") == 0)
            continue;
        doctor_fix(fix, "look what the guest does; if it may have more: `xstore quota %s=NUMBER`",
                   name);
        doctor_say(
            d, VERDICT_NOTE, "quota", fix,
            "domain %u reached its limit of %s in the store: it has %s of %s, and %lu of its "
            "requests were refused",
            domid, name, has, limit, refused);
    }
}

/* Each answer is about the first domain from a number on; an empty one is the last. */
static void check_quota(struct doctor *d)
{
    char from[16], *answer;
    unsigned long domid = 0;
    bool more = d->store;

    while (more) {
        snprintf(from, sizeof(from), "%lu", domid);
        if (xstore_control(d->store, "quota", from, &answer) < 0)
            return; /* another store than xstored */
        more = *answer;
        if (more) {
            domid = strtoul(answer, NULL, 10);
            check_shares(d, domid++, answer);
        }
        free(answer);
    }
}

/* --- daemons ---------------------------------------------------------------------------------- */

/* A daemon holds the lock of its pid file as long as it lives. */
static bool runs(const struct doctor *d, const char *daemon, char path[DOCTOR_PATH])
{
    bool locked;
    int fd;

    doctor_path(d, path, RUN_DIR "/%s.pid", daemon);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    locked = flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
    close(fd);
    return locked;
}

static void check_daemons(struct doctor *d)
{
    static const struct {
        const char *name, *serves;
        enum verdict without;
    } daemons[] = {
        { "consoled", "consoles", VERDICT_BAD },
        { "blockd", "disks", VERDICT_BAD },
        { "netd", "network devices", VERDICT_BAD },
        { "blockd-nbd", "disks from NBD servers", VERDICT_NOTE },
    };
    char path[DOCTOR_PATH], fix[FINDING_TEXT];

    for (size_t i = 0; i < sizeof(daemons) / sizeof(daemons[0]); i++) {
        if (runs(d, daemons[i].name, path)) {
            doctor_say(d, VERDICT_GOOD, "daemon", NULL, "%s runs", daemons[i].name);
            continue;
        }
        doctor_fix(fix,
                   "`systemctl start %s`, or `%s` as root; what it says is in " LOG_DIR
                   "/%s.messages",
                   daemons[i].name, daemons[i].name, daemons[i].name);
        doctor_say(d, daemons[i].without, "daemon", fix,
                   "%s does not run: guests have no %s (nobody holds %s)", daemons[i].name,
                   daemons[i].serves, path);
    }
}

/* --- bridge ----------------------------------------------------------------------------------- */

void doctor_bridge(struct doctor *d, enum verdict v, const char *check, const char *bridge)
{
    char path[DOCTOR_PATH], fix[FINDING_TEXT];
    unsigned flags = 0;
    FILE *f;

    doctor_path(d, path, "/sys/class/net/%s/bridge", bridge);
    if (access(path, F_OK) < 0) {
        doctor_fix(fix, "`xl-like setup-bridge %s`, with --uplink DEVICE for the network behind it",
                   bridge);
        doctor_say(d, v, check, fix, "Dom0 has no bridge %s for guests' network devices", bridge);
        return;
    }
    doctor_path(d, path, "/sys/class/net/%s/flags", bridge);
    f = fopen(path, "re");
    if (f && fscanf(f, "%x", &flags) != 1)
        flags = 0;
    if (f)
        fclose(f);
    if (flags & 1) { /* IFF_UP */
        doctor_say(d, VERDICT_GOOD, check, NULL, "bridge %s is up", bridge);
        return;
    }
    doctor_fix(fix, "`ip link set %s up`, or `xl-like setup-bridge %s`", bridge, bridge);
    doctor_say(d, v, check, fix, "bridge %s is down: nothing is forwarded", bridge);
}

/* --- directories ------------------------------------------------------------------------------ */

static void check_directory(struct doctor *d, const char *dir, const char *what)
{
    char path[DOCTOR_PATH], fix[FINDING_TEXT];
    struct statvfs st;

    doctor_path(d, path, "%s", dir);
    if (access(path, W_OK | X_OK) < 0) {
        if (errno == ENOENT)
            doctor_fix(fix, "`mkdir -p -m 750 %s`", path);
        else
            doctor_fix(fix, "run it as root; is the file system of %s mounted read-only?", path);
        doctor_say(d, VERDICT_BAD, "directory", fix, "%s, for %s, cannot be written: %s", path,
                   what, strerror(errno));
    } else if (statvfs(path, &st) == 0 &&
               st.f_bavail * (unsigned long long)st.f_frsize < LOW_DISK) {
        doctor_fix(fix, "`du -sh %s/*` shows what is large there", path);
        doctor_say(d, VERDICT_NOTE, "directory", fix, "%s, for %s, has only %llu KiB of room", path,
                   what, st.f_bavail * (unsigned long long)st.f_frsize >> 10);
    } else {
        doctor_say(d, VERDICT_GOOD, "directory", NULL, "%s can be written", path);
    }
}

void doctor_host(struct doctor *d)
{
    check_hypervisor(d);
    if (d->hypervisor) {
        check_hardware_guests(d);
        check_memory(d);
    }
    check_store(d);
    check_quota(d);
    check_daemons(d);
    doctor_bridge(d, VERDICT_NOTE, "bridge", VIF_BRIDGE);
    check_directory(d, RUN_DIR, "what runs");
    check_directory(d, LOG_DIR, "logs");
}
