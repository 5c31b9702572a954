/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The log: formatted lines with a level, to the console ring (read by sysctl readconsole) and the
 * serial port.
 */
#ifndef HV_PRINTK_H
#define HV_PRINTK_H

#include <hv/types.h>
#include <stdarg.h>

enum log_level { LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

/** Log one message ("\n" at the end). Callable from any context. Filtered by `loglvl=`. */
__attribute__((format(printf, 2, 3))) void printk(enum log_level level, const char *fmt, ...);
/** Messages that a guest can provoke: filtered by `guest_loglvl=` and rate-limited. */
__attribute__((format(printf, 2, 3))) void gprintk(enum log_level level, const char *fmt, ...);

/**
 * Bounded formatting: %d %u %x %lx %#.. %p %s %c %% with width, zero pad, precision and l/ll/z.
 * Returns the full length.
 */
__attribute__((format(printf, 3, 4))) int snprintf(char *buf, size_t size, const char *fmt, ...);
int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap);

/* console.c: the ring, the serial port behind it, input focus of Dom0 */
/** To the ring and the serial port. */
void console_write(const char *s, size_t len);
/** To the serial port alone (Dom0's console), or to the ring too with `console_to_ring`. */
void console_write_dom0(const char *s, size_t len);
/** Bytes typed for Dom0: how many were put into `buf`. */
size_t console_read_input(char *buf, size_t size);
/**
 * Copy from the ring, whose bytes are numbered from 0 modulo 2^32: those from *index on, or the
 * oldest kept ones if those are gone. Returns how many; *index becomes the number of the next byte.
 */
size_t console_ring_copy(uint32_t *index, char *buf, size_t size);
/** Number of the first byte that has not been cleared; clear all before `index`. */
uint32_t console_ring_start(void);
void console_ring_clear(uint32_t index);
/**
 * Grow the ring to `conring_size=`, open the softirq. Once, when memory can be allocated and
 * softirqs run.
 */
void console_late_init(void);
/** Called by the serial driver for each received byte (interrupt context). */
void console_input(char c);
/** Stop locking and filtering: the machine is crashing. */
void console_force(void);
bool console_forced(void);
/* console_io.c: what domains see of it */
struct domain;
struct xen_sysctl_readconsole;
/** XEN_SYSCTL_readconsole: 0 or -EFAULT. */
int console_readconsole(struct xen_sysctl_readconsole *op);
/** `d` is being freed: its unfinished line is logged. */
void console_domain_free(struct domain *d);
/** What a domain other than Dom0 says for the log: as by console_io. Lost without memory. */
void guest_log(struct domain *d, const char *s, size_t n);

/* keyhandler.c */
/** Run the debug key `c` (the console after Ctrl-A three times, XEN_SYSCTL_debug_keys). */
void keyhandler_key(char c);

/**
 * A driver registers how to put out bytes (synchronously, bounded wait, "\n" as "\r\n"). It is
 * given the log so far at once.
 */
void console_set_output(void (*put)(const char *s, size_t len));

/** Nearest symbol at or below `addr` and the offset in it, or NULL. common/symbols.c */
const char *symbol_lookup(unsigned long addr, unsigned long *offset);

#endif
