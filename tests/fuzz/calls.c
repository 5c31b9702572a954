/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fields of an argument, a letter each:
 *
 *   1 2 4 8  a number of so many bytes, mostly small      0  four bytes, mostly zero
 *   .        a zero byte                                  w  two bytes, zero or small
 *   d domain id     p port       v vcpu      q virtual interrupt        f GNTMAP flags
 *   g grant         h handle     m frame     a address of a mapping     b the same for devices
 *   P pointer to a list of frames            B pointer to bytes           o  four bytes, mostly 1
 */
#include "calls.h"

#include <string.h>

#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <public/errno.h>
#include <public/event_channel.h>
#include <public/grant_table.h>
#include <public/memory.h>
#include <public/sched.h>
#include <public/sysctl.h>
#include <public/vcpu.h>
#include <public/version.h>

#define ROW(call, form, cmd, fields) { do_##call, __HYPERVISOR_##call, form, cmd, fields }
#define TABLE(name) const struct call_table name = { name##_rows, ARRAY_SIZE(name##_rows) }

#define EVENT(op, fields) ROW(event_channel_op, FORM_CMD, EVTCHNOP_##op, fields)
static const struct call_row event_calls_rows[] = {
    EVENT(alloc_unbound, "dd4"),
    EVENT(bind_interdomain, "d..p4"),
    EVENT(bind_virq, "qv4"),
    EVENT(bind_pirq, "444"),
    EVENT(bind_ipi, "v4"),
    EVENT(close, "p"),
    EVENT(send, "p"),
    EVENT(send, "p"),
    EVENT(status, "d..p"),
    EVENT(bind_vcpu, "pv"),
    EVENT(unmask, "p"),
    EVENT(reset, "d"),
    EVENT(init_control, "m0v8"),
    EVENT(expand_array, "m"),
    EVENT(set_priority, "p4"),
    ROW(event_channel_op_compat, FORM_PLAIN, 0, "B"),
    ROW(sched_op, FORM_CMD, SCHEDOP_poll, "B4....8"),
};
TABLE(event_calls);

#define GRANT(op, fields) ROW(grant_table_op, FORM_ARRAY, GNTTABOP_##op, fields)
static const struct call_row grant_calls_rows[] = {
    GRANT(map_grant_ref, "afgdw48"),
    GRANT(map_grant_ref, "afgdw48"),
    GRANT(unmap_grant_ref, "abhw.."),
    GRANT(unmap_grant_ref, "abhw.."),
    GRANT(setup_table, "d..4w......P"),
    GRANT(dump_table, "dw"),
    GRANT(transfer, "mdwgw......"),
    GRANT(copy, "mdw....mdw....2ww.."),
    GRANT(copy, "g....dw....mdw....2ww.."),
    GRANT(copy, "g....dw....g....dw....2ww.."),
    GRANT(query_size, "d..44w.."),
    GRANT(unmap_and_replace, "aahw.."),
    GRANT(set_version, "4"),
    GRANT(get_status_frames, "4dwP"),
    GRANT(get_version, "d..4"),
    GRANT(swap_grant_ref, "ggw.."),
    GRANT(cache_flush, "m224"),
};
TABLE(grant_calls);

#define MEMORY(op, fields) ROW(memory_op, FORM_CMD, XENMEM_##op, fields)
static const struct call_row memory_calls_rows[] = {
    MEMORY(increase_reservation, "P800d"),
    MEMORY(decrease_reservation, "P800d"),
    MEMORY(decrease_reservation, "P800d"),
    MEMORY(populate_physmap, "P800d"),
    MEMORY(populate_physmap, "P800d"),
    MEMORY(increase_reservation, "P844d"),
    MEMORY(maximum_ram_page, ""),
    MEMORY(current_reservation, "d"),
    MEMORY(maximum_reservation, "d"),
    MEMORY(maximum_gpfn, "d"),
    MEMORY(add_to_physmap, "dw08m"),
    MEMORY(add_to_physmap_batch, "dwwwPPP"),
    MEMORY(remove_from_physmap, "d......m"),
    MEMORY(claim_pages, "00800d"),
    MEMORY(reserved_device_memory_map, "04B0"),
    MEMORY(acquire_resource, "dw0408P"),
    MEMORY(get_vnumainfo, "B"),
    ROW(memory_op, FORM_PLAIN, 0, "8B"),
};
TABLE(memory_calls);

