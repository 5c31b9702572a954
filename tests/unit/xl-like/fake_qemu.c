/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What takes QEMU's place in test_device_model: a program that listens where -qmp says and answers
 * orders. $FAKE_QEMU says what is wrong with it, $FAKE_QEMU_NOTES is a file for what it was told.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const char *fault;
static FILE *notes;
static int handed = -1; /* the file that came along last */
static int asked;       /* for its status, so many times */

static int is(const char *what) { return strcmp(fault, what) == 0; }

static const struct {
    const char *order, *answer;
} answers[] = {
    { "query-status", "{\"return\": {\"status\": \"running\", \"running\": true}}" },
    { "query-chardev", "{\"return\": [{\"label\": \"compat_monitor0\", \"filename\": \"unix:x\"}, "
                       "{\"label\": \"serial0\", \"filename\": \"pty:/dev/pts/77\"}]}" },
    { "query-vnc", "{\"return\": {\"enabled\": true, \"host\": \"127.0.0.1\", "
                   "\"service\": \"5903\", \"auth\": \"none\"}}" },
    { "change-vnc-password", "{\"return\": {}}" },
    { "add-fd", "{\"return\": {\"fd\": 9, \"fdset-id\": 5}}" },
    { "eject", "{\"return\": {}}" },
    { "blockdev-change-medium", "{\"return\": {}}" },
    { "stop", "{\"return\": {}}" },
    { "cont", "{\"return\": {}}" },
    { "xen-save-devices-state", "{\"return\": {}}" },
    { "query-block", "{\"return\": [{\"device\": \"drive0\", \"qdev\": \"ide0\", \"inserted\": "
                     "{\"file\": \"/x\"}}, {\"device\": \"\", \"qdev\": \"ide1\"}, {\"device\": "
                     "\"drive2\", \"qdev\": \"ide2\", \"inserted\": {\"file\": \"/cd\"}}]}" },
    { "qmp_capabilities", "{\"return\": {}}" },
};

static const char *answer_to(const char *order)
{
    if (is("paused") && strstr(order, "query-status"))
        return "{\"return\": {\"status\": \"prelaunch\"}}";
    if (is("slow") && strstr(order, "query-status") && asked++ == 0)
        return "{\"return\": {\"status\": \"inmigrate\"}}";
    if (is("state-refused") && strstr(order, "xen-save"))
        return "{\"error\": {\"class\": \"GenericError\", \"desc\": \"No space\"}}";
    if (is("cd-inserted") && strstr(order, "query-block"))
        return "{\"return\": [{\"qdev\": \"ide1\", \"inserted\": {\"file\": \"/dev/fdset/1\"}}]}";
    if (is("cd-ejected") && strstr(order, "query-block"))
        return "{\"return\": [{\"qdev\": \"ide2\"}]}";
    if (is("no-password") && strstr(order, "change-vnc"))
        return "{\"error\": {\"class\": \"GenericError\", \"desc\": \"no VNC here\"}}";
    if (is("garbage") && strstr(order, "query-status"))
        return "no JSON at all";
    if (is("locked") && strstr(order, "eject"))
        return "{\"error\": {\"class\": \"GenericError\", \"desc\": \"Device 'ide0' is not "
               "removable\"}}";
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
        if (strstr(order, answers[i].order))
            return answers[i].answer;
    return "{\"error\": {\"class\": \"CommandNotFound\", \"desc\": \"unknown\"}}";
}

/* What is in a file whose descriptor came along. */
static void note_file(struct msghdr *m)
{
    struct cmsghdr *c = CMSG_FIRSTHDR(m);
    char text[64];
    ssize_t n;
    int fd;

    if (!c || c->cmsg_type != SCM_RIGHTS)
        return;
    memcpy(&fd, CMSG_DATA(c), sizeof(fd));
    n = read(fd, text, sizeof(text) - 1);
    fprintf(notes, "file: %.*s\n", n > 0 ? (int)n : 0, text);
    if (handed >= 0)
        close(handed);
    handed = fd;
}

/* Into the file that came along, as it says what is wrong with it. */
static void save_state(void)
{
    if (is("state-ends"))
        exit(1);
    if (is("state-long") && ftruncate(handed, (4 << 20) + 1) < 0)
        abort();
    if (!*fault && write(handed, "its state\n", 10) != 10)
        abort();
}

static void note_incoming(const char *option)
{
    char text[64];
    ssize_t n = read(atoi(option + 3), text, sizeof(text));

    fprintf(notes, "incoming: %.*s", n > 0 ? (int)n : 0, text);
}

static void serve(int s)
{
    char order[4096], control[CMSG_SPACE(sizeof(int))];
    struct iovec iov = { order, sizeof(order) - 1 };
    struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
    ssize_t n;

    dprintf(s, "{\"QMP\": {\"version\": {}, \"capabilities\": []}}\r\n");
    for (;;) {
        m.msg_control = control;
        m.msg_controllen = sizeof(control);
        n = recvmsg(s, &m, 0);
        if (n <= 0)
            break;
        order[n] = '\0';
        fprintf(notes, "%s\n", order);
        note_file(&m);
        fflush(notes);
        if (is("endless"))
            for (;;)
                if (write(s, "{[[[[[[[[[[[[[[[", 16) < 0)
                    exit(0);
        if (is("dies") && strstr(order, "query-status")) {
            fprintf(stderr, "qemu: it was too much\n");
            exit(1);
        }
        if (strstr(order, "xen-save"))
            save_state();
        dprintf(s, "{\"event\": \"RESUME\"}\r\n%s\r\n", answer_to(order));
    }
    close(s);
}

static int listen_at(const char *option)
{
    struct sockaddr_un sa = { .sun_family = AF_UNIX };
    int s = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(sa.sun_path, sizeof(sa.sun_path), "%.*s", (int)strcspn(option + 5, ","), option + 5);
    if (bind(s, (struct sockaddr *)&sa, sizeof(sa)) < 0 || listen(s, 1) < 0)
        abort();
    return s;
}

int main(int argc, char **argv)
{
    const char *qmp = NULL;
    int s;

    fault = getenv("FAKE_QEMU");
    notes = fopen(getenv("FAKE_QEMU_NOTES"), "w");
    for (int i = 1; i + 1 < argc; i++)
        if (strcmp(argv[i], "-qmp") == 0)
            qmp = argv[i + 1];
        else if (strcmp(argv[i], "-incoming") == 0)
            note_incoming(argv[i + 1]);
    fprintf(stderr, "qemu: warning: this is not it\n");
    if (is("ends")) {
        fprintf(stderr, "qemu: could not open 'x': No such file or directory\n");
        return 1;
    }
    signal(SIGPIPE, SIG_IGN);
    s = listen_at(qmp);
    for (int i = 0; is("talks") && i < 10000; i++)
        fprintf(stderr, "qemu: warning %d of many, all of them about nothing whatsoever\n", i);
    for (;;)
        serve(accept(s, NULL, NULL));
}
