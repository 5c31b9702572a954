/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest is saved and restored on the fake hypervisor: memory, page tables, list of frames and
 * registers are the same in other machine frames. A step that fails leaves nothing behind; a damaged
 * file is told from a whole one; a file made to do harm does none.
 */
#include "failing.h"
#include "fake_hypervisor.h"
#include "image.h"
#include "pv_frames.h"
#include "save_format.h"

#include <public/xen.h>

#include <check.h>
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#define PAGES  2304
#define TEXT   "name = \"g\"\n"
#define ROUNDS 500
/* What a device model knows. */
#define DEVICES "what QEMU says of its devices, which is nobody else's business."

static char kernel[] = "/tmp/test_save_k.XXXXXX";
static struct ctrl *h;
static uint32_t domid;
static struct ctrl_guest_rings rings;
static struct ctrl_domain_config dom = { .max_vcpus = 2 };
static int fd;
static uint64_t start_info_pfn;
static struct {
    const void *bytes;
    size_t size;
} devices = { DEVICES, sizeof(DEVICES) };

static uint64_t first(void) { return fake.first_mfn; }
static uint64_t *page_of(uint64_t pfn) { return fake_page(first() + pfn); }

/* What the fake gave as rubbish is zero, as if the guest had cleared it. */
static void clear_rubbish(void)
{
    for (uint64_t pfn = 0; pfn < PAGES; pfn++)
        if (page_of(pfn)[0] == 0xc2c2c2c2c2c2c2c2UL && page_of(pfn)[511] == page_of(pfn)[0])
            memset(page_of(pfn), 0, PAGE_SIZE);
}

/* As Linux does: its rings by its own numbers, its start_info as the argument of the call. */
static void suspend(void)
{
    struct shared_info *shared = fake_page(FAKE_SHARED_INFO);
    struct start_info *si = NULL;

    for (uint64_t pfn = 0; pfn < PAGES && !si; pfn++)
        if (!strcmp((char *)page_of(pfn), "xen-3.0-x86_64")) {
            start_info_pfn = pfn;
            si = (void *)page_of(pfn);
        }
    ck_assert_ptr_nonnull(si);
    si->store_mfn -= first();
    si->console.domU.mfn -= first();
    shared->arch.max_pfn = PAGES;
    shared->arch.p2m_vaddr = si->mfn_list;
    shared->arch.p2m_cr3 = fake.cr3 << 12;
    fake.context.user_regs.rdx = first() + start_info_pfn;
    fake.context.user_regs.rbx = 0x1234;
    fake.callbacks.syscall32_callback_eip = 0xffffffff81000000UL;
    memset(fake.xstate, 0x5a, sizeof(fake.xstate));
    fake.suspended = true;
}

static void make_guest(enum ctrl_guest_type type)
{
    struct ctrl_guest_config cfg = {
        .type = type, .kernel = kernel, .memory_kb = PAGES * 4, .vcpus = 2
    };
    static struct image m;

    image_make(&m);
    image_number_note(&m, 18, IMAGE_PADDR + 0x20); /* where a PVH guest begins */
    memset(m.bytes + IMAGE_CODE, 0x90, 0x2000);
    fd = mkstemp(strcpy(kernel, "/tmp/test_save_k.XXXXXX"));
    ck_assert_int_eq(write(fd, m.bytes, IMAGE_SIZE), IMAGE_SIZE);
    close(fd);
    h = fake_start();
    dom.type = type;
    domid = 0;
    ck_assert_msg(ctrl_guest_create(h, &dom, &cfg, &domid, &rings) == 0, "%s", ctrl_error(h));
    unlink(kernel);
    clear_rubbish();
    fd = memfd_create("saved", 0);
    ck_assert_int_ge(fd, 0);
}

static void setup(void)
{
    make_guest(CTRL_PV);
    suspend();
}

static void setup_pvh(void)
{
    make_guest(CTRL_PVH);
    fake.cpu.r15 = 0x1234;
    fake.suspended = true;
}