#define VCPU(op, fields) ROW(vcpu_op, FORM_VCPU, VCPUOP_##op, fields)
#define SCHED(op, fields) ROW(sched_op, FORM_CMD, SCHEDOP_##op, fields)
static const struct call_row vcpu_calls_rows[] = {
    VCPU(initialise, "8888888888888888888888888888"),
    VCPU(up, ""),
    VCPU(down, ""),
    VCPU(is_up, ""),
    VCPU(get_runstate_info, ""),
    VCPU(register_runstate_memory_area, "B"),
    VCPU(register_vcpu_time_memory_area, "B"),
    VCPU(set_periodic_timer, "8"),
    VCPU(stop_periodic_timer, ""),
    VCPU(set_singleshot_timer, "84"),
    VCPU(stop_singleshot_timer, ""),
    VCPU(register_vcpu_info, "m0."),
    SCHED(yield, ""),
    SCHED(block, ""),
    SCHED(shutdown, "4"),
    SCHED(poll, "B4....8"),
    SCHED(remote_shutdown, "d..4"),
    SCHED(shutdown_code, "4"),
    SCHED(watchdog, "44"),
    SCHED(pin_override, "4"),
    ROW(sched_op_compat, FORM_PLAIN, 0, "88"),
    ROW(set_timer_op, FORM_PLAIN, 0, "8"),
    ROW(vm_assist, FORM_PLAIN, 0, "88"),
};
TABLE(vcpu_calls);

#define DOMCTL(op, fields) ROW(domctl, FORM_DOMCTL, XEN_DOMCTL_##op, fields)
#define SYSCTL(op, fields) ROW(sysctl, FORM_SYSCTL, XEN_SYSCTL_##op, fields)
static const struct call_row control_calls_rows[] = {
    DOMCTL(createdomain, "0000000v444o00" "00"),
    DOMCTL(createdomain, "0000000v444o00" "00"),
    DOMCTL(destroydomain, ""),
    DOMCTL(pausedomain, ""),
    DOMCTL(unpausedomain, ""),
    DOMCTL(resumedomain, ""),
    DOMCTL(getdomaininfo, ""),
    DOMCTL(max_mem, "8"),
    DOMCTL(max_vcpus, "v"),
    DOMCTL(max_vcpus, "v"),
    DOMCTL(setvcpucontext, "v....B"),
    DOMCTL(getvcpucontext, "v....B"),
    DOMCTL(getvcpuinfo, "v"),
    DOMCTL(setvcpuaffinity, "v4B4....B4...."),
    DOMCTL(getvcpuaffinity, "v4B4....B4...."),
    DOMCTL(setnodeaffinity, "B4"),
    DOMCTL(getnodeaffinity, "B4"),
    DOMCTL(scheduler_op, "44ww"),
    DOMCTL(setdomainhandle, "8"),
    DOMCTL(settimeoffset, "8"),
    DOMCTL(set_virq_handler, "q"),
    DOMCTL(subscribe, "p"),
    DOMCTL(set_target, "dw"),
    DOMCTL(iomem_permission, "881"),
    DOMCTL(irq_permission, "41"),
    DOMCTL(soft_reset, ""),
    DOMCTL(vm_event_op, "8"),
    ROW(domctl, FORM_PLAIN, 0, "B"),
    SYSCTL(readconsole, "wwvB4"),
    SYSCTL(physinfo, ""),
    SYSCTL(sched_id, ""),
    SYSCTL(getdomaininfolist, "dw4B"),
    SYSCTL(debug_keys, "B4"),
    SYSCTL(getcpuinfo, "4....B"),
    SYSCTL(availheap, "440"),
    SYSCTL(cputopoinfo, "4....B"),
    SYSCTL(numainfo, "4....BB"),
    SYSCTL(cpupool_op, "400000B4"),
    SYSCTL(scheduler_op, "0444"),
    SYSCTL(pcitopoinfo, "4....BB"),
    ROW(sysctl, FORM_PLAIN, 0, "B"),
};
TABLE(control_calls);

