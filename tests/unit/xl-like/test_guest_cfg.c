/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * guest.cfg: its syntax and its schema, with the messages that a user gets for each mistake.
 */
#include "cfg_diff.h"
#include "cfg_json.h"
#include "cpu_set.h"
#include "guest_cfg.h"
#include "nearest.h"
#include "uuid.h"

#include <check.h>
#include <ctrl.h>
#include <stdlib.h>
#include <string.h>

#define MINIMUM "name = \"g\"\nkernel = \"/k\"\nmemory = 64\n"

static struct cfg cfg;
static struct guest_cfg guest;
static char *messages;
static size_t messages_len;
static FILE *sink;

static void setup(void)
{
    messages = NULL;
    sink = open_memstream(&messages, &messages_len);
    cfg_init(&cfg, sink);
    memset(&guest, 0, sizeof(guest));
}

static void teardown(void)
{
    cfg_free(&cfg);
    guest_cfg_free(&guest);
    fclose(sink);
    free(messages);
}

static int parse(const char *text)
{
    int ret = cfg_parse(&cfg, "g.cfg", text, strlen(text));

    fflush(sink);
    return ret;
}

static int load(const char *text)
{
    int ret = parse(text);

    if (ret == 0)
        ret = guest_cfg_from(&cfg, &guest);
    fflush(sink);
    return ret;
}

/* The lines between .SH EXAMPLE and .fi of a manual page. */
static void read_example(const char *page, char *text, size_t size)
{
    char line[256];
    bool inside = false;
    FILE *f = fopen(page, "r");

    ck_assert_ptr_nonnull(f);
    *text = '\0';
    while (fgets(line, sizeof(line), f) && !(inside && strcmp(line, ".fi\n") == 0)) {
        inside = inside || strcmp(line, ".SH EXAMPLE\n") == 0;
        if (inside && *line != '.')
            strncat(text, line, size - strlen(text) - 1);
    }
    fclose(f);
}

START_TEST(the_manual_pages_example)
{
    char text[4096];

    read_example("docs/man/guest.cfg.5", text, sizeof(text));
    ck_assert_msg(load(text) == 0, "%s", messages);
    ck_assert_str_eq(guest.name, "web");
    ck_assert_ptr_nonnull(guest.disks);
    ck_assert_ptr_nonnull(guest.vifs);
}
END_TEST

START_TEST(values_of_every_kind)
{
    ck_assert_int_eq(parse("a = 12\nb=0x10 # comment\nc='it''s'\n"), -22);
    cfg_free(&cfg);
    ck_assert_int_eq(
        parse("a = 12; b=0x10 # comment\nc = 'single \\'q\\''\nd=[ 'x',\n 2, # two\n [], ]\n"), 0);
    ck_assert_uint_eq(cfg_find(&cfg, "a")->value->number, 12);
    ck_assert_uint_eq(cfg_find(&cfg, "b")->value->number, 16);
    ck_assert_str_eq(cfg_find(&cfg, "c")->value->text, "single 'q'");
    ck_assert_uint_eq(cfg_find(&cfg, "d")->value->n_items, 3);
    ck_assert_int_eq(parse("c += ' more'\na = 13"), 0);
    ck_assert_str_eq(cfg_find(&cfg, "c")->value->text, "single 'q' more");
    ck_assert_uint_eq(cfg_find(&cfg, "a")->value->number, 13);
}
END_TEST

