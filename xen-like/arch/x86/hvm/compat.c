/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hypercalls of 32-bit code: those of 32-bit kernels with PV drivers, and of firmware. Arguments are
 * in EBX, ECX, EDX, ESI, EDI and EBP. Structures that are laid out as for 64-bit code are read where
 * they are; of the others a copy in the wider form is made in a page that the handler finds at an
 * address which no 32-bit code has. What has no row is not there.
 */
#include <arch/hvm.h>
#include <arch/hvm_exit.h>
#include <arch/hvm_memory.h>
#include <arch/hypercall.h>
#include <hv/arch.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/string.h>
#include <public/event_channel.h>
#include <public/grant_table.h>
#include <public/hvm/hvm_op.h>
#include <public/memory.h>
#include <public/sched.h>
#include <public/vcpu.h>
#include <public/version.h>

#define MAX_PIECES 3

/* Where a structure has what; bytes between pieces are zero in the wider form. */
struct layout {
    uint8_t narrow, wide; /* bytes of both forms */
    bool in, out;
    struct {
        uint8_t from, bytes, to;
    } pieces[MAX_PIECES];
};
#define MAX_NARROW 16
#define MAX_WIDE   24

/* clang-format off */
static const struct layout
    add_to_physmap = { 16, 24, true, false, { { 0, 8, 0 }, { 8, 4, 8 }, { 12, 4, 16 } } },
    remove_from_physmap = { 8, 16, true, false, { { 0, 2, 0 }, { 4, 4, 8 } } },
    memory_map = { 8, 16, true, true, { { 0, 4, 0 }, { 4, 4, 8 } } },
    platform_parameters = { 4, 8, false, true, { { 0, 4, 0 } } },
    poll = { 16, 24, true, false, { { 0, 4, 0 }, { 4, 4, 8 }, { 8, 8, 16 } } },
    singleshot = { 12, 16, true, false, { { 0, 12, 0 } } },
    area = { 8, 8, true, false, { { 0, 4, 0 } } }; /* an address: its upper half means nothing */
/* clang-format on */

typedef long special_fn(struct vcpu *v, struct cpu_user_regs *regs, const uint64_t *args);
static special_fn reservation, set_timer;

static const struct row {
    uint8_t call, first, last;   /* commands */
    uint8_t arg;                 /* which argument is the structure's address */
    const struct layout *layout; /* NULL: it is the same */
    special_fn *special;         /* in place of the handler */
} rows[] = {
#define COMMANDS(name, from, to) .call = __HYPERVISOR_##name, .first = from, .last = to
#define SAME(name, from, to) { COMMANDS(name, from, to) }
#define OTHER(name, cmd, at, as) { COMMANDS(name, cmd, cmd), .arg = at, .layout = &as }
#define SPECIAL(name, from, to, fn) { COMMANDS(name, from, to), .special = fn }
    SAME(xen_version, XENVER_version, XENVER_changeset),
    OTHER(xen_version, XENVER_platform_parameters, 1, platform_parameters),
    SAME(xen_version, XENVER_get_features, XENVER_build_id),
    SPECIAL(memory_op, XENMEM_increase_reservation, XENMEM_decrease_reservation, reservation),
    SPECIAL(memory_op, XENMEM_populate_physmap, XENMEM_populate_physmap, reservation),
    SAME(memory_op, XENMEM_current_reservation, XENMEM_maximum_reservation),
    OTHER(memory_op, XENMEM_add_to_physmap, 1, add_to_physmap),
    OTHER(memory_op, XENMEM_remove_from_physmap, 1, remove_from_physmap),
    OTHER(memory_op, XENMEM_memory_map, 1, memory_map),
    SAME(event_channel_op, EVTCHNOP_bind_interdomain, EVTCHNOP_set_priority),
    SAME(sched_op, SCHEDOP_yield, SCHEDOP_shutdown),
    OTHER(sched_op, SCHEDOP_poll, 1, poll),
    SAME(sched_op, SCHEDOP_watchdog, SCHEDOP_watchdog),
    SAME(vcpu_op, VCPUOP_initialise, VCPUOP_is_up),
    OTHER(vcpu_op, VCPUOP_register_runstate_memory_area, 2, area),
    SAME(vcpu_op, VCPUOP_set_periodic_timer, VCPUOP_stop_periodic_timer),
    OTHER(vcpu_op, VCPUOP_set_singleshot_timer, 2, singleshot),
    SAME(vcpu_op, VCPUOP_stop_singleshot_timer, VCPUOP_register_vcpu_info),
    OTHER(vcpu_op, VCPUOP_register_vcpu_time_memory_area, 2, area),
    SAME(grant_table_op, GNTTABOP_map_grant_ref, GNTTABOP_unmap_grant_ref),
    SAME(grant_table_op, GNTTABOP_query_size, GNTTABOP_query_size),
    SAME(grant_table_op, GNTTABOP_set_version, GNTTABOP_set_version),
    SAME(grant_table_op, GNTTABOP_get_version, GNTTABOP_get_version),
    SAME(hvm_op, HVMOP_set_param, HVMOP_set_evtchn_upcall_vector),
    SAME(console_io, 0, 1),
    SAME(vm_assist, 0, 1),
    SPECIAL(set_timer_op, 0, 0, set_timer),
};

