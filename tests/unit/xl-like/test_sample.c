/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rates between samples, counts of devices in files that come, change and go, and the table that
 * is printed.
 */
#include "device_notes.h"
#include "top.h"

#include <counts.h>

#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECOND 1000000000ULL

/* --- rates ------------------------------------------------------------------------------------ */

static struct domain_sample domain(uint32_t domid, uint64_t cpu_ns)
{
    return (struct domain_sample){ .info = { .domid = domid, .cpu_time_ns = cpu_ns } };
}

static struct device_sample vif(uint32_t domid, uint32_t devid, uint64_t rx, uint64_t tx)
{
    return (struct device_sample){ domid, devid, DEVICE_VIF,
                                   { .total = { [COUNTER_RX_BYTES] = rx, [COUNTER_TX_BYTES] = tx } } };
}

static struct device_sample disk(uint32_t domid, uint32_t devid, uint64_t read)
{
    return (struct device_sample){ domid, devid, DEVICE_DISK,
                                   { .total = { [COUNTER_READ_BYTES] = read } } };
}

#define SAMPLE(when, doms, devs)                                                      \
    {                                                                                 \
        .taken_ns = (when), .domains = (doms), .nr_domains = sizeof(doms) / sizeof((doms)[0]), \
        .devices = (devs), .nr_devices = sizeof(devs) / sizeof((devs)[0]),            \
    }

START_TEST(the_first_has_no_rates)
{
    struct domain_sample doms[] = { domain(0, 5 * SECOND) };
    struct device_sample devs[] = { vif(0, 0, 100, 200) };
    struct sample none = { 0 }, s = SAMPLE(7 * SECOND, doms, devs);

    sample_rates(&none, &s);
    ck_assert_double_eq(s.seconds, 0);
    ck_assert_uint_eq(doms[0].usage.total[COUNTER_CPU], 5 * SECOND);
    ck_assert_uint_eq(doms[0].usage.total[COUNTER_TX_BYTES], 200);
    for (int c = 0; c < COUNTERS; c++)
        ck_assert_double_eq(doms[0].usage.rate[c], 0);
}
END_TEST

START_TEST(rates_are_differences_by_time)
{
    struct domain_sample was[] = { domain(0, 0), domain(3, SECOND), domain(7, 9 * SECOND) };
    struct domain_sample is[] = { domain(0, SECOND), domain(7, 11 * SECOND) };
    struct device_sample had[] = { disk(3, 1, 5), disk(7, 1, 1000), vif(7, 0, 10, 20) };
    struct device_sample has[] = { disk(7, 1, 2000), vif(7, 0, 10, 120), vif(7, 1, 0, 300) };
    struct sample before = SAMPLE(10 * SECOND, was, had), now = SAMPLE(12 * SECOND, is, has);
    const struct device_sample *devices;
    size_t n;

    sample_rates(&before, &now);
    ck_assert_double_eq(now.seconds, 2);
    ck_assert_double_eq(is[0].usage.rate[COUNTER_CPU], SECOND / 2);
    ck_assert_double_eq(is[1].usage.rate[COUNTER_CPU], SECOND);
    ck_assert_double_eq(is[1].usage.rate[COUNTER_READ_BYTES], 500);
    ck_assert_double_eq(is[1].usage.rate[COUNTER_RX_BYTES], 0);
    ck_assert_double_eq(is[1].usage.rate[COUNTER_TX_BYTES], 50 + 150); /* one is new */
    ck_assert_uint_eq(is[1].usage.total[COUNTER_TX_BYTES], 420);
    ck_assert_double_eq(has[2].usage.rate[COUNTER_TX_BYTES], 150);
    devices = sample_devices(&now, 1, &n);
    ck_assert(devices == has && n == 3);
    sample_devices(&now, 0, &n);
    ck_assert_uint_eq(n, 0);
}
END_TEST

/* Of what the hypervisor publishes, and of CPUs. */
START_TEST(rates_of_published_counters)
{
    struct domain_sample was[] = { domain(3, SECOND) }, is[] = { domain(3, SECOND) };
    struct cpu_sample idle[] = { { .idle_ns = 0, .switches = 10 } },
                      busy[] = { { .idle_ns = SECOND, .switches = 410 } };
    struct device_sample devs[] = { vif(9, 0, 0, 0) };
    struct sample before = SAMPLE(SECOND, was, devs), now = SAMPLE(3 * SECOND, is, devs);

    was[0].usage.total[COUNTER_EVENTS] = 100;
    is[0].usage.total[COUNTER_EVENTS] = 140;
    is[0].usage.total[COUNTER_WAITING] = SECOND;
    before.cpus = idle;
    now.cpus = busy;
    before.nr_cpus = now.nr_cpus = 1;
    sample_rates(&before, &now);
    ck_assert_double_eq(is[0].usage.rate[COUNTER_EVENTS], 20);
    ck_assert_double_eq(is[0].usage.rate[COUNTER_WAITING], SECOND / 2);
    ck_assert_double_eq(busy[0].busy, 0.5);
    ck_assert_double_eq(busy[0].switch_rate, 200);
}
END_TEST

