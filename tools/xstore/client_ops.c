/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libxstore: the operations, each a request and its answer.
 */
#include "client.h"
#include "proto.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- nodes ----------------------------------------------------------------------------------- */

int xstore_read(struct xstore *x, xstore_txn_t t, const char *path, char **value, size_t *len)
{
    int ret = talk_text(x, XS_READ, t, path, value);

    if (ret < 0)
        return ret;
    if (len)
        *len = ret;
    return 0;
}

int xstore_read_all(struct xstore *x, const char *const paths[], size_t n, char *values[])
{
    for (size_t done = 0; done < n;) {
        int ret = talk_reads(x, paths + done, n - done, values + done);

        if (ret < 0) {
            while (done > 0)
                free(values[--done]);
            return ret;
        }
        done += ret;
    }
    return 0;
}

int xstore_write(struct xstore *x, xstore_txn_t t, const char *path, const void *value, size_t len)
{
    struct iovec iov[2] = { text(path), { (void *)(uintptr_t)value, len } };
    int ret = talk(x, XS_WRITE, t, iov, 2, NULL);

    return ret < 0 ? ret : 0;
}

int xstore_printf(struct xstore *x, xstore_txn_t t, const char *path, const char *fmt, ...)
{
    va_list ap;
    char *s;
    int n, ret;

    va_start(ap, fmt);
    n = vasprintf(&s, fmt, ap);
    va_end(ap);
    if (n < 0)
        return -ENOMEM;
    ret = xstore_write(x, t, path, s, n);
    free(s);
    return ret;
}

int xstore_mkdir(struct xstore *x, xstore_txn_t t, const char *path)
{
    return talk_text(x, XS_MKDIR, t, path, NULL);
}

int xstore_rm(struct xstore *x, xstore_txn_t t, const char *path)
{
    return talk_text(x, XS_RM, t, path, NULL);
}

static int read_directory_part(struct xstore *x, xstore_txn_t t, const char *path, size_t offset,
                               char **body)
{
    char off[24];
    struct iovec iov[2];

    snprintf(off, sizeof(off), "%zu", offset);
    iov[0] = text(path);
    iov[1] = text(off);
    return talk(x, XS_DIRECTORY_PART, t, iov, 2, body);
}

/* A directory that does not fit into one answer, in parts; begins anew when it changes in between.
 */
