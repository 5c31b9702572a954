/* SPDX-License-Identifier: GPL-2.0-only */
#include "grub_menu.h"
#include "grub_words.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define NONE  (-1)
#define OTHER (-2) /* a block that is no menu's: a function */

struct state {
    struct grub_menu *menu;
    struct grub_variables vars;
    struct grub_command command;
    int blocks[GRUB_DEPTH_MAX]; /* entry or submenu that each is, from outside */
    int depth, too_deep;
    int err;
};

static int innermost(const struct state *s) { return s->depth ? s->blocks[s->depth - 1] : NONE; }

static bool is_one_of(const char *word, const char *const *names)
{
    while (*names && strcmp(word, *names) != 0)
        names++;
    return *names;
}

/* Words from `first` on, with blanks between. NULL: no memory. */
static char *join(const struct grub_command *c, int first)
{
    char *text = calloc(1, GRUB_TEXT_MAX + 1); /* as long as the command, with its ends */

    for (int i = first; text && i < c->count; i++) {
        if (i > first)
            strcat(text, " ");
        strcat(text, c->words[i]);
    }
    return text;
}

static void replace(struct state *s, char **field, char *text)
{
    if (!text) {
        s->err = -ENOMEM;
        return;
    }
    free(*field);
    *field = text;
}

/* menuentry TITLE [--class C] [--id ID | $menuentry_id_option ID] {, where the last variable is
 * empty in a menu that is only read: then an id stands there alone. */
static int add_entry(struct state *s)
{
    static const char *const with_value[] = { "--class", "--users", "--hotkey", NULL };
    const struct grub_command *c = &s->command;
    struct grub_menu *m = s->menu;
    struct grub_entry *e;
    int number = 0, parent = innermost(s);

    if (m->count == GRUB_ENTRIES_MAX) {
        s->err = -E2BIG;
        return OTHER;
    }
    for (int i = 0; i < m->count; i++)
        number += m->entries[i].parent == parent;
    e = &m->entries[m->count];
    *e = (struct grub_entry){ .parent = parent, .number = number };
    m->count++;
    replace(s, &e->title, strdup(c->words[1]));
    replace(s, &e->args, strdup(""));
    replace(s, &e->ramdisks, strdup(""));
    for (int i = 2; i < c->count - 1; i++) {
        if (is_one_of(c->words[i], with_value))
            i++;
        else if (strncmp(c->words[i], "--", 2) != 0)
            replace(s, &e->id, strdup(c->words[i]));
    }
    return m->count - 1;
}

static void open_block(struct state *s)
{
    static const char *const menus[] = { "menuentry", "submenu", NULL };
    const struct grub_command *c = &s->command;
    int block = OTHER;

    if (s->depth == GRUB_DEPTH_MAX) {
        s->too_deep++;
        return;
    }
    if (c->count >= 3 && innermost(s) != OTHER && is_one_of(c->words[0], menus))
        block = add_entry(s);
    s->blocks[s->depth++] = block;
}

static void close_block(struct state *s)
{
    if (s->too_deep)
        s->too_deep--;
    else if (s->depth)
        s->depth--;
}

static void set(struct state *s)
{
    char *text = join(&s->command, 1), *value = text ? strchr(text, '=') : NULL;

    if (!text)
        s->err = -ENOMEM;
    if (value && value[1]) {
        *value = '\0';
        grub_set(&s->vars, text, value + 1);
    }
    free(text);
}