static const struct mistake {
    const char *text, *message;
} mistakes[] = {
    { MINIMUM "memroy = 3\n", "g.cfg:4:1: unknown key 'memroy': did you mean 'memory'?" },
    { MINIMUM "  pci = ['03:00.0']\n", "g.cfg:4:3: 'pci' is valid in xl.cfg, but not served yet" },
    { MINIMUM "vcpus = 0\n", "g.cfg:4:9: 'vcpus' is 0; it must be from 1 to 128" },
    { MINIMUM "vcpus = \"two\"\n", "g.cfg:4:9: 'vcpus' takes a number" },
    { MINIMUM "on_crash = \"restrat\"\n",
      "g.cfg:4:12: 'on_crash' cannot be \"restrat\": did you mean \"restart\"?" },
    { MINIMUM "on_crash = restart\n",
      "g.cfg:4:12: 'restart' is no number (a string needs quotes)" },
    { MINIMUM "device_model_version = \"none\"\n",
      "g.cfg:4:24: 'device_model_version' cannot be \"none\" yet (known: qemu-xen)" },
    { MINIMUM "type = \"phv\"\n", "g.cfg:4:8: 'type' cannot be \"phv\": did you mean \"pv\"?" },
    { MINIMUM "name = \"12\"\n", "g.cfg:4:8: 'name' cannot be \"12\": a number" },
    { MINIMUM "name = \"a/b\"\n", "g.cfg:4:8: 'name' cannot be \"a/b\": letters" },
    { MINIMUM "uuid = \"zzzzzzzz-0000-0000-0000-000000000000\"\n", "g.cfg:4:8: 'uuid' is none" },
    { MINIMUM "cpus = \"3-1\"\n", "g.cfg:4:8: 'cpus': \"3-1\" is no set of CPUs" },
    { MINIMUM "maxmem = 32\n", "g.cfg:4:10: 'maxmem' is smaller" },
    { MINIMUM "extra = \"no end\n", "g.cfg:4:9: the string that begins here is not closed" },
    { MINIMUM "extra = [ 'a' 'b' ]\n", "g.cfg:4:15: expected ',' or ']'" },
    { MINIMUM "extra\n", "g.cfg:4:6: expected '=' after 'extra', found the end of the line" },
    { MINIMUM "memory = 99999999999999999999999\n",
      "g.cfg:4:10: the number 99999999999999999999999 is too large" },
    { MINIMUM "= 3\n", "g.cfg:4:1: expected a key, found '='" },
    { MINIMUM "a = [[[[[[[[[[1]]]]]]]]]]\n", "nested too deep" },
    { "name = \"g\"\nmemory = 1\n", "'kernel' is missing: it is required" },
    { "", "'name' is missing" },
};

#define HVM "name = \"g\"\ntype = \"hvm\"\nmemory = 64\n"

/* Of a guest with emulated devices; what the others cannot have. */
static const struct mistake hvm_mistakes[] = {
    { MINIMUM "boot = \"c\"\n", "g.cfg:4:1: 'boot' is for guests of type = \"hvm\" only" },
    { MINIMUM "disk = [ 'vdev=hdc, cdrom' ]\n", "g.cfg:4:10: disk: the target is missing" },
    { MINIMUM "viridian = 0\n", "g.cfg:4:1: 'viridian' is for guests of type = \"hvm\" only" },
    { HVM "boot = \"ac\"\n", "g.cfg:4:8: 'boot' is \"ac\": letters are c, d and n" },
    { HVM "boot = \"cdc\"\n", "g.cfg:4:8: 'boot' has the letter c twice" },
    { HVM "viridian = 1\n",
      "g.cfg:4:12: 'viridian' is always 0: Hyper-V's interfaces are not there" },
    { HVM "viridian = [ \"base\" ]\n", "g.cfg:4:12: 'viridian' is always 0" },
    { HVM "hap = 0\n", "g.cfg:4:7: 'hap' is always 1: there are no shadow page tables" },
    { HVM "vga = \"qxl\"\n", "g.cfg:4:7: 'vga' cannot be \"qxl\" yet (known: stdvga, cirrus, none)" },
    { HVM "videoram = 9\n", "g.cfg:4:12: 'videoram' is 9, which is no power of two" },
    { HVM "vga = \"none\"\nvideoram = 8\n", "'videoram' is given, and the guest has no graphics" },
    { HVM "memory = 16\n", "g.cfg:4:10: 'memory' is 16 MiB, and 16 of it are for the screen" },
    { HVM "serial = \"stdio\"\n", "g.cfg:4:10: 'serial' cannot be \"stdio\" (pty, null," },
    { HVM "serial = [ 3 ]\n", "g.cfg:4:12: 'serial' takes a string in quotes, or a list" },
    { HVM "serial = [ 'pty', 'pty', 'pty', 'pty', 'pty' ]\n",
      "g.cfg:4:10: 'serial' has 5 strings; it may have 4" },
    { HVM "usbdevice = \"host:1.2\"\n", "g.cfg:4:13: 'usbdevice' cannot be \"host:1.2\"" },
    { HVM "vnclisten = \"::1,to=3\"\n", "g.cfg:4:13: 'vnclisten' is \"::1,to=3\", which is no" },
    { HVM "disk = [ '/a,raw,hda', '/b,raw,xvda' ]\n",
      "g.cfg:4:24: disk: 'xvda' is the same emulated drive as 'hda' of line 4" },
    { HVM "disk = [ 'vdev=sda, cdrom' ]\n", "g.cfg:4:10: disk: 'sda' cannot be a CD-ROM" },
    { HVM "disk = [ '/a,raw,xvde,r', '/a,raw,xvdb,r' ]\n",
      "g.cfg:4:27: disk: 'xvdb' cannot be read-only: it is emulated as an IDE disk" },
    { HVM "disk = [ 'vdev=hda' ]\n", "g.cfg:4:11: disk: the target is missing" },
    { HVM "vif = [ 'rate=1Mb/s' ]\n", "g.cfg:4:9: vif: an emulated device knows neither rate nor" },
    { HVM "vif = [ 'type=vif, model=e1000' ]\n", "g.cfg:4:9: vif: a device of type=vif has no model" },
    { HVM "vif = [ '', '', '', '', '', '', '', '', '' ]\n",
      "g.cfg:4:41: vif: more than 8 emulated devices" },
    { HVM "type = \"pv\"\nbuilder = \"hvm\"\n", "'kernel' is missing" },
};

