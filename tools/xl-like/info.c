/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * info and dmesg: the machine and the hypervisor.
 */
#include "device_model.h"
#include "host.h"
#include "json.h"
#include "report.h"
#include "verbs.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

struct facts {
    struct ctrl_physinfo p;
    struct ctrl_version v;
    struct utsname host;
    const char *scheduler;
};

static bool get_facts(struct facts *f)
{
    struct ctrl *c = host_ctrl();

    if (ctrl_physinfo(c, &f->p) == 0 && ctrl_version(c, &f->v) == 0 &&
        (f->scheduler = ctrl_scheduler_name(c)) != NULL) {
        uname(&f->host);
        return true;
    }
    report_error("info: %s", ctrl_error(c));
    return false;
}

__attribute__((format(printf, 2, 3))) static void print_line(const char *key, const char *fmt, ...)
{
    va_list ap;

    printf("%-23s: ", key);
    va_start(ap, fmt);
    vprintf(fmt, ap);
    va_end(ap);
    putchar('\n');
}

/* The kinds of guests that there can be, and why not the others. */
static void virt_caps(const struct facts *f, char *text, size_t size)
{
    const char *why = ctrl_no_hardware_guests(&f->p);

    if (why)
        snprintf(text, size, "pv (no pvh: %s)", why);
    else if (access(DEVICE_MODEL_PROGRAM, X_OK) < 0)
        snprintf(text, size, "pv pvh (no hvm: Debian's package qemu-system-xen is missing)");
    else if (access(CTRL_HVM_FIRMWARE, R_OK) < 0)
        snprintf(text, size, "pv pvh (no hvm: Debian's package seabios is missing)");
    else
        snprintf(text, size, "pv pvh hvm");
}

static unsigned long long mib(uint64_t pages)
{
    return pages / 256;
}

static void print_text(const struct facts *f)
{
    char caps[160];

    virt_caps(f, caps, sizeof(caps));
    print_line("host", "%s", f->host.nodename);
    print_line("release", "%s", f->host.release);
    print_line("machine", "%s", f->host.machine);
    print_line("nr_cpus", "%u", f->p.nr_cpus);
    print_line("max_cpu_id", "%u", f->p.max_cpu_id);
    print_line("cores_per_socket", "%u", f->p.cores_per_socket);
    print_line("threads_per_core", "%u", f->p.threads_per_core);
    print_line("cpu_mhz", "%u.%03u", f->p.cpu_khz / 1000, f->p.cpu_khz % 1000);
    print_line("virt_caps", "%s", caps);
    print_line("total_memory", "%llu MiB", mib(f->p.total_pages));
    print_line("free_memory", "%llu MiB", mib(f->p.free_pages));
    print_line("free_pages", "%llu", (unsigned long long)f->p.free_pages);
    print_line("xen_version", "%u.%u%s", f->v.major, f->v.minor, f->v.extra);
    print_line("xen_caps", "%s", f->v.capabilities);
    print_line("xen_scheduler", "%s", f->scheduler);
    print_line("xen_pagesize", "%u", f->v.page_size);
    print_line("xen_commandline", "%s", f->v.commandline);
    print_line("xen_changeset", "%s", f->v.changeset);
    print_line("cc_compiler", "%s", f->v.compiler);
    if (*f->v.compile_date)
        print_line("cc_compile_date", "%s", f->v.compile_date);
}

static bool print_json(const struct facts *f)
{
    char version[96], caps[160];
    yajl_gen g = json_start();

    if (!g)
        return false;
    snprintf(version, sizeof(version), "%u.%u%s", f->v.major, f->v.minor, f->v.extra);
    virt_caps(f, caps, sizeof(caps));
    yajl_gen_map_open(g);
    json_text(g, "host", f->host.nodename);
    json_text(g, "release", f->host.release);
    json_text(g, "machine", f->host.machine);
    json_number(g, "nr_cpus", f->p.nr_cpus);
    json_number(g, "max_cpu_id", f->p.max_cpu_id);
    json_number(g, "cores_per_socket", f->p.cores_per_socket);
    json_number(g, "threads_per_core", f->p.threads_per_core);
    json_number(g, "cpu_khz", f->p.cpu_khz);
    json_text(g, "virt_caps", caps);
    json_number(g, "total_pages", f->p.total_pages);
    json_number(g, "free_pages", f->p.free_pages);
    json_number(g, "scrub_pages", f->p.scrub_pages);
    json_text(g, "xen_version", version);
    json_text(g, "xen_caps", f->v.capabilities);
    json_text(g, "xen_scheduler", f->scheduler);
    json_text(g, "xen_commandline", f->v.commandline);
    json_text(g, "xen_changeset", f->v.changeset);
    yajl_gen_map_close(g);
    return json_end(g);
}

int verb_info(int argc, char **argv)
{
    static const struct option longs[] = { { "json", no_argument, NULL, 'j' },
                                           { NULL, 0, NULL, 0 } };
    struct facts f;
    bool json = false;
    int c;

    while ((c = getopt_long(argc, argv, "j", longs, NULL)) != -1) {
        if (c != 'j')
            return usage_error("info");
        json = true;
    }
    if (optind != argc)
        return usage_error("info");
    if (!host_ctrl())
        return XL_NO_HOST;
    if (!get_facts(&f))
        return XL_FAILED;
    if (json)
        return print_json(&f) ? XL_OK : XL_FAILED;
    print_text(&f);
    return XL_OK;
}

int verb_dmesg(int argc, char **argv)
{
    static const struct option longs[] = { { "clear", no_argument, NULL, 'c' },
                                           { NULL, 0, NULL, 0 } };
    uint32_t index = 0;
    bool clear = false;
    char buf[16384];
    ssize_t n;
    int c;

    while ((c = getopt_long(argc, argv, "c", longs, NULL)) != -1) {
        if (c != 'c')
            return usage_error("dmesg");
        clear = true;
    }
    if (optind != argc)
        return usage_error("dmesg");
    if (!host_ctrl())
        return XL_NO_HOST;
    while ((n = ctrl_console_read(host_ctrl(), buf, sizeof(buf), &index, clear)) > 0)
        fwrite(buf, 1, n, stdout);
    if (n == 0)
        return XL_OK;
    report_error("dmesg: %s", ctrl_error(host_ctrl()));
    return XL_FAILED;
}
