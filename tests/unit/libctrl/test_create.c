/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Creating whole guests on a fake hypervisor: what the guest would find in its memory, and that a
 * failure of any step leaves nothing behind and says what failed.
 */
#include "failing.h"
#include "fake_hypervisor.h"
#include "image.h"

#include <public/grant_table.h>
#include <public/hvm/start_info.h>

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char kernel[] = "/tmp/test_create_k.XXXXXX", ramdisk[] = "/tmp/test_create_r.XXXXXX";
static char firmware[] = "/tmp/test_create_f.XXXXXX";
static uint8_t firmware_bytes[0x20000];
static struct image m;
static struct ctrl *h;
static struct ctrl_domain_config dom;
static struct ctrl_guest_config cfg;
static struct ctrl_guest_rings rings;
static uint32_t domid;

static void write_file(char *path, const void *data, size_t size)
{
    int fd = mkstemp(path);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, data, size), size);
    close(fd);
}

static void setup(void)
{
    image_make(&m);
    image_number_note(&m, 2, IMAGE_BASE + IMAGE_PADDR + 0x1000);
    image_number_note(&m, 18, IMAGE_PADDR + 0x20);
    memset(m.bytes + IMAGE_CODE, 0x90, 0x2000);
    write_file(kernel, m.bytes, IMAGE_SIZE);
    write_file(ramdisk, "contents of the ramdisk", 23);
    memset(firmware_bytes, 0xf1, sizeof(firmware_bytes));
    write_file(firmware, firmware_bytes, sizeof(firmware_bytes));
    h = fake_start();
    dom = (struct ctrl_domain_config){ .max_vcpus = 2 };
    cfg = (struct ctrl_guest_config){
        .kernel = kernel,
        .ramdisk = ramdisk,
        .cmdline = "console=hvc0 x=y",
        .memory_kb = 9 * 1024,
        .vcpus = 2,
    };
    domid = 0;
}

static void teardown(void)
{
    unlink(kernel);
    unlink(ramdisk);
    unlink(firmware);
    fake_end(h);
}

/* The configuration becomes one of that type; an HVM guest has no files but its firmware. */
static void use_type(enum ctrl_guest_type type)
{
    cfg.type = type;
    if (type != CTRL_HVM)
        return;
    cfg.kernel = cfg.ramdisk = cfg.cmdline = NULL;
    cfg.hvm = (struct ctrl_hvm_config){ .firmware = firmware, .videoram_kb = 1024, .acpi = true,
                                        .hpet = true, .serial = true };
    cfg.memory_kb += 1024;
}

static int create(void)
{
    return ctrl_guest_create(h, &dom, &cfg, &domid, &rings);
}

/* The guest's view: a byte at a linear address, through its page tables. */
static uint8_t *guest_byte(uint64_t virt)
{
    uint64_t mfn = fake.cr3;

    for (int level = 3; level >= 0; level--) {
        uint64_t e = ((uint64_t *)fake_page(mfn))[virt >> (12 + 9 * level) & 511];

        ck_assert(e & 1);
        mfn = e >> 12;
        ck_assert_uint_lt(mfn, FAKE_PAGES);
    }
    return (uint8_t *)fake_page(mfn) + (virt & 4095);
}

static const struct start_info *start_info(void)
{
    return (const void *)guest_byte(fake.context.user_regs.rsi);
}

static void check_kernel(void)
{
    uint64_t base = IMAGE_BASE + IMAGE_PADDR;

    for (uint64_t i = 0; i < 0x3000; i++)
        ck_assert_uint_eq(*guest_byte(base + i), i < 0x2000 ? 0x90 : 0);
    ck_assert_uint_eq(fake.context.user_regs.rip, base + 0x10);
    ck_assert_uint_eq(fake.pfn_of[fake.hypercall_page], 0x101);
}