START_TEST(mistakes_of_hvm_are_named_with_their_place)
{
    const struct mistake *m = &hvm_mistakes[_i];

    ck_assert_int_lt(load(m->text), 0);
    ck_assert_msg(strstr(messages, m->message) != NULL, "%s: %s", m->text, messages);
}
END_TEST

START_TEST(hvm_defaults)
{
    ck_assert_int_eq(load("name = 'g'\nbuilder = 'hvm'\nmemory = 64\nstdvga = 1\nvif = [ '' ]\n"
                          "disk = [ '/a,raw,hdb', '/b,raw,xvdc', '/c,raw,sda', '/d,raw,hda1' ]\n"
                          "usbdevice = 'tablet'\nfirmware_override = '/b'\n"), 0);
    ck_assert_uint_eq(guest.type, CTRL_HVM);
    ck_assert_uint_eq(guest.hvm.videoram, 16);
    ck_assert_uint_eq(guest.hvm.vnc, 1);
    ck_assert_uint_eq(guest.hvm.usb, 1);
    ck_assert_uint_eq(guest.vifs->type, VIF_EMULATED);
    ck_assert_int_eq(guest.disks->drive, 1);
    ck_assert_int_eq(guest.disks->next->drive, 2);
    ck_assert_int_eq(guest.disks->next->next->drive, -1);
    ck_assert_int_eq(guest.disks->next->next->next->drive, -1);
    ck_assert_str_eq(guest_cfg_build(&guest).hvm.firmware, "/b");
    ck_assert_uint_eq(guest_cfg_build(&guest).hvm.videoram_kb, 16384);
}
END_TEST

START_TEST(text_again)
{
    static const char settings[] = MINIMUM "extra = \"a \\\\ \\\"b\\\"\\n\"\n"
                                           "vcpus = 0x2\n"
                                           "cpus = [ 0, \"2-3\" ]\n"
                                           "disk = [ ]\n";

    ck_assert_int_eq(load(settings), 0);
    ck_assert_str_eq(guest.text, settings);
    ck_assert_str_eq(guest.cmdline, "a \\ \"b\"\n");
}
END_TEST

START_TEST(as_json)
{
    yajl_gen g = yajl_gen_alloc(NULL);
    const unsigned char *text;
    size_t len;

    ck_assert_int_eq(parse("name = \"a \\\"b\\\"\"\nmemory = 0x40\nvif = [ \"\", \"mac=1\" ]\ndisk = []\n"
                           "x = 18446744073709551615\n"), 0);
    cfg_put_json(g, &cfg);
    ck_assert_int_eq(yajl_gen_get_buf(g, &text, &len), yajl_gen_status_ok);
    ck_assert_str_eq((const char *)text,
                     "{\"name\":\"a \\\"b\\\"\",\"memory\":64,\"vif\":[\"\",\"mac=1\"],\"disk\":[],"
                     "\"x\":18446744073709551615}");
    yajl_gen_free(g);
}
END_TEST

