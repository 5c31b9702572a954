/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Device models that start, that do not, that end by themselves and that are ended, with a program
 * in QEMU's place (fake_qemu.c) and a store of paths: whatever goes wrong is told, and leaves no
 * process, no directory and no node.
 */
#include "device_model.h"
#include "host.h"
#include "kept.h"
#include "present_cfg.h"
#include "qmp.h"
#include "report.h"
#include "verbs.h"

#include <check.h>
#include <ctrl.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <public/hvm/ioreq.h>
#include <public/memory.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define DOMID   7
#define MINIMUM "name = 'g'\ntype = 'hvm'\nmemory = 64\n"

/* --- a store: paths and values ---------------------------------------------------------------- */

static struct {
    char *path, *value;
} nodes[32];
static unsigned int writes, fail_at; /* the n-th write fails; 0: none */

static unsigned int find_node(const char *path)
{
    unsigned int i = 0;

    while (i < 32 && nodes[i].path && strcmp(nodes[i].path, path) != 0)
        i++;
    ck_assert_uint_lt(i, 32);
    return i;
}

static int put(const char *path, const char *value)
{
    unsigned int i = find_node(path);

    if (++writes == fail_at)
        return -EIO;
    free(nodes[i].value);
    if (!nodes[i].path)
        nodes[i].path = strdup(path);
    nodes[i].value = strdup(value);
    return 0;
}

static const char *value_of(const char *path)
{
    const char *value = nodes[find_node(path)].value;

    return value ? value : "(none)";
}

int xstore_mkdir(struct xstore *x, xstore_txn_t t, const char *path)
{
    ck_assert(x && t == XSTORE_NO_TXN);
    return put(path, "");
}

int xstore_rm(struct xstore *x, xstore_txn_t t, const char *path)
{
    ck_assert(x && t == XSTORE_NO_TXN);
    for (unsigned int i = 0; i < 32 && nodes[i].path; i++)
        if (strncmp(nodes[i].path, path, strlen(path)) == 0) {
            free(nodes[i].value);
            nodes[i].value = NULL;
        }
    return 0;
}

void store_remove_if_empty(struct xstore *x, const char *path)
{
    ck_assert(x && strcmp(path, "/local/domain/0/device-model") == 0);
}

int domain_put(uint32_t domid, const char *node, const char *fmt, ...)
{
    char path[128], value[64];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(value, sizeof(value), fmt, ap);
    va_end(ap);
    snprintf(path, sizeof(path), "/local/domain/%u/%s", domid, node);
    if (put(path, value) == 0)
        return XL_OK;
    report_error("cannot write %s", path);
    return XL_FAILED;
}

int domain_find(const char *which, uint32_t *domid)
{
    *domid = strtoul(which, NULL, 10);
    return XL_OK;
}

struct ctrl *host_ctrl(void) { return NULL; }

/* Its server is the second of all. */
static struct buffered_iopage ring;
static bool no_ring;

int ctrl_map_resource(struct ctrl *h, uint32_t domid, uint32_t type, uint32_t id, uint64_t first,
                      size_t count, int prot, void **addr)
{
    ck_assert(!h && domid == DOMID && type == XENMEM_resource_ioreq_server && first == 0 && count == 1 &&
              prot == PROT_READ);
    *addr = &ring;
    return id == 1 && !no_ring ? 0 : -ENOENT;
}

void ctrl_unmap(void *addr, size_t count) { ck_assert(addr == &ring && count == 1); }

int usage_error(const char *verb)
{
    ck_assert_ptr_nonnull(verb);
    return XL_USAGE;
}

/* --- what is kept of the guest ---------------------------------------------------------------- */

static char *kept;
static int lock_held, keep_result;

int kept_save_wait(uint32_t domid, int seconds)
{
    ck_assert(domid == DOMID && seconds > 0 && !lock_held);
    lock_held = 1;
    return 99;
}

void kept_save_end(uint32_t domid, int fd)
{
    ck_assert(domid == DOMID && fd == 99 && lock_held);
    lock_held = 0;
}

char *kept_config_get(uint32_t domid)
{
    ck_assert(domid == DOMID);
    return kept ? strdup(kept) : NULL;
}

int kept_config_change(uint32_t domid, const char *text)
{
    ck_assert(domid == DOMID && lock_held && kept);
    if (keep_result < 0)
        return keep_result;
    free(kept);
    kept = strdup(text);
    return 0;
}

