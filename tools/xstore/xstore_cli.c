/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xstore: look at the store and change it from the shell. One verb a row in the table at the end.
 */
#include "xstore_cli.h"
#include "proto.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int complain(const char *what, const char *path, int err)
{
    fprintf(stderr, "xstore: %s %s: %s\n", what, path, strerror(-err));
    return EXIT_FAILED;
}

/* --- read, write, rm, mkdir, exists ---------------------------------------------------------- */

static int verb_read(struct xstore *x, const struct options *o, int n, char **arg)
{
    (void)o;
    for (int i = 0; i < n; i++) {
        char *value;
        int ret = xstore_read(x, XSTORE_NO_TXN, arg[i], &value, NULL);

        if (ret < 0)
            return complain("read", arg[i], ret);
        puts(value);
        free(value);
    }
    return EXIT_OK;
}

static int verb_write(struct xstore *x, const struct options *o, int n, char **arg)
{
    (void)o;
    if (n % 2) {
        fprintf(stderr, "xstore: write: '%s' has no value\n", arg[n - 1]);
        return EXIT_USAGE;
    }
    for (int i = 0; i < n; i += 2) {
        int ret = xstore_write(x, XSTORE_NO_TXN, arg[i], arg[i + 1], strlen(arg[i + 1]));

        if (ret < 0)
            return complain("write", arg[i], ret);
    }
    return EXIT_OK;
}

static int each_path(struct xstore *x, int n, char **arg, const char *what,
                     int (*fn)(struct xstore *, xstore_txn_t, const char *))
{
    for (int i = 0; i < n; i++) {
        int ret = fn(x, XSTORE_NO_TXN, arg[i]);

        if (ret < 0)
            return complain(what, arg[i], ret);
    }
    return EXIT_OK;
}

static int verb_rm(struct xstore *x, const struct options *o, int n, char **arg)
{
    (void)o;
    return each_path(x, n, arg, "rm", xstore_rm);
}

static int verb_mkdir(struct xstore *x, const struct options *o, int n, char **arg)
{
    (void)o;
    return each_path(x, n, arg, "mkdir", xstore_mkdir);
}

static int verb_exists(struct xstore *x, const struct options *o, int n, char **arg)
{
    (void)o;
    for (int i = 0; i < n; i++) {
        char *value;
        int ret = xstore_read(x, XSTORE_NO_TXN, arg[i], &value, NULL);

        if (ret == -ENOENT)
            return EXIT_FAILED;
        if (ret < 0)
            return complain("exists", arg[i], ret);
        free(value);
    }
    return EXIT_OK;
}

static int verb_list(struct xstore *x, const struct options *o, int n, char **arg)
{
    (void)o;
    for (int i = 0; i < n; i++) {
        char **names;
        int ret = xstore_directory(x, XSTORE_NO_TXN, arg[i], &names);

        if (ret < 0)
            return complain("list", arg[i], ret);
        for (int k = 0; k < ret; k++)
            puts(names[k]);
        free(names);
    }
    return EXIT_OK;
}

char *join(const char *path, const char *name)
{
    char *out;

    if (asprintf(&out, "%s/%s", strcmp(path, "/") == 0 ? "" : path, name) < 0) {
        fputs("xstore: out of memory\n", stderr);
        exit(EXIT_FAILED);
    }
    return out;
}

bool is_number(const char *s, unsigned *out)
{
    uint64_t n;

    if (!xs_parse_number(s, UINT32_MAX, &n))
        return false;
    *out = n;
    return true;
}

/* --- chmod, watch, quota --------------------------------------------------------------------- */

static int change_perms(struct xstore *x, const struct options *o, const char *path,
                        const struct xstore_perm *perms, int n)
{
    char **names;
    int ret = xstore_set_perms(x, XSTORE_NO_TXN, path, perms, n), count;

    if (ret < 0 || !o->recursive)
        return ret;
    count = xstore_directory(x, XSTORE_NO_TXN, path, &names);
    if (count < 0)
        return count;
    for (int i = 0; i < count && ret == 0; i++) {
        char *child = join(path, names[i]);

        ret = change_perms(x, o, child, perms, n);
        if (ret == -ENOENT)
            ret = 0; /* it has gone meanwhile */
        free(child);
    }
    free(names);
    return ret;
}

static int verb_chmod(struct xstore *x, const struct options *o, int n, char **arg)
{
    struct xstore_perm perms[64];
    int ret;

    if (n > 65) {
        fputs("xstore: chmod: more than 64 permissions\n", stderr);
        return EXIT_USAGE;
    }
    for (int i = 1; i < n; i++) {
        struct xstore_perm *p = &perms[i - 1];

        if (!xs_parse_perm(arg[i], &p->domid, &p->read, &p->write)) {
            fprintf(stderr, "xstore: chmod: '%s': expected n, r, w or b and a domain number\n",
                    arg[i]);
            return EXIT_USAGE;
        }
    }
    ret = change_perms(x, o, arg[0], perms, n - 1);
    return ret < 0 ? complain("chmod", arg[0], ret) : EXIT_OK;
}

