/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Children: unprivileged guests that run this very kernel, made and watched by the one that is
 * Dom0. The kernel's file comes as Dom0's module (`initrd=` in the area's boot file). A child has
 * its pages at VIRT_BASE + pfn * 4 KiB, in this order: nothing, the kernel, start_info, two rings,
 * the pfn-to-mfn list, page tables from the top.
 */
#include <public/io/console.h>

#include "guest.h"

#define KERNEL_PFN 256
#define LIST_PAGES (CHILD_PAGES * 8 / PAGE_SIZE)
#define L1_TABLES  (CHILD_PAGES / 512)
#define TABLES     (3 + L1_TABLES)

/* The one segment of a small kernel's file (ELF, 64 bit). */
struct image {
    const uint8_t *bytes;
    uint64_t size, memory, entry;
};

struct plan {
    uint64_t start_info, console, store, list, tables, end; /* pfns */
};

static uint64_t mfns[CHILD_PAGES];

static uint64_t field(const uint8_t *file, unsigned offset)
{
    uint64_t value;

    memcpy(&value, file + offset, sizeof(value));
    return value;
}

static bool find_image(struct image *image)
{
    const uint8_t *file = (const uint8_t *)start_info->mod_start, *header;

    if (!start_info->mod_len || memcmp(file, "\177ELF\2", 5)) {
        error("Dom0's module is not the kernel for its children");
        return false;
    }
    header = file + field(file, 32); /* the first program header */
    *image = (struct image){file + field(header, 8), field(header, 32), field(header, 40),
                            field(file, 24)};
    return true;
}

static struct plan make_plan(const struct image *image)
{
    struct plan p = {.start_info = KERNEL_PFN + (image->memory + PAGE_SIZE - 1) / PAGE_SIZE};

    p.console = p.start_info + 1;
    p.store = p.console + 1;
    p.list = p.store + 1;
    p.tables = p.list + LIST_PAGES;
    p.end = p.tables + TABLES;
    return p;
}

static void *virt(uint64_t pfn)
{
    return (void *)(VIRT_BASE + (pfn << 12));
}

/* ---- writing a child's memory */

static void write_child(const struct child *c, uint64_t pfn, const void *bytes, uint64_t size)
{
    uint8_t *window = window_alloc();

    for (uint64_t done = 0; done < size; done += PAGE_SIZE, pfn++) {
        uint64_t part = size - done < PAGE_SIZE ? size - done : PAGE_SIZE;

        CHECK_EQ(hyp_update_va_mapping_otherdomain((uint64_t)window, mfns[pfn] << 12 | PTE_RW,
                                                   UVMF_INVLPG, c->domid), 0);
        memcpy(window, (const uint8_t *)bytes + done, part);
    }
    window_free(window);
}

static void write_entry(const struct child *c, uint64_t pfn, unsigned index, uint64_t entry)
{
    static uint64_t table[512];

    memset(table, 0, sizeof(table));
    table[index] = entry;
    write_child(c, pfn, table, sizeof(table));
}

static void write_tables(const struct child *c, const struct plan *p)
{
    static uint64_t table[512];
    uint64_t l4 = p->tables, l3 = l4 + 1, l2 = l4 + 2, l1 = l4 + 3;

    write_entry(c, l4, 511, mfns[l3] << 12 | PTE_RW);
    write_entry(c, l3, 510, mfns[l2] << 12 | PTE_RW);
    memset(table, 0, sizeof(table));
    for (unsigned t = 0; t < L1_TABLES; t++)
        table[t] = mfns[l1 + t] << 12 | PTE_RW;
    write_child(c, l2, table, sizeof(table));
    for (unsigned t = 0; t < L1_TABLES; t++) {
        for (unsigned i = 0; i < 512; i++) {
            uint64_t pfn = t * 512 + i;
            bool is_table = pfn >= p->tables && pfn < p->end;

            table[i] = mfns[pfn] << 12 | (is_table ? PTE_RO : PTE_RW);
        }
        write_child(c, l1 + t, table, sizeof(table));
    }
}

static evtchn_port_t port_for_dom0(const struct child *c)
{
    evtchn_alloc_unbound_t arg = {.dom = c->domid, .remote_dom = DOMID_SELF};

    CHECK_EQ(hyp_event_channel_op(EVTCHNOP_alloc_unbound, &arg), 0);
    return arg.port;
}

static void write_start_info(struct child *c, const struct plan *p, const char *cmdline)
{
    static uint8_t page[PAGE_SIZE];
    start_info_t *info = (start_info_t *)page;
    struct xen_domctl_getdomaininfo state = {0};

    domain_info(c->domid, &state);
    memset(page, 0, sizeof(page));
    *info = (start_info_t){
        .magic = "xen-3.0-x86_64",
        .nr_pages = CHILD_PAGES,
        .shared_info = state.shared_info_frame << 12,
        .store_mfn = mfns[p->store],
        .store_evtchn = port_for_dom0(c),
        .console.domU = {mfns[p->console], port_for_dom0(c)},
        .pt_base = (uint64_t)virt(p->tables),
        .nr_pt_frames = TABLES,
        .mfn_list = (uint64_t)virt(p->list),
    };
    snprint((char *)info->cmd_line, sizeof(info->cmd_line), "domid=%u %s", c->domid, cmdline);
    write_child(c, p->start_info, page, sizeof(page));
}

/* ---- making */

static long create(struct child *c, domid_t wanted)
{
    struct xen_domctl op = {
        .u.createdomain = {
            .handle = {0xc4, 0x11, 0xd0},
            .max_vcpus = CHILD_VCPUS,
            .max_evtchn_port = 1023,
            .max_grant_frames = 4,
            .max_maptrack_frames = 4,
            .grant_opts = XEN_DOMCTL_GRANT_version(1),
        },
    };
    long rc = domctl(&op, XEN_DOMCTL_createdomain, wanted);

    c->domid = op.domain;
    return rc;
}

static bool furnish(const struct child *c)
{
    struct xen_domctl op = {.u.max_mem.max_memkb = (CHILD_PAGES + CHILD_SPARE_PAGES) * 4};

    if (!CHECK_EQ(domctl(&op, XEN_DOMCTL_max_mem, c->domid), 0))
        return false;
    op.u.max_vcpus.max = CHILD_VCPUS;
    return CHECK_EQ(domctl(&op, XEN_DOMCTL_max_vcpus, c->domid), 0) &&
           CHECK_EQ(domain_populate(c->domid, 0, CHILD_PAGES, mfns), CHILD_PAGES);
}

static bool start(const struct child *c, const struct plan *p, uint64_t entry)
{
    static vcpu_guest_context_t context;
    struct xen_domctl op = {.u.vcpucontext = {.vcpu = 0, .ctxt = HANDLE(&context)}};
    struct mmuext_op pin = {.cmd = MMUEXT_PIN_L4_TABLE, .arg1.mfn = mfns[p->tables]};

    memset(&context, 0, sizeof(context));
    context.flags = VGCF_in_kernel | VGCF_online;
    context.user_regs.rip = entry;
    context.user_regs.rsi = (uint64_t)virt(p->start_info);
    context.user_regs.rsp = (uint64_t)virt(p->start_info);
    context.user_regs.cs = FLAT_KERNEL_CS64;
    context.user_regs.ss = FLAT_KERNEL_SS64;
    context.user_regs.rflags = 2;
    context.kernel_ss = FLAT_KERNEL_SS64;
    context.kernel_sp = (uint64_t)virt(p->start_info);
    context.ctrlreg[3] = xen_pfn_to_cr3(mfns[p->tables]);
    return CHECK_EQ(hyp_mmuext_op(&pin, 1, NULL, c->domid), 0) &&
           CHECK_EQ(domctl(&op, XEN_DOMCTL_setvcpucontext, c->domid), 0) &&
           CHECK_EQ(domctl(&op, XEN_DOMCTL_unpausedomain, c->domid), 0);
}

bool child_start(struct child *c, domid_t wanted, const char *cmdline)
{
    struct image image;
    struct plan plan;

    *c = (struct child){.domid = DOMID_INVALID};
    if (!find_image(&image) || !CHECK_EQ(create(c, wanted), 0))
        return false;
    plan = make_plan(&image);
    if (!CHECK(plan.end <= CHILD_PAGES) || !furnish(c)) {
        domain_destroy(c->domid);
        return false;
    }
    write_child(c, KERNEL_PFN, image.bytes, image.size);
    write_child(c, plan.list, mfns, sizeof(mfns));
    write_tables(c, &plan);
    write_start_info(c, &plan, cmdline);
    c->console = window_alloc();
    CHECK_EQ(hyp_update_va_mapping_otherdomain((uint64_t)c->console,
                                               mfns[plan.console] << 12 | PTE_RW, UVMF_INVLPG,
                                               c->domid), 0);
    if (start(c, &plan, image.entry))
        return true;
    child_destroy(c);
    return false;
}

/* ---- watching */

/* Its verdicts are not ours: a failure of the child's is told as one of this test. */
static void take_line(struct child *c)
{
    static const char *const bad[] = {"failure:", "error:", "TEST-FAIL", "unexpected entry"};

    c->line[c->length] = 0;
    c->length = 0;
    if (!c->quiet && strncmp(c->line, "TEST", 4))
        printk("  %u| %s\n", c->domid, c->line);
    if (!strncmp(c->line, c->awaited, strlen(c->awaited))) {
        c->seen = true;
        memcpy(c->heard, c->line, sizeof(c->heard));
    }
    for (unsigned i = 0; !c->careless && i < ARRAY_SIZE(bad); i++)
        if (!strncmp(c->line, bad[i], strlen(bad[i])))
            failure("child %u says: %s", c->domid, c->line);
}

/* The ring is in the child's hands: its indices are only believed as far as the ring goes. */
static void take_output(struct child *c)
{
    volatile struct xencons_interface *ring = c->console;
    uint32_t have = ring->out_prod - ring->out_cons;

    for (uint32_t i = 0; i < have && i < sizeof(ring->out); i++) {
        char byte = ring->out[ring->out_cons % sizeof(ring->out)];

        ring->out_cons++;
        if (byte == '\n' || c->length == sizeof(c->line) - 1)
            take_line(c);
        if (byte != '\n')
            c->line[c->length++] = byte;
    }
}

void child_look(struct child *c, const char *text)
{
    c->awaited = text;
    take_output(c);
}

bool child_ended(const struct child *c)
{
    struct xen_domctl_getdomaininfo info;

    return !domain_info(c->domid, &info) ||
           (info.flags & (XEN_DOMINF_shutdown | XEN_DOMINF_dying));
}

bool child_wait(struct child *c, const char *text)
{
    uint64_t end = now() + CHILD_PATIENCE;
    bool ended;

    c->awaited = text ? text : "\n";
    c->seen = false;
    do {
        ended = child_ended(c); /* before the last look */
        take_output(c);
        if (text ? c->seen : ended)
            return true;
        sleep(MS);
    } while (!ended && now() < end);
    return false;
}

bool child_destroy(struct child *c)
{
    window_free(c->console);
    return !domain_destroy(c->domid);
}
