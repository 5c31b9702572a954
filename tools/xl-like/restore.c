/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * restore: a saved guest becomes a domain again.
 */
#include "guest.h"
#include "report.h"
#include "verbs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int restore_from(const char *path, struct ctrl_saved *saved, bool paused)
{
    struct guest_cfg g = { 0 };
    uint32_t domid;
    int ret = XL_CONFIG;

    if (guest_cfg_from_text(path, ctrl_saved_config(saved), &g) == 0)
        ret = guest_restore(&g, path, saved, &domid);
    else
        report_error("restore: '%s' has a configuration with errors", path);
    if (ret == XL_OK)
        ret = guest_run(&g, domid, paused);
    if (ret == XL_OK && !report_quiet)
        printf("%s: domain %u%s\n", g.name, domid, paused ? ", paused" : "");
    guest_cfg_free(&g);
    return ret;
}

int verb_restore(int argc, char **argv)
{
    bool paused = false;
    struct ctrl_saved *saved;
    int c, fd, ret;

    while ((c = getopt(argc, argv, "pq")) != -1) {
        switch (c) {
        case 'p': paused = true; break;
        case 'q': report_quiet = true; break;
        default: return usage_error("restore");
        }
    }
    if (optind != argc - 1)
        return usage_error("restore");
    if (!host_ctrl())
        return XL_NO_HOST;
    fd = open(argv[optind], O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        report_error("restore: '%s': %s", argv[optind], strerror(errno));
        return XL_FAILED;
    }
    if (ctrl_saved_open(host_ctrl(), fd, &saved) < 0) {
        report_error("restore: '%s': %s", argv[optind], ctrl_error(host_ctrl()));
        close(fd);
        return XL_FAILED;
    }
    ret = restore_from(argv[optind], saved, paused);
    ctrl_saved_close(saved);
    close(fd);
    return ret;
}
