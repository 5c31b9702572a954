/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * XENPF_efi_runtime_call: Dom0's kernel uses the firmware's clock and variables. Names and values
 * are copied into the hypervisor's memory, and only that is handed to the firmware.
 */
#include <arch/efi.h>
#include <hv/guest_access.h>
#include <hv/page_alloc.h>
#include <hv/string.h>
#include <public/errno.h>

#define NAME_BYTES PAGE_SIZE /* a variable's name in UTF-16, with its zero */
#define DATA_ORDER 4
#define DATA_BYTES (PAGE_SIZE << DATA_ORDER) /* and its value */

struct efi_time {
    uint16_t year;
    uint8_t month, day, hour, minute, second, padding1;
    uint32_t ns;
    int16_t zone;
    uint8_t daylight, padding2;
};

struct efi_time_capabilities {
    uint32_t resolution, accuracy;
    uint8_t sets_to_zero;
};

typedef struct xenpf_efi_runtime_call call_t;

/* --- clock ------------------------------------------------------------------------------------ */
static struct xenpf_efi_time to_guest(const struct efi_time *t)
{
    return (struct xenpf_efi_time){ t->year,   t->month, t->day,  t->hour,    t->minute,
                                    t->second, t->ns,    t->zone, t->daylight };
}

static struct efi_time from_guest(const struct xenpf_efi_time *t)
{
    return (struct efi_time){ t->year, t->month, t->day, t->hour,     t->min, t->sec,
                              0,       t->ns,    t->tz,  t->daylight, 0 };
}

static long get_time(call_t *c)
{
    struct efi_time_capabilities caps = { 0 };
    struct efi_time time = { 0 };

    if (c->misc)
        return -XEN_EINVAL;
    c->status = efi_call(efi_services()->get_time, VA(&time), VA(&caps), 0, 0, 0);
    if (c->status == EFI_SUCCESS) {
        c->u.get_time.time = to_guest(&time);
        c->u.get_time.resolution = caps.resolution;
        c->u.get_time.accuracy = caps.accuracy;
        c->misc = caps.sets_to_zero ? XEN_EFI_GET_TIME_SET_CLEARS_NS : 0;
    }
    return 0;
}

static long set_time(call_t *c)
{
    struct efi_time time = from_guest(&c->u.set_time);

    if (c->misc)
        return -XEN_EINVAL;
    c->status = efi_call(efi_services()->set_time, VA(&time), 0, 0, 0, 0);
    return 0;
}

static long get_wakeup_time(call_t *c)
{
    struct efi_time time = { 0 };
    uint8_t enabled = 0, pending = 0;

    if (c->misc)
        return -XEN_EINVAL;
    c->status =
        efi_call(efi_services()->get_wakeup_time, VA(&enabled), VA(&pending), VA(&time), 0, 0);
    if (c->status == EFI_SUCCESS) {
        c->u.get_wakeup_time = to_guest(&time);
        c->misc = (enabled ? XEN_EFI_GET_WAKEUP_TIME_ENABLED : 0) |
                  (pending ? XEN_EFI_GET_WAKEUP_TIME_PENDING : 0);
    }
    return 0;
}

static long set_wakeup_time(call_t *c)
{
    struct efi_time time = from_guest(&c->u.set_wakeup_time);
    bool enable = c->misc & XEN_EFI_SET_WAKEUP_TIME_ENABLE;
    bool as_it_was = c->misc & XEN_EFI_SET_WAKEUP_TIME_ENABLE_ONLY;

    if (c->misc & ~(XEN_EFI_SET_WAKEUP_TIME_ENABLE | XEN_EFI_SET_WAKEUP_TIME_ENABLE_ONLY))
        return -XEN_EINVAL;
    c->status = efi_call(efi_services()->set_wakeup_time, enable,
                         enable && !as_it_was ? VA(&time) : 0, 0, 0, 0);
    return 0;
}

static long get_count(call_t *c)
{
    uint32_t count = 0;

    if (c->misc)
        return -XEN_EINVAL;
    c->status = efi_call(efi_services()->get_next_high_monotonic_count, VA(&count), 0, 0, 0, 0);
    if (c->status == EFI_SUCCESS)
        c->misc = count;
    return 0;
}

/* --- variables -------------------------------------------------------------------------------- */
struct buffers {
    uint16_t *name;
    void *data;
};

static void free_buffers(struct buffers *b)
{
    if (b->name)
        hv_free_page(b->name);
    if (b->data)
        hv_free_pages(b->data, DATA_ORDER);
}

static long new_buffers(struct buffers *b, bool with_data)
{
    b->name = hv_alloc_page();
    b->data = with_data ? hv_alloc_pages(DATA_ORDER, 0) : NULL;
    if (b->name && (b->data || !with_data))
        return 0;
    free_buffers(b);
    return -XEN_ENOMEM;
}

/* A string of UTF-16 with its zero; nothing behind that is read. */
static long copy_name(uint16_t *to, uint64_t from)
{
    for (unsigned i = 0; i < NAME_BYTES / sizeof(*to); i++) {
        if (copy_from_guest_va(&to[i], from + i * sizeof(*to), sizeof(*to)))
            return -XEN_EFAULT;
        if (!to[i])
            return 0;
    }
    return -XEN_ENAMETOOLONG;
}

