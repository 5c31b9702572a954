/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Faults of a host and of guests' configurations, each brought about alone on a host that is well,
 * which stands in a directory with libctrl on its fake hypervisor and a store of three answers. For
 * each, doctor finds one thing, and says its true cause, the place and what to do.
 */
#include "fake_hypervisor.h"
#include "doctor.h"
#include "image.h"
#include "record.h"

#include <public/sysctl.h>

#include <check.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* --- the store and the way to the hypervisor -------------------------------------------------- */

static int ctrl_result, store_result, directory_result;
static const char *ctrl_message, *quota;
static char other_name[16];

int ctrl_open(struct ctrl **out)
{
    *out = fake_start();
    fake.capabilities = XEN_SYSCTL_PHYSCAP_pv | XEN_SYSCTL_PHYSCAP_hvm;
    return ctrl_result ? ctrl_fail(*out, ctrl_result, "%s", ctrl_message) : 0;
}

int xstore_open(struct xstore **out)
{
    *out = store_result ? NULL : (struct xstore *)&store_result;
    return store_result;
}

void xstore_close(struct xstore *x) { (void)x; }
int xstore_fd(struct xstore *x) { return x ? -1 : 0; }

int xstore_directory(struct xstore *x, xstore_txn_t txn, const char *path, char ***names)
{
    ck_assert(x && txn == XSTORE_NO_TXN && strcmp(path, "/") == 0);
    *names = directory_result ? NULL : malloc(1);
    return directory_result;
}

int xstore_read(struct xstore *x, xstore_txn_t txn, const char *path, char **value, size_t *len)
{
    ck_assert(x && txn == XSTORE_NO_TXN && !len);
    if (strcmp(path, "/local/domain/7/name") != 0)
        return -ENOENT;
    *value = strdup(other_name);
    return 0;
}

int xstore_control(struct xstore *x, const char *command, const char *arg, char **answer)
{
    ck_assert(x && strcmp(command, "quota") == 0);
    *answer = strdup(strcmp(arg, "0") == 0 ? quota : "");
    return 0;
}

/* --- the disk below Dom0's directories --------------------------------------------------------- */

static const char *full; /* a part of the path of what has no room */

int statvfs(const char *path, struct statvfs *st)
{
    *st = (struct statvfs){ .f_frsize = 1024, .f_bavail = full && strstr(path, full) ? 3 : 1 << 20 };
    return 0;
}

/* --- a host that is well ---------------------------------------------------------------------- */

static char root[] = "/tmp/doctor-XXXXXX";
static struct doctor d;
static int locks[4];

static char *path_of(const char *name)
{
    static char path[4][256];
    static unsigned turn;
    char *p = path[turn++ % 4];

    snprintf(p, sizeof(path[0]), "%s/%s", root, name);
    return p;
}

static void put_bytes(const char *name, const void *bytes, size_t len)
{
    FILE *f = fopen(path_of(name), "w");

    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(bytes, 1, len, f), len);
    fclose(f);
}

static void put(const char *name, const char *text) { put_bytes(name, text, strlen(text)); }

static void run(const char *fmt, ...)
{
    char command[600];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(command, sizeof(command), fmt, ap);
    va_end(ap);
    ck_assert_int_eq(system(command), 0);
}

static void put_image(const char *name, bool notes)
{
    struct image m;

    image_make(&m);
    image_number_note(&m, 18, IMAGE_PADDR); /* may be a PVH guest, too */
    if (!notes)
        memset(m.bytes + IMAGE_NOTES, 0, m.notes);
    put_bytes(name, m.bytes, IMAGE_SIZE);
}

static void daemon_runs(unsigned i, const char *pid_file)
{
    put(pid_file, "1\n");
    locks[i] = open(path_of(pid_file), O_RDWR | O_CLOEXEC);
    ck_assert_int_eq(flock(locks[i], LOCK_EX), 0);
}

/* g.cfg, line by line: name, type, memory, kernel, ramdisk, disks, vifs; one may be another. */
static void config(const char *replaced, const char *line)
{
    static const char *const keys[] = {
        "name", "type", "memory", "kernel", "ramdisk", "disk", "vif"
    };
    char lines[7][300];
    FILE *f = fopen(path_of("g.cfg"), "w");

    snprintf(lines[0], sizeof(lines[0]), "name = \"g\"");
    snprintf(lines[1], sizeof(lines[1]), "type = \"pv\"");
    snprintf(lines[2], sizeof(lines[2]), "memory = 16");
    snprintf(lines[3], sizeof(lines[3]), "kernel = \"%s\"", path_of("kernel"));
    snprintf(lines[4], sizeof(lines[4]), "ramdisk = \"%s\"", path_of("ramdisk"));
    snprintf(lines[5], sizeof(lines[5]), "disk = [ \"%s,raw,xvda,rw\" ]", path_of("disk.img"));
    snprintf(lines[6], sizeof(lines[6]), "vif = [ \"\" ]");
    for (unsigned i = 0; i < 7; i++)
        fprintf(f, "%s\n", replaced && strcmp(keys[i], replaced) == 0 ? line : lines[i]);
    fclose(f);
}

