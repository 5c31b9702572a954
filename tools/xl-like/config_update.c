/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * config-update: another configuration for a guest's next start. It is checked now, with all that
 * `create` checks; the guest goes on as it is until its monitor starts it again.
 */
#include "cfg_diff.h"
#include "config_args.h"
#include "guest.h"
#include "guest_keys.h"
#include "identity.h"
#include "kept.h"
#include "report.h"
#include "uuid.h"
#include "verbs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct update {
    struct ctrl_domain_info info;
    struct cfg now_cfg, next_cfg; /* the settings of these two */
    struct guest_cfg now, next;
};

/* --- the two configurations ------------------------------------------------------------------ */

/* As it was started, with the name and UUID that it has now. */
static int read_now(struct update *u)
{
    char *kept = kept_config_get(u->info.domid), *text;
    int ret;

    if (!kept) {
        report_error("config-update: nothing is known of the configuration of domain %u",
                     u->info.domid);
        report_hint("only guests that `xl-like create` or `restore` started have one");
        return XL_FAILED;
    }
    text = identity_append(&u->info, kept);
    free(kept);
    if (!text) {
        report_error("config-update: out of memory");
        return XL_FAILED;
    }
    ret = cfg_parse(&u->now_cfg, "kept configuration", text, strlen(text));
    free(text);
    return ret == 0 && guest_cfg_from(&u->now_cfg, &u->now) == 0 ? XL_OK : XL_FAILED;
}

/* A file need not say which UUID its guest has: it keeps that. */
static int keep_uuid(struct update *u)
{
    char uuid[UUID_TEXT], line[UUID_TEXT + sizeof("uuid=''")];

    if (cfg_find(&u->next_cfg, "uuid"))
        return 0;
    uuid_print(u->info.handle, uuid);
    snprintf(line, sizeof(line), "uuid='%s'", uuid);
    return cfg_parse(&u->next_cfg, "uuid", line, strlen(line));
}

static int read_next(struct update *u, int argc, char **argv)
{
    int ret = config_args_read(argc, argv, &u->next_cfg);

    if (ret == 0)
        ret = keep_uuid(u);
    if (ret == 0)
        ret = guest_cfg_from(&u->next_cfg, &u->next);
    if (ret == 0)
        return XL_OK;
    report_error("the configuration has errors: nothing was changed");
    return XL_CONFIG;
}

/* --- what cannot be -------------------------------------------------------------------------- */

static const char *type_name(unsigned type)
{
    const struct word *w = guest_key_find("type")->words;

    while (w->value != type)
        w++;
    return w->text;
}

/* A domain that starts again is the same guest: nobody else would know it by its name or number. */
static int check_same_guest(const struct update *u)
{
    uint8_t uuid[CTRL_UUID_LEN];

    if (strcmp(u->now.name, u->next.name) != 0) {
        report_error("config-update: this is the configuration of '%s', and the domain is '%s'",
                     u->next.name, u->now.name);
        report_hint("give `name=%s` behind the file, or rename the domain: `xl-like rename`",
                    u->now.name);
        return XL_CONFIG;
    }
    uuid_parse(u->next.uuid, uuid);
    if (memcmp(uuid, u->info.handle, sizeof(uuid)) != 0) {
        report_error("config-update: '%s' has the UUID %s: no start gives it another one",
                     u->now.name, u->now.uuid);
        report_hint("leave out uuid=, or end the guest and create it anew");
        return XL_CONFIG;
    }
    if (u->now.type != u->next.type) {
        report_error("config-update: '%s' is a guest of type \"%s\": no start makes it \"%s\"",
                     u->now.name, type_name(u->now.type), type_name(u->next.type));
        report_hint("end the guest and create it anew");
        return XL_CONFIG;
    }
    return XL_OK;
}

/* One that has shut down is started again by its monitor now, or never. */
static int check_runs(struct update *u)
{
    int ret = ctrl_domain_info(host_ctrl(), u->info.domid, &u->info);

    if (ret == 0 && !u->info.dying && !u->info.shutdown)
        return XL_OK;
    if (ret < 0 && ret != -ESRCH)
        report_error("config-update: %s", ctrl_error(host_ctrl()));
    else
        report_error("config-update: domain %u has ended", u->info.domid);
    return XL_FAILED;
}

/* What stands on a disk is looked at when it is started: the guest may be writing there now. */
static int check_start(const struct guest_cfg *next)
{
    return next->bootloader ? XL_OK : guest_check(next);
}

/* --- doing it -------------------------------------------------------------------------------- */

static void warn_if_never(const struct guest_cfg *now)
{
    if (now->on_reboot != ACTION_RESTART && now->on_reboot != ACTION_RENAME_RESTART)
        report_warning("'%s' is not started again when it reboots: on_reboot is \"%s\" now",
                       now->name, guest_action_name(now->on_reboot));
}

static int put(struct update *u)
{
    size_t n = 0, size;
    char *changes = NULL;
    FILE *out = open_memstream(&changes, &size);
    int ret = out ? 0 : -ENOMEM;

    if (out) {
        n = cfg_print_changes(&u->now_cfg, &u->next_cfg, out);
        if (fclose(out) == EOF)
            ret = -ENOMEM;
        else if (n == 0)
            kept_next_drop(u->info.domid);
        else
            ret = kept_next_put(u->info.domid, u->next.text);
    }
    if (ret < 0)
        report_error("config-update: cannot keep the configuration of '%s' in " KEPT_DIR ": %s",
                     u->now.name, strerror(-ret));
    else if (n == 0)
        printf("%s: its next start is as the last one\n", u->now.name);
    else
        printf("%s: at its next start:\n%s", u->now.name, changes);
    free(changes);
    return ret < 0 ? XL_FAILED : XL_OK;
}

/* The monitor looks for it after the domain has ended: one that still runs has it. */
static int update(struct update *u, int argc, char **argv)
{
    int ret = check_runs(u);

    if (ret == XL_OK)
        ret = read_now(u);
    if (ret == XL_OK)
        ret = read_next(u, argc, argv);
    if (ret == XL_OK)
        ret = check_same_guest(u);
    if (ret == XL_OK)
        ret = check_start(&u->next);
    if (ret == XL_OK)
        ret = put(u);
    if (ret != XL_OK)
        return ret;
    warn_if_never(&u->now);
    ret = check_runs(u);
    if (ret == XL_OK)
        return ret;
    report_hint("it did so just now: `xl-like list --long` shows what it was started with, if it was");
    if (ctrl_domain_info(host_ctrl(), u->info.domid, &u->info) == -ESRCH)
        kept_next_drop(u->info.domid);
    return ret;
}

int verb_config_update(int argc, char **argv)
{
    struct update u = { 0 };
    uint32_t domid;
    int ret, lock;

    if (argc < 3 || argv[1][0] == '-')
        return usage_error(argv[0]);
    ret = domain_find(argv[1], &domid);
    if (ret != XL_OK)
        return ret;
    lock = kept_save_begin(domid);
    if (lock < 0) {
        report_error("config-update: cannot take the lock of domain %u: %s", domid,
                     lock == -EBUSY ? "it is being saved, or given another configuration, just now"
                                    : strerror(-lock));
        return XL_FAILED;
    }
    u.info.domid = domid;
    cfg_init(&u.now_cfg, stderr);
    cfg_init(&u.next_cfg, stderr);
    ret = update(&u, argc - 2, argv + 2);
    cfg_free(&u.now_cfg);
    cfg_free(&u.next_cfg);
    guest_cfg_free(&u.now);
    guest_cfg_free(&u.next);
    kept_save_end(domid, lock);
    return ret;
}