static const struct {
    const char *now, *next, *changes;
    size_t n;
} changes[] = {
    { "", "", "", 0 },
    { "a = 16\nb = 'x'\nc = [ 1, 'y' ]", "c = [ 1, \"y\" ]\na = 0x10\nb = \"x\"", "", 0 },
    { "a = 1\n", "a = 2\n", "  a = 2 (now 1)\n", 1 },
    { "a = 1\n", "a = '1'\n", "  a = \"1\" (now 1)\n", 1 },
    { "a = [ 1 ]\n", "a = [ 1, 2 ]\n", "  a = [ 1, 2 ] (now [ 1 ])\n", 1 },
    { "a = [ 1, 2 ]\n", "a = [ 1 ]\n", "  a = [ 1 ] (now [ 1, 2 ])\n", 1 },
    { "a = 1\n", "a = 1\nb = 'x\\n'\n", "  b = \"x\\n\" (now not given)\n", 1 },
    { "a = 1\nb = 'x'\n", "a = 2\n", "  a = 2 (now 1)\n  b not given (now \"x\")\n", 2 },
};

START_TEST(changes_between_two)
{
    char *text = NULL;
    struct cfg next;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    cfg_init(&next, sink);
    ck_assert_int_eq(parse(changes[_i].now), 0);
    ck_assert_int_eq(cfg_parse(&next, "next", changes[_i].next, strlen(changes[_i].next)), 0);
    ck_assert_uint_eq(cfg_print_changes(&cfg, &next, out), changes[_i].n);
    fclose(out);
    ck_assert_str_eq(text, changes[_i].changes);
    cfg_free(&next);
    free(text);
}
END_TEST

START_TEST(uuids)
{
    static const char text[] = "01234567-89ab-cdef-0123-456789ABCDEF";
    uint8_t uuid[CTRL_UUID_LEN], other[CTRL_UUID_LEN];
    char again[UUID_TEXT];

    uuid_parse(text, uuid);
    uuid_print(uuid, again);
    ck_assert_str_eq(again, "01234567-89ab-cdef-0123-456789abcdef");
    uuid_parse(again, other);
    ck_assert_mem_eq(uuid, other, sizeof(uuid));
    ck_assert_int_eq(uuid_make(uuid), 0);
    ck_assert_int_eq(uuid_make(other), 0);
    ck_assert_mem_ne(uuid, other, sizeof(uuid));
    ck_assert_uint_eq(uuid[6] >> 4, 4);
    ck_assert_uint_eq(uuid[8] >> 6, 2);
}
END_TEST

START_TEST(each_mistake_is_named_with_its_place)
{
    const struct mistake *m = &mistakes[_i];

    ck_assert_int_lt(load(m->text), 0);
    ck_assert_msg(strstr(messages, m->message) != NULL, "wanted: %s\ngot: %s", m->message,
                  messages);
}
END_TEST

START_TEST(all_mistakes_are_reported_at_once)
{
    ck_assert_int_lt(load(MINIMUM "vcpus = 0\nfoo = 1\ncpu_weight = 0\n"), 0);
    ck_assert_uint_eq(cfg.n_errors, 3);
}
END_TEST

START_TEST(defaults_and_command_line)
{
    ck_assert_int_eq(load(MINIMUM "root = \"/dev/xvda1 ro\"\nextra = \"quiet\"\npci = []\n"), 0);
    ck_assert_str_eq(guest.cmdline, "root=/dev/xvda1 ro quiet");
    ck_assert_uint_eq(guest.vcpus, 1);
    ck_assert_uint_eq(guest.cpu_weight, 256);
    ck_assert_int_eq(guest.on_reboot, ACTION_RESTART);
    ck_assert_int_eq(guest.on_crash, ACTION_DESTROY);
}
END_TEST

START_TEST(kernels_of_disks)
{
    static const char text[] = "name = \"g\"\nmemory = 64\nbootloader = \"bootdisk\"\n"
                               "bootloader_args = [ \"--entry=a b\", '-q' ]\n";

    ck_assert_int_eq(load(text), 0);
    ck_assert_str_eq(guest.bootloader, "bootdisk");
    ck_assert_uint_eq(guest.bootloader_args.count, 2);
    ck_assert_str_eq(guest.bootloader_args.text[0], "--entry=a b");
    ck_assert_str_eq(guest.bootloader_args.text[1], "-q");
    ck_assert_ptr_null(guest.kernel);
}
END_TEST

