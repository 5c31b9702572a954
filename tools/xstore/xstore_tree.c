/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xstore ls and dump: the tree, for people, for comparing, and as JSON.
 *
 * A node can go while the tree is being read: that is no error, it is left out.
 */
#include "xstore_cli.h"
#include "proto.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_gen.h>

/* --- one node -------------------------------------------------------------------------------- */

struct shown {
    const char *path, *name;
    char *value;
    size_t len;
    struct xstore_perm *perms;
    int n_perms;
    char **children;
    int n_children;
};

static void free_node(struct shown *n)
{
    free(n->value);
    free(n->perms);
    free(n->children);
}

static int read_node(struct xstore *x, const char *path, const char *name, struct shown *n)
{
    int ret;

    *n = (struct shown){ .path = path, .name = name };
    ret = xstore_read(x, XSTORE_NO_TXN, path, &n->value, &n->len);
    if (ret == 0)
        ret = n->n_perms = xstore_get_perms(x, XSTORE_NO_TXN, path, &n->perms);
    if (ret >= 0)
        ret = n->n_children = xstore_directory(x, XSTORE_NO_TXN, path, &n->children);
    if (ret < 0)
        free_node(n);
    return ret < 0 ? ret : 0;
}

static int perm_text(const struct xstore_perm *p, char text[16])
{
    return snprintf(text, 16, "%c%u", xs_perm_letter(p->read, p->write), p->domid);
}

/* --- text ------------------------------------------------------------------------------------ */

/* In quotes, each node a line: what could not be seen, or told apart, by its number. */
static void print_value(const struct shown *n)
{
    putchar('"');
    for (size_t i = 0; i < n->len; i++) {
        unsigned char c = n->value[i];

        if (c == '"' || c == '\\')
            printf("\\%c", c);
        else if (c >= ' ' && c < 0x7f)
            putchar(c);
        else
            printf("\\x%02x", c);
    }
    putchar('"');
}

static void print_perms(const struct shown *n)
{
    char text[16];

    putchar('(');
    for (int i = 0; i < n->n_perms; i++) {
        perm_text(&n->perms[i], text);
        printf("%s%s", i ? "," : "", text);
    }
    putchar(')');
}

static int print_tree(struct xstore *x, const struct options *o, const char *path, const char *name,
                      int depth)
{
    struct shown n;
    int ret = read_node(x, path, name, &n);

    if (ret < 0)
        return ret == -ENOENT && depth > 0 ? 0 : ret;
    printf("%*s%s = ", depth, "", name);
    print_value(&n);
    if (o->perms) {
        fputs("  ", stdout);
        print_perms(&n);
    }
    putchar('\n');
    for (int i = 0; i < n.n_children && ret == 0; i++) {
        char *child = join(path, n.children[i]);

        ret = print_tree(x, o, child, n.children[i], depth + 1);
        free(child);
    }
    free_node(&n);
    return ret;
}

static int print_lines(struct xstore *x, const char *path, bool top)
{
    struct shown n;
    int ret = read_node(x, path, "", &n);

    if (ret < 0)
        return ret == -ENOENT && !top ? 0 : ret;
    printf("%s ", path);
    print_perms(&n);
    putchar(' ');
    print_value(&n);
    putchar('\n');
    for (int i = 0; i < n.n_children && ret == 0; i++) {
        char *child = join(path, n.children[i]);

        ret = print_lines(x, child, false);
        free(child);
    }
    free_node(&n);
    return ret;
}

/* --- JSON ------------------------------------------------------------------------------------ */

static void json_text(yajl_gen g, const char *s)
{
    yajl_gen_string(g, (const unsigned char *)s, strlen(s));
}

/* Values are bytes, JSON's strings are characters: of the same numbers. */
static void json_value(yajl_gen g, const struct shown *n)
{
    unsigned char *text = malloc(2 * n->len + 1);
    size_t len = 0;

    if (!text) {
        fputs("xstore: out of memory\n", stderr);
        exit(EXIT_FAILED);
    }
    for (size_t i = 0; i < n->len; i++) {
        unsigned char c = n->value[i];

        if (c >= 0x80)
            text[len++] = 0xc0 | c >> 6;
        text[len++] = c < 0x80 ? c : (0x80 | (c & 0x3f));
    }
    yajl_gen_string(g, text, len);
    free(text);
}

static void json_perms(yajl_gen g, const struct shown *n)
{
    char text[16];

    json_text(g, "permissions");
    yajl_gen_array_open(g);
    for (int i = 0; i < n->n_perms; i++) {
        perm_text(&n->perms[i], text);
        json_text(g, text);
    }
    yajl_gen_array_close(g);
}

/* `name`: its key in the map around it; NULL at the top. */
static int json_node(struct xstore *x, const struct options *o, yajl_gen g, const char *path,
                     const char *name)
{
    struct shown n;
    int ret = read_node(x, path, name, &n);

    if (ret < 0)
        return ret == -ENOENT && name ? 0 : ret;
    if (name)
        json_text(g, name);
    yajl_gen_map_open(g);
    json_text(g, "value");
    json_value(g, &n);
    if (o->perms)
        json_perms(g, &n);
    if (n.n_children > 0) {
        json_text(g, "children");
        yajl_gen_map_open(g);
    }
    for (int i = 0; i < n.n_children && ret == 0; i++) {
        char *child = join(path, n.children[i]);

        ret = json_node(x, o, g, child, n.children[i]);
        free(child);
    }
    if (n.n_children > 0)
        yajl_gen_map_close(g);
    yajl_gen_map_close(g);
    free_node(&n);
    return ret;
}

static int print_json(struct xstore *x, const struct options *o, const char *path)
{
    const unsigned char *buf;
    size_t len;
    yajl_gen g = yajl_gen_alloc(NULL);
    int ret;

    if (!g)
        return -ENOMEM;
    yajl_gen_config(g, yajl_gen_beautify, 1);
    ret = json_node(x, o, g, path, NULL);
    if (ret == 0 && yajl_gen_get_buf(g, &buf, &len) == yajl_gen_status_ok)
        fwrite(buf, 1, len, stdout);
    yajl_gen_free(g);
    return ret;
}

/* --- the verbs ------------------------------------------------------------------------------- */

int verb_ls(struct xstore *x, const struct options *o, int n, char **arg)
{
    const char *path = n > 0 ? arg[0] : "/";
    int ret = o->json ? print_json(x, o, path) : print_tree(x, o, path, path, 0);

    return ret < 0 ? complain("ls", path, ret) : EXIT_OK;
}

int verb_dump(struct xstore *x, const struct options *o, int n, char **arg)
{
    const char *path = n > 0 ? arg[0] : "/";
    struct options all = *o;
    int ret;

    all.perms = true;
    ret = o->json ? print_json(x, &all, path) : print_lines(x, path, true);
    return ret < 0 ? complain("dump", path, ret) : EXIT_OK;
}