/* To the fake its memory is as a PVH guest's. */
static void setup_hvm(void)
{
    setup_pvh();
    fake.emulation = XEN_X86_EMU_ALL;
    dom.type = CTRL_HVM;
}

static void teardown(void)
{
    close(fd);
    fake_end(h);
}

static int save(void)
{
    struct ctrl_save cfg = { .fd = fd, .config = TEXT, .device_model = devices.bytes,
                             .device_model_size = devices.size };

    return ctrl_guest_save(h, domid, &cfg);
}

/* *saved is to be closed if that succeeds. */
static int restore_saved(struct ctrl_saved **saved)
{
    struct ctrl_restore cfg = { .maxmem_kb = PAGES * 4 };
    int ret;

    lseek(fd, 0, SEEK_SET);
    ret = ctrl_saved_open(h, fd, saved);
    if (ret)
        return ret;
    domid = 0;
    ret = ctrl_guest_restore(h, *saved, &dom, &cfg, &domid, &rings);
    if (ret)
        ctrl_saved_close(*saved);
    return ret;
}

static int restore(void)
{
    struct ctrl_saved *saved;
    int ret = restore_saved(&saved);

    if (!ret)
        ctrl_saved_close(saved);
    return ret;
}

/* All of the machine's memory is free again: the fake takes none back. */
static void start_anew(void)
{
    fake.first_mfn = FAKE_FIRST_MFN;
    fake.tot_pages = 0;
}

static void destroy(void)
{
    ck_assert_int_eq(ctrl_domain_destroy(h, fake.domid), 0);
    if (first() > FAKE_PAGES / 2)
        start_anew();
}

/* ---- a guest that comes back ---- */

static unsigned char *contents(size_t *size)
{
    unsigned char *bytes;

    *size = lseek(fd, 0, SEEK_END);
    bytes = malloc(*size);
    ck_assert_int_eq(pread(fd, bytes, *size, 0), *size);
    return bytes;
}

/* Names of this domain's frames become pfns. */
static void by_pfn(uint64_t *out, const uint64_t *table)
{
    for (int i = 0; i < 512; i++)
        out[i] = table[i] & 1 ? (table[i] & 0xfff) | ((table[i] >> 12) - first()) << 12 : table[i];
}

static bool is_table(uint64_t pfn, uint64_t table_mfn, int level)
{
    const uint64_t *t = fake_page(table_mfn);

    if (table_mfn == first() + pfn)
        return true;
    for (int i = 0; level > 1 && i < 512; i++)
        if (t[i] & 1 && is_table(pfn, t[i] >> 12, level - 1))
            return true;
    return false;
}

static void remember(uint64_t *memory)
{
    for (uint64_t pfn = 0; pfn < PAGES; pfn++) {
        if (is_table(pfn, fake.cr3, 4))
            by_pfn(memory + pfn * 512, page_of(pfn));
        else
            memcpy(memory + pfn * 512, page_of(pfn), PAGE_SIZE);
    }
}

static bool in_list(uint64_t pfn)
{
    return page_of(pfn)[0] == first() + (page_of(pfn)[0] - first()) &&
           page_of(pfn)[1] == page_of(pfn)[0] + 1 && page_of(pfn)[2] == page_of(pfn)[0] + 2;
}

