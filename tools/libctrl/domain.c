/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Life cycle of domains, and what is known about them.
 */
#include "internal.h"

#include <public/domctl.h>
#include <public/sched.h>
#include <public/sysctl.h>

#include <string.h>

#define DEFAULT_MAX_EVTCHN_PORT 1023

/* Entries of one getdomaininfolist. */
#define LIST_BATCH 64

struct xen_domctl *domctl_get(struct ctrl *h, uint32_t cmd, uint32_t domid)
{
    struct xen_domctl *op = arena_get(h, sizeof(*op));

    op->cmd = cmd;
    op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    op->domain = domid;
    return op;
}

int domctl_call(struct ctrl *h, struct xen_domctl *op)
{
    return hypercall(h, __HYPERVISOR_domctl, addr_of(op), 0, 0, 0, 0);
}

/* A domctl without arguments of its own. */
static int simple_domctl(struct ctrl *h, uint32_t cmd, uint32_t domid, const char *what)
{
    struct xen_domctl *op = domctl_get(h, cmd, domid);
    int ret = domctl_call(h, op);

    arena_put(h, op);
    if (ret < 0)
        return ctrl_fail(h, ret, "cannot %s domain %u: %s", what, domid, strerror(-ret));
    return 0;
}

static const char *create_hint(int ret)
{
    switch (-ret) {
    case ENOMEM: return " (the hypervisor has too little free memory)";
    case EEXIST: return " (there is a domain of that number)";
    case EACCES: return " (the hypervisor speaks another version of the control interface)";
    case EPERM: return " (only the control domain may do that)";
    default: return "";
    }
}

/* A machine without hardware guests says why. */
static int refused(struct ctrl *h, const struct ctrl_domain_config *cfg, int ret)
{
    struct ctrl_physinfo info;
    const char *why;

    if (cfg->type != CTRL_PV && ctrl_physinfo(h, &info) == 0 &&
        (why = ctrl_no_hardware_guests(&info)) != NULL)
        return ctrl_fail(h, ret, "no %s guests on this machine: %s",
                         cfg->type == CTRL_PVH ? "PVH" : "HVM", why);
    return ctrl_fail(h, ret, "the hypervisor refuses to create a domain: %s%s", strerror(-ret),
                     create_hint(ret));
}

static int create_empty(struct ctrl *h, const struct ctrl_domain_config *cfg, uint32_t *domid)
{
    struct xen_domctl *op = domctl_get(h, XEN_DOMCTL_createdomain, *domid);
    struct xen_domctl_createdomain *c = &op->u.createdomain;
    int ret;

    if (cfg->type != CTRL_PV) {
        c->flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap;
        c->arch.emulation_flags = cfg->type == CTRL_PVH ? XEN_X86_EMU_LAPIC
                                                        : XEN_X86_EMU_ALL & ~XEN_X86_EMU_VPCI;
    }
    memcpy(&c->handle, cfg->handle, CTRL_UUID_LEN);
    c->max_vcpus = cfg->max_vcpus;
    c->max_evtchn_port = cfg->max_evtchn_port ? cfg->max_evtchn_port : DEFAULT_MAX_EVTCHN_PORT;
    c->max_grant_frames = cfg->max_grant_frames;
    c->max_maptrack_frames = cfg->max_maptrack_frames;
    c->grant_opts = XEN_DOMCTL_GRANT_version(1);
    ret = domctl_call(h, op);
    *domid = op->domain;
    arena_put(h, op);
    return ret < 0 ? refused(h, cfg, ret) : 0;
}

static int set_max_vcpus(struct ctrl *h, uint32_t domid, uint32_t max)
{
    struct xen_domctl *op = domctl_get(h, XEN_DOMCTL_max_vcpus, domid);
    int ret;

    op->u.max_vcpus.max = max;
    ret = domctl_call(h, op);
    arena_put(h, op);
    if (ret < 0)
        return ctrl_fail(h, ret, "cannot create %u vcpus for domain %u: %s", max, domid,
                         strerror(-ret));
    return 0;
}

int ctrl_domain_create(struct ctrl *h, const struct ctrl_domain_config *cfg, uint32_t *domid)
{
    uint32_t id = *domid;
    int ret = create_empty(h, cfg, &id);

    if (ret)
        return ret;
    ret = set_max_vcpus(h, id, cfg->max_vcpus);
    if (ret) {
        domain_abandon(h, id);
        return ret;
    }
    *domid = id;
    return 0;
}