static void start(void)
{
    ck_assert_ptr_nonnull(mkdtemp(root));
    run("cd %s && mkdir -p sys/hypervisor sys/class/net/xenbr0/bridge proc run/xen-like "
        "var/log/xen-like"
        " etc/xen-like/auto",
        root);
    put("sys/hypervisor/type", "xen\n");
    put("sys/class/net/xenbr0/flags", "0x1003\n");
    put("proc/locks", "1: POSIX  ADVISORY  WRITE 1 00:01:7 0 EOF\n");
    put("ramdisk", "ramdisk");
    put("disk.img", "disk");
    put_image("kernel", true);
    config(NULL, NULL);
    daemon_runs(0, "run/xen-like/consoled.pid");
    daemon_runs(1, "run/xen-like/blockd.pid");
    daemon_runs(2, "run/xen-like/netd.pid");
    daemon_runs(3, "run/xen-like/blockd-nbd.pid");
    ctrl_result = store_result = directory_result = 0;
    full = NULL;
    quota = "0\nnodes 90 1000 0\npermission - - 0\n";
    strcpy(other_name, "other");
    doctor_init(&d, root);
}

static void stop(void)
{
    for (unsigned i = 0; i < 4; i++)
        close(locks[i]);
    free(fake.memory);
    free(fake.mfn_of);
    doctor_free(&d);
    run("rm -r %s", root);
}

/* --- the faults ------------------------------------------------------------------------------- */

static void no_hypervisor(void)
{
    unlink(path_of("sys/hypervisor/type"));
    ctrl_result = -ENOENT;
    ctrl_message = "cannot open /dev/xen/privcmd: No such file or directory";
}

static void no_module(void)
{
    ctrl_result = -ENOENT;
    ctrl_message = "cannot open /dev/xen/privcmd: No such file or directory";
}

static void not_root(void)
{
    ctrl_result = -EACCES;
    ctrl_message = "cannot open /dev/xen/privcmd: Permission denied";
}

static void store_down(void) { store_result = -ECONNREFUSED; }
static void store_mute(void) { directory_result = -EAGAIN; }
static void quota_reached(void)
{
    quota = "5\nnodes 1000 1000 42\nnode-size - 2048 0\npermission - - 3\n";
}

static void consoled_down(void) { unlink(path_of("run/xen-like/consoled.pid")); }
static void blockd_dead(void) { flock(locks[1], LOCK_UN); }
static void netd_down(void) { unlink(path_of("run/xen-like/netd.pid")); }
static void nbd_down(void) { unlink(path_of("run/xen-like/blockd-nbd.pid")); }
static void no_bridge(void)
{
    run("rm -r %s/sys/class/net/xenbr0", root);
    config("vif", "");
}
static void bridge_down(void)
{
    put("sys/class/net/xenbr0/flags", "0x1002\n");
    config("vif", "");
}
static void other_bridge(void) { config("vif", "vif = [ \"bridge=br7\" ]"); }
static void no_logs(void) { run("rmdir %s/var/log/xen-like", root); }
static void no_run_directory(void) { run("mv %s/run/xen-like %s/run/away", root, root); }
static void kernel_missing(void) { unlink(path_of("kernel")); }
static void kernel_without_notes(void) { put_image("kernel", false); }
static void kernel_is_text(void) { put("kernel", "#!/bin/sh\n"); }
static void kernel_is_empty(void) { put("kernel", ""); }
static void ramdisk_missing(void) { unlink(path_of("ramdisk")); }
static void small_memory(void) { run("truncate -s 40M %s/ramdisk", root); }
static void large_memory(void) { config("memory", "memory = 4096"); }
static void no_image(void) { unlink(path_of("disk.img")); }
static void image_is_directory(void)
{
    unlink(path_of("disk.img"));
    mkdir(path_of("disk.img"), 0755);
}
static void image_in_use(void)
{
    struct stat st;
    char line[100];

    ck_assert_int_eq(stat(path_of("disk.img"), &st), 0);
    snprintf(line, sizeof(line), "1: FLOCK  ADVISORY  WRITE 715 %02x:%02x:%lu 0 EOF\n",
             major(st.st_dev), minor(st.st_dev), (unsigned long)st.st_ino);
    put("proc/locks", line);
}
static void wrong_key(void) { config("memory", "memory = 16\nmemroy = 32"); }
static void wrong_kind(void) { config("memory", "memory = \"much\""); }
static void wrong_value(void) { config("type", "type = \"pv\"\nvcpus = 0"); }
static void open_string(void) { config("vif", "vif = [ \"bridge=xenbr0 ]"); }
static void one_vdev_twice(void)
{
    config("disk", "disk = [ \"/a,raw,xvda,rw\", \"/b,raw,xvda,rw\" ]");
}
static void wrong_mac(void) { config("vif", "vif = [ \"mac=00:16:3e\" ]"); }
static void put_record(struct ctrl *h, int fd, enum save_type type, const char *text)
{
    struct iovec body = { (void *)text, strlen(text) };

    ck_assert_int_eq(record_write(h, fd, type, &body, 1), 0);
}