static int read_directory_parts(struct xstore *x, xstore_txn_t t, const char *path, char **list)
{
    char *all = NULL, *part = NULL, generation[24] = "";
    size_t len = 0;
    bool last = false;

    while (!last) {
        int ret = read_directory_part(x, t, path, len, &part);
        size_t head, body;
        char *grown;

        if (ret < 0) {
            free(all);
            return ret;
        }
        head = strlen(part) + 1;
        body = (size_t)ret > head ? ret - head : 0;
        if (len > 0 && strncmp(generation, part, sizeof(generation)) != 0) {
            len = 0;
            free(part);
            generation[0] = '\0';
            continue;
        }
        snprintf(generation, sizeof(generation), "%.23s", part);
        last = body == 0 ||
               (body >= 1 && part[ret - 1] == '\0' && (body == 1 || part[ret - 2] == '\0'));
        if (last && body > 0)
            body--;
        grown = realloc(all, len + body + 1);
        if (!grown) {
            free(all);
            free(part);
            return -ENOMEM;
        }
        all = grown;
        memcpy(all + len, part + head, body);
        len += body;
        free(part);
    }
    *list = all;
    return len;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

int xstore_directory(struct xstore *x, xstore_txn_t t, const char *path, char ***names)
{
    char *list = NULL, **out, *copy;
    int len = talk_text(x, XS_DIRECTORY, t, path, &list), n;

    if (len == -E2BIG)
        len = read_directory_parts(x, t, path, &list);
    if (len < 0)
        return len;
    n = xs_count_strings(list, len);
    if (n < 0) {
        free(list);
        return -EIO;
    }
    out = malloc(n * sizeof(*out) + len + 1);
    if (!out) {
        free(list);
        return -ENOMEM;
    }
    copy = (char *)(out + n);
    memcpy(copy, list, len);
    free(list);
    for (int i = 0; i < n; i++) {
        out[i] = copy;
        copy += strlen(copy) + 1;
    }
    qsort(out, n, sizeof(*out), by_name);
    *names = out;
    return n;
}

int xstore_get_perms(struct xstore *x, xstore_txn_t t, const char *path, struct xstore_perm **perms)
{
    char *list;
    int len = talk_text(x, XS_GET_PERMS, t, path, &list), n;
    const char *p = list;

    if (len < 0)
        return len;
    n = xs_count_strings(list, len);
    *perms = n > 0 ? calloc(n, sizeof(**perms)) : NULL;
    if (!*perms) {
        free(list);
        return n > 0 ? -ENOMEM : -EIO;
    }
    for (int i = 0; i < n; i++, p += strlen(p) + 1) {
        struct xstore_perm *e = &(*perms)[i];

        if (!xs_parse_perm(p, &e->domid, &e->read, &e->write)) {
            free(*perms);
            free(list);
            return -EIO;
        }
    }
    free(list);
    return n;
}

int xstore_set_perms(struct xstore *x, xstore_txn_t t, const char *path,
                     const struct xstore_perm *perms, size_t n)
{
    char buf[XENSTORE_PAYLOAD_MAX];
    size_t len = 0;
    struct iovec iov[2] = { text(path), { buf, 0 } };
    int ret;

    for (size_t i = 0; i < n; i++) {
        if (sizeof(buf) - len < 16)
            return -E2BIG;
        len += snprintf(buf + len, sizeof(buf) - len, "%c%u",
                        xs_perm_letter(perms[i].read, perms[i].write), perms[i].domid) +
               1;
    }
    iov[1].iov_len = len;
    ret = talk(x, XS_SET_PERMS, t, iov, 2, NULL);
    return ret < 0 ? ret : 0;
}

/* --- transactions ---------------------------------------------------------------------------- */

int xstore_txn_start(struct xstore *x, xstore_txn_t *t)
{
    char *answer;
    uint64_t id = 0;
    int ret = talk_text(x, XS_TRANSACTION_START, XSTORE_NO_TXN, "", &answer);

    if (ret < 0)
        return ret;
    ret = xs_parse_number(answer, UINT32_MAX, &id) && id != 0 ? 0 : -EIO;
    free(answer);
    *t = id;
    return ret;
}

int xstore_txn_end(struct xstore *x, xstore_txn_t t, bool commit)
{
    return talk_text(x, XS_TRANSACTION_END, t, commit ? "T" : "F", NULL);
}

int xstore_txn_finish(struct xstore *x, xstore_txn_t t, int ret)
{
    int ended = xstore_txn_end(x, t, ret >= 0);

    return ret < 0 ? ret : ended;
}

static int talk_two(struct xstore *x, uint32_t type, const char *a, const char *b)
{
    struct iovec iov[2] = { text(a), text(b) };
    int ret = talk(x, type, XSTORE_NO_TXN, iov, 2, NULL);

    return ret < 0 ? ret : 0;
}

int xstore_watch(struct xstore *x, const char *path, const char *token)
{
    return talk_two(x, XS_WATCH, path, token);
}

int xstore_unwatch(struct xstore *x, const char *path, const char *token)
{
    return talk_two(x, XS_UNWATCH, path, token);
}

/* --- domains --------------------------------------------------------------------------------- */

int xstore_introduce(struct xstore *x, uint32_t domid, uint64_t ring_mfn, uint32_t port)
{
    char a[16], b[24], c[16];
    struct iovec iov[3];
    int ret;

    snprintf(a, sizeof(a), "%u", domid);
    snprintf(b, sizeof(b), "%llu", (unsigned long long)ring_mfn);
    snprintf(c, sizeof(c), "%u", port);
    iov[0] = text(a);
    iov[1] = text(b);
    iov[2] = text(c);
    ret = talk(x, XS_INTRODUCE, XSTORE_NO_TXN, iov, 3, NULL);
    return ret < 0 ? ret : 0;
}

static int talk_domid(struct xstore *x, uint32_t type, uint32_t domid, char **answer)
{
    char a[16];

    snprintf(a, sizeof(a), "%u", domid);
    return talk_text(x, type, XSTORE_NO_TXN, a, answer);
}

int xstore_release(struct xstore *x, uint32_t domid)
{
    return talk_domid(x, XS_RELEASE, domid, NULL);
}

int xstore_resume(struct xstore *x, uint32_t domid)
{
    int ret = talk_domid(x, XS_RESUME, domid, NULL);

    return ret < 0 ? ret : 0;
}

int xstore_is_introduced(struct xstore *x, uint32_t domid)
{
    char *answer;
    int ret = talk_domid(x, XS_IS_DOMAIN_INTRODUCED, domid, &answer);

    if (ret < 0)
        return ret;
    ret = answer[0] == 'T';
    free(answer);
    return ret;
}

int xstore_domain_path(struct xstore *x, uint32_t domid, char **path)
{
    int ret = talk_domid(x, XS_GET_DOMAIN_PATH, domid, path);

    return ret < 0 ? ret : 0;
}

int xstore_set_target(struct xstore *x, uint32_t domid, uint32_t target)
{
    char a[16], b[16];

    snprintf(a, sizeof(a), "%u", domid);
    snprintf(b, sizeof(b), "%u", target);
    return talk_two(x, XS_SET_TARGET, a, b);
}

int xstore_control(struct xstore *x, const char *command, const char *arg, char **answer)
{
    struct iovec iov[2] = { text(command), text(arg ? arg : "") };
    int ret = talk(x, XS_CONTROL, XSTORE_NO_TXN, iov, arg ? 2 : 1, answer);

    return ret < 0 ? ret : 0;
}
