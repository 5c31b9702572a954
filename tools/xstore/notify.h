/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a daemon tells the service manager that started it: that it serves, and that it is alive.
 * The protocol is systemd's (sd_notify(3)): datagrams to the socket that $NOTIFY_SOCKET names.
 */
#ifndef XSTORE_NOTIFY_H
#define XSTORE_NOTIFY_H

/** Connects to the manager; to be called before system calls are limited.
 *
 * @param fd  becomes a descriptor for notify_send(), or -1: no manager waits for anything.
 * @return 0 or -errno.
 */
int notify_open(int *fd);

/** Tells `state`, such as "READY=1". Does nothing with a negative descriptor; what cannot be sent is
 * lost: the manager's watchdog tells. */
void notify_send(int fd, const char *state);

/** How often it wants to hear "WATCHDOG=1": milliseconds, half of its limit; 0: it does not. */
unsigned int notify_period(void);

#endif