/* The guest of g.cfg as it was saved, with its memory left out: nobody looks at it here. */
static void put_saved(void)
{
    char config[2000];
    FILE *f = fopen(path_of("g.cfg"), "r");
    struct ctrl *h = fake_start();
    int fd;

    config[fread(config, 1, sizeof(config) - 1, f)] = '\0';
    fclose(f);
    fd = open(path_of("g.cfg"), O_WRONLY | O_TRUNC);
    ck_assert_int_eq(save_header_write(h, fd, SAVE_VERSION_PV), 0);
    put_record(h, fd, SAVE_CONFIG, config);
    put_record(h, fd, SAVE_DOMAIN, "it is somewhere in here");
    put_record(h, fd, SAVE_END, "");
    close(fd);
    fake_end(h);
}

static void damaged_saved(void)
{
    struct stat st;
    int fd;

    put_saved();
    ck_assert_int_eq(stat(path_of("g.cfg"), &st), 0);
    fd = open(path_of("g.cfg"), O_WRONLY);
    ck_assert_int_eq(pwrite(fd, "X", 1, st.st_size - 24), 1);
    close(fd);
}

static void cut_saved(void)
{
    put_saved();
    run("truncate -s -16 %s/g.cfg", root);
}

static void empty_saved(void)
{
    put_saved();
    run("truncate -s 24 %s/g.cfg", root);
}

static void saved_without_disk(void)
{
    put_saved();
    unlink(path_of("disk.img"));
}

static void logs_full(void) { full = "/var/log"; }
static void run_full(void) { full = "/run"; }
static void no_config(void) { unlink(path_of("g.cfg")); }
static void dangling_autostart(void)
{
    run("ln -s /nowhere.cfg %s/etc/xen-like/auto/web.cfg", root);
}

/* After the host was looked at: what stands in the fake hypervisor. */
static void vtx_missing(void)
{
    config("type", "type = \"pvh\"");
    d.host.capabilities = XEN_SYSCTL_PHYSCAP_pv;
}
static void vtx_locked(void)
{
    vtx_missing();
    d.host.hw_cap[1] = 1U << 5;
}
static void name_taken(void)
{
    fake.exists = true;
    fake.domid = 7;
    strcpy(other_name, "g");
}