START_TEST(comes_back)
{
    uint64_t *before = malloc(PAGES * PAGE_SIZE), *after = malloc(PAGES * PAGE_SIZE);
    uint64_t old = first(), lists = 0;
    struct start_info *si;

    remember(before);
    ck_assert_int_eq(save(), 0);
    ck_assert(fake.suspended && fake.maps == 0);
    destroy();
    memset(fake.xstate, 0, sizeof(fake.xstate));
    memset(&fake.callbacks, 0, sizeof(fake.callbacks));
    ck_assert_msg(restore() == 0, "%s", ctrl_error(h));
    ck_assert(fake.exists && fake.pinned && fake.started && fake.maps == 0);
    ck_assert_uint_ne(first(), old);
    remember(after);
    for (uint64_t pfn = 0; pfn < PAGES; pfn++) {
        if (pfn == start_info_pfn)
            continue;
        if (in_list(pfn)) { /* 1:1, which makes it easy to tell */
            ck_assert_uint_eq(after[pfn * 512] - first(), before[pfn * 512] - old);
            lists++;
        } else {
            ck_assert_mem_eq(before + pfn * 512, after + pfn * 512, PAGE_SIZE);
        }
    }
    ck_assert_uint_eq(lists, (PAGES + 511) / 512);
    si = (void *)page_of(start_info_pfn);
    ck_assert_uint_eq(si->store_mfn, rings.store_frame);
    ck_assert_uint_eq(si->console.domU.evtchn, rings.console_port);
    ck_assert_uint_eq(fake.context.user_regs.rbx, 0x1234);
    ck_assert_uint_eq(fake.context.ctrlreg[3], fake.cr3 << 12);
    ck_assert_uint_eq(fake.callbacks.syscall32_callback_eip, 0xffffffff81000000UL);
    ck_assert_uint_eq(fake.xstate[FAKE_XSTATE - 1], 0x5a);
    free(before);
    free(after);
}
END_TEST

/* All that is there, frame by frame; the rest of the list is 0. */
static void remember_pvh(uint64_t *memory, uint8_t *there)
{
    for (uint64_t gfn = 0, n = 0; gfn < FAKE_GFNS; gfn++) {
        there[gfn] = fake.mfn_of[gfn] != 0;
        if (there[gfn])
            memcpy(memory + n++ * 512, fake_page(fake.mfn_of[gfn]), PAGE_SIZE);
    }
}

START_TEST(pvh_comes_back)
{
    uint64_t *before = calloc(FAKE_PAGES, PAGE_SIZE), *after = calloc(FAKE_PAGES, PAGE_SIZE);
    uint8_t *there = malloc(FAKE_GFNS), *there_now = malloc(FAKE_GFNS);
    struct hvm_hw_cpu cpu = fake.cpu;
    uint64_t old = first();

    remember_pvh(before, there);
    ck_assert_msg(save() == 0, "%s", ctrl_error(h));
    ck_assert(fake.suspended && fake.maps == 0);
    destroy();
    memset(&fake.cpu, 0, sizeof(fake.cpu));
    ck_assert_msg(restore() == 0, "%s", ctrl_error(h));
    ck_assert(fake.exists && fake.hvm && fake.started && fake.maps == 0);
    ck_assert_uint_ne(first(), old);
    remember_pvh(after, there_now);
    ck_assert_mem_eq(there, there_now, FAKE_GFNS);
    for (int i = 0; i < FAKE_PAGES * 512; i++)
        if (before[i] != after[i])
            ck_abort_msg("page %d of those that are there, word %d: %lx, %lx", i / 512, i % 512,
                         before[i], after[i]);
    ck_assert_mem_eq(&cpu, &fake.cpu, sizeof(cpu));
    ck_assert_uint_eq(fake.params[HVM_PARAM_STORE_PFN], 0xfeff8);
    ck_assert_uint_eq(fake.params[HVM_PARAM_STORE_EVTCHN], rings.store_port);
    ck_assert_uint_eq(fake.params[HVM_PARAM_CONSOLE_PFN], rings.console_frame);
    ck_assert_uint_eq(fake.params[HVM_PARAM_CONSOLE_EVTCHN], rings.console_port);
    ck_assert_uint_eq(fake.max_pages, PAGES + 3); /* rings and tables are besides its memory */
    free(before);
    free(after);
    free(there);
    free(there_now);
}
END_TEST