static void check_start_info(const struct start_info *si)
{
    ck_assert_str_eq(si->magic, "xen-3.0-x86_64");
    ck_assert_uint_eq(si->nr_pages, 9 * 256);
    ck_assert_uint_eq(si->shared_info, FAKE_SHARED_INFO * PAGE_SIZE);
    ck_assert_str_eq((const char *)si->cmd_line, "console=hvc0 x=y");
    ck_assert_uint_eq(si->store_mfn, rings.store_frame);
    ck_assert_uint_eq(si->store_evtchn, 1);
    ck_assert_uint_eq(si->console.domU.mfn, rings.console_frame);
    ck_assert_uint_eq(si->console.domU.evtchn, 2);
    ck_assert_uint_eq(si->mod_len, 23);
    ck_assert_ptr_eq(guest_byte(si->pt_base), fake_page(fake.cr3));
}

/* The list gives the frame of every page, and every page exists once. */
static void check_p2m(const struct start_info *si)
{
    for (uint64_t pfn = 0; pfn < si->nr_pages; pfn++) {
        uint64_t mfn;

        memcpy(&mfn, guest_byte(si->mfn_list + pfn * 8), 8);
        ck_assert_uint_eq(fake.pfn_of[mfn], pfn);
    }
}

static void check_pages(void)
{
    const struct grant_entry_v1 *grants = fake_page(FAKE_GRANT_TABLE);
    const struct shared_info *shared = fake_page(FAKE_SHARED_INFO);
    const uint8_t *store = fake_page(rings.store_frame), *console = fake_page(rings.console_frame);

    ck_assert_uint_eq(grants[GNTTAB_RESERVED_CONSOLE].frame, rings.console_frame);
    ck_assert_uint_eq(grants[GNTTAB_RESERVED_XENSTORE].frame, rings.store_frame);
    ck_assert_uint_eq(grants[GNTTAB_RESERVED_XENSTORE].flags, GTF_permit_access);
    ck_assert_uint_eq(shared->vcpu_info[0].evtchn_upcall_mask, 1);
    ck_assert_uint_eq(shared->evtchn_pending[0], 0);
    for (size_t i = 0; i < PAGE_SIZE; i++)
        ck_assert_uint_eq(store[i] | console[i], 0);
}

START_TEST(whole_guest)
{
    ck_assert_int_eq(create(), 0);
    ck_assert_uint_eq(domid, 7);
    ck_assert(fake.exists && fake.started);
    ck_assert_uint_eq(fake.tot_pages, 9 * 256);
    check_kernel();
    check_start_info(start_info());
    check_p2m(start_info());
    check_pages();
    ck_assert_int_eq(memcmp(guest_byte(start_info()->mod_start), "contents of the ramdisk", 23), 0);
    ck_assert_uint_eq(*guest_byte(fake.context.user_regs.rsp - 1), 0);
    ck_assert_uint_eq(h->arena_used, 0);
}
END_TEST

/* INIT_P2M and MOD_START_PFN: the list has a place of its own, the ramdisk is not mapped. */
START_TEST(whole_guest_apart)
{
    const struct start_info *si;
    uint64_t mfn;

    image_number_note(&m, 15, 0x8000000000ULL);
    image_number_note(&m, 16, 1);
    unlink(kernel);
    strcpy(kernel, "/tmp/test_create_k.XXXXXX");
    write_file(kernel, m.bytes, IMAGE_SIZE);
    ck_assert_int_eq(create(), 0);
    si = start_info();
    check_kernel();
    check_p2m(si);
    check_pages();
    ck_assert_uint_eq(si->mfn_list, 0x8000000000ULL);
    ck_assert_uint_eq(si->flags & SIF_MOD_START_PFN, SIF_MOD_START_PFN);
    memcpy(&mfn, guest_byte(si->mfn_list + si->mod_start * 8), 8);
    ck_assert_int_eq(memcmp(fake_page(mfn), "contents of the ramdisk", 23), 0);
    ck_assert_uint_gt(si->nr_p2m_frames, 0);
}
END_TEST

