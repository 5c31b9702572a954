/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hypervisor, store, and domains by name.
 */
#include "host.h"
#include "nearest.h"
#include "report.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct ctrl *ctrl;
static struct xstore *store;

struct ctrl *host_ctrl(void)
{
    if (ctrl)
        return ctrl;
    if (ctrl_open(&ctrl) < 0) {
        report_error("no access to the hypervisor: %s", ctrl ? ctrl_error(ctrl) : "out of memory");
        report_hint("run as root in Dom0; `modprobe xen-privcmd` if /dev/xen/privcmd is missing");
        ctrl_close(ctrl);
        ctrl = NULL;
    }
    return ctrl;
}

struct xstore *host_store(void)
{
    int ret;

    if (store)
        return store;
    ret = xstore_open(&store);
    if (ret < 0) {
        report_error("the store cannot be reached at " XSTORE_SOCKET ": %s", strerror(-ret));
        report_hint("is xstored running? (`pidof xstored`)");
        store = NULL;
    }
    return store;
}

void store_wait(struct xstore *x, int ms)
{
    struct pollfd p = { .fd = xstore_fd(x), .events = POLLIN };
    char *path, *token;

    poll(&p, 1, ms);
    while (xstore_next_event(x, false, &path, &token) == 0)
        free(path);
}

void host_close(void)
{
    ctrl_close(ctrl);
    xstore_close(store);
    ctrl = NULL;
    store = NULL;
}

int store_names(struct xstore *x, const uint32_t domids[], size_t n, char *names[])
{
    char text[NAMES_AT_ONCE][64];
    const char *paths[NAMES_AT_ONCE];

    for (size_t i = 0; i < n; i++) {
        snprintf(text[i], sizeof(text[i]), "/local/domain/%u/name", domids[i]);
        paths[i] = text[i];
    }
    return xstore_read_all(x, paths, n, names);
}

void domain_names(const uint32_t domids[], size_t n, char names[][DOMAIN_NAME_MAX])
{
    char *values[NAMES_AT_ONCE];
    struct xstore *x = host_store();
    bool known = x && store_names(x, domids, n, values) == 0;

    for (size_t i = 0; i < n; i++) {
        if (known && values[i])
            snprintf(names[i], DOMAIN_NAME_MAX, "%s", values[i]);
        else if (domids[i] == 0)
            snprintf(names[i], DOMAIN_NAME_MAX, "Domain-0");
        else
            snprintf(names[i], DOMAIN_NAME_MAX, "(domain %u)", domids[i]);
        if (known)
            free(values[i]);
    }
}

void domain_name(uint32_t domid, char name[DOMAIN_NAME_MAX])
{
    domain_names(&domid, 1, (char (*)[DOMAIN_NAME_MAX])name);
}

static int search_part(const char *wanted, char **ids, int n, uint32_t *domid, struct nearest *near,
                       char nearest_name[])
{
    char names[NAMES_AT_ONCE][DOMAIN_NAME_MAX];
    uint32_t domids[NAMES_AT_ONCE];

    for (int i = 0; i < n; i++)
        domids[i] = strtoul(ids[i], NULL, 10);
    domain_names(domids, n, names);
    for (int i = 0; i < n; i++) {
        unsigned before = near->distance;

        if (strcmp(names[i], wanted) == 0) {
            *domid = domids[i];
            return 0;
        }
        nearest_offer(near, names[i]);
        if (near->distance < before) {
            memcpy(nearest_name, names[i], DOMAIN_NAME_MAX);
            near->best = nearest_name;
        }
    }
    return -ENOENT;
}

/* Look through the names in the store, which may be fewer or more than there are domains. */
static int search_names(const char *wanted, uint32_t *domid, struct nearest *near,
                        char nearest_name[])
{
    struct xstore *x = host_store();
    char **ids;
    int n, found = -ENOENT;

    if (!x)
        return -ENOTCONN;
    n = xstore_directory(x, XSTORE_NO_TXN, "/local/domain", &ids);
    if (n < 0)
        return n == -ENOENT ? -ENOENT : n;
    for (int i = 0, part; i < n && found < 0; i += part) {
        part = n - i < NAMES_AT_ONCE ? n - i : NAMES_AT_ONCE;
        found = search_part(wanted, ids + i, part, domid, near, nearest_name);
    }
    free(ids);
    return found;
}