START_TEST(hvm_comes_back)
{
    struct hvm_hw_cpu cpu = fake.cpu;
    struct ctrl_saved *saved;
    size_t size;

    fake.params[HVM_PARAM_HPET_ENABLED] = 1;
    ck_assert_msg(save() == 0, "%s", ctrl_error(h));
    destroy();
    memset(&fake.cpu, 0, sizeof(fake.cpu));
    memset(fake.params, 0, sizeof(fake.params));
    ck_assert_msg(restore_saved(&saved) == 0, "%s", ctrl_error(h));
    ck_assert(fake.exists && fake.hvm && fake.started && fake.maps == 0);
    ck_assert_mem_eq(&cpu, &fake.cpu, sizeof(cpu));
    ck_assert_uint_eq(fake.params[HVM_PARAM_HPET_ENABLED], 1);
    ck_assert_mem_eq(ctrl_saved_device_model(saved, &size), DEVICES, sizeof(DEVICES));
    ck_assert_uint_eq(size, sizeof(DEVICES));
    ck_assert_uint_eq(fake.max_pages, PAGES + 3 + 513); /* and what its device model may add */
    ctrl_saved_close(saved);
    destroy();
    dom.type = CTRL_PVH;
    ck_assert_int_eq(restore(), -EBADMSG);
    dom.type = CTRL_PV;
    ck_assert_int_eq(restore(), -EBADMSG);
    ck_assert(!fake.exists);
}
END_TEST

/* What its device model knows has to be there, once, and no more than there is room for. */
START_TEST(hvm_needs_its_device_model)
{
    static char much[CTRL_DEVICE_MODEL_MAX + 1];

    devices.size = 0;
    ck_assert_int_eq(save(), -EINVAL);
    devices.bytes = much;
    devices.size = sizeof(much);
    ck_assert_int_eq(save(), -E2BIG);
    devices.size--;
    ck_assert_int_eq(save(), 0);
    destroy();
    ck_assert_msg(restore() == 0, "%s", ctrl_error(h));
    destroy();
    devices.bytes = DEVICES;
    devices.size = sizeof(DEVICES);
}
END_TEST

enum damage { IS_MISSING, IS_EMPTY, IS_TWICE, IS_TOO_LONG, IS_TOO_EARLY, DAMAGES };

static struct save_record *record_of(unsigned char *bytes, size_t size, uint32_t type)
{
    size_t at = sizeof(struct save_header);
    struct save_record *r;

    do {
        r = (void *)(bytes + at);
        at += sizeof(*r) + ((r->size + 7) & ~7U);
    } while (r->type != type && at < size);
    ck_assert_uint_eq(r->type, type);
    return r;
}

static void seal(struct save_record *r)
{
    uLong crc = crc32(0, (void *)r, offsetof(struct save_record, crc));

    r->crc = r->size ? crc32(crc, (void *)(r + 1), r->size) : crc;
}

START_TEST(hvm_record_is_wrong)
{
    static const char *const words[DAMAGES] = {
        [IS_MISSING] = "there was no state of a device model", [IS_EMPTY] = "it is empty",
        [IS_TWICE] = "it comes twice", [IS_TOO_LONG] = "it is too long",
        [IS_TOO_EARLY] = "it comes before the guest's vcpus",
    };
    unsigned char *bytes, *copy;
    struct save_record *r, *before;
    size_t size, whole, rest;

    ck_assert_int_eq(save(), 0);
    destroy();
    bytes = contents(&size);
    copy = calloc(2, size);
    memcpy(copy, bytes, size);
    r = record_of(copy, size, SAVE_DEVICE_MODEL);
    whole = sizeof(*r) + ((r->size + 7) & ~7U);
    rest = size - ((unsigned char *)r - copy);
    switch (_i) {
    case IS_MISSING: memmove(r, (char *)r + whole, rest - whole); size -= whole; break;
    case IS_EMPTY:
        memmove(r + 1, (char *)r + whole, rest - whole);
        size -= whole - sizeof(*r);
        r->size = 0;
        seal(r);
        break;
    case IS_TWICE: memmove((char *)r + whole, r, rest); size += whole; break;
    case IS_TOO_LONG: r->size = SAVE_BODY_MAX + 1; break;
    case IS_TOO_EARLY:
        before = record_of(copy, size, SAVE_PARAMS);
        before->type = SAVE_DEVICE_MODEL;
        seal(before);
        r->type = SAVE_PARAMS;
        seal(r);
        break;
    }
    ck_assert_int_eq(ftruncate(fd, 0), 0);
    ck_assert_int_eq(pwrite(fd, copy, size, 0), size);
    ck_assert_int_eq(restore(), -EBADMSG);
    ck_assert_msg(strstr(ctrl_error(h), words[_i]), "%s", ctrl_error(h));
    ck_assert(!fake.exists && fake.maps == 0 && h->arena_used == 0);
    free(copy);
    free(bytes);
}
END_TEST

