/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The language of GRUB's menu, as far as a menu needs it: commands of words, with quotes and
 * variables (GRUB's manual, "Shell-like scripting"). The text is a guest's: nothing is taken for
 * granted.
 */
#ifndef BOOTDISK_GRUB_WORDS_H
#define BOOTDISK_GRUB_WORDS_H

#include <stddef.h>

#define GRUB_WORDS_MAX     128  /* of a command; those behind are left out */
#define GRUB_TEXT_MAX      4096 /* bytes of a command; what is behind is left out */
#define GRUB_VARIABLES_MAX 64

struct grub_variable {
    char name[32];
    char value[256];
};

/** Owned by who reads a menu; zero at the start. */
struct grub_variables {
    struct grub_variable v[GRUB_VARIABLES_MAX];
    size_t count;
};

/** Its value; "" if there is none. */
const char *grub_variable(const struct grub_variables *vars, const char *name);
/** One that is too long, or one too many, is left out. */
void grub_set(struct grub_variables *vars, const char *name, const char *value);

struct grub_command {
    const char
        *words[GRUB_WORDS_MAX]; /* in text; "{" at its end opens a block, "}" alone closes one */
    int count;
    char text[GRUB_TEXT_MAX];
};

/** The next command, with the variables' values in it. From *at on, which moves; 0 at the end of
 * the text, 1 otherwise. */
int grub_next_command(const char **at, const char *end, const struct grub_variables *vars,
                      struct grub_command *c);

#endif
