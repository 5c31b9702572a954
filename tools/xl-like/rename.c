/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rename.
 */
#include "host.h"
#include "name.h"
#include "report.h"
#include "verbs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int write_text(struct xstore *x, xstore_txn_t txn, const char *path, const char *text)
{
    return xstore_write(x, txn, path, text, strlen(text));
}

/* The domain's own node and that of its /vm directory, both or neither. */
static int enter(struct xstore *x, xstore_txn_t txn, uint32_t domid, const char *name)
{
    char path[80], *vm;
    int ret;

    snprintf(path, sizeof(path), "/local/domain/%u/name", domid);
    ret = write_text(x, txn, path, name);
    if (ret < 0)
        return ret;
    snprintf(path, sizeof(path), "/local/domain/%u/vm", domid);
    ret = xstore_read(x, txn, path, &vm, NULL);
    if (ret < 0)
        return ret == -ENOENT ? 0 : ret;
    snprintf(path, sizeof(path), "%.60s/name", vm);
    free(vm);
    return write_text(x, txn, path, name);
}

static int rename_in_store(uint32_t domid, const char *name)
{
    struct xstore *x = host_store();
    xstore_txn_t txn;
    int ret;

    do {
        ret = xstore_txn_start(x, &txn);
        if (ret == 0)
            ret = xstore_txn_finish(x, txn, enter(x, txn, domid, name));
    } while (ret == -EAGAIN);
    if (ret == 0)
        return XL_OK;
    report_error("rename: the store refuses it: %s", strerror(-ret));
    return XL_FAILED;
}

static int rename_if_free(uint32_t domid, const char *name)
{
    uint32_t other;
    int ret = domain_by_name(name, &other);

    if (ret == -ENOENT)
        return rename_in_store(domid, name);
    if (ret < 0)
        return XL_NO_HOST;
    if (other == domid)
        return XL_OK;
    report_error("rename: domain %u has the name '%s'", other, name);
    return XL_FAILED;
}

int verb_rename(int argc, char **argv)
{
    const char *why;
    uint32_t domid;
    int ret, fd;

    if (argc != 3 || argv[1][0] == '-')
        return usage_error(argv[0]);
    why = name_error(argv[2]);
    if (why) {
        report_error("rename: '%s' cannot be a name: %s", argv[2], why);
        return XL_USAGE;
    }
    ret = domain_find(argv[1], &domid);
    if (ret != XL_OK)
        return ret;
    fd = name_take(NAME_DIR, argv[2]);
    if (fd < 0) {
        report_error("rename: cannot take the name '%s': %s", argv[2],
                     fd == -EBUSY ? "a domain of that name is being created" : strerror(-fd));
        return XL_FAILED;
    }
    ret = rename_if_free(domid, argv[2]);
    name_release(NAME_DIR, argv[2], fd);
    return ret;
}