/* It has made no call whose result it would look at, unless it has drivers for that. */
START_TEST(hvm_goes_on)
{
    fake.context.user_regs.rax = 0x5a;
    ck_assert_int_eq(ctrl_guest_has_pv_drivers(h, domid), 0);
    ck_assert_int_eq(ctrl_guest_resume(h, domid), 0);
    ck_assert(!fake.suspended);
    ck_assert_uint_eq(fake.context.user_regs.rax, 0x5a);
    fake.suspended = true;
    fake.params[HVM_PARAM_CALLBACK_IRQ] = 1;
    ck_assert_int_eq(ctrl_guest_has_pv_drivers(h, domid), 1);
    ck_assert_int_eq(ctrl_guest_resume(h, domid), 0);
    ck_assert_uint_eq(fake.context.user_regs.rax, 1);
}
END_TEST

START_TEST(goes_on)
{
    fake.context.user_regs.rax = 0;
    memset(fake.xstate, 0x5a, sizeof(fake.xstate));
    ck_assert_int_eq(ctrl_guest_resume(h, domid), 0);
    ck_assert(!fake.suspended && h->arena_used == 0);
    ck_assert_uint_eq(fake.context.user_regs.rax, 1);
    ck_assert_uint_eq(fake.xstate[FAKE_XSTATE - 1], 0x5a);
    ck_assert_int_eq(save(), -EBUSY);
}
END_TEST

/* ---- a core file ---- */

static const Elf64_Shdr *section(const unsigned char *core, const char *name)
{
    const Elf64_Ehdr *e = (const void *)core;
    const Elf64_Shdr *table = (const void *)(core + e->e_shoff);
    const char *names = (const char *)core + table[e->e_shstrndx].sh_offset;

    for (int i = 1; i < e->e_shnum; i++)
        if (!strcmp(names + table[i].sh_name, name))
            return &table[i];
    ck_abort_msg("no section %s", name);
    return NULL;
}

static uint64_t word_of(const unsigned char *core, const Elf64_Shdr *s, unsigned int n)
{
    uint64_t word;

    memcpy(&word, core + s->sh_offset + n * sizeof(word), sizeof(word));
    return word;
}

START_TEST(core_file)
{
    struct ctrl_save cfg = { .fd = fd };
    const Elf64_Shdr *s;
    const uint64_t *p2m;
    unsigned char *core;
    size_t size;

    ck_assert_msg(ctrl_guest_dump(h, domid, &cfg) == 0, "%s", ctrl_error(h));
    ck_assert(fake.maps == 0 && h->arena_used == 0);
    core = contents(&size);
    ck_assert_mem_eq(core, ELFMAG, SELFMAG);
    s = section(core, ".xen_prstatus");
    ck_assert_uint_eq(s->sh_size, sizeof(fake.context));
    ck_assert_mem_eq(core + s->sh_offset, &fake.context, sizeof(fake.context));
    s = section(core, ".xen_shared_info");
    ck_assert_mem_eq(core + s->sh_offset, fake_page(FAKE_SHARED_INFO), PAGE_SIZE);
    s = section(core, ".xen_p2m");
    ck_assert_uint_eq(s->sh_size, PAGES * 16);
    p2m = (const void *)(core + s->sh_offset);
    ck_assert_uint_eq(p2m[2 * 7], 7);
    ck_assert_uint_eq(p2m[2 * 7 + 1], first() + 7);
    s = section(core, ".xen_pages");
    ck_assert_uint_eq(s->sh_offset + s->sh_size, size);
    for (uint64_t pfn = 0; pfn < PAGES; pfn++)
        ck_assert_mem_eq(core + s->sh_offset + pfn * PAGE_SIZE, page_of(pfn), PAGE_SIZE);
    s = section(core, ".note.Xen"); /* none, then the header: a magic, vcpus, pages, their size */
    ck_assert_uint_eq(((const uint32_t *)(core + s->sh_offset))[4 + 2], 0x2000001);
    ck_assert_uint_eq(word_of(core, s, 4), 0xf00febed);
    ck_assert_uint_eq(word_of(core, s, 6), PAGES);
    free(core);
}
END_TEST

