/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xstore: look at the store and change it from the shell. One verb a row in the table at the end.
 */
#include "xstore.h"
#include "proto.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_gen.h>

enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

struct options {
    bool perms, json;
    int count;
};

static int complain(const char *what, const char *path, int err)
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

/* --- ls: the tree ---------------------------------------------------------------------------- */

static char *join(const char *path, const char *name)
{
    char *out;

    if (asprintf(&out, "%s/%s", strcmp(path, "/") == 0 ? "" : path, name) < 0) {
        fputs("xstore: out of memory\n", stderr);
        exit(EXIT_FAILED);
    }
    return out;
}

static void print_perms(struct xstore *x, const char *path)
{
    struct xstore_perm *p;
    int n = xstore_get_perms(x, XSTORE_NO_TXN, path, &p);

    if (n < 0)
        return;
    printf("  (");
    for (int i = 0; i < n; i++)
        printf("%s%c%u", i ? "," : "", xs_perm_letter(p[i].read, p[i].write), p[i].domid);
    printf(")");
    free(p);
}

/* A node can go while it is being listed: that is no error, it is left out. */
static int print_node(struct xstore *x, const struct options *o, const char *path, const char *name,
                      int depth)
{
    char *value, **names;
    int ret = xstore_read(x, XSTORE_NO_TXN, path, &value, NULL), n;

    if (ret == -ENOENT && depth > 0)
        return 0;
    if (ret < 0)
        return ret;
    printf("%*s%s = \"%s\"", depth, "", name, value);
    free(value);
    if (o->perms)
        print_perms(x, path);
    putchar('\n');
    n = xstore_directory(x, XSTORE_NO_TXN, path, &names);
    if (n < 0)
        return n == -ENOENT ? 0 : n;
    for (int i = 0; i < n; i++) {
        char *child = join(path, names[i]);

        ret = print_node(x, o, child, names[i], depth + 1);
        free(child);
        if (ret < 0)
            break;
    }
    free(names);
    return ret < 0 ? ret : 0;
}

static void json_text(yajl_gen g, const char *s)
{
    yajl_gen_string(g, (const unsigned char *)s, strlen(s));
}

static int json_node(struct xstore *x, yajl_gen g, const char *path)
{
    char *value, **names;
    int ret = xstore_read(x, XSTORE_NO_TXN, path, &value, NULL), n;

    if (ret < 0)
        return ret;
    yajl_gen_map_open(g);
    json_text(g, "value");
    json_text(g, value);
    free(value);
    n = xstore_directory(x, XSTORE_NO_TXN, path, &names);
    if (n > 0) {
        json_text(g, "children");
        yajl_gen_map_open(g);
        for (int i = 0; i < n; i++) {
            char *child = join(path, names[i]);

            json_text(g, names[i]);
            if (json_node(x, g, child) < 0)
                yajl_gen_null(g);
            free(child);
        }
        yajl_gen_map_close(g);
    }
    if (n >= 0)
        free(names);
    yajl_gen_map_close(g);
    return 0;
}

static int ls_json(struct xstore *x, const char *path)
{
    const unsigned char *buf;
    size_t len;
    yajl_gen g = yajl_gen_alloc(NULL);
    int ret;

    if (!g)
        return -ENOMEM;
    yajl_gen_config(g, yajl_gen_beautify, 1);
    ret = json_node(x, g, path);
    if (ret == 0 && yajl_gen_get_buf(g, &buf, &len) == yajl_gen_status_ok)
        fwrite(buf, 1, len, stdout);
    yajl_gen_free(g);
    return ret;
}

static int verb_ls(struct xstore *x, const struct options *o, int n, char **arg)
{
    const char *path = n > 0 ? arg[0] : "/";
    int ret = o->json ? ls_json(x, path) : print_node(x, o, path, path, 0);

    return ret < 0 ? complain("ls", path, ret) : EXIT_OK;
}

/* --- chmod, watch, quota --------------------------------------------------------------------- */