START_TEST(sets_of_cpus)
{
    uint8_t map[2];

    ck_assert_int_eq(parse_cpu_set("0-3,^2,9", map, sizeof(map)), 0);
    ck_assert_uint_eq(map[0], 0x0b);
    ck_assert_uint_eq(map[1], 0x02);
    ck_assert_int_eq(parse_cpu_set("all", map, sizeof(map)), 0);
    ck_assert_uint_eq(map[1], 0xff);
    ck_assert_int_lt(parse_cpu_set("16", map, sizeof(map)), 0);
    ck_assert_int_lt(parse_cpu_set("", map, sizeof(map)), 0);
    ck_assert_int_lt(parse_cpu_set("1,", map, sizeof(map)), 0);
    ck_assert_int_lt(parse_cpu_set("1,^1", map, sizeof(map)), 0);
    ck_assert_int_lt(parse_cpu_set("-1", map, sizeof(map)), 0);
}
END_TEST

START_TEST(any_bytes_end_in_an_answer)
{
    static const char alphabet[] = "ab1=+[]\"'\\,;#\n\t x\x80";
    char text[64];

    srandom(_i);
    for (int round = 0; round < 2000; round++) {
        size_t len = random() % sizeof(text);

        for (size_t i = 0; i < len; i++)
            text[i] = alphabet[random() % (sizeof(alphabet) - 1)];
        if (cfg_parse(&cfg, "fuzz", text, len) < 0)
            ck_assert_uint_gt(cfg.n_errors, 0);
        cfg_free(&cfg);
    }
}
END_TEST

/* ---- disks: strings in either syntax, and what comes of them */

static const struct {
    const char *text;
    const char *target, *vdev;
    uint32_t devid;
    bool read_only, cdrom;
} disks[] = {
    { "format=raw, vdev=xvda, access=rw, target=/a b", "/a b", "xvda", 51712, false, false },
    { "/a,raw,xvda,w", "/a", "xvda", 51712, false, false },
    { "/a,,xvdb", "/a", "xvdb", 51728, false, false },
    { "/a , raw , xvdb1 , ro", "/a", "xvdb1", 51729, true, false },
    { "access=r,vdev=sdb2,target=/x,y=z", "/x,y=z", "sdb2", 2066, true, false },
    { "/a,vdev=hdc,cdrom", "/a", "hdc", 5632, true, true },
    { "phy:/dev/vg/x,xvdq,w", "/dev/vg/x", "xvdq", 268439552, false, false },
    { "file:/a,xvdaa,r", "/a", "xvdaa", 268442112, true, false },
    { "devtype=cdrom,vdev=d2p1,backendtype=qdisk,target=/i", "/i", "d2p1", 51745, true, true },
};

START_TEST(disks_in_either_syntax)
{
    char text[200];

    snprintf(text, sizeof(text), MINIMUM "disk = [ '%s' ]", disks[_i].text);
    ck_assert_msg(load(text) == 0, "%s", messages);
    ck_assert_str_eq(guest.disks->target, disks[_i].target);
    ck_assert_str_eq(guest.disks->vdev, disks[_i].vdev);
    ck_assert_uint_eq(guest.disks->devid, disks[_i].devid);
    ck_assert_int_eq(guest.disks->read_only, disks[_i].read_only);
    ck_assert_int_eq(guest.disks->cdrom, disks[_i].cdrom);
    ck_assert_ptr_null(guest.disks->next);
}
END_TEST

/* What is printed of it reads as the same. */
START_TEST(disks_as_text)
{
    char text[200], *printed[2];
    size_t size;
    FILE *out;

    snprintf(text, sizeof(text), MINIMUM "disk = [ '%s,emulated=0,grants=copied' ]", disks[_i].text);
    if (strstr(disks[_i].text, "target=")) /* which takes all the rest */
        snprintf(text, sizeof(text), MINIMUM "disk = [ 'emulated=0,grants=copied,%s' ]", disks[_i].text);
    for (int i = 0; i < 2; i++) {
        ck_assert_msg(load(text) == 0, "%s", messages);
        ck_assert_uint_eq(guest.disks->devid, disks[_i].devid);
        ck_assert_int_eq(guest.disks->cdrom, disks[_i].cdrom);
        ck_assert(guest.disks->pv_only && disk_cfg_drive(guest.disks) == -1);
        out = open_memstream(&printed[i], &size);
        disk_cfg_print(guest.disks, out);
        fclose(out);
        snprintf(text, sizeof(text), MINIMUM "disk = [ '%s' ]", printed[i]);
        cfg_free(&cfg);
        guest_cfg_free(&guest);
        cfg_init(&cfg, sink);
    }
    ck_assert_str_eq(printed[0], printed[1]);
    free(printed[0]);
    free(printed[1]);
}
END_TEST