START_TEST(pvh_core_file)
{
    struct ctrl_save cfg = { .fd = fd };
    const Elf64_Shdr *s;
    const uint64_t *pfns;
    unsigned char *core;
    size_t size;

    ck_assert_msg(ctrl_guest_dump(h, domid, &cfg) == 0, "%s", ctrl_error(h));
    ck_assert(fake.maps == 0 && h->arena_used == 0);
    core = contents(&size);
    s = section(core, ".xen_prstatus");
    ck_assert_mem_eq(core + s->sh_offset, &fake.context, sizeof(fake.context));
    s = section(core, ".xen_pfn");
    ck_assert_uint_eq(s->sh_size, (PAGES + 3) * 8);
    ck_assert_uint_eq(s->sh_offset % 8, 0);
    pfns = (const void *)(core + s->sh_offset);
    ck_assert(pfns[7] == 7 && pfns[PAGES] == 0xfeff0 && pfns[PAGES + 2] == 0xfeff9);
    s = section(core, ".xen_pages");
    ck_assert_uint_eq(s->sh_offset + s->sh_size, size);
    for (uint64_t i = 0; i < PAGES + 3; i++)
        ck_assert_mem_eq(core + s->sh_offset + i * PAGE_SIZE, fake_guest(pfns[i] * PAGE_SIZE),
                         PAGE_SIZE);
    s = section(core, ".note.Xen");
    ck_assert_uint_eq(word_of(core, s, 4), 0xf00febee);
    free(core);
}
END_TEST

/* ---- steps that fail ---- */

/* Of many that are the same, some. */
static long next_step(long at, long of) { return at + (at > 20 && at < of - 150 ? 97 : 1); }

START_TEST(every_step_fails)
{
    long calls, saved, tolerated = 0;

    fake.fail_with = -EAGAIN;
    fake.calls = 0;
    ck_assert_int_eq(save(), 0);
    calls = fake.calls;
    for (fake.fail_at = 1; fake.fail_at <= calls; fake.fail_at = next_step(fake.fail_at, calls)) {
        fake.calls = 0;
        ck_assert_int_lt(save(), 0);
        ck_assert(fake.maps == 0 && h->arena_used == 0 && fake.suspended);
    }
    fake.fail_at = 0;
    ck_assert_int_eq(ftruncate(fd, 0), 0);
    lseek(fd, 0, SEEK_SET);
    ck_assert_int_eq(save(), 0);
    destroy();
    fake.calls = 0;
    ck_assert_int_eq(restore(), 0);
    saved = fake.calls;
    destroy();
    for (long at = 1; at <= saved; at = next_step(at, saved)) {
        fake.fail_at = at;
        fake.calls = 0;
        if (restore() == 0) {
            destroy();
            tolerated++;
        } else {
            ck_assert_str_ne(ctrl_error(h), "");
        }
        ck_assert(!fake.exists && fake.maps == 0 && h->arena_used == 0);
        start_anew();
    }
    ck_assert_int_eq(tolerated, 1); /* 2 MiB at a time refused: page by page */
}
END_TEST