static int verb_chmod(struct xstore *x, const struct options *o, int n, char **arg)
{
    struct xstore_perm perms[64];
    int ret;

    (void)o;
    if (n < 2 || n > 65) {
        fputs("xstore: chmod: needs a path and permissions such as n0 r3 (at most 64)\n", stderr);
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
    ret = xstore_set_perms(x, XSTORE_NO_TXN, arg[0], perms, n - 1);
    return ret < 0 ? complain("chmod", arg[0], ret) : EXIT_OK;
}

static int verb_watch(struct xstore *x, const struct options *o, int n, char **arg)
{
    for (int i = 0; i < n; i++) {
        int ret = xstore_watch(x, arg[i], arg[i]);

        if (ret < 0)
            return complain("watch", arg[i], ret);
    }
    for (int seen = 0; o->count == 0 || seen < o->count; seen++) {
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

static int verb_quota(struct xstore *x, const struct options *o, int n, char **arg)
{
    char *answer;
    int ret = xstore_control(x, "quota", &answer);

    (void)o;
    (void)n;
    (void)arg;
    if (ret < 0)
        return complain("quota", "", ret);
    fputs(answer, stdout);
    free(answer);
    return EXIT_OK;
}

/* --- the table ------------------------------------------------------------------------------- */

static const struct verb {
    const char *name;
    int (*run)(struct xstore *x, const struct options *o, int n, char **arg);
    int min_args;
    const char *usage, *help;
} verbs[] = {
    { "read", verb_read, 1, "PATH...", "print values" },
    { "write", verb_write, 2, "PATH VALUE ...", "set values; what is missing above is made" },
    { "rm", verb_rm, 1, "PATH...", "remove nodes and all below them" },
    { "mkdir", verb_mkdir, 1, "PATH...", "make empty nodes" },
    { "exists", verb_exists, 1, "PATH...", "exit status 0 if all are there, 1 if not" },
    { "list", verb_list, 1, "PATH...", "names of the children" },
    { "ls", verb_ls, 0, "[-p] [--json] [PATH]", "the tree with its values (-p: permissions)" },
    { "chmod", verb_chmod, 2, "PATH OWNER [PERM...]",
      "permissions, e.g. n0 r3: owner 0, read for 3" },
    { "watch", verb_watch, 1, "[-n COUNT] PATH...", "print changed paths as they change" },
    { "quota", verb_quota, 0, "", "limits on what each guest may hold" },
};

#define N_VERBS (sizeof(verbs) / sizeof(verbs[0]))

static void print_help(void)
{
    puts("Usage: xstore VERB [options] [arguments]\n"
         "Reads and changes the store that domains, tools and kernel share.\n");
    for (size_t i = 0; i < N_VERBS; i++)
        printf("  %-7s %-22s %s\n", verbs[i].name, verbs[i].usage, verbs[i].help);
    puts("\nThe store is reached at $XENSTORED_PATH, else " XSTORE_SOCKET ".\n"
         "Exit status: 0 done; 1 failed; 2 wrong usage.");
}

static int parse_options(int argc, char **argv, struct options *o)
{
    static const struct option longs[] = {
        { "json", no_argument, NULL, 'j' },
        { "permissions", no_argument, NULL, 'p' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    int c;

    while ((c = getopt_long(argc, argv, "+jpn:h", longs, NULL)) != -1) {
        switch (c) {
        case 'j': o->json = true; break;
        case 'p': o->perms = true; break;
        case 'n': o->count = atoi(optarg); break;
        case 'h': print_help(); exit(EXIT_OK);
        default: return EXIT_USAGE;
        }
    }
    return EXIT_OK;
}

static int run_verb(const struct verb *v, const struct options *o, int n, char **arg)
{
    struct xstore *x;
    int ret;

    if (n < v->min_args) {
        fprintf(stderr, "Usage: xstore %s %s\n", v->name, v->usage);
        return EXIT_USAGE;
    }
    ret = xstore_open(&x);
    if (ret < 0) {
        fprintf(stderr, "xstore: cannot reach the store: %s (is xstored running?)\n",
                strerror(-ret));
        return EXIT_FAILED;
    }
    ret = v->run(x, o, n, arg);
    xstore_close(x);
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
        if (parse_options(argc - 1, argv + 1, &o) != EXIT_OK)
            return EXIT_USAGE;
        return run_verb(&verbs[i], &o, argc - 1 - optind, argv + 1 + optind);
    }
    fprintf(stderr, "xstore: '%s' is no verb. Try 'xstore --help'.\n", argv[1]);
    return EXIT_USAGE;
}
