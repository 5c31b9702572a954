/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the log goes: console=com1|vga|none, several with commas. */
#include <arch/boot.h>
#include <arch/platform.h>
#include <hv/params.h>
#include <hv/printk.h>
#include <hv/string.h>
#include <public/errno.h>

bool uart_init(void);

static bool use_uart = true, use_vga = true;

static bool word_is(const char *s, size_t len, const char *word)
{
    return strlen(word) == len && !memcmp(s, word, len);
}

static int parse_console(const char *s)
{
    bool uart = false, vga = false;

    while (*s) {
        size_t len = 0;

        while (s[len] && s[len] != ',')
            len++;
        if (word_is(s, len, "com1"))
            uart = true;
        else if (word_is(s, len, "vga"))
            vga = true;
        else if (!word_is(s, len, "none"))
            return -XEN_EINVAL;
        s += len + (s[len] == ',');
    }
    use_uart = uart;
    use_vga = vga;
    return 0;
}
PARAM_FN("console", parse_console, "where the log goes: com1, vga, none");

static void put(const char *s, size_t len)
{
    if (use_uart)
        uart_put(s, len);
    if (use_vga)
        vga_put(s, len);
}

void console_hw_init(void)
{
    use_uart = use_uart && uart_init();
    use_vga = use_vga && !boot_info.efi; /* which leaves no text screen, and perhaps no VGA */
    if (use_vga)
        vga_init();
    console_set_output(put);
}
