/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine and the hypervisor: sizes, versions, its console.
 */
#include "internal.h"

#include <public/sysctl.h>
#include <public/version.h>

#include <string.h>

/* Bytes of the console ring read at a time. */
#define CONSOLE_BATCH (4 * PAGE_SIZE)

/* CPUs that are asked about at once, at most. */
#define CPU_BATCH 1024

/* The word of a featureset (hw_cap) that is ECX of CPUID leaf 1, and VT-x in it. */
#define CPUID_1_ECX 1
#define CPUID_VMX   (1U << 5)

struct xen_sysctl *sysctl_get(struct ctrl *h, uint32_t cmd)
{
    struct xen_sysctl *op = arena_get(h, sizeof(*op));

    op->cmd = cmd;
    op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    return op;
}

int sysctl_call(struct ctrl *h, struct xen_sysctl *op)
{
    return hypercall(h, __HYPERVISOR_sysctl, addr_of(op), 0, 0, 0, 0);
}

int ctrl_physinfo(struct ctrl *h, struct ctrl_physinfo *info)
{
    struct xen_sysctl *op = sysctl_get(h, XEN_SYSCTL_physinfo);
    const struct xen_sysctl_physinfo *p = &op->u.physinfo;
    int ret = sysctl_call(h, op);

    *info = (struct ctrl_physinfo){
        .threads_per_core = p->threads_per_core,
        .cores_per_socket = p->cores_per_socket,
        .nr_cpus = p->nr_cpus,
        .max_cpu_id = p->max_cpu_id,
        .nr_nodes = p->nr_nodes,
        .cpu_khz = p->cpu_khz,
        .capabilities = p->capabilities,
        .total_pages = p->total_pages,
        .free_pages = p->free_pages,
        .scrub_pages = p->scrub_pages,
        .outstanding_pages = p->outstanding_pages,
    };
    memcpy(info->hw_cap, p->hw_cap, sizeof(info->hw_cap));
    arena_put(h, op);
    if (ret < 0)
        return ctrl_fail(h, ret, "cannot get information on the machine: %s", strerror(-ret));
    return 0;
}

int ctrl_cpu_idle(struct ctrl *h, uint64_t *idle_ns, unsigned int max)
{
    unsigned int wanted = max < CPU_BATCH ? max : CPU_BATCH;
    struct xen_sysctl *op = sysctl_get(h, XEN_SYSCTL_getcpuinfo);
    struct xen_sysctl_cpuinfo *info = arena_get(h, wanted * sizeof(*info));
    int ret;

    op->u.getcpuinfo.max_cpus = wanted;
    op->u.getcpuinfo.info.addr = addr_of(info);
    ret = sysctl_call(h, op);
    if (ret >= 0) {
        ret = op->u.getcpuinfo.nr_cpus < wanted ? op->u.getcpuinfo.nr_cpus : wanted;
        for (int i = 0; i < ret; i++)
            idle_ns[i] = info[i].idletime;
    }
    arena_put(h, op);
    if (ret < 0)
        return ctrl_fail(h, ret, "cannot see how idle the CPUs are: %s", strerror(-ret));
    return ret;
}

const char *ctrl_no_hardware_guests(const struct ctrl_physinfo *info)
{
    if (info->capabilities & XEN_SYSCTL_PHYSCAP_hvm)
        return NULL;
    if (!(info->hw_cap[CPUID_1_ECX] & CPUID_VMX))
        return "the processor has no VT-x";
    return "VT-x is locked off by the firmware or lacks what is needed: the hypervisor's log says which";
}

/* A string from the hypervisor of at most `len` bytes, which need not end in a zero. */
static void copy_string(char *dst, size_t size, const char *src, size_t len)
{
    size_t n = strnlen(src, len);

    if (n >= size)
        n = size - 1;
    memcpy(dst, src, n);
    dst[n] = 0;
}

static int version_string(struct ctrl *h, int cmd, size_t len, char *dst, size_t size)
{
    char *buf = arena_get(h, len);
    int ret = hypercall(h, __HYPERVISOR_xen_version, cmd, addr_of(buf), 0, 0, 0);

    copy_string(dst, size, buf, len);
    arena_put(h, buf);
    return ret < 0 ? ret : 0;
}