static const struct call_row other_calls_rows[] = {
    ROW(xen_version, FORM_CMD, XENVER_version, ""),
    ROW(xen_version, FORM_PLAIN, 0, "8B"),
    ROW(console_io, FORM_PLAIN, 0, "88B"),
    ROW(xsm_op, FORM_PLAIN, 0, "B"),
    ROW(multicall, FORM_PLAIN, 0, "B8"),
};
TABLE(other_calls);

/* --- arguments -------------------------------------------------------------------------------- */

static unsigned used; /* bytes of services_args */

static uint8_t *reserve(unsigned bytes)
{
    if (used + bytes > SERVICES_ARGS)
        used = 0; /* over the first ones: as good as any */
    used += bytes;
    return services_args + used - bytes;
}

static void put(uint8_t **at, uint64_t value, unsigned bytes)
{
    memcpy(*at, &value, bytes);
    *at += bytes;
}

/* Mostly small; the first value that is hostile says how. */
static uint64_t small_number(unsigned below)
{
    unsigned n = fuzz_byte();

    return n < 0xf0 ? n % below : fuzz_number();
}

static uint64_t list_of_frames(void)
{
    uint8_t *list = reserve(8 * 8), *at = list;

    for (unsigned i = 0; i < 8; i++)
        put(&at, services_frame(), 8);
    return (uint64_t)list;
}

static uint64_t pointer(uint64_t good)
{
    unsigned kind = fuzz_byte();

    if (kind < 0xe8)
        return good;
    if (kind < 0xf8) /* its end is not the guest's */
        return (uint64_t)services_args + SERVICES_ARGS - (kind & 7) * 8;
    return fuzz_number();
}

static uint64_t some_bytes(void)
{
    uint8_t *p = reserve(256);

    for (unsigned i = fuzz_below(32); i-- > 0;)
        p[i] = fuzz_byte();
    return (uint64_t)p;
}

/* Address in the fake page tables: a page of its own for each slot. */
static uint64_t slot_address(void)
{
    unsigned n = fuzz_byte();

    return n < 0xf0 ? n % 16 * PAGE_SIZE : fuzz_number();
}

static uint64_t device_address(void)
{
    return fuzz_one_in(4) ? services_frame() << PAGE_SHIFT : 0;
}

static uint64_t map_flags(void)
{
    static const uint16_t usual[] = { GNTMAP_host_map, GNTMAP_host_map | GNTMAP_readonly,
                                      GNTMAP_device_map, GNTMAP_host_map | GNTMAP_device_map };
    unsigned n = fuzz_byte();

    return n < 0xf0 ? usual[n % ARRAY_SIZE(usual)] : fuzz_number();
}

static void put_field(uint8_t **at, char field)
{
    switch (field) {
    case '.': put(at, 0, 1); break;
    case '1': put(at, small_number(2), 1); break;
    case '2': put(at, small_number(4096), 2); break;
    case '4': put(at, small_number(16), 4); break;
    case '8': put(at, small_number(64), 8); break;
    case '0': put(at, fuzz_one_in(16) ? fuzz_number() : 0, 4); break;
    case 'o': put(at, fuzz_one_in(16) ? fuzz_number() : 1, 4); break;
    case 'w': put(at, fuzz_byte() % 4, 2); break;
    case 'd': put(at, services_domid(), 2); break;
    case 'p': put(at, small_number(24), 4); break;
    case 'v': put(at, small_number(3), 4); break;
    case 'q': put(at, small_number(NR_VIRQS + 1), 4); break;
    case 'f': put(at, map_flags(), 4); break;
    case 'g': put(at, small_number(16), 4); break;
    case 'h': put(at, small_number(16), 4); break;
    case 'm': put(at, services_frame(), 8); break;
    case 'a': put(at, slot_address(), 8); break;
    case 'b': put(at, device_address(), 8); break;
    case 'P': put(at, pointer(list_of_frames()), 8); break;
    case 'B': put(at, pointer(some_bytes()), 8); break;
    default: fuzz_fail("no field '%c'", field);
    }
}

