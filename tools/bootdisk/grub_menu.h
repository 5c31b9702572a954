/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The menu that grub-mkconfig makes, or a person: which entries there are, and which is the
 * default. Nothing of it is run. Of conditions all branches are read; a variable that is set to
 * nothing keeps its value.
 */
#ifndef BOOTDISK_GRUB_MENU_H
#define BOOTDISK_GRUB_MENU_H

#include <stddef.h>

#define GRUB_ENTRIES_MAX 256
#define GRUB_DEPTH_MAX   8

struct grub_entry {
    int parent;          /* the submenu that it is in: index of an entry; -1: none */
    int number;          /* in there, from 0 */
    char *title, *id;    /* id: NULL if it has none */
    char *kernel, *args; /* NULL, "": a submenu, or an entry that starts no Linux */
    char *ramdisks;      /* separated by blanks; "" if there is none */
};

struct grub_menu {
    struct grub_entry *entries;
    int count;
    char *chosen; /* by the file: as `set default` takes it; "0" if it says nothing */
};

/** Reads a menu; `saved` is the environment block's text (grubenv), or NULL. The menu is the
 * caller's, for grub_menu_free(). 0, -ENOMEM, -E2BIG: more entries than GRUB_ENTRIES_MAX. */
int grub_menu_read(const char *text, size_t length, const char *saved, size_t saved_length,
                   struct grub_menu *menu);
void grub_menu_free(struct grub_menu *menu);

/** The entry that a default names: numbers, titles or ids from the outermost menu to it, with '>'
 * between; a submenu alone means its first entry. NULL: there is none, or it starts no Linux. */
const struct grub_entry *grub_menu_find(const struct grub_menu *menu, const char *choice);

#endif