static int compile_info(struct ctrl *h, struct ctrl_version *v)
{
    struct xen_compile_info *c = arena_get(h, sizeof(*c));
    int ret = hypercall(h, __HYPERVISOR_xen_version, XENVER_compile_info, addr_of(c), 0, 0, 0);

    copy_string(v->compiler, sizeof(v->compiler), c->compiler, sizeof(c->compiler));
    copy_string(v->compile_by, sizeof(v->compile_by), c->compile_by, sizeof(c->compile_by));
    copy_string(v->compile_domain, sizeof(v->compile_domain), c->compile_domain,
                sizeof(c->compile_domain));
    copy_string(v->compile_date, sizeof(v->compile_date), c->compile_date,
                sizeof(c->compile_date));
    arena_put(h, c);
    return ret < 0 ? ret : 0;
}

static int platform_parameters(struct ctrl *h, struct ctrl_version *v)
{
    struct xen_platform_parameters *p = arena_get(h, sizeof(*p));
    int ret = hypercall(h, __HYPERVISOR_xen_version, XENVER_platform_parameters, addr_of(p), 0, 0,
                        0);

    v->virt_start = p->virt_start;
    arena_put(h, p);
    return ret < 0 ? ret : 0;
}

static int version_numbers(struct ctrl *h, struct ctrl_version *v)
{
    long version = hypercall(h, __HYPERVISOR_xen_version, XENVER_version, 0, 0, 0, 0);
    long page_size = hypercall(h, __HYPERVISOR_xen_version, XENVER_pagesize, 0, 0, 0, 0);

    if (version < 0)
        return version;
    if (page_size < 0)
        return page_size;
    v->major = version >> 16;
    v->minor = version & 0xffff;
    v->page_size = page_size;
    return 0;
}

int ctrl_version(struct ctrl *h, struct ctrl_version *v)
{
    int ret;

    memset(v, 0, sizeof(*v));
    ret = version_numbers(h, v);
    if (!ret)
        ret = version_string(h, XENVER_extraversion, sizeof(xen_extraversion_t), v->extra,
                             sizeof(v->extra));
    if (!ret)
        ret = version_string(h, XENVER_capabilities, sizeof(xen_capabilities_info_t),
                             v->capabilities, sizeof(v->capabilities));
    if (!ret)
        ret = version_string(h, XENVER_changeset, sizeof(xen_changeset_info_t), v->changeset,
                             sizeof(v->changeset));
    if (!ret)
        ret = version_string(h, XENVER_commandline, sizeof(xen_commandline_t), v->commandline,
                             sizeof(v->commandline));
    if (!ret)
        ret = compile_info(h, v);
    if (!ret)
        ret = platform_parameters(h, v);
    if (ret)
        return ctrl_fail(h, ret, "cannot get the version of the hypervisor: %s", strerror(-ret));
    return 0;
}

ssize_t ctrl_console_read(struct ctrl *h, char *buf, size_t size, uint32_t *index, bool clear)
{
    struct xen_sysctl *op = sysctl_get(h, XEN_SYSCTL_readconsole);
    struct xen_sysctl_readconsole *rc = &op->u.readconsole;
    size_t want = size < CONSOLE_BATCH ? size : CONSOLE_BATCH;
    char *data = arena_get(h, want);
    ssize_t ret;

    rc->clear = clear;
    rc->incremental = true;
    rc->index = *index;
    rc->buffer.addr = addr_of(data);
    rc->count = want;
    ret = sysctl_call(h, op);
    if (ret >= 0) {
        ret = rc->count < want ? rc->count : want;
        memcpy(buf, data, ret);
        *index = rc->index;
    }
    arena_put(h, op);
    if (ret < 0)
        return ctrl_fail(h, ret, "cannot read the hypervisor's console: %s", strerror(-ret));
    return ret;
}

int ctrl_debug_keys(struct ctrl *h, const char *keys)
{
    size_t len = strlen(keys);
    struct xen_sysctl *op;
    char *data;
    int ret;

    if (len > PAGE_SIZE)
        return ctrl_fail(h, -E2BIG, "too many debug keys");
    op = sysctl_get(h, XEN_SYSCTL_debug_keys);
    data = arena_get(h, len);
    memcpy(data, keys, len);
    op->u.debug_keys.keys.addr = addr_of(data);
    op->u.debug_keys.nr_keys = len;
    ret = sysctl_call(h, op);
    arena_put(h, op);
    if (ret < 0)
        return ctrl_fail(h, ret, "the hypervisor did not take the debug keys: %s", strerror(-ret));
    return 0;
}