static const struct {
    const char *text, *message;
} bad_disks[] = {
    { "'vdev=xvda'", "g.cfg:4:11: disk: the target is missing" },
    { "'/a'", "g.cfg:4:11: disk: vdev is missing" },
    { "'/a,raw,xvda,rw,x'", "g.cfg:4:26: disk: \"x\" is one value too many" },
    { "'/a,qcow2,xvda'", "g.cfg:4:14: disk: format \"qcow2\" is not served" },
    { "'/a,raw,xvdA'", "g.cfg:4:18: disk: \"xvdA\" is no virtual device" },
    { "'/a,raw,hde'", "\"hde\" is no virtual device" },
    { "'/a,raw,xvda0'", "\"xvda0\" is no virtual device" },
    { "'/a,raw,d12345678'", "\"d12345678\" is no virtual device" },
    { "'/a,raw,xvdzzzzzzzzzzz'", "is no virtual device" },
    { "'/a,raw,xvda,grants=x'", "g.cfg:4:30: disk: grants \"x\" is unknown" },
    { "'/a,raw,xvda,emulated=2'", "g.cfg:4:32: disk: emulated \"2\" is unknown" },
    { "'/a,raw,xvda,x'", "g.cfg:4:23: disk: access \"x\" is unknown" },
    { "'/a,raw,xvda,access=rw,access=r'", "g.cfg:4:40: disk: access is given twice" },
    { "'a,raw,xvda'", "g.cfg:4:11: disk: the target \"a\" is neither an absolute path nor" },
    { "'vdev=xvda, taget=/a'", "g.cfg:4:22: disk: unknown key 'taget': did you mean 'target'?" },
    { "'vdev=xvda,script=x,target=/a'", "disk: 'script' is unknown, or not served" },
    { "'/a,raw,xvda', '/b,raw,xvda'", "g.cfg:4:25: disk: 'xvda' is the same device as 'xvda'" },
    { "5", "g.cfg:4:10: 'disk' takes a list of strings" },
    { "['/a,raw,xvda']", "'disk' takes a list of strings" },
};

START_TEST(bad_disks_are_named_with_their_place)
{
    char text[200];

    snprintf(text, sizeof(text), MINIMUM "disk = [ %s ]", bad_disks[_i].text);
    ck_assert_int_eq(load(text), -22);
    ck_assert_msg(strstr(messages, bad_disks[_i].message) != NULL, "%s: %s", bad_disks[_i].text,
                  messages);
}
END_TEST

/* ---- network devices */

static const struct {
    const char *text;
    const char *mac; /* NULL: one is made */
    const char *bridge, *name;
    uint64_t rate_bytes, rate_us;
} vifs[] = {
    { "", NULL, NULL, NULL, 0, 0 },
    { "mac=00:16:3E:01:02:fF", "00:16:3e:01:02:ff", NULL, NULL, 0, 0 },
    { " bridge = br0 , vifname=web0,type=vif", NULL, "br0", "web0", 0, 0 },
    { "rate=10Mb/s", NULL, NULL, NULL, 62500, 50000 },
    { "rate=10MB/s@20ms", NULL, NULL, NULL, 200000, 20000 },
    { "rate=1GB/s@1s", NULL, NULL, NULL, 1000000000, 1000000 },
    { "rate=8000b/s@1000us", NULL, NULL, NULL, 1, 1000 },
};