static void check_hvm_start_info(const struct hvm_start_info *si)
{
    const struct hvm_modlist_entry *module = fake_guest(si->modlist_paddr);

    ck_assert_uint_eq(si->magic, XEN_HVM_START_MAGIC_VALUE);
    ck_assert_uint_eq(si->nr_modules, 1);
    ck_assert_uint_eq(module->size, 23);
    ck_assert_int_eq(memcmp(fake_guest(module->paddr), "contents of the ramdisk", 23), 0);
    ck_assert_str_eq(fake_guest(si->cmdline_paddr), "console=hvc0 x=y");
    ck_assert_int_eq(memcmp(fake_guest(si->rsdp_paddr), "RSD PTR ", 8), 0);
}

/* What is said to be RAM is there, and all else of the map too. */
static void check_memory_map(const struct hvm_start_info *si)
{
    const struct hvm_memmap_table_entry *map = fake_guest(si->memmap_paddr);
    uint64_t ram = 0;

    for (uint32_t i = 0; i < si->memmap_entries; i++) {
        for (uint64_t at = 0; at < map[i].size; at += PAGE_SIZE)
            fake_guest(map[i].addr + at);
        if (map[i].type == XEN_HVM_MEMMAP_TYPE_RAM)
            ram += map[i].size;
    }
    ck_assert_uint_eq(ram, 9 << 20);
}

static void check_hvm_rings(void)
{
    const struct grant_entry_v1 *grants = fake_page(FAKE_GRANT_TABLE);
    const uint8_t *store = fake_guest(rings.store_frame << 12);
    const uint8_t *console = fake_guest(rings.console_frame << 12);

    ck_assert_uint_eq(grants[GNTTAB_RESERVED_CONSOLE].frame, rings.console_frame);
    ck_assert_uint_eq(grants[GNTTAB_RESERVED_XENSTORE].frame, rings.store_frame);
    ck_assert_uint_eq(fake.params[HVM_PARAM_STORE_PFN], rings.store_frame);
    ck_assert_uint_eq(fake.params[HVM_PARAM_STORE_EVTCHN], rings.store_port);
    ck_assert_uint_eq(fake.params[HVM_PARAM_CONSOLE_PFN], rings.console_frame);
    ck_assert_uint_eq(fake.params[HVM_PARAM_CONSOLE_EVTCHN], rings.console_port);
    for (size_t i = 0; i < PAGE_SIZE; i++)
        ck_assert_uint_eq(store[i] | console[i], 0);
}

START_TEST(whole_pvh_guest)
{
    const struct hvm_start_info *si;

    cfg.type = CTRL_PVH;
    ck_assert_int_eq(create(), 0);
    ck_assert(fake.exists && fake.started && fake.hvm);
    ck_assert_uint_eq(fake.cpu.rip, IMAGE_PADDR + 0x20);
    ck_assert_uint_eq(fake.cpu.cr0, 0x11);
    ck_assert_uint_eq(fake.cpu.cs_arbytes, 0xc9b);
    for (uint64_t i = 0; i < 0x3000; i++)
        ck_assert_uint_eq(*(uint8_t *)fake_guest(IMAGE_PADDR + i), i < 0x2000 ? 0x90 : 0);
    si = fake_guest(fake.cpu.rbx);
    check_hvm_start_info(si);
    check_memory_map(si);
    check_hvm_rings();
    ck_assert_uint_eq(h->arena_used, 0);
}
END_TEST

/* ---- an HVM guest: what is in its memory when the loader starts ---- */

static void check_loader(const struct hvm_start_info *si)
{
    const struct hvm_modlist_entry *module = fake_guest(si->modlist_paddr);
    const char *line = fake_guest(si->cmdline_paddr);

    ck_assert_uint_eq(si->magic, XEN_HVM_START_MAGIC_VALUE);
    ck_assert_uint_eq(fake.cpu.rip >> 16, 0x10);
    ck_assert_uint_eq(*(uint8_t *)fake_guest(fake.cpu.rip), 0xfc);  /* cld */
    ck_assert_uint_eq(si->nr_modules, 1);
    ck_assert_uint_eq(module->size, sizeof(firmware_bytes));
    for (uint64_t i = 0; i < module->size; i++)
        if (*(uint8_t *)fake_guest(module->paddr + i) != 0xf1)
            ck_abort_msg("the firmware's byte %lu", i);
    ck_assert_str_eq(line, "pci=f0000000-fbffffff pci64=140000000-113fffffff");
}

