/* SPDX-License-Identifier: GPL-2.0-only */
/* The 80x25 text screen, until Dom0 takes it over. */
#include <arch/page.h>
#include <arch/platform.h>

#define VGA_TEXT 0xb8000
#define COLUMNS  80
#define ROWS     25
#define BLANK    0x0720
#define GREY     0x0700

static uint16_t *screen;
static unsigned column;

void vga_init(void)
{
    screen = maddr_to_virt(VGA_TEXT);
    for (unsigned i = 0; i < COLUMNS * ROWS; i++)
        screen[i] = BLANK;
}

void vga_release(void) { screen = NULL; }

static void new_line(void)
{
    for (unsigned i = 0; i < COLUMNS * (ROWS - 1); i++)
        screen[i] = screen[i + COLUMNS];
    for (unsigned i = 0; i < COLUMNS; i++)
        screen[COLUMNS * (ROWS - 1) + i] = BLANK;
    column = 0;
}

void vga_put(const char *s, size_t len)
{
    for (size_t i = 0; i < len && screen; i++) {
        if (s[i] == '\n' || column == COLUMNS)
            new_line();
        if (s[i] >= ' ')
            screen[COLUMNS * (ROWS - 1) + column++] = GREY | (uint8_t)s[i];
    }
}