static void keep(const char *text)
{
    free(kept);
    kept = text ? strdup(text) : NULL;
}

/* --- a host ----------------------------------------------------------------------------------- */

static char root[] = "/tmp/device-model-XXXXXX", program[PATH_MAX + 16];
static char dir[64], logs[64], messages[64], notes[64];
static struct guest_cfg guest;
static struct device_model_state state; /* that they begin with: none */
static struct xstore *const store = (struct xstore *)root;
static int saved_stderr;

static char *contents(const char *path)
{
    static char text[8192];
    FILE *f = fopen(path, "re");
    size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;

    text[n] = '\0';
    if (f)
        fclose(f);
    return text;
}

static void load(const char *text)
{
    ck_assert_int_eq(guest_cfg_from_text("g.cfg", text, &guest), 0);
    free(guest.hvm.device_model);
    guest.hvm.device_model = strdup(program);
}

static void setup(void)
{
    int fd;

    strcpy(root + strlen(root) - 6, "XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(root));
    snprintf(dir, sizeof(dir), "%s/run/models", root);
    snprintf(logs, sizeof(logs), "%s/log/models", root);
    snprintf(messages, sizeof(messages), "%s/messages", root);
    snprintf(notes, sizeof(notes), "%s/notes", root);
    device_model_dir = dir;
    device_model_logs = logs;
    setenv("FAKE_QEMU_NOTES", notes, 1);
    setenv("FAKE_QEMU", "", 1);
    writes = fail_at = 0;
    no_ring = false;
    memset(&ring, 0, sizeof(ring));
    state = (struct device_model_state){ 0 };
    fflush(stderr);
    saved_stderr = dup(STDERR_FILENO);
    fd = open(messages, O_RDWR | O_CREAT | O_TRUNC, 0600);
    ck_assert_int_ge(dup2(fd, STDERR_FILENO), 0);
    close(fd);
}

static void teardown(void)
{
    char command[128];

    dup2(saved_stderr, STDERR_FILENO);
    close(saved_stderr);
    guest_cfg_free(&guest);
    for (unsigned int i = 0; i < 32; i++) {
        free(nodes[i].path);
        free(nodes[i].value);
    }
    memset(nodes, 0, sizeof(nodes));
    snprintf(command, sizeof(command), "rm -rf %s", root);
    ck_assert_int_eq(system(command), 0);
}

static void check_nothing_left(pid_t pid)
{
    char path[96];

    snprintf(path, sizeof(path), "%s/%u", dir, DOMID);
    ck_assert_int_lt(access(path, F_OK), 0);
    ck_assert_int_eq(device_model_pid(DOMID), 0);
    ck_assert_str_eq(value_of("/local/domain/0/device-model/7"), "(none)");
    if (pid)
        ck_assert(kill(pid, 0) < 0 && errno == ESRCH);
}

/* --- starting --------------------------------------------------------------------------------- */

START_TEST(runs_and_is_ended)
{
    char path[96];
    pid_t pid;

    load(MINIMUM "serial = 'pty'\nvncpasswd = 'se\"cret'\n");
    ck_assert_int_eq(device_model_start(store, DOMID, &guest, &state), XL_OK);
    pid = device_model_pid(DOMID);
    ck_assert_int_gt(pid, 0);
    ck_assert_int_eq(atoi(value_of("/local/domain/7/image/device-model-pid")), pid);
    ck_assert_str_eq(value_of("/local/domain/7/serial/0/tty"), "/dev/pts/77");
    ck_assert_str_eq(value_of("/local/domain/7/console/vnc-port"), "5903");
    ck_assert_str_eq(value_of("/local/domain/7/console/vnc-listen"), "127.0.0.1");
    ck_assert_str_eq(value_of("/local/domain/0/device-model/7"), "");
    ck_assert_ptr_nonnull(strstr(contents(notes), "{\"password\":\"se\\\"cret\"}"));
    ck_assert_str_eq(contents(messages), "");
    snprintf(path, sizeof(path), "%s/g.log", logs);
    ck_assert(device_model_take_messages());
    ck_assert_str_eq(contents(path), "qemu: warning: this is not it\n");
    device_model_stop(store, DOMID);
    check_nothing_left(pid);
    device_model_leave_messages();
    device_model_stop(store, DOMID); /* fine */
}
END_TEST

static const struct failure {
    const char *fault, *message;
} failures[] = {
    { "ends", "has ended: qemu: could not open 'x': No such file or directory" },
    { "dies", "has ended: qemu: it was too much" },
    { "paused", "does not run: its state: prelaunch" },
    { "no-password", "does not run: vncpasswd: no VNC here" },
    { "garbage", "query-status: its answer is no JSON" },
    { "endless", "its socket: its answer has no end" },
};

START_TEST(does_not_start)
{
    const struct failure *f = &failures[_i];

    load(MINIMUM "vncpasswd = 'x'\n");
    setenv("FAKE_QEMU", f->fault, 1);
    ck_assert_int_eq(device_model_start(store, DOMID, &guest, &state), XL_FAILED);
    ck_assert_msg(strstr(contents(messages), f->message), "%s: %s", f->fault, contents(messages));
    check_nothing_left(0);
    ck_assert_int_lt(device_model_messages(), 0);
}
END_TEST

START_TEST(is_not_there)
{
    load(MINIMUM);
    free(guest.hvm.device_model);
    guest.hvm.device_model = strdup("/no/such/qemu");
    ck_assert_int_eq(device_model_start(store, DOMID, &guest, &state), XL_FAILED);
    ck_assert_ptr_nonnull(strstr(contents(messages), "/no/such/qemu: No such file or directory"));
    check_nothing_left(0);
}
END_TEST

START_TEST(store_refuses)
{
    load(MINIMUM "serial = 'pty'\n");
    for (fail_at = 1; fail_at < 20; fail_at++) {
        writes = 0;
        if (device_model_start(store, DOMID, &guest, &state) == XL_OK)
            break;
        check_nothing_left(0);
    }
    ck_assert_uint_eq(fail_at, 6); /* five nodes */
    device_model_stop(store, DOMID);
    check_nothing_left(0);
    device_model_leave_messages();
}
END_TEST

START_TEST(no_room)
{
    FILE *f;

    load(MINIMUM);
    f = fopen(dir + 0, "we");
    ck_assert_ptr_null(f); /* its parent is not there yet */
    mkdir(strcat(strcpy((char[96]){ 0 }, root), "/run"), 0755);
    f = fopen(dir, "we");
    ck_assert_ptr_nonnull(f);
    fclose(f);
    ck_assert_int_eq(device_model_start(store, DOMID, &guest, &state), XL_FAILED);
    ck_assert_ptr_nonnull(strstr(contents(messages), "Not a directory"));
    ck_assert_int_eq(device_model_pid(DOMID), 0);
}
END_TEST

/* --- while it runs ---------------------------------------------------------------------------- */

static void wait_for_end(void)
{
    struct pollfd p = { .fd = device_model_messages(), .events = POLLIN };

    do {
        ck_assert_int_eq(poll(&p, 1, 600000), 1);
    } while (device_model_take_messages());
}

START_TEST(its_end_is_seen)
{
    load(MINIMUM);
    ck_assert_int_eq(device_model_start(store, DOMID, &guest, &state), XL_OK);
    ck_assert_int_eq(kill(device_model_pid(DOMID), SIGKILL), 0);
    wait_for_end();
    ck_assert_int_lt(device_model_messages(), 0);
    device_model_stop(store, DOMID);
    check_nothing_left(0);
}
END_TEST

START_TEST(what_it_says_has_an_end)
{
    struct stat st;
    char path[96];

    load(MINIMUM);
    setenv("FAKE_QEMU", "talks", 1);
    ck_assert_int_eq(device_model_start(store, DOMID, &guest, &state), XL_OK);
    device_model_stop(store, DOMID);
    wait_for_end();
    snprintf(path, sizeof(path), "%s/g.log", logs);
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_int_ge(st.st_size, 256 << 10);
    ck_assert_int_le(st.st_size, (256 << 10) + 8192);
}
END_TEST

START_TEST(a_cd)
{
    char image[96];
    char *insert[] = { "cd-insert", "7", "hdc", image, NULL };
    char *eject[] = { "cd-eject", "7", "hdc", NULL };
    char target[128];
    FILE *f;

    snprintf(image, sizeof(image), "%s/image", root);
    f = fopen(image, "we");
    fputs("a CD", f);
    fclose(f);
    snprintf(target, sizeof(target), "devtype=cdrom,target=%s\"", image);
    load(MINIMUM "disk = [ 'vdev=hdc, cdrom' ]\n");
    keep(guest.text);
    ck_assert_int_eq(verb_cd_insert(4, insert), XL_FAILED);
    ck_assert_ptr_nonnull(strstr(contents(messages), "domain 7 has no device model"));
    ck_assert_str_eq(kept, guest.text);
    ck_assert_int_eq(device_model_start(store, DOMID, &guest, &state), XL_OK);
    ck_assert_int_eq(verb_cd_insert(4, insert), XL_OK);
    ck_assert_ptr_nonnull(strstr(contents(notes), "file: a CD\n"));
    ck_assert_ptr_nonnull(strstr(contents(notes), "\"id\":\"ide2\",\"filename\":\"/dev/fdset/5\","
                                                  "\"format\":\"raw\""));
    ck_assert_msg(strstr(kept, target) != NULL, "%s", kept);
    insert[2] = "hda";
    ck_assert_int_eq(verb_cd_insert(4, insert), XL_FAILED);
    ck_assert_ptr_nonnull(strstr(contents(messages), "domain 7 has no CD drive hda"));
    insert[2] = "xvde";
    ck_assert_int_eq(verb_cd_insert(4, insert), XL_USAGE);
    insert[3] = "/no/such/image";
    ck_assert_int_eq(verb_cd_insert(4, insert), XL_FAILED);
    ck_assert_int_eq(verb_cd_eject(3, eject), XL_OK);
    ck_assert_msg(strstr(kept, "devtype=cdrom,target=\"") != NULL, "%s", kept);
    insert[2] = "hdc";
    insert[3] = image;
    keep_result = -ENOSPC;
    ck_assert_int_eq(verb_cd_insert(4, insert), XL_FAILED);
    ck_assert_ptr_nonnull(strstr(contents(messages), "does not tell of it: cannot write"));
    keep_result = 0;
    keep(NULL); /* of a domain of which nothing is known */
    ck_assert_int_eq(verb_cd_insert(4, insert), XL_OK);
    ck_assert_ptr_null(kept);
    keep(guest.text);
    eject[2] = "hda";
    ck_assert_int_eq(verb_cd_eject(3, eject), XL_FAILED);
    eject[2] = "hdc";
    device_model_stop(store, DOMID);
    setenv("FAKE_QEMU", "locked", 1);
    ck_assert_int_eq(device_model_start(store, DOMID, &guest, &state), XL_OK);
    ck_assert_int_eq(verb_cd_eject(3, eject), XL_FAILED);
    ck_assert_ptr_nonnull(strstr(contents(messages), "'ide0' is not removable"));
    ck_assert_str_eq(kept, guest.text);
    ck_assert(!lock_held);
    keep(NULL);
    device_model_stop(store, DOMID);
    device_model_leave_messages();
    check_nothing_left(0);
}
END_TEST

/* --- what it knows ---------------------------------------------------------------------------- */

START_TEST(its_state_goes_to_the_next)
{
    struct device_model_state taken;

    load(MINIMUM);
    ck_assert_int_eq(device_model_take_state(DOMID, &taken), XL_FAILED);
    ck_assert_ptr_nonnull(strstr(contents(messages), "domain 7 has no device model"));
    ck_assert_int_eq(device_model_start(store, DOMID, &guest, &state), XL_OK);
    ck_assert_int_eq(device_model_take_state(DOMID, &taken), XL_OK);
    ck_assert_uint_eq(taken.size, 10);
    ck_assert_mem_eq(taken.bytes, "its state\n", 10);
    ck_assert_ptr_nonnull(strstr(contents(notes), "\"stop\""));
    ck_assert_ptr_nonnull(strstr(contents(notes), "{\"filename\":\"/dev/fdset/5\",\"live\":false}"));
    ck_assert_int_eq(device_model_go_on(DOMID), XL_OK);
    ck_assert_ptr_nonnull(strstr(contents(notes), "\"cont\""));
    device_model_stop(store, DOMID);
    device_model_leave_messages();
    setenv("FAKE_QEMU", "slow", 1); /* it is "inmigrate" at first */
    ck_assert_int_eq(device_model_start(store, DOMID, &guest, &taken), XL_OK);
    ck_assert_ptr_nonnull(strstr(contents(notes), "incoming: its state\n"));
    device_model_stop(store, DOMID);
    device_model_leave_messages();
    check_nothing_left(0);
    device_model_state_free(&taken);
    ck_assert_ptr_null(taken.bytes);
}
END_TEST

static const struct failure lost[] = {
    { "state-refused", "does not give its state: No space" },
    { "state-empty", "its state has 0 bytes" },
    { "state-long", "its state has 4194305 bytes" },
    { "state-ends", "does not give its state: it has closed the connection" },
};

START_TEST(its_state_is_lost)
{
    struct device_model_state taken;

    load(MINIMUM);
    setenv("FAKE_QEMU", lost[_i].fault, 1);
    ck_assert_int_eq(device_model_start(store, DOMID, &guest, &state), XL_OK);
    ck_assert_int_eq(device_model_take_state(DOMID, &taken), XL_FAILED);
    ck_assert_ptr_null(taken.bytes);
    ck_assert_msg(strstr(contents(messages), lost[_i].message), "%s", contents(messages));
    device_model_stop(store, DOMID);
    device_model_leave_messages();
}
END_TEST

START_TEST(its_rings)
{
    struct device_model_state taken;

    load(MINIMUM);
    ck_assert_int_eq(device_model_start(store, DOMID, &guest, &state), XL_OK);
    no_ring = true;
    ck_assert_int_eq(device_model_take_state(DOMID, &taken), XL_FAILED);
    ck_assert_ptr_nonnull(strstr(contents(messages), "its rings: there are none"));
    no_ring = false;
    ring.write_pointer = 1; /* it never takes it */
    ck_assert_int_eq(device_model_take_state(DOMID, &taken), XL_FAILED);
    ck_assert_ptr_nonnull(strstr(contents(messages), "what its guest has written: it does not take it"));
    ck_assert_ptr_null(strstr(contents(notes), "\"stop\""));
    device_model_stop(store, DOMID);
    device_model_leave_messages();
}
END_TEST

START_TEST(its_state_is_no_good)
{
    struct device_model_state bad = { "worse", 5 };

    load(MINIMUM);
    setenv("FAKE_QEMU", "dies", 1);
    ck_assert_int_eq(device_model_start(store, DOMID, &guest, &bad), XL_FAILED);
    ck_assert_ptr_nonnull(strstr(contents(messages), "has ended: qemu: it was too much"));
    check_nothing_left(0);
}
END_TEST

START_TEST(its_cds)
{
    load(MINIMUM "disk = [ 'vdev=hda, target=/x', 'vdev=hdb, cdrom', "
                 "'vdev=hdc, cdrom, target=/cd' ]\n");
    ck_assert_int_eq(device_model_start(store, DOMID, &guest, &state), XL_OK);
    ck_assert_int_eq(device_model_take_cds(DOMID, guest.disks), XL_OK);
    ck_assert_str_eq(guest.disks->next->next->target, "/cd");
    device_model_stop(store, DOMID);
    setenv("FAKE_QEMU", "cd-inserted", 1);
    ck_assert_int_eq(device_model_start(store, DOMID, &guest, &state), XL_OK);
    ck_assert_int_eq(device_model_take_cds(DOMID, guest.disks), XL_FAILED);
    ck_assert_ptr_nonnull(strstr(contents(messages), "domain 7 has a CD in hdb, and none in its"));
    device_model_stop(store, DOMID);
    setenv("FAKE_QEMU", "cd-ejected", 1);
    ck_assert_int_eq(device_model_start(store, DOMID, &guest, &state), XL_OK);
    ck_assert_int_eq(device_model_take_cds(DOMID, guest.disks), XL_OK);
    ck_assert_str_eq(guest.disks->next->next->target, ""); /* its guest has done that */
    ck_assert_str_eq(guest.disks->target, "/x");
    device_model_stop(store, DOMID);
    device_model_leave_messages();
}
END_TEST

/* --- devices that come and go ----------------------------------------------------------------- */

static void without_hdc(struct guest_cfg *g, uint32_t devid)
{
    disk_cfg_remove(&g->disks, devid);
    vif_cfg_remove(&g->vifs, 0);
}

/* Each keeps its number and its address, whatever its place in the list and its guest's name. */
START_TEST(a_configuration_follows)
{
    struct guest_cfg before = { 0 };
    uint8_t mac[2][MAC_BYTES];

    load(MINIMUM "vif = [ 'mac=00:16:3e:01:02:03', 'bridge=br1', 'type=vif, rate=1Mb/s@3ms' ]\n"
                 "disk = [ 'vdev=hdc, cdrom', '/a \"b\",raw,xvde,r,grants=kept' ]\n");
    keep(guest.text);
    ck_assert_int_eq(present_change("test", DOMID, without_hdc, guest.disks->devid), XL_OK);
    before = guest;
    load(kept);
    ck_assert_str_eq(guest.disks->vdev, "xvde");
    ck_assert_str_eq(guest.disks->target, "/a \"b\"");
    ck_assert_str_eq(guest.disks->grants, "kept");
    ck_assert_ptr_null(guest.disks->next);
    ck_assert_uint_eq(guest.vifs->devid, 1);
    ck_assert_uint_eq(guest.vifs->next->devid, 2);
    ck_assert_uint_eq(guest.vifs->next->rate_bytes, before.vifs->next->next->rate_bytes);
    ck_assert_ptr_null(guest.vifs->next->next);
    vif_cfg_mac(before.vifs->next, "g", mac[0]);
    vif_cfg_mac(guest.vifs, "another name", mac[1]);
    ck_assert_mem_eq(mac[0], mac[1], MAC_BYTES);
    guest_cfg_free(&before);
    keep("name = 'g'\nno configuration\n");
    ck_assert_int_eq(present_change("test", DOMID, without_hdc, 0), XL_FAILED);
    ck_assert_ptr_nonnull(strstr(contents(messages), "that is kept of domain 7 has errors"));
    ck_assert(!lock_held);
    keep(NULL);
    ck_assert_int_eq(present_change("test", DOMID, without_hdc, 0), XL_OK);
}
END_TEST

/* --- arguments -------------------------------------------------------------------------------- */

/* Whether they stand there one behind the other. */
static void check_has(const struct arguments *a, const char *option, const char *value)
{
    for (size_t i = 0; i < a->count; i++)
        if (strcmp(a->text[i], option) == 0 &&
            (!value || (i + 1 < a->count && strcmp(a->text[i + 1], value) == 0)))
            return;
    for (size_t i = 0; i < a->count; i++)
        fprintf(stderr, "%s\n", a->text[i]);
    ck_abort_msg("no %s %s: %s", option, value, contents(messages));
}

static const char *const options[][2] = {
    { "-xen-domid", "7" },
    { "-xen-domid-restrict", NULL },
    { "-nodefaults", NULL },
    { "-no-user-config", NULL },
    { "-runas", "1879048199:1879048199" },
    { "-chroot", "/d/root" },
    { "-qmp", "unix:/d/qmp,server=on,wait=off" },
    { "-m", "size=507904k" },
    { "-smp", "2,maxcpus=4" },
    { "-boot", "order=dcn" },
    { "-kernel", "/k" },
    { "-append", "root=/dev/sda1 quiet" },
    { "-device", "VGA,vgamem_mb=16" },
    { "-vnc", "0.0.0.0:3,to=99" },
    { "-serial", "pty" },
    { "-serial", "file:/tmp/a,b" },
    { "-usb", NULL },
    { "-device", "usb-tablet" },
    { "-device", "usb-kbd" },
    { "-drive", "file=/disk,,with,,commas,if=none,id=drive0,format=raw,cache=writeback,"
                "auto-read-only=off,readonly=off,file.locking=off" },
    { "-device", "ide-hd,id=ide0,bus=ide.0,unit=0,drive=drive0" },
    { "-drive", "file=nbd://host/x,if=none,id=drive1,format=raw,cache=writeback,auto-read-only=off,"
                "readonly=off" },
    { "-device", "ide-hd,id=ide1,bus=ide.0,unit=1,drive=drive1" },
    { "-device", "ide-cd,id=ide2,bus=ide.1,unit=0" },
    { "-incoming", "fd:33" },
    { "-netdev", "tap,id=net0,fd=31" },
    { "-device", "e1000,id=nic0,netdev=net0,mac=00:16:3e:01:02:03" },
    { "-netdev", "tap,id=net2,fd=32" },
    { "-device", "rtl8139,id=nic2,netdev=net2,mac=00:16:3e:01:02:05,romfile=" },
};

START_TEST(what_it_is_told)
{
    const int nics[] = { 31, 32 };
    struct arguments a;

    load("name = 'g'\nbuilder = 'hvm'\nmemory = 512\nvcpus = 2\nmaxvcpus = 4\nboot = 'dcn'\n"
         "vnclisten = '0.0.0.0'\nvncdisplay = 3\nserial = [ 'pty', 'file:/tmp/a,b' ]\n"
         "kernel = '/k'\nroot = '/dev/sda1'\nextra = 'quiet'\n"
         "usbdevice = [ 'tablet', 'keyboard' ]\nviridian = 0\nhap = 1\n"
         "disk = [ 'vdev=hda, target=/disk,with,commas', "
         "'vdev=xvdb, target=nbd://host/x', "
         "'vdev=hdc, devtype=cdrom', 'vdev=xvde, target=/more' ]\n"
         "vif = [ 'mac=00:16:3e:01:02:03, model=e1000', 'type=vif, rate=1Mb/s', "
         "'mac=00:16:3e:01:02:05' ]\n");
    device_model_arguments(&a, &guest, DOMID, "/d", 0x70000000 + DOMID, nics, 33);
    ck_assert(!a.failed);
    ck_assert_ptr_null(a.text[a.count]);
    ck_assert_str_eq(a.text[0], program);
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
        check_has(&a, options[i][0], options[i][1]);
    for (size_t i = 0; i < a.count; i++)
        ck_assert_ptr_null(strstr(a.text[i], "/more"));
    arguments_free(&a);
    guest_cfg_free(&guest);
    load(MINIMUM "vnc = 0\nvga = 'none'\n");
    device_model_arguments(&a, &guest, DOMID, "/d", 1, NULL, -1);
    check_has(&a, "-display", "none");
    check_has(&a, "-m", "size=65536k");
    arguments_free(&a);
    guest_cfg_free(&guest);
    load(MINIMUM "vnclisten = '[::1]:5'\nvncunused = 0\nvncpasswd = 'x'\nvga = 'cirrus'\n");
    device_model_arguments(&a, &guest, DOMID, "/d", 1, NULL, -1);
    check_has(&a, "-vnc", "[::1]:5,password=on");
    check_has(&a, "-device", "cirrus-vga,vgamem_mb=8");
    arguments_free(&a);
    guest_cfg_free(&guest);
    load(MINIMUM "hdtype = 'ahci'\n"
                 "disk = [ 'vdev=hdb, target=/disk', 'vdev=hdc, devtype=cdrom' ]\n");
    device_model_arguments(&a, &guest, DOMID, "/d", 1, NULL, -1);
    check_has(&a, "-device", "ahci,id=ahci");
    check_has(&a, "-device", "ide-hd,id=ide1,bus=ahci.1,drive=drive1");
    check_has(&a, "-device", "ide-cd,id=ide2,bus=ide.1,unit=0");
    arguments_free(&a);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("device_model");
    TCase *t = tcase_create("device_model");
    SRunner *runner = srunner_create(s);
    int failed;

    if (!realpath("/proc/self/exe", program))
        return 2;
    strcpy(strrchr(program, '/') + 1, "fake_qemu");
    tcase_set_timeout(t, 600);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, runs_and_is_ended);
    tcase_add_loop_test(t, does_not_start, 0, sizeof(failures) / sizeof(failures[0]));
    tcase_add_test(t, is_not_there);
    tcase_add_test(t, store_refuses);
    tcase_add_test(t, no_room);
    tcase_add_test(t, its_end_is_seen);
    tcase_add_test(t, what_it_says_has_an_end);
    tcase_add_test(t, a_cd);
    tcase_add_test(t, its_state_goes_to_the_next);
    tcase_add_loop_test(t, its_state_is_lost, 0, sizeof(lost) / sizeof(lost[0]));
    tcase_add_test(t, its_rings);
    tcase_add_test(t, its_state_is_no_good);
    tcase_add_test(t, its_cds);
    tcase_add_test(t, a_configuration_follows);
    tcase_add_test(t, what_it_is_told);
    suite_add_tcase(s, t);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