/* A number that comes again is another domain's, a device that connects anew counts from 0. */
START_TEST(what_has_fallen_began_anew)
{
    struct domain_sample was[] = { domain(5, 9 * SECOND) }, is[] = { domain(5, SECOND) };
    struct device_sample had[] = { vif(5, 0, 900, 900) }, has[] = { vif(5, 0, 100, 1000) };
    struct sample before = SAMPLE(SECOND, was, had), now = SAMPLE(2 * SECOND, is, has);

    sample_rates(&before, &now);
    ck_assert_double_eq(is[0].usage.rate[COUNTER_CPU], SECOND);
    ck_assert_double_eq(is[0].usage.rate[COUNTER_RX_BYTES], 100);
    ck_assert_double_eq(is[0].usage.rate[COUNTER_TX_BYTES], 100);
}
END_TEST

/* Devices are there a moment longer than their domain, or sooner. */
START_TEST(devices_without_a_domain_are_nobodys)
{
    struct domain_sample doms[] = { domain(2, 0), domain(4, 0) };
    struct device_sample devs[] = { vif(1, 0, 1, 1), vif(2, 0, 2, 2), vif(3, 0, 3, 3),
                                    vif(4, 0, 4, 4), vif(5, 0, 5, 5) };
    struct sample none = { 0 }, s = SAMPLE(SECOND, doms, devs);

    sample_rates(&none, &s);
    ck_assert_uint_eq(doms[0].usage.total[COUNTER_RX_BYTES], 2);
    ck_assert_uint_eq(doms[1].usage.total[COUNTER_RX_BYTES], 4);
}
END_TEST

/* --- device notes ----------------------------------------------------------------------------- */

static char dir[] = "/tmp/notes-XXXXXX";
static struct device_notes *notes;
static struct device_sample *found;
static size_t nr_found;

static void start(void)
{
    char sub[64];

    ck_assert(mkdtemp(dir) != NULL);
    snprintf(sub, sizeof(sub), "%s/net", dir);
    ck_assert_int_eq(mkdir(sub, 0700), 0);
    snprintf(sub, sizeof(sub), "%s/block", dir);
    ck_assert_int_eq(mkdir(sub, 0700), 0);
    notes = device_notes_open(dir);
    ck_assert(notes != NULL);
}

static void stop(void)
{
    char command[64];

    free(found);
    device_notes_close(notes);
    snprintf(command, sizeof(command), "rm -r %s", dir);
    ck_assert_int_eq(system(command), 0);
}

static void path_of(const char *name, char path[64]) { snprintf(path, 64, "%s/%s", dir, name); }

/* As a daemon makes it: a new file. */
static void put(const char *name, const void *data, size_t len)
{
    char path[64];
    int fd;

    path_of(name, path);
    unlink(path);
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, data, len), len);
    close(fd);
}

static void look(size_t expected)
{
    free(found);
    found = NULL;
    ck_assert_int_eq(device_notes_read(notes, &found, &nr_found), 0);
    ck_assert_uint_eq(nr_found, expected);
}

static void expect(size_t i, uint32_t domid, enum device_type type, uint32_t devid)
{
    ck_assert_uint_eq(found[i].domid, domid);
    ck_assert_int_eq(found[i].type, type);
    ck_assert_uint_eq(found[i].devid, devid);
}

START_TEST(each_device_with_its_counts)
{
    struct vif_counts net = { .rx_bytes = 1, .tx_bytes = 2, .rx_packets = 3, .tx_packets = 4 };
    struct disk_counts block = { .reads = 5, .writes = 6, .read_sectors = 7, .written_sectors = 8 };

    look(0);
    put("net/10-1.note", &net, sizeof(net));
    put("net/10-0.note", &net, sizeof(net));
    put("net/9-0.note", &net, sizeof(net));
    put("block/10-51712.note", &block, sizeof(block));
    look(4);
    expect(0, 9, DEVICE_VIF, 0);
    expect(1, 10, DEVICE_DISK, 51712);
    expect(2, 10, DEVICE_VIF, 0);
    expect(3, 10, DEVICE_VIF, 1);
    ck_assert_uint_eq(found[0].usage.total[COUNTER_RX_BYTES], 1);
    ck_assert_uint_eq(found[0].usage.total[COUNTER_TX_BYTES], 2);
    ck_assert_uint_eq(found[0].usage.total[COUNTER_RX_PACKETS], 3);
    ck_assert_uint_eq(found[0].usage.total[COUNTER_TX_PACKETS], 4);
    ck_assert_uint_eq(found[1].usage.total[COUNTER_READS], 5);
    ck_assert_uint_eq(found[1].usage.total[COUNTER_WRITES], 6);
    ck_assert_uint_eq(found[1].usage.total[COUNTER_READ_BYTES], 7 * 512);
    ck_assert_uint_eq(found[1].usage.total[COUNTER_WRITTEN_BYTES], 8 * 512);
}
END_TEST