/* What is to be found: parts of its text (cause, place) and of what to do. */
static const struct fault {
    const char *name;
    void (*inject)(void), (*inject_later)(void);
    enum verdict verdict;
    const char *check, *cause, *place, *fix;
} faults[] = {
    { "no hypervisor", no_hypervisor, NULL, VERDICT_BAD, "hypervisor", "No such file",
      "/dev/xen/privcmd", "GRUB" },
    { "no privcmd module", no_module, NULL, VERDICT_BAD, "hypervisor", "No such file",
      "/dev/xen/privcmd", "modprobe xen-privcmd" },
    { "not root", not_root, NULL, VERDICT_BAD, "hypervisor", "Permission denied",
      "/dev/xen/privcmd", "sudo" },
    { "store down", store_down, NULL, VERDICT_BAD, "store", "Connection refused",
      "/run/xenstored/socket", "systemctl start xstored" },
    { "store stuck", store_mute, NULL, VERDICT_BAD, "store", "does not answer",
      "/run/xenstored/socket", "systemctl restart xstored" },
    { "quota reached", quota_reached, NULL, VERDICT_NOTE, "quota",
      "42 of its requests were refused", "domain 5 reached its limit of nodes",
      "xstore quota nodes=" },
    { "consoled down", consoled_down, NULL, VERDICT_BAD, "daemon", "consoled does not run",
      "/run/xen-like/consoled.pid", "systemctl start consoled" },
    { "blockd died", blockd_dead, NULL, VERDICT_BAD, "daemon", "blockd does not run",
      "/run/xen-like/blockd.pid", "systemctl start blockd" },
    { "netd down", netd_down, NULL, VERDICT_BAD, "daemon", "netd does not run",
      "/run/xen-like/netd.pid", "/var/log/xen-like/netd.messages" },
    { "blockd-nbd down", nbd_down, NULL, VERDICT_NOTE, "daemon", "blockd-nbd does not run",
      "/run/xen-like/blockd-nbd.pid", "systemctl start blockd-nbd" },
    { "no bridge", no_bridge, NULL, VERDICT_NOTE, "bridge", "no bridge", "xenbr0",
      "xl-like setup-bridge xenbr0" },
    { "bridge down", bridge_down, NULL, VERDICT_NOTE, "bridge", "is down", "xenbr0",
      "ip link set xenbr0 up" },
    { "no bridge for a device", other_bridge, NULL, VERDICT_BAD, "vif", "no bridge", "br7",
      "xl-like setup-bridge br7" },
    { "no directory for logs", no_logs, NULL, VERDICT_BAD, "directory", "No such file",
      "/var/log/xen-like", "mkdir" },
    { "VT-x missing", NULL, vtx_missing, VERDICT_BAD, "vt-x", "the processor has no VT-x", "g.cfg",
      "type = \"pv\"" },
    { "VT-x off", NULL, vtx_locked, VERDICT_BAD, "vt-x", "VT-x is locked off by the firmware",
      "g.cfg", "firmware's setup" },
    { "too little memory free", large_memory, NULL, VERDICT_BAD, "memory",
      "4096 MiB, and 74 MiB are free", "g.cfg", "memory=" },
    { "name taken", NULL, name_taken, VERDICT_BAD, "name", "'g' is taken by domain 7", "g.cfg",
      "xl-like destroy 7" },
    { "kernel missing", kernel_missing, NULL, VERDICT_BAD, "kernel", "No such file", "/kernel'",
      "correct the path" },
    { "kernel without notes", kernel_without_notes, NULL, VERDICT_BAD, "kernel", "no Xen ELF note",
      "/kernel'", "CONFIG_XEN_PV" },
    { "kernel is no kernel", kernel_is_text, NULL, VERDICT_BAD, "kernel", "too short to be a kernel", "/kernel'",
      "another file for kernel=" },
    { "kernel is empty", kernel_is_empty, NULL, VERDICT_BAD, "kernel", "the file is empty",
      "/kernel'", "another file for kernel=" },
    { "ramdisk missing", ramdisk_missing, NULL, VERDICT_BAD, "kernel", "No such file", "/ramdisk'",
      "correct the path" },
    { "too little memory to start", small_memory, NULL, VERDICT_BAD, "kernel",
      "memory of 16384 KiB is too little", "g.cfg", "memory=" },
    { "no such image", no_image, NULL, VERDICT_BAD, "disk", "No such file", "g.cfg:6: disk xvda",
      "truncate -s 4G" },
    { "image is a directory", image_is_directory, NULL, VERDICT_BAD, "disk", "neither a file",
      "g.cfg:6: disk xvda", "block device" },
    { "image in use", image_in_use, NULL, VERDICT_BAD, "disk",
      "in use by another disk (process 715", "g.cfg:6: disk xvda", "own copy" },
    { "wrong key", wrong_key, NULL, VERDICT_BAD, "config", "did you mean 'memory'", "g.cfg:4:1",
      "help keys" },
    { "wrong kind of value", wrong_kind, NULL, VERDICT_BAD, "config", "takes a number",
      "g.cfg:3:10", "correct that line" },
    { "value out of range", wrong_value, NULL, VERDICT_BAD, "config", "from 1 to", "g.cfg:3:9",
      "correct that line" },
    { "string not closed", open_string, NULL, VERDICT_BAD, "config", "not closed", "g.cfg:7:9",
      "correct that line" },
    { "one device twice", one_vdev_twice, NULL, VERDICT_BAD, "config", "is the same device",
      "g.cfg:6:", "correct that line" },
    { "wrong address", wrong_mac, NULL, VERDICT_BAD, "config", "is no address",
      "g.cfg:7:", "correct that line" },
    { "damaged saved guest", damaged_saved, NULL, VERDICT_BAD, "saved",
      "checksum does not fit: the file is damaged", "g.cfg: the record of type 2 at byte",
      "another copy" },
    { "saved guest cut off", cut_saved, NULL, VERDICT_BAD, "saved", "it is not whole",
      "g.cfg: the file ends at byte", "another copy" },
    { "saved guest of a few bytes", empty_saved, NULL, VERDICT_BAD, "saved", "it is not whole",
      "g.cfg: the file ends at byte 24", "another copy" },
    { "saved guest without its disk", saved_without_disk, NULL, VERDICT_BAD, "disk", "No such file",
      "g.cfg:6: disk xvda", "truncate -s 4G" },
    { "disk of logs full", logs_full, NULL, VERDICT_NOTE, "directory", "only 3 KiB of room",
      "/var/log/xen-like", "du -sh" },
    { "disk of locks full", run_full, NULL, VERDICT_NOTE, "directory", "only 3 KiB of room",
      "/run/xen-like", "du -sh" },
    { "no such configuration", no_config, NULL, VERDICT_BAD, "config", "No such file", "g.cfg",
      "" },
    { "autostart of nothing", dangling_autostart, NULL, VERDICT_BAD, "config", "No such file",
      "/etc/xen-like/auto/web.cfg", "" },
};