static void put_fields(uint8_t **at, const char *fields)
{
    for (; *fields; fields++)
        put_field(at, *fields);
}

struct registers {
    uint64_t a[3];
};

/* The argument's room is as large as the largest; what the fields leave is what stood there. */
static struct registers prepare(const struct call_row *row)
{
    struct registers r = { { 0 } };
    uint8_t *arg = reserve(512), *at = arg;
    unsigned count = 1;

    switch (row->form) {
    case FORM_CMD:
        put_fields(&at, row->fields);
        return (struct registers){ { row->cmd, pointer((uint64_t)arg) } };
    case FORM_ARRAY:
        count = fuzz_one_in(8) ? 1 + fuzz_below(6) : 1;
        for (unsigned i = 0; i < count; i++)
            put_fields(&at, row->fields);
        return (struct registers){ { row->cmd, pointer((uint64_t)arg),
                                     fuzz_one_in(32) ? fuzz_number() : count } };
    case FORM_VCPU:
        put_fields(&at, row->fields);
        return (struct registers){ { row->cmd, small_number(3), pointer((uint64_t)arg) } };
    case FORM_DOMCTL:
        put(&at, row->cmd, 4);
        put(&at, XEN_DOMCTL_INTERFACE_VERSION, 4);
        put(&at, services_domid(), 8);
        put_fields(&at, row->fields);
        return (struct registers){ { pointer((uint64_t)arg) } };
    case FORM_SYSCTL:
        put(&at, row->cmd, 4);
        put(&at, XEN_SYSCTL_INTERFACE_VERSION, 4);
        put_fields(&at, row->fields);
        return (struct registers){ { pointer((uint64_t)arg) } };
    case FORM_PLAIN:
        put_fields(&at, row->fields);
        memcpy(r.a, arg, sizeof(r.a));
        break;
    }
    return r;
}

/* --- issuing ---------------------------------------------------------------------------------- */

static const struct call_row *choose(const struct call_table *t)
{
    return &t->rows[fuzz_below(t->count)];
}

void calls_issue(const struct call_table *t)
{
    const struct call_row *row = choose(t);
    struct registers r = prepare(row);

    svc_call(row->fn, row->number, r.a[0], r.a[1], r.a[2]);
}

void calls_issue_together(const struct call_table *t)
{
    unsigned n = 1 + fuzz_below(4);
    uint8_t *list = reserve(n * sizeof(struct multicall_entry));

    for (unsigned i = 0; i < n; i++) {
        const struct call_row *row = choose(t);
        struct registers r = prepare(row);
        struct multicall_entry e = { .op = row->number, .args = { r.a[0], r.a[1], r.a[2] } };

        memcpy(list + i * sizeof(e), &e, sizeof(e));
    }
    svc_call(do_multicall, __HYPERVISOR_multicall, (uint64_t)list, n, 0);
}

static void act_sometimes(void)
{
    if (fuzz_one_in(2))
        services_scribble();
}

/* The circumstances of the next call, from one byte. */
static void circumstances(unsigned how)
{
    svc_guest_acts = how & 0x80 ? act_sometimes : NULL;
    svc_preempt_every = (how & 0x60) == 0x60 ? 1 + (how & 3) : 0;
    fake_alloc_fail_after = (how & 0x1c) == 0x1c ? how & 3 : ~0UL;
}

static void one_step(const struct call_table *const *tables, unsigned count)
{
    unsigned what = fuzz_byte();
    const struct call_table *t = tables[what % count];

    if (what < 0x30) {
        services_switch();
    } else if (what < 0x60) {
        services_scribble();
    } else {
        circumstances(fuzz_byte());
        if (what < 0x70)
            calls_issue_together(t);
        else
            calls_issue(t);
        circumstances(0);
    }
    /* whoever ended itself runs no more */
    if (current->domain->is_shutting_down || current->domain->dying != DOMDYING_alive)
        services_switch();
}

void calls_run(const struct call_table *const *tables, unsigned count)
{
    for (unsigned i = 0; fuzz_left(); i++) {
        one_step(tables, count);
        svc_quiesce();
        if (i % 16 == 15)
            services_check();
    }
}