static int destroy(struct ctrl *h, uint32_t domid)
{
    struct xen_domctl *op;
    int ret;

    do {
        op = domctl_get(h, XEN_DOMCTL_destroydomain, domid);
        ret = domctl_call(h, op);
        arena_put(h, op);
    } while (ret == -EAGAIN || ret == -EINTR);
    return ret;
}

void domain_abandon(struct ctrl *h, uint32_t domid)
{
    destroy(h, domid);
}

int ctrl_domain_destroy(struct ctrl *h, uint32_t domid)
{
    int ret = destroy(h, domid);

    if (ret < 0)
        return ctrl_fail(h, ret, "cannot destroy domain %u: %s", domid, strerror(-ret));
    return 0;
}

int ctrl_domain_pause(struct ctrl *h, uint32_t domid)
{
    return simple_domctl(h, XEN_DOMCTL_pausedomain, domid, "pause");
}

int ctrl_domain_unpause(struct ctrl *h, uint32_t domid)
{
    return simple_domctl(h, XEN_DOMCTL_unpausedomain, domid, "unpause");
}

int ctrl_domain_force_shutdown(struct ctrl *h, uint32_t domid, enum ctrl_shutdown reason)
{
    struct sched_remote_shutdown *op = arena_get(h, sizeof(*op));
    int ret;

    op->domain_id = domid;
    op->reason = reason;
    ret = hypercall(h, __HYPERVISOR_sched_op, SCHEDOP_remote_shutdown, addr_of(op), 0, 0, 0);
    arena_put(h, op);
    if (ret < 0)
        return ctrl_fail(h, ret, "cannot shut domain %u down: %s", domid, strerror(-ret));
    return 0;
}

static const char *trigger_hint(enum ctrl_trigger what, int ret)
{
    switch (-ret) {
    case ESRCH: return "there is no such domain or vcpu";
    case EOPNOTSUPP:
        return what == CTRL_TRIGGER_INIT ? "only vcpus of an HVM or PVH guest but its first take it"
               : what == CTRL_TRIGGER_RESET ? "a PV guest has no such button"
                                            : "only HVM guests have such buttons";
    case EINVAL: return "its kernel takes no such interrupts on that vcpu";
    default: return strerror(-ret);
    }
}

int ctrl_domain_trigger(struct ctrl *h, uint32_t domid, enum ctrl_trigger what, uint32_t vcpu)
{
    struct xen_domctl *op = domctl_get(h, XEN_DOMCTL_sendtrigger, domid);
    int ret;

    op->u.sendtrigger.trigger = what;
    op->u.sendtrigger.vcpu = vcpu;
    ret = domctl_call(h, op);
    arena_put(h, op);
    if (ret < 0)
        return ctrl_fail(h, ret, "domain %u, vcpu %u: %s", domid, vcpu, trigger_hint(what, ret));
    return 0;
}

static void take_info(struct ctrl_domain_info *out, const struct xen_domctl_getdomaininfo *in)
{
    *out = (struct ctrl_domain_info){
        .domid = in->domain,
        .dying = in->flags & XEN_DOMINF_dying,
        .shutdown = in->flags & XEN_DOMINF_shutdown,
        .paused = in->flags & XEN_DOMINF_paused,
        .blocked = in->flags & XEN_DOMINF_blocked,
        .running = in->flags & XEN_DOMINF_running,
        .hvm = in->flags & XEN_DOMINF_hvm_guest,
        .pc = (in->flags & XEN_DOMINF_hvm_guest) &&
              in->arch_config.emulation_flags != XEN_X86_EMU_LAPIC,
        .shutdown_reason = in->flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask,
        .tot_pages = in->tot_pages,
        .max_pages = in->max_pages,
        .outstanding_pages = in->outstanding_pages,
        .cpu_time_ns = in->cpu_time,
        .shared_info_mfn = in->shared_info_frame,
        .online_vcpus = in->nr_online_vcpus,
        .max_vcpu_id = in->max_vcpu_id,
        .cpupool = in->cpupool,
    };
    memcpy(out->handle, &in->handle, CTRL_UUID_LEN);
}