START_TEST(network_devices)
{
    char text[200], mac[MAC_TEXT] = "";

    snprintf(text, sizeof(text), MINIMUM "vif = [ '%s' ]", vifs[_i].text);
    ck_assert_msg(load(text) == 0, "%s", messages);
    if (guest.vifs->has_mac)
        vif_cfg_mac_text(mac, guest.vifs->mac);
    ck_assert_str_eq(mac, vifs[_i].mac ? vifs[_i].mac : "");
    ck_assert_pstr_eq(guest.vifs->bridge, vifs[_i].bridge);
    ck_assert_pstr_eq(guest.vifs->name, vifs[_i].name);
    ck_assert_uint_eq(guest.vifs->rate_bytes, vifs[_i].rate_bytes);
    ck_assert_uint_eq(guest.vifs->rate_us, vifs[_i].rate_us);
    ck_assert_ptr_null(guest.vifs->next);
}
END_TEST

START_TEST(addresses_a_guest_may_have)
{
    ck_assert_int_eq(load(MINIMUM "vif = [ 'ip=10.0.0.1', 'ip = fe80::1  10.0.0.2 ' ]"), 0);
    ck_assert_str_eq(guest.vifs->ip, "10.0.0.1");
    ck_assert_str_eq(guest.vifs->next->ip, "fe80::1  10.0.0.2");
}
END_TEST

START_TEST(numbers_of_network_devices)
{
    const struct vif_cfg *v;

    ck_assert_int_eq(load(MINIMUM "vif = [ 'mtu=9000,trusted=0', 'devid=7, trusted=1', 'mtu=68' ]"),
                     0);
    v = guest.vifs;
    ck_assert(v->mtu == 9000 && v->devid == 0 && v->untrusted);
    v = v->next;
    ck_assert(v->mtu == 0 && v->devid == 7 && !v->untrusted);
    v = v->next;
    ck_assert(v->mtu == 68 && v->devid == 2 && !v->untrusted);
}
END_TEST

static const struct {
    const char *text, *message;
} bad_vifs[] = {
    { "'mac=00:16:3e:01:02'", "g.cfg:4:10: vif: \"00:16:3e:01:02\" is no address" },
    { "'mac=00:16:3e:01:02:030'", "is no address (like" },
    { "'mac=01:16:3e:01:02:03'", "is no address of a single device" },
    { "'mac=00:00:00:00:00:00'", "is no address of a single device" },
    { "'bridge='", "\"\" is no name of a network device" },
    { "'bridge=x, vifname=a234567890123456'", "g.cfg:4:20: vif: \"a234567890123456\" is no name" },
    { "'vifname=x%d'", "is no name of a network device" },
    { "'bridge=../x'", "is no name of a network device" },
    { "'rate=10'", "\"10\" is no rate" },
    { "'rate=Mb/s'", "is no rate" },
    { "'rate=1Mb/s@'", "is no rate" },
    { "'rate=1Mb/s@0s'", "is no rate" },
    { "'rate=1Mb/s@61s'", "is no rate" },
    { "'rate=1Mb/s@5m'", "is no rate" },
    { "'rate=7b/s'", "is too little" },
    { "'ip='", "\"\" is not 1 to 8 IP addresses" },
    { "'ip=10.0.0.1 10.0.0.256'", "is not 1 to 8 IP addresses" },
    { "'ip=10.0.0.1/24'", "is not 1 to 8 IP addresses" },
    { "'ip=1.1.1.1 1.1.1.1 1.1.1.1 1.1.1.1 1.1.1.1 1.1.1.1 1.1.1.1 1.1.1.1 1.1.1.1'",
      "is not 1 to 8 IP addresses" },
    { "'type=ioemu'", "g.cfg:4:9: vif: model and type=ioemu are for guests of type = \"hvm\"" },
    { "'type=x'", "\"x\" is unknown (vif, ioemu)" },
    { "'script=vif-nat'", "vif: 'script' is valid in xl.cfg, but not served: netd puts" },
    { "'model=e1000'", "g.cfg:4:9: vif: model and type=ioemu are for guests of type = \"hvm\"" },
    { "'model=ne1000'", "\"ne1000\" is no device that is emulated" },
    { "'brige=x'", "g.cfg:4:10: vif: unknown key 'brige': did you mean 'bridge'?" },
    { "'foo=x'", "vif: unknown key 'foo'" },
    { "'bridge=x,xenbr0'", "g.cfg:4:19: vif: \"xenbr0\" is not KEY=VALUE" },
    { "'bridge=x,'", "is not KEY=VALUE" },
    { "'mtu=67'", "\"67\" is no number from 68 to 65521" },
    { "'mtu=1500x'", "\"1500x\" is no number" },
    { "'devid=-1'", "\"-1\" is no number from 0 to 65535" },
    { "'trusted=2'", "\"2\" is no number from 0 to 1" },
    { "'devid=1', ''", "vif: it has the number, address or name of the device in line 4" },
    { "'backend=x'", "vif: 'backend' is valid in xl.cfg, but not served" },
    { "'bridge=x,bridge=y'", "vif: 'bridge' is given twice" },
    { "'mac=00:16:3e:01:02:03',\n'mac=00:16:3e:01:02:03'",
      "g.cfg:5:1: vif: it has the number, address or name of the device in line 4" },
    { "'vifname=a', 'vifname=a'", "vif: it has the number, address or name of the device in line 4" },
    { "5", "g.cfg:4:9: 'vif' takes a list of strings" },
};