/* --- structures ------------------------------------------------------------------------------- */
static long call_handler(uint64_t number, const uint64_t *a)
{
    return hypercall_handler(number)(a[0], a[1], a[2], a[3], a[4], a[5]);
}

static void widen(const struct layout *l, uint8_t *wide, const uint8_t *narrow)
{
    memset(wide, 0, l->wide);
    for (unsigned i = 0; i < MAX_PIECES; i++)
        memcpy(wide + l->pieces[i].to, narrow + l->pieces[i].from, l->pieces[i].bytes);
}

static void narrow_down(const struct layout *l, uint8_t *narrow, const uint8_t *wide)
{
    for (unsigned i = 0; i < MAX_PIECES; i++)
        memcpy(narrow + l->pieces[i].from, wide + l->pieces[i].to, l->pieces[i].bytes);
}

static long with_layout(struct vcpu *v, const struct cpu_user_regs *regs, const struct row *row,
                        uint64_t *args)
{
    const struct layout *l = row->layout;
    uint64_t at = args[row->arg], rip = regs->rip;
    uint8_t narrow[MAX_NARROW] = { 0 }, *wide = window_narrow_page(v);
    long rc;

    if (!wide)
        return -XEN_ENOMEM;
    if (l->in && copy_from_guest_bytes(narrow, at, l->narrow))
        return -XEN_EFAULT;
    widen(l, wide, narrow);
    args[row->arg] = WINDOW_NARROW;
    rc = call_handler(row->call, args);
    if (rc < 0 || !l->out || regs->rip != rip) /* the last: it goes on later */
        return rc;
    narrow_down(l, narrow, wide);
    return copy_to_guest_bytes(at, narrow, l->narrow) ? -XEN_EFAULT : rc;
}

/* --- those that are more ---------------------------------------------------------------------- */
#define EXTENT_SHIFT 6 /* of memory_op's command: what is done already */
#define EXTENTS_AT   1024U
#define EXTENTS      256U /* at once */

struct narrow_reservation {
    uint32_t extent_start, nr_extents;
    uint32_t extent_order, mem_flags;
    uint16_t domid;
} __attribute__((packed, aligned(4)));

/* Some extents, from `start` on: the wider list is in place for these only. */
static int widen_extents(uint64_t *wide, uint32_t list, uint32_t start, uint32_t n)
{
    uint32_t narrow[EXTENTS];

    if (!list)
        return 0;
    if (copy_from_guest_bytes(narrow, list + (uint64_t)start * sizeof(narrow[0]),
                              n * sizeof(narrow[0])))
        return -XEN_EFAULT;
    for (unsigned i = 0; i < n; i++)
        wide[i] = narrow[i];
    return 0;
}