int ctrl_domain_info(struct ctrl *h, uint32_t domid, struct ctrl_domain_info *info)
{
    struct xen_domctl *op = domctl_get(h, XEN_DOMCTL_getdomaininfo, domid);
    int ret = domctl_call(h, op);

    take_info(info, &op->u.getdomaininfo);
    arena_put(h, op);
    /* The call answers with the next domain if there is none of this number. */
    if (ret >= 0 && info->domid != domid)
        ret = -ESRCH;
    if (ret < 0)
        return ctrl_fail(h, ret, "cannot get information on domain %u: %s", domid,
                         ret == -ESRCH ? "there is no such domain" : strerror(-ret));
    return 0;
}

/* Up to LIST_BATCH of them. */
static int list_some(struct ctrl *h, uint32_t first, struct ctrl_domain_info *list,
                     unsigned int max)
{
    struct xen_sysctl *op = sysctl_get(h, XEN_SYSCTL_getdomaininfolist);
    struct xen_domctl_getdomaininfo *buf = arena_get(h, max * sizeof(*buf));
    int ret;

    op->u.getdomaininfolist.first_domain = first;
    op->u.getdomaininfolist.max_domains = max;
    op->u.getdomaininfolist.buffer.addr = addr_of(buf);
    ret = sysctl_call(h, op);
    if (ret >= 0) {
        ret = op->u.getdomaininfolist.num_domains;
        for (int i = 0; i < ret; i++)
            take_info(&list[i], &buf[i]);
    }
    arena_put(h, op);
    if (ret < 0)
        return ctrl_fail(h, ret, "cannot list the domains: %s", strerror(-ret));
    return ret;
}

int ctrl_domain_list(struct ctrl *h, uint32_t first, struct ctrl_domain_info *list,
                     unsigned int max)
{
    unsigned int done = 0;

    while (done < max && first < DOMID_FIRST_RESERVED) {
        unsigned int want = max - done < LIST_BATCH ? max - done : LIST_BATCH;
        int got = list_some(h, first, list + done, want);

        if (got < 0)
            return got;
        done += got;
        if ((unsigned int)got < want)
            break;
        first = list[done - 1].domid + 1;
    }
    return done;
}

int ctrl_domain_set_handle(struct ctrl *h, uint32_t domid, const uint8_t handle[CTRL_UUID_LEN])
{
    struct xen_domctl *op = domctl_get(h, XEN_DOMCTL_setdomainhandle, domid);
    int ret;

    memcpy(&op->u.setdomainhandle.handle, handle, CTRL_UUID_LEN);
    ret = domctl_call(h, op);
    arena_put(h, op);
    if (ret < 0)
        return ctrl_fail(h, ret, "cannot set the uuid of domain %u: %s", domid, strerror(-ret));
    return 0;
}

int ctrl_domain_set_max_mem(struct ctrl *h, uint32_t domid, uint64_t kb)
{
    struct xen_domctl *op = domctl_get(h, XEN_DOMCTL_max_mem, domid);
    int ret;

    op->u.max_mem.max_memkb = kb;
    ret = domctl_call(h, op);
    arena_put(h, op);
    if (ret < 0)
        return ctrl_fail(h, ret, "cannot limit the memory of domain %u to %llu KiB: %s", domid,
                         (unsigned long long)kb, strerror(-ret));
    return 0;
}

int ctrl_domain_set_time_offset(struct ctrl *h, uint32_t domid, int32_t seconds)
{
    struct xen_domctl *op = domctl_get(h, XEN_DOMCTL_settimeoffset, domid);
    int ret;

    op->u.settimeoffset.time_offset_seconds = seconds;
    ret = domctl_call(h, op);
    arena_put(h, op);
    if (ret < 0)
        return ctrl_fail(h, ret, "cannot set the clock of domain %u: %s", domid, strerror(-ret));
    return 0;
}

int ctrl_domain_set_tsc_mode(struct ctrl *h, uint32_t domid, enum ctrl_tsc_mode mode)
{
    struct xen_domctl *op = domctl_get(h, XEN_DOMCTL_settscinfo, domid);
    int ret;

    op->u.tsc_info.tsc_mode = mode;
    ret = domctl_call(h, op);
    arena_put(h, op);
    if (ret < 0)
        return ctrl_fail(h, ret, "cannot set the time stamp counter mode of domain %u: %s", domid,
                         strerror(-ret));
    return 0;
}