int domain_by_name(const char *name, uint32_t *domid)
{
    char nearest_name[DOMAIN_NAME_MAX];
    struct nearest near;

    nearest_start(&near, name);
    return search_names(name, domid, &near, nearest_name);
}

static int check_exists(const char *which, uint32_t domid)
{
    struct ctrl_domain_info info;
    struct ctrl *c = host_ctrl();
    int ret;

    if (!c)
        return XL_NO_HOST;
    ret = ctrl_domain_info(c, domid, &info);
    if (ret == 0)
        return XL_OK;
    if (ret == -ESRCH)
        report_error("there is no domain %s", which);
    else
        report_error("%s", ctrl_error(c));
    return XL_FAILED;
}

int domain_find(const char *which, uint32_t *domid)
{
    char nearest_name[DOMAIN_NAME_MAX];
    struct nearest near;
    char *end;
    unsigned long n = strtoul(which, &end, 10);
    int ret;

    if (*which && !*end && n < 0x7ff0) {
        *domid = n;
        return check_exists(which, *domid);
    }
    nearest_start(&near, which);
    ret = search_names(which, domid, &near, nearest_name);
    if (ret == 0)
        return check_exists(which, *domid);
    if (ret != -ENOENT)
        return XL_NO_HOST;
    report_error("there is no domain named '%s'", which);
    if (nearest_result(&near))
        report_hint("did you mean '%s'?", nearest_result(&near));
    return XL_FAILED;
}

char *domain_read(uint32_t domid, const char *node)
{
    struct xstore *x = host_store();
    char path[128], *value;

    snprintf(path, sizeof(path), "/local/domain/%u/%s", domid, node);
    return x && xstore_read(x, XSTORE_NO_TXN, path, &value, NULL) == 0 ? value : NULL;
}

long long domain_number(uint32_t domid, const char *node)
{
    char *text = domain_read(domid, node), *end;
    long long n = text ? strtoll(text, &end, 10) : -1;

    if (text && (*text < '0' || *text > '9' || *end))
        n = -1;
    free(text);
    return n;
}

int domain_put(uint32_t domid, const char *node, const char *fmt, ...)
{
    struct xstore *x = host_store();
    char path[128], value[64];
    va_list ap;
    int ret;

    if (!x)
        return XL_NO_HOST;
    va_start(ap, fmt);
    vsnprintf(value, sizeof(value), fmt, ap);
    va_end(ap);
    snprintf(path, sizeof(path), "/local/domain/%u/%s", domid, node);
    ret = xstore_write(x, XSTORE_NO_TXN, path, value, strlen(value));
    if (ret == 0)
        return XL_OK;
    report_error("cannot tell domain %u through the store (%s): %s", domid, node, strerror(-ret));
    return XL_FAILED;
}

void store_remove_if_empty(struct xstore *x, const char *path)
{
    xstore_txn_t txn;
    char **names;
    int n;

    if (xstore_txn_start(x, &txn) < 0)
        return;
    n = xstore_directory(x, txn, path, &names);
    if (n >= 0)
        free(names);
    if (n == 0)
        n = xstore_rm(x, txn, path);
    xstore_txn_end(x, txn, n == 0);
}

void store_forget_domain(struct xstore *x, uint32_t domid)
{
    char path[64], *vm;

    snprintf(path, sizeof(path), "/local/domain/%u/vm", domid);
    if (xstore_read(x, XSTORE_NO_TXN, path, &vm, NULL) == 0) {
        if (strncmp(vm, "/vm/", 4) == 0 && vm[4] != '\0')
            xstore_rm(x, XSTORE_NO_TXN, vm);
        free(vm);
    }
    snprintf(path, sizeof(path), "/local/domain/%u", domid);
    xstore_rm(x, XSTORE_NO_TXN, path);
    xstore_release(x, domid); /* no such introduction is fine: the daemon has seen the end itself */
}