static void run(struct state *s)
{
    static const char *const before[] = { "then", "else", "do", NULL };
    static const char *const linux_commands[] = { "linux", "linux16", "linuxefi", NULL };
    static const char *const initrd_commands[] = { "initrd", "initrd16", "initrdefi", NULL };
    struct grub_command *c = &s->command;
    int block = innermost(s);
    struct grub_entry *e = block >= 0 ? &s->menu->entries[block] : NULL;

    while (c->count > 1 && is_one_of(c->words[0], before))
        memmove(c->words, c->words + 1, --c->count * sizeof(c->words[0]));
    if (strcmp(c->words[c->count - 1], "{") == 0) {
        open_block(s);
    } else if (strcmp(c->words[0], "}") == 0) {
        close_block(s);
    } else if (s->too_deep || block == OTHER || c->count < 2) {
        return;
    } else if (strcmp(c->words[0], "set") == 0) {
        set(s);
    } else if (e && is_one_of(c->words[0], linux_commands)) {
        replace(s, &e->kernel, strdup(c->words[1]));
        replace(s, &e->args, join(c, 2));
    } else if (e && is_one_of(c->words[0], initrd_commands)) {
        replace(s, &e->ramdisks, join(c, 1));
    }
}

/* grubenv: NAME=VALUE lines behind a comment, filled up with '#'. */
static void load_saved(struct state *s, const char *text, size_t length)
{
    const char *end = text + length;

    while (text < end) {
        const char *line_end = memchr(text, '\n', end - text);
        const char *eq;
        char name[32], value[256];

        line_end = line_end ? line_end : end;
        eq = memchr(text, '=', line_end - text);
        if (*text != '#' && eq && (size_t)(eq - text) < sizeof(name) &&
            (size_t)(line_end - eq) <= sizeof(value)) {
            memcpy(name, text, eq - text);
            name[eq - text] = '\0';
            memcpy(value, eq + 1, line_end - eq - 1);
            value[line_end - eq - 1] = '\0';
            grub_set(&s->vars, name, value);
        }
        text = line_end + 1;
    }
}

int grub_menu_read(const char *text, size_t length, const char *saved, size_t saved_length,
                   struct grub_menu *menu)
{
    struct state *s = calloc(1, sizeof(*s));
    const char *end = text + length;
    int err = -ENOMEM;

    *menu = (struct grub_menu){ .entries = calloc(GRUB_ENTRIES_MAX, sizeof(menu->entries[0])) };
    if (!s || !menu->entries)
        goto out;
    s->menu = menu;
    if (saved)
        load_saved(s, saved, saved_length);
    while (!s->err && grub_next_command(&text, end, &s->vars, &s->command))
        run(s);
    err = s->err;
    if (!err) {
        const char *chosen = grub_variable(&s->vars, "default");

        menu->chosen = strdup(*chosen ? chosen : "0");
        err = menu->chosen ? 0 : -ENOMEM;
    }
out:
    if (err)
        grub_menu_free(menu);
    free(s);
    return err;
}

void grub_menu_free(struct grub_menu *menu)
{
    for (int i = 0; i < menu->count; i++) {
        struct grub_entry *e = &menu->entries[i];

        free(e->title);
        free(e->id);
        free(e->kernel);
        free(e->args);
        free(e->ramdisks);
    }
    free(menu->entries);
    free(menu->chosen);
    *menu = (struct grub_menu){ 0 };
}

static bool is_called(const struct grub_entry *e, const char *name, size_t length)
{
    char *end;
    long number = strtol(name, &end, 10);

    if (length && end == name + length)
        return number == e->number;
    return (strlen(e->title) == length && memcmp(e->title, name, length) == 0) ||
           (e->id && strlen(e->id) == length && memcmp(e->id, name, length) == 0);
}

const struct grub_entry *grub_menu_find(const struct grub_menu *menu, const char *choice)
{
    const struct grub_entry *found = NULL;
    int parent = NONE;

    while (!found || !found->kernel) {
        size_t length = choice ? strcspn(choice, ">") : 1;
        int i = 0;

        while (i < menu->count && !(menu->entries[i].parent == parent &&
                                    is_called(&menu->entries[i], choice ? choice : "0", length)))
            i++;
        if (i == menu->count)
            return NULL;
        found = &menu->entries[i];
        parent = i;
        choice = choice && choice[length] ? choice + length + 1 : NULL;
    }
    return choice ? NULL : found;
}