START_TEST(files_change_and_go)
{
    struct vif_counts net = { .rx_bytes = 1 };
    char path[64];
    int fd;

    put("net/3-0.note", &net, sizeof(net));
    put("net/4-0.note", &net, sizeof(net));
    look(2);
    /* the same file counts on */
    path_of("net/4-0.note", path);
    fd = open(path, O_WRONLY);
    net.rx_bytes = 50;
    ck_assert_int_eq(write(fd, &net, sizeof(net)), sizeof(net));
    close(fd);
    look(2);
    ck_assert_uint_eq(found[1].usage.total[COUNTER_RX_BYTES], 50);
    /* another file of the same name */
    net.rx_bytes = 7;
    put("net/4-0.note", &net, sizeof(net));
    path_of("net/3-0.note", path);
    unlink(path);
    look(1);
    expect(0, 4, DEVICE_VIF, 0);
    ck_assert_uint_eq(found[0].usage.total[COUNTER_RX_BYTES], 7);
}
END_TEST

START_TEST(what_is_no_note_is_left_alone)
{
    struct vif_counts net = { .rx_bytes = 1 };
    char path[64];

    put("net/3-0.note", &net, sizeof(net) - 1); /* not whole yet */
    put("net/3-1.notes", &net, sizeof(net));
    put("net/-.note", &net, sizeof(net));
    put("net/3.note", &net, sizeof(net));
    path_of("net/5-0.note", path);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    path_of("net/6-0.note", path);
    ck_assert_int_eq(symlink("/etc/passwd", path), 0);
    look(0);
    put("net/3-0.note", &net, sizeof(net));
    look(1);
}
END_TEST

START_TEST(as_many_as_there_are)
{
    struct vif_counts net = { 0 };
    char name[32];

    for (unsigned i = 0; i < 300; i++) {
        net.rx_bytes = i;
        snprintf(name, sizeof(name), "net/%u-0.note", 1 + i * 7 % 300);
        put(name, &net, sizeof(net));
    }
    look(300);
    for (unsigned i = 0; i < 300; i++)
        expect(i, i + 1, DEVICE_VIF, 0);
    ck_assert_uint_eq(found[7].usage.total[COUNTER_RX_BYTES], 1);
}
END_TEST

/* --- as text ---------------------------------------------------------------------------------- */

START_TEST(the_table)
{
    struct domain_sample doms[] = { domain(0, 90 * SECOND), domain(12, 1234567890) };
    struct device_sample devs[] = { vif(12, 0, 4000, 100) };
    struct domain_sample was[] = { domain(0, 89 * SECOND), domain(12, 1234567890 - SECOND / 8) };
    struct device_sample had[] = { vif(12, 0, 0, 0) };
    struct sample before = SAMPLE(SECOND, was, had), now = SAMPLE(3 * SECOND, doms, devs);
    char *text;
    size_t len;
    FILE *f = open_memstream(&text, &len);

    strcpy(doms[0].name, "Domain-0");
    strcpy(doms[1].name, "web");
    doms[0].info.running = doms[1].info.blocked = true;
    doms[0].info.tot_pages = 512 * 256;
    doms[1].info.online_vcpus = 2;
    doms[1].published = true;
    doms[1].usage.total[COUNTER_HYPERCALLS] = 2000;
    doms[1].usage.total[COUNTER_EVENTS] = 200;
    doms[1].usage.total[COUNTER_WAITING] = SECOND / 4;
    sample_rates(&before, &now);
    top_print_text(&now, f);
    fclose(f);
    ck_assert_str_eq(
        text,
        "Name                                ID  State    Time(s) CPU(%) Mem(MiB) VCPUs"
        "     Rx(B/s)     Tx(B/s)   Read(B/s)  Write(B/s)     Reads/s    Writes/s"
        "    Hcalls/s    Events/s Wait(%)\n"
        "Domain-0                             0 r-----       90.0   50.0      512     0"
        "           0           0           0           0           0           0"
        "           -           -       -\n"
        "web                                 12 -b----        1.2    6.2        0     2"
        "        2000          50           0           0           0           0"
        "        1000         100    12.5\n");
    free(text);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("sample");
    TCase *rates = tcase_create("rates"), *files = tcase_create("notes");
    SRunner *r = srunner_create(s);
    int failed;

    suite_add_tcase(s, rates);
    suite_add_tcase(s, files);
    tcase_add_checked_fixture(files, start, stop);
    tcase_add_test(rates, the_first_has_no_rates);
    tcase_add_test(rates, rates_are_differences_by_time);
    tcase_add_test(rates, what_has_fallen_began_anew);
    tcase_add_test(rates, rates_of_published_counters);
    tcase_add_test(rates, devices_without_a_domain_are_nobodys);
    tcase_add_test(files, each_device_with_its_counts);
    tcase_add_test(files, files_change_and_go);
    tcase_add_test(files, what_is_no_note_is_left_alone);
    tcase_add_test(files, as_many_as_there_are);
    tcase_add_test(rates, the_table);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