static long read_variable(call_t *c, struct buffers *b)
{
    struct xenpf_efi_guid guid = c->u.get_variable.vendor_guid;
    uint64_t size = MIN(c->u.get_variable.size, DATA_BYTES);
    uint32_t attributes = 0;
    long rc = copy_name(b->name, c->u.get_variable.name.addr);

    if (rc)
        return rc;
    c->status = efi_call(efi_services()->get_variable, VA(b->name), VA(&guid), VA(&attributes),
                         VA(&size), VA(b->data));
    if (c->status == EFI_SUCCESS) {
        size = MIN(size, MIN(c->u.get_variable.size, DATA_BYTES));
        c->misc = attributes;
        if (copy_to_guest_va(c->u.get_variable.data.addr, b->data, size))
            return -XEN_EFAULT;
    }
    c->u.get_variable.size = size;
    return 0;
}

static long get_variable(call_t *c)
{
    struct buffers b;
    long rc = c->misc ? -XEN_EINVAL : new_buffers(&b, true);

    if (rc)
        return rc;
    rc = read_variable(c, &b);
    free_buffers(&b);
    return rc;
}

static long write_variable(call_t *c, struct buffers *b)
{
    struct xenpf_efi_guid guid = c->u.set_variable.vendor_guid;
    uint64_t size = c->u.set_variable.size;
    long rc = copy_name(b->name, c->u.set_variable.name.addr);

    if (rc)
        return rc;
    if (copy_from_guest_va(b->data, c->u.set_variable.data.addr, size))
        return -XEN_EFAULT;
    c->status =
        efi_call(efi_services()->set_variable, VA(b->name), VA(&guid), c->misc, size, VA(b->data));
    return 0;
}

static long set_variable(call_t *c)
{
    struct buffers b;
    long rc = c->u.set_variable.size > DATA_BYTES ? -XEN_E2BIG : new_buffers(&b, true);

    if (rc)
        return rc;
    rc = write_variable(c, &b);
    free_buffers(&b);
    return rc;
}

static long next_name(call_t *c, struct buffers *b)
{
    struct xenpf_efi_guid *guid = &c->u.get_next_variable_name.vendor_guid, g = *guid;
    uint64_t size = MIN(c->u.get_next_variable_name.size, NAME_BYTES), room = size;
    uint64_t name = c->u.get_next_variable_name.name.addr;
    long rc = copy_name(b->name, name);

    if (rc)
        return rc;
    c->status =
        efi_call(efi_services()->get_next_variable_name, VA(&size), VA(b->name), VA(&g), 0, 0);
    if (c->status == EFI_SUCCESS) {
        *guid = g;
        if (copy_to_guest_va(name, b->name, MIN(size, room)))
            return -XEN_EFAULT;
    }
    c->u.get_next_variable_name.size = size;
    return 0;
}

static long get_next_variable_name(call_t *c)
{
    struct buffers b;
    long rc = c->misc ? -XEN_EINVAL : new_buffers(&b, false);

    if (rc)
        return rc;
    rc = next_name(c, &b);
    free_buffers(&b);
    return rc;
}

static long query_variable_info(call_t *c)
{
    uint64_t all = 0, left = 0, largest = 0;

    if (c->misc & ~XEN_EFI_VARINFO_BOOT_SNAPSHOT)
        return -XEN_EINVAL;
    if (c->misc) /* what it was before the boot services ended: nobody asked then */
        return -XEN_EOPNOTSUPP;
    c->status = efi_call(efi_services()->query_variable_info, c->u.query_variable_info.attr,
                         VA(&all), VA(&left), VA(&largest), 0);
    if (c->status == EFI_SUCCESS) {
        c->u.query_variable_info.max_store_size = all;
        c->u.query_variable_info.remain_store_size = left;
        c->u.query_variable_info.max_size = largest;
    }
    return 0;
}

/* --- all -------------------------------------------------------------------------------------- */
/* Capsules bring new firmware: the machine's own setup installs it, or a boot loader. */
static const struct {
    long (*fn)(call_t *c);
    size_t service; /* its place in the firmware's table */
} rows[] = {
#define ROW(name, fn) [XEN_EFI_##name] = { fn, offsetof(struct efi_runtime_services, name) }
    ROW(get_time, get_time),
    ROW(set_time, set_time),
    ROW(get_wakeup_time, get_wakeup_time),
    ROW(set_wakeup_time, set_wakeup_time),
    ROW(get_next_high_monotonic_count, get_count),
    ROW(get_variable, get_variable),
    ROW(set_variable, set_variable),
    ROW(get_next_variable_name, get_next_variable_name),
    ROW(query_variable_info, query_variable_info),
#undef ROW
};

long efi_runtime_call(call_t *c)
{
    const struct efi_runtime_services *s = efi_services();

    if (!s || c->function >= ARRAY_SIZE(rows) || !rows[c->function].fn)
        return -XEN_EOPNOTSUPP;
    if (!*(const uint64_t *)((const char *)s + rows[c->function].service))
        return -XEN_EOPNOTSUPP;
    return rows[c->function].fn(c);
}