START_TEST(every_allocation_fails)
{
    long live = failing_live();
    unsigned int n = 0;
    bool failed;

    do {
        ck_assert_int_eq(ftruncate(fd, 0), 0);
        lseek(fd, 0, SEEK_SET);
        failing_arm(++n, false);
        ck_assert(save() == 0 || n < 100);
        failed = failing_disarm();
        ctrl_error_clear(h);
    } while (failed);
    destroy();
    n = 0;
    do {
        int ret;

        failing_arm(++n, false);
        ret = restore();
        failed = failing_disarm();
        if (ret == 0)
            destroy();
        ck_assert(!fake.exists && fake.maps == 0);
        start_anew();
    } while (failed);
    ck_assert_uint_gt(n, 4);
    ck_assert_int_le(failing_live() - live, 1); /* the text of ctrl_error() */
}
END_TEST

/* ---- guests that lie ---- */

static void lie(int which)
{
    struct shared_info *shared = fake_page(FAKE_SHARED_INFO);

    switch (which) {
    case 0: shared->arch.p2m_cr3 = 0; break;
    case 1: shared->arch.p2m_cr3 = 3UL << 12; break;                /* not its own frame */
    case 2: shared->arch.max_pfn = UINT64_MAX; break;
    case 3: shared->arch.max_pfn = 0; break;
    case 4: shared->arch.p2m_vaddr += 8; break;
    case 5: shared->arch.p2m_vaddr = 0xffffc00000000000UL; break;   /* not mapped */
    case 6: fake.context.user_regs.rdx = 3; break;
    case 7: fake.context.ctrlreg[3] = 3UL << 12; break;
    case 8: fake.context.gdt_ents = 14 * 512; break;
    case 9: shared->arch.max_pfn = 100; break;                      /* leaves out its tables */
    case 10: ((uint64_t *)fake_page(fake.cr3))[5] = 3UL << 12 | 1; break;
    }
}

#define LIES 11

START_TEST(lies_are_refused)
{
    lie(_i);
    ck_assert_int_lt(save(), 0);
    ck_assert(fake.maps == 0 && h->arena_used == 0);
}
END_TEST

/* ---- files that are not what was written ---- */

/* A PVH guest's frames go up to 4 GiB: each of its restores takes ten times as long. */
static int sparse(void) { return dom.type == CTRL_PV ? 1 : 10; }

START_TEST(damage_is_seen)
{
    unsigned char *bytes;
    size_t size;

    ck_assert_int_eq(save(), 0);
    destroy();
    bytes = contents(&size);
    for (size_t at = 0; at < size; at += at < 2048 ? 3 * sparse() : 4999 * sparse()) {
        unsigned char changed = bytes[at] ^ 0x10;
        int ret;

        pwrite(fd, &changed, 1, at);
        ret = restore();
        /* what fills a record up, and words without a meaning, may be anything */
        ck_assert(ret == 0 || ret == -EBADMSG || ret == -EPROTO);
        if (ret == 0)
            destroy();
        ck_assert(!fake.exists && fake.maps == 0);
        pwrite(fd, &bytes[at], 1, at);
        start_anew();
    }
    for (size_t n = 0; n < size; n += n < 2048 ? 41 * sparse() : 19973 * sparse()) {
        ck_assert_int_eq(ftruncate(fd, n), 0);
        ck_assert_int_eq(restore(), -EBADMSG);
        ck_assert(!fake.exists && fake.maps == 0);
        start_anew();
        ck_assert_int_eq(pwrite(fd, bytes, size, 0), size);
    }
    free(bytes);
}
END_TEST

/* A byte of a record's body or its type is another, and the checksum fits. */
static void mutate(unsigned char *bytes, size_t size)
{
    size_t at = sizeof(struct save_header), wanted = rand() % 40;
    struct save_record *r = (void *)(bytes + at);
    uint32_t reach;

    for (; wanted && at + sizeof(*r) + r->size < size - sizeof(*r); wanted--) {
        at += sizeof(*r) + ((r->size + 7) & ~7U);
        r = (void *)(bytes + at);
    }
    reach = rand() % 2 && r->size > 64 ? 64 : r->size;
    if (rand() % 8 == 0 || !reach)
        r->type = rand() % 13;
    else
        bytes[at + sizeof(*r) + rand() % reach] = rand() % 2 ? rand() : 0xff;
    seal(r);
}