static void check_firmware_info(void)
{
    const char *info = fake_guest(0x1000);
    const uint32_t *numbers = (const void *)(info + 16);
    const uint32_t *tables = fake_guest(numbers[0]);
    static const char *const anchors[] = { "RSD PTR ", "_SM_", "$PIR" };

    ck_assert_int_eq(memcmp(info, "XenHVMSeaBIOS", 14), 0);
    ck_assert_uint_eq(numbers[1], 3);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(memcmp(fake_guest(tables[i]), anchors[i], strlen(anchors[i])), 0);
}

START_TEST(whole_hvm_guest)
{
    use_type(CTRL_HVM);
    ck_assert_int_eq(create(), 0);
    ck_assert(fake.exists && fake.started && fake.hvm);
    check_loader(fake_guest(fake.cpu.rbx));
    check_firmware_info();
    check_hvm_rings();
    ck_assert_uint_eq(fake.mfn_of[0x9f] && fake.mfn_of[0xc0] && fake.mfn_of[9 * 256 - 1], 1);
    ck_assert_uint_eq(fake.mfn_of[0xa0] | fake.mfn_of[0xbf] | fake.mfn_of[9 * 256], 0);
    ck_assert_uint_ge(fake.max_pages - fake.tot_pages, (1024 + 1024) / 4);
    ck_assert_uint_eq(fake.params[HVM_PARAM_ACPI_IOPORTS_LOCATION], 1);
    ck_assert_uint_eq(fake.params[HVM_PARAM_HPET_ENABLED], 1);
    ck_assert_uint_eq(h->arena_used, 0);
}
END_TEST

static void refuses(int error, const char *words)
{
    domid = 0;
    ck_assert_int_eq(create(), error);
    ck_assert_ptr_nonnull(strstr(ctrl_error(h), words));
    ck_assert(!fake.exists);
}

START_TEST(hvm_guests_that_cannot_be)
{
    use_type(CTRL_HVM);
    cfg.kernel = kernel;
    refuses(-EOPNOTSUPP, "from its disks");
    cfg.kernel = NULL;
    cfg.hvm.firmware = kernel;  /* 12 KiB */
    refuses(-EINVAL, "is no SeaBIOS");
    cfg.hvm.firmware = "/nosuch";
    refuses(-ENOENT, "package seabios): cannot load ramdisk '/nosuch'");
    cfg.hvm.firmware = firmware;
    cfg.hvm.mmio_hole_kb = 255 * 1024;
    refuses(-EINVAL, "hole of 261120 KiB");
    cfg.hvm.mmio_hole_kb = 300 * 1024 + 4;
    refuses(-EINVAL, "hole");
    cfg.hvm.mmio_hole_kb = UINT64_MAX;
    refuses(-EINVAL, "hole");
    cfg.hvm.mmio_hole_kb = 0;
    cfg.hvm.videoram_kb = cfg.memory_kb;
    refuses(-EINVAL, "screen");
    cfg.hvm.videoram_kb = cfg.memory_kb - 1024;
    refuses(-ENOSPC, "too little");
    cfg.hvm.videoram_kb = 0;
    cfg.vcpus = 129;
    refuses(-EINVAL, "129 vcpus");
}
END_TEST