static void look(const struct fault *f)
{
    if (f && f->inject)
        f->inject();
    doctor_host(&d);
    if (f && f->inject_later)
        f->inject_later();
    doctor_guest(&d, path_of("g.cfg"), false);
    doctor_autostart(&d);
}

static char *as_text(void)
{
    char *text;
    size_t len;
    FILE *f = open_memstream(&text, &len);

    doctor_print_text(&d, f);
    fclose(f);
    return text;
}

START_TEST(a_host_that_is_well)
{
    char *text;

    look(NULL);
    text = as_text();
    for (const struct finding *f = d.first; f; f = f->next)
        ck_assert_msg(f->verdict == VERDICT_GOOD, "%s", text);
    ck_assert(!doctor_found_bad(&d));
    ck_assert_ptr_nonnull(strstr(text, "ok       guest"));
    free(text);
}
END_TEST

/* One finding that is not good, and it says what is wrong, where, and what to do. */
START_TEST(a_fault)
{
    const struct fault *f = &faults[_i];
    const struct finding *found = NULL;
    unsigned n = 0;
    char *text;

    look(f);
    text = as_text();
    for (const struct finding *i = d.first; i; i = i->next)
        if (i->verdict != VERDICT_GOOD) {
            found = i;
            n++;
        }
    ck_assert_msg(n == 1, "%s: %u findings:\n%s", f->name, n, text);
    ck_assert_msg(found->verdict == f->verdict && strcmp(found->check, f->check) == 0 &&
                      strstr(found->text, f->cause) && strstr(found->text, f->place) &&
                      strstr(found->fix, f->fix) && *found->fix,
                  "%s:\n%s", f->name, text);
    ck_assert_int_eq(doctor_found_bad(&d), f->verdict == VERDICT_BAD);
    free(text);
}
END_TEST

/* A saved guest needs no kernel of a file. */
START_TEST(a_saved_guest)
{
    char *text;

    put_saved();
    kernel_missing();
    look(NULL);
    text = as_text();
    ck_assert_msg(!doctor_found_bad(&d), "%s", text);
    ck_assert_ptr_nonnull(strstr(text, "'g' could be restored"));
    free(text);
}
END_TEST

/* A guest that starts with the host and runs already wants nothing more. */
START_TEST(a_guest_that_runs)
{
    char *text;

    run("ln -s %s/g.cfg %s/etc/xen-like/auto/g.cfg", root, root);
    doctor_host(&d);
    name_taken();
    large_memory();
    doctor_autostart(&d);
    text = as_text();
    ck_assert_msg(!doctor_found_bad(&d), "%s", text);
    ck_assert_ptr_nonnull(strstr(text, "runs as domain 7"));
    free(text);
}
END_TEST

/* Without its directory the host has no daemons either: more than one finding, each with its fix.
 */
START_TEST(nothing_runs)
{
    no_run_directory();
    doctor_host(&d);
    for (const struct finding *f = d.first; f; f = f->next)
        ck_assert(f->verdict == VERDICT_GOOD || *f->fix);
    ck_assert(doctor_found_bad(&d));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("doctor");
    TCase *t = tcase_create("all");
    SRunner *r = srunner_create(s);
    int failed;

    suite_add_tcase(s, t);
    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, a_host_that_is_well);
    tcase_add_loop_test(t, a_fault, 0, sizeof(faults) / sizeof(faults[0]));
    tcase_add_test(t, a_saved_guest);
    tcase_add_test(t, a_guest_that_runs);
    tcase_add_test(t, nothing_runs);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