START_TEST(harmless)
{
    unsigned int refused = 0;
    unsigned char *bytes, *copy;
    size_t size;

    ck_assert_int_eq(save(), 0);
    destroy();
    bytes = contents(&size);
    copy = malloc(size);
    srand(4711);
    for (int round = 0; round < ROUNDS / sparse(); round++) {
        memcpy(copy, bytes, size);
        for (int n = 1 + rand() % 3; n; n--)
            mutate(copy, size);
        ck_assert_int_eq(pwrite(fd, copy, size, 0), size);
        if (restore() == 0)
            destroy();
        else
            refused++;
        ck_assert(!fake.exists && fake.maps == 0 && h->arena_used == 0);
        start_anew();
    }
    ck_assert_uint_gt(refused, ROUNDS / sparse() / 10);
    free(copy);
    free(bytes);
}
END_TEST

START_TEST(tables)
{
    uint64_t from[512] = { [0] = 5UL << 12 | 0x67, [1] = 0xdead000, [256] = 1, [511] = 1 | 1UL << 63 };
    uint64_t to[512], bad;
    struct pv_frames f;

    ck_assert_int_eq(pv_frames_alloc(&f, 6, 0), 0);
    f.mfns[5] = 0x1234;
    f.mfns[0] = 7;
    ck_assert(pv_table_translate(&f, 4, from, to, pv_frames_mfn, &bad));
    ck_assert_uint_eq(to[0], 0x1234067);
    ck_assert_uint_eq(to[1], 0xdead000); /* not present: not a frame */
    ck_assert_uint_eq(to[256], 0);
    ck_assert_uint_eq(to[511], 1UL << 63 | 0x7001);
    ck_assert(pv_table_translate(&f, 1, from, to, pv_frames_mfn, &bad));
    ck_assert_uint_eq(to[256], 0x7001);
    from[3] = 6UL << 12 | 1;
    ck_assert(!pv_table_translate(&f, 1, from, to, pv_frames_mfn, &bad));
    ck_assert_uint_eq(bad, 6);
    pv_frames_free(&f);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("save");
    TCase *t = tcase_create("all");
    SRunner *r = srunner_create(s);
    int failed;

    suite_add_tcase(s, t);
    tcase_set_timeout(t, 400);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, comes_back);
    tcase_add_test(t, goes_on);
    tcase_add_test(t, core_file);
    tcase_add_test(t, every_step_fails);
    tcase_add_test(t, every_allocation_fails);
    tcase_add_loop_test(t, lies_are_refused, 0, LIES);
    tcase_add_test(t, damage_is_seen);
    tcase_add_test(t, harmless);
    tcase_add_test(t, tables);
    t = tcase_create("pvh");
    suite_add_tcase(s, t);
    tcase_set_timeout(t, 400);
    tcase_add_checked_fixture(t, setup_pvh, teardown);
    tcase_add_test(t, pvh_comes_back);
    tcase_add_test(t, pvh_core_file);
    tcase_add_test(t, goes_on);
    tcase_add_test(t, every_step_fails);
    tcase_add_test(t, every_allocation_fails);
    tcase_add_test(t, damage_is_seen);
    tcase_add_test(t, harmless);
    t = tcase_create("hvm");
    suite_add_tcase(s, t);
    tcase_set_timeout(t, 400);
    tcase_add_checked_fixture(t, setup_hvm, teardown);
    tcase_add_test(t, hvm_comes_back);
    tcase_add_test(t, hvm_needs_its_device_model);
    tcase_add_loop_test(t, hvm_record_is_wrong, 0, DAMAGES);
    tcase_add_test(t, hvm_goes_on);
    tcase_add_test(t, every_step_fails);
    tcase_add_test(t, every_allocation_fails);
    tcase_add_test(t, harmless);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