/* The frames of a guest that has a physical map are what it has said: nothing goes back. */
static long reservation(struct vcpu *v, struct cpu_user_regs *regs, const uint64_t *args)
{
    uint32_t start = args[0] >> EXTENT_SHIFT, end;
    char *page = window_narrow_page(v);
    struct xen_memory_reservation *wide = (void *)page;
    struct narrow_reservation r;
    uint64_t rip = regs->rip;
    long rc;

    if (!page)
        return -XEN_ENOMEM;
    if (copy_from_guest_bytes(&r, args[1], sizeof(r)))
        return -XEN_EFAULT;
    if (start > r.nr_extents || r.nr_extents >> (32 - EXTENT_SHIFT))
        return -XEN_EINVAL;
    end = MIN(r.nr_extents, start + EXTENTS);
    if (widen_extents((uint64_t *)(page + EXTENTS_AT), r.extent_start, start, end - start))
        return start ? (long)start : -XEN_EFAULT;
    *wide = (struct xen_memory_reservation){ .nr_extents = end, .extent_order = r.extent_order,
                                             .mem_flags = r.mem_flags, .domid = r.domid };
    if (r.extent_start)
        wide->extent_start.addr = WINDOW_NARROW + EXTENTS_AT - (uint64_t)start * sizeof(uint64_t);
    rc = do_memory_op(args[0], WINDOW_NARROW, 0, 0, 0, 0);
    if (rc != (long)end || end == r.nr_extents || regs->rip != rip)
        return rc;
    return hypercall_restart(__HYPERVISOR_memory_op,
                             (args[0] & ((1U << EXTENT_SHIFT) - 1)) | (uint64_t)end << EXTENT_SHIFT,
                             args[1]);
}

/* 64 bits in two registers. */
static long set_timer(struct vcpu *v, struct cpu_user_regs *regs, const uint64_t *args)
{
    return do_set_timer_op(args[0] | args[1] << 32, 0, 0, 0, 0, 0);
}

/* --- the call --------------------------------------------------------------------------------- */
static const struct row *row_of(uint32_t number, uint32_t cmd)
{
    if (number == __HYPERVISOR_memory_op)
        cmd &= (1U << EXTENT_SHIFT) - 1;
    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
        if (rows[i].call == number &&
            ((cmd >= rows[i].first && cmd <= rows[i].last) || rows[i].special == set_timer))
            return &rows[i];
    return NULL;
}

uint32_t hvm_hypercall_32(struct vcpu *v, struct cpu_user_regs *regs)
{
    uint64_t args[HYPERCALL_ARGS] = { (uint32_t)regs->rbx, (uint32_t)regs->rcx,
                                      (uint32_t)regs->rdx, (uint32_t)regs->rsi,
                                      (uint32_t)regs->rdi, (uint32_t)regs->rbp };
    uint32_t number = regs->rax;
    const struct row *row = row_of(number, args[0]);

    if (!row)
        return -XEN_ENOSYS;
    if (row->special)
        return row->special(v, regs, args);
    return row->layout ? with_layout(v, regs, row, args) : call_handler(row->call, args);
}

/* An address in the page of copies stands for the one that the guest's register has. */
void hvm_restart_32(struct cpu_user_regs *regs, unsigned nr_args, const uint64_t *args)
{
    uint64_t *const where[HYPERCALL_ARGS] = { &regs->rbx, &regs->rcx, &regs->rdx,
                                              &regs->rsi, &regs->rdi, &regs->rbp };

    for (unsigned i = 0; i < nr_args; i++)
        if (args[i] < WINDOW_NARROW)
            *where[i] = (uint32_t)args[i];
}
