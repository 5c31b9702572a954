/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What domains see of the console: the console_io hypercall, and reading the log.
 *
 * Dom0's output goes out as it comes, since a person may be typing at it. Other domains' output is
 * collected to whole lines, which are logged as messages of that domain, filtered and limited as
 * `guest_loglvl=` says.
 */
#include <hv/arch.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/page_alloc.h>
#include <hv/policy.h>
#include <hv/printk.h>
#include <public/sysctl.h>
#include <public/xen.h>

#define CHUNK 128

/** A domain's unfinished line. */
struct console_line {
    struct spinlock lock; /* LOCK_GUEST_CONSOLE */
    unsigned len;
    char text[240];
};

static void line_flush(const struct domain *d, struct console_line *line)
{
    gprintk(LOG_DEBUG, "(d%u) %.*s\n", d->id, (int)line->len, line->text);
    line->len = 0;
}

static void line_add(const struct domain *d, struct console_line *line, const char *s, size_t n)
{
    spin_lock(&line->lock);
    for (size_t i = 0; i < n; i++) {
        if (s[i] == '\n' || line->len == sizeof(line->text))
            line_flush(d, line);
        if (s[i] == '\t' || (s[i] >= ' ' && s[i] <= '~'))
            line->text[line->len++] = s[i];
    }
    spin_unlock(&line->lock);
}

/** The domain's line buffer, made at its first output. NULL when out of memory. */
static struct console_line *line_of(struct domain *d)
{
    struct console_line *line = READ_ONCE(d->console_line), *none = NULL;

    if (line)
        return line;
    line = hv_zalloc(sizeof(*line));
    if (!line)
        return NULL;
    spin_init(&line->lock, LOCK_GUEST_CONSOLE);
    if (!try_cmpxchg(&d->console_line, &none, line)) {
        hv_free(line); /* another vcpu was first */
        return none;
    }
    return line;
}

void console_domain_free(struct domain *d)
{
    if (!d->console_line)
        return;
    if (d->console_line->len)
        line_flush(d, d->console_line);
    hv_free(d->console_line);
    d->console_line = NULL;
}

void guest_log(struct domain *d, const char *s, size_t n)
{
    struct console_line *line = line_of(d);

    if (line)
        line_add(d, line, s, n);
}

static long console_io_write(struct domain *d, uint32_t count, uint64_t buffer)
{
    struct console_line *line = NULL;
    char chunk[CHUNK];
    uint32_t done = 0;

    if (!d->is_hardware && !(line = line_of(d)))
        return -XEN_ENOMEM;
    while (done < count) {
        uint32_t n = MIN(count - done, (uint32_t)CHUNK);
        if (copy_from_guest_va(chunk, buffer + done, n))
            return -XEN_EFAULT;
        if (d->is_hardware)
            console_write_dom0(chunk, n);
        else
            line_add(d, line, chunk, n);
        done += n;
        if (done < count && hypercall_preempt_check())
            return hypercall_restart(__HYPERVISOR_console_io, CONSOLEIO_write, count - done,
                                     buffer + done);
    }
    return 0;
}

/** Returns how many bytes were typed, at most `count`. */
static long console_io_read(struct domain *d, uint32_t count, uint64_t buffer)
{
    char chunk[CHUNK];
    uint32_t done = 0;

    if (policy_hardware(d))
        return -XEN_EPERM;
    if (count > INT32_MAX)
        return -XEN_EINVAL;
    while (done < count) {
        size_t n = console_read_input(chunk, MIN(count - done, (uint32_t)CHUNK));
        if (n == 0)
            break;
        if (copy_to_guest_va(buffer + done, chunk, n))
            return -XEN_EFAULT;
        done += n;
    }
    return done;
}

long do_console_io(uint64_t cmd, uint64_t count, uint64_t buffer, uint64_t a4, uint64_t a5,
                   uint64_t a6)
{
    switch ((uint32_t)cmd) {
    case CONSOLEIO_write:
        return console_io_write(current->domain, (uint32_t)count, buffer);
    case CONSOLEIO_read:
        return console_io_read(current->domain, (uint32_t)count, buffer);
    default:
        return -XEN_ENOSYS;
    }
}

int console_readconsole(struct xen_sysctl_readconsole *op)
{
    uint32_t index = console_ring_start(), done = 0;
    char chunk[CHUNK];

    if (op->incremental && (int32_t)(op->index - index) > 0)
        index = op->index;
    while (done < op->count) {
        size_t n = console_ring_copy(&index, chunk, MIN(op->count - done, (uint32_t)CHUNK));
        if (n == 0)
            break;
        if (copy_to_guest_va(op->buffer.addr + done, chunk, n))
            return -XEN_EFAULT;
        done += n;
    }
    if (op->clear)
        console_ring_clear(index);
    op->index = index;
    op->count = done;
    return 0;
}
