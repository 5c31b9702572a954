/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * console_io (xen.h): Dom0 writes to the machine's console, and reads what was typed (here nothing:
 * 0). Buffers that cannot be read are -EFAULT, unknown commands -ENOSYS. Control characters and a
 * long line go through whole. Others may write in debug builds only, and never read.
 */
#include <guest.h>

GUEST_TEST("console_io")
{
    static char line[600];

    if (!is_dom0()) {
        CHECK_EQ(hyp_console_io(CONSOLEIO_read, 1, line), -XEN_EPERM);
        return;
    }
    memset(line, '.', sizeof(line));
    line[sizeof(line) - 1] = '\n';
    CHECK_EQ(hyp_console_io(CONSOLEIO_write, sizeof(line), line), 0);
    CHECK_EQ(hyp_console_io(CONSOLEIO_write, 0, NULL), 0);
    CHECK_EQ(hyp_console_io(CONSOLEIO_write, 10, (void *)0x1000), -XEN_EFAULT);
    CHECK_EQ(hyp_console_io(CONSOLEIO_write, 10, (void *)HYPERVISOR_VIRT_START), -XEN_EFAULT);
    CHECK_EQ(hyp_console_io(CONSOLEIO_read, sizeof(line), line), 0);
    CHECK_EQ(hyp_console_io(99, 1, line), -XEN_ENOSYS);
}