START_TEST(bad_network_devices_are_named_with_their_place)
{
    char text[200];

    snprintf(text, sizeof(text), MINIMUM "vif = [ %s ]", bad_vifs[_i].text);
    ck_assert_int_eq(load(text), -22);
    ck_assert_msg(strstr(messages, bad_vifs[_i].message) != NULL, "%s: %s", bad_vifs[_i].text,
                  messages);
}
END_TEST

START_TEST(addresses_are_made_the_same_each_time)
{
    uint8_t a[MAC_BYTES], b[MAC_BYTES];

    vif_cfg_make_mac(a, "web", 0);
    vif_cfg_make_mac(b, "web", 0);
    ck_assert_mem_eq(a, b, MAC_BYTES);
    ck_assert_mem_eq(a, "\x00\x16\x3e", 3);
    vif_cfg_make_mac(b, "web", 1);
    ck_assert_mem_ne(a, b, MAC_BYTES);
    vif_cfg_make_mac(b, "wea", 0);
    ck_assert_mem_ne(a, b, MAC_BYTES);
}
END_TEST

START_TEST(near_words)
{
    ck_assert_uint_eq(edit_distance("memroy", "memory"), 1);
    ck_assert_uint_eq(edit_distance("", "abc"), 3);
    ck_assert_uint_eq(edit_distance("kernel", "kernel"), 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("guest.cfg");
    TCase *t = tcase_create("all");
    SRunner *r = srunner_create(s);
    int failed;

    suite_add_tcase(s, t);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, values_of_every_kind);
    tcase_add_test(t, the_manual_pages_example);
    tcase_add_test(t, text_again);
    tcase_add_loop_test(t, mistakes_of_hvm_are_named_with_their_place, 0,
                        sizeof(hvm_mistakes) / sizeof(hvm_mistakes[0]));
    tcase_add_test(t, hvm_defaults);
    tcase_add_test(t, as_json);
    tcase_add_loop_test(t, changes_between_two, 0, sizeof(changes) / sizeof(changes[0]));
    tcase_add_test(t, uuids);
    tcase_add_loop_test(t, each_mistake_is_named_with_its_place, 0,
                        sizeof(mistakes) / sizeof(mistakes[0]));
    tcase_add_test(t, all_mistakes_are_reported_at_once);
    tcase_add_test(t, defaults_and_command_line);
    tcase_add_test(t, kernels_of_disks);
    tcase_add_test(t, sets_of_cpus);
    tcase_add_loop_test(t, any_bytes_end_in_an_answer, 1, 4);
    tcase_add_loop_test(t, disks_in_either_syntax, 0, sizeof(disks) / sizeof(disks[0]));
    tcase_add_loop_test(t, disks_as_text, 0, sizeof(disks) / sizeof(disks[0]));
    tcase_add_loop_test(t, bad_disks_are_named_with_their_place, 0,
                        sizeof(bad_disks) / sizeof(bad_disks[0]));
    tcase_add_test(t, numbers_of_network_devices);
    tcase_add_loop_test(t, network_devices, 0, sizeof(vifs) / sizeof(vifs[0]));
    tcase_add_loop_test(t, bad_network_devices_are_named_with_their_place, 0,
                        sizeof(bad_vifs) / sizeof(bad_vifs[0]));
    tcase_add_test(t, addresses_a_guest_may_have);
    tcase_add_test(t, addresses_are_made_the_same_each_time);
    tcase_add_test(t, near_words);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