static int verb_watch(struct xstore *x, const struct options *o, int n, char **arg)
{
    for (int i = 0; i < n; i++) {
        int ret = xstore_watch(x, arg[i], arg[i]);

        if (ret < 0)
            return complain("watch", arg[i], ret);
    }
    for (unsigned seen = 0; o->count == 0 || seen < o->count; seen++) {
        char *path, *token;
        int ret = xstore_next_event(x, true, &path, &token);

        if (ret < 0)
            return complain("watch", arg[0], ret);
        puts(path);
        fflush(stdout);
        free(path);
    }
    return EXIT_OK;
}

/* --- the table ------------------------------------------------------------------------------- */

#define MANY INT_MAX

static const struct verb {
    const char *name;
    verb_fn *run;
    const char *options; /* letters of those it takes */
    int min_args, max_args;
    const char *usage, *help;
} verbs[] = {
    { "read", verb_read, "", 1, MANY, "PATH...", "print values" },
    { "write", verb_write, "", 2, MANY, "PATH VALUE ...",
      "set values, make what is missing above" },
    { "rm", verb_rm, "", 1, MANY, "PATH...", "remove nodes and all below them" },
    { "mkdir", verb_mkdir, "", 1, MANY, "PATH...", "make empty nodes" },
    { "exists", verb_exists, "", 1, MANY, "PATH...", "exit status 0 if all are there, 1 if not" },
    { "list", verb_list, "", 1, MANY, "PATH...", "names of the children" },
    { "ls", verb_ls, "pj", 0, 1, "[-p] [--json] [PATH]", "the tree (-p: with permissions)" },
    { "dump", verb_dump, "j", 0, 1, "[--json] [PATH]", "all of it, a line for each node" },
    { "chmod", verb_chmod, "r", 2, MANY, "[-r] PATH OWNER [PERM...]",
      "permissions, e.g. n0 r3: owner 0, read for 3 (-r: below it, too)" },
    { "watch", verb_watch, "n", 1, MANY, "[-n COUNT] PATH...", "print paths as they change" },
    { "quota", verb_quota, "j", 0, MANY, "[--json] | NAME=N...",
      "limits and what each guest has of them; or set limits" },
    { "control", verb_control, "", 1, 2, "COMMAND [ARGUMENT]", "a command to xstored, e.g. help" },
};

#define N_VERBS (sizeof(verbs) / sizeof(verbs[0]))

static void print_help(void)
{
    puts("Usage: xstore VERB [options] [arguments]\n"
         "Reads and changes the store that domains, tools and kernel share.\n");
    for (size_t i = 0; i < N_VERBS; i++)
        printf("  %-7s %-26s %s\n", verbs[i].name, verbs[i].usage, verbs[i].help);
    puts("\nThe store is reached at $XENSTORED_PATH, else " XSTORE_SOCKET ".\n"
         "Exit status: 0 done; 1 failed; 2 wrong usage.");
}

static int parse_options(const struct verb *v, int argc, char **argv, struct options *o)
{
    static const struct option longs[] = {
        { "json", no_argument, NULL, 'j' },      { "permissions", no_argument, NULL, 'p' },
        { "recursive", no_argument, NULL, 'r' }, { "count", required_argument, NULL, 'n' },
        { "help", no_argument, NULL, 'h' },      { NULL, 0, NULL, 0 },
    };
    int c;

    while ((c = getopt_long(argc, argv, "+jprn:h", longs, NULL)) != -1) {
        if (c == 'h') {
            print_help();
            exit(EXIT_OK);
        }
        if (c == '?' || !strchr(v->options, c))
            return EXIT_USAGE;
        if (c == 'n' && (!is_number(optarg, &o->count) || o->count == 0)) {
            fprintf(stderr, "xstore: watch: '%s' is no number of events\n", optarg);
            return EXIT_USAGE;
        }
        o->json |= c == 'j';
        o->perms |= c == 'p';
        o->recursive |= c == 'r';
    }
    return EXIT_OK;
}

static int usage_of(const struct verb *v)
{
    fprintf(stderr, "Usage: xstore %s %s\n", v->name, v->usage);
    return EXIT_USAGE;
}

static int run_verb(const struct verb *v, const struct options *o, int n, char **arg)
{
    struct xstore *x;
    int ret;

    if (n < v->min_args || n > v->max_args)
        return usage_of(v);
    ret = xstore_open(&x);
    if (ret < 0) {
        fprintf(stderr, "xstore: cannot reach the store: %s (is xstored running?)\n",
                strerror(-ret));
        return EXIT_FAILED;
    }
    ret = v->run(x, o, n, arg);
    xstore_close(x);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "xstore: cannot write what was asked for: %s\n", strerror(errno));
        return EXIT_FAILED;
    }
    return ret;
}

int main(int argc, char **argv)
{
    struct options o = { 0 };

    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        print_help();
        return argc < 2 ? EXIT_USAGE : EXIT_OK;
    }
    for (size_t i = 0; i < N_VERBS; i++) {
        if (strcmp(verbs[i].name, argv[1]) != 0)
            continue;
        if (parse_options(&verbs[i], argc - 1, argv + 1, &o) != EXIT_OK)
            return usage_of(&verbs[i]);
        return run_verb(&verbs[i], &o, argc - 1 - optind, argv + 1 + optind);
    }
    fprintf(stderr, "xstore: '%s' is no verb. Try 'xstore --help'.\n", argv[1]);
    return EXIT_USAGE;
}