/* Every hypercall and every map fails once: no domain, no map, no memory of ours is left. */
START_TEST(every_step_fails)
{
    static const int errors[] = { -ENOMEM, -EPERM, -EINVAL };
    long calls, refused = 0;

    use_type(_i);
    ck_assert_int_eq(create(), 0);
    calls = fake.calls;
    for (long n = 1; n <= calls; n++) {
        for (size_t e = 0; e < sizeof(errors) / sizeof(errors[0]); e++) {
            int ret;

            fake_end(h);
            h = fake_start();
            fake.fail_at = n;
            fake.fail_with = errors[e];
            domid = 0;
            ret = create();
            /* Memory in large extents may be refused: then it comes in pages. */
            if (ret == 0)
                continue;
            refused++;
            ck_assert_int_eq(ret, errors[e]);
            ck_assert(!fake.exists);
            ck_assert_uint_eq(fake.maps, 0);
            ck_assert_uint_eq(h->arena_used, 0);
            ck_assert_uint_eq(domid, 0);
            ck_assert_uint_gt(strlen(ctrl_error(h)), 10);
        }
    }
    ck_assert_int_ge(refused, (calls - 1) * 3);
}
END_TEST

/* True if an allocation failed; then no domain, no map, no memory is left. */
static bool fails_without_memory(unsigned n, bool and_all_after)
{
    long live;
    bool failed;
    int ret;

    fake_end(h);
    h = fake_start();
    domid = 0;
    live = failing_live();
    failing_arm(n, and_all_after);
    ret = create();
    failed = failing_disarm();
    ck_assert_int_eq(ret, failed ? -ENOMEM : 0);
    ck_assert_int_eq(failing_live(), live);
    ck_assert_uint_eq(fake.maps, 0);
    ck_assert_uint_eq(h->arena_used, 0);
    ck_assert(fake.exists == !failed);
    if (failed)
        ck_assert_uint_gt(strlen(ctrl_error(h)), 10);
    return failed;
}

START_TEST(every_allocation_fails)
{
    unsigned n = 1;

    use_type(_i);
    while (fails_without_memory(n, true) | fails_without_memory(n, false))
        n++;
    ck_assert_uint_gt(n, 1);
}
END_TEST

START_TEST(destroy_is_repeated)
{
    ck_assert_int_eq(create(), 0);
    fake.fail_at = fake.calls + 1;
    fake.fail_with = -EAGAIN;
    ck_assert_int_eq(ctrl_domain_destroy(h, domid), 0);
    ck_assert(!fake.exists);
    ck_assert_int_eq(ctrl_domain_destroy(h, domid), -ESRCH);
}
END_TEST

START_TEST(too_much_memory)
{
    cfg.memory_kb = FAKE_PAGES * 4;
    ck_assert_int_eq(create(), -ENOMEM);
    ck_assert_ptr_nonnull(strstr(ctrl_error(h), "not enough free memory"));
    ck_assert(!fake.exists);
}
END_TEST

/* Few calls whatever the size: creation stays cheap. */
START_TEST(calls_do_not_grow)
{
    long small;

    use_type(_i);
    ck_assert_int_eq(create(), 0);
    small = fake.calls;
    fake_end(h);
    h = fake_start();
    domid = 0;
    cfg.memory_kb = 64 * 1024;
    ck_assert_int_eq(create(), 0);
    ck_assert_int_le(fake.calls, small);
    ck_assert_int_le(fake.calls, _i == CTRL_PV ? 16 : _i == CTRL_PVH ? 20 : 32);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("create");
    TCase *t = tcase_create("all");
    SRunner *r = srunner_create(s);
    int failed;

    suite_add_tcase(s, t);
    tcase_set_timeout(t, 120);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, whole_guest);
    tcase_add_test(t, whole_guest_apart);
    tcase_add_test(t, whole_pvh_guest);
    tcase_add_test(t, whole_hvm_guest);
    tcase_add_test(t, hvm_guests_that_cannot_be);
    tcase_add_loop_test(t, every_step_fails, CTRL_PV, CTRL_HVM + 1);
    tcase_add_loop_test(t, every_allocation_fails, CTRL_PV, CTRL_HVM + 1);
    tcase_add_test(t, destroy_is_repeated);
    tcase_add_test(t, too_much_memory);
    tcase_add_loop_test(t, calls_do_not_grow, CTRL_PV, CTRL_HVM + 1);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
