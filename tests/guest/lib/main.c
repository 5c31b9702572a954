/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Start of a small kernel: sets itself up, runs the tests of its area (all of them, or those named
 * by test=NAME on the command line), and prints the verdict. With stay=1 it goes on running then,
 * for tests that do something to the machine from outside.
 *
 * Each test ends with `TEST-RESULT: area/name success|skip|failure|error`, the whole with
 * `TEST-PASS`, `TEST-FAIL` or `TEST-SKIP`. Around each test the figures that Dom0 can see (free
 * pages of the machine, its own pages, event channels, domains) are taken; a difference is a leak
 * and a failure (for pages of the machine: if it comes again when the test is repeated).
 */
#include "guest.h"

const start_info_t *start_info;
static uint8_t shared_info_page[PAGE_SIZE] __attribute__((aligned(4096)));
shared_info_t *const shared_info = (shared_info_t *)shared_info_page;
extern const struct guest_test *const tests_start[], *const tests_end[];

static enum status current;

void guest_start(const start_info_t *info);

bool is_dom0(void)
{
    return start_info->flags & SIF_INITDOMAIN;
}

const char *option(const char *name)
{
    const char *at = (const char *)start_info->cmd_line;
    size_t n = strlen(name);

    for (; *at; at++)
        if ((at == (const char *)start_info->cmd_line || at[-1] == ' ') &&
            !strncmp(at, name, n) && at[n] == '=')
            return at + n + 1;
    return NULL;
}

unsigned long number(const char *text)
{
    unsigned long value = 0;

    for (; text && *text >= '0' && *text <= '9'; text++)
        value = value * 10 + (unsigned long)(*text - '0');
    return value;
}

domid_t own_domid(void)
{
    return is_dom0() ? 0 : (domid_t)number(option("domid"));
}

void power_off(void)
{
    struct sched_shutdown arg = {SHUTDOWN_poweroff};

    for (;;)
        hyp_sched_op(SCHEDOP_shutdown, &arg);
}

/* ---- verdicts */

void report_text(enum status status, const char *file, int line, const char *text);

static const char *const status_names[] = {"success", "skip", "failure", "error"};

void report_text(enum status status, const char *file, int line, const char *text)
{
    printk("%s: %s:%d: %s\n", status_names[status], file, line, text);
    if (status > current)
        current = status;
}

bool check(bool good, const char *file, int line, const char *text)
{
    if (!good)
        report(STATUS_FAILURE, file, line, "not true: %s", text);
    return good;
}

bool check_equal(long got, long want, const char *file, int line, const char *text)
{
    char name[24];

    if (got == want)
        return true;
    snprint(name, sizeof(name), "%s", errno_name(want));
    report(STATUS_FAILURE, file, line, "%s is %ld 0x%lx%s, not %ld 0x%lx%s", text, got, got,
           errno_name(got), want, want, name);
    return false;
}

static void fault_text(char *buffer, size_t size, uint64_t fault)
{
    if (fault == NO_FAULT)
        snprint(buffer, size, "no fault");
    else
        snprint(buffer, size, "vector 0x%lx[0x%x]", fault >> 32 & 0x7fffffff, (uint32_t)fault);
}

bool check_fault(uint64_t got, uint64_t want, const char *file, int line, const char *text)
{
    char is[40], should[40];

    if (got == want)
        return true;
    fault_text(is, sizeof(is), got);
    fault_text(should, sizeof(should), want);
    report(STATUS_FAILURE, file, line, "%s: %s (cr2 %lx), not %s", text, is, self()->last_cr2,
           should);
    return false;
}

/* ---- leaks */

#define SETTLE (1000 * MS) /* the hypervisor frees some things when it finds time */

struct figures {
    long free_pages, own_pages, ports, domains, pages, unmasked;
};

static long open_ports(void)
{
    evtchn_status_t status;
    long n = 0;

    for (evtchn_port_t port = 1; !event_status(port, &status) && port < 256; port++)
        n += status.status != EVTCHNSTAT_closed;
    return n;
}

static long count_domains(void)
{
    struct xen_domctl op = {0};
    long n = 0;

    for (domid_t next = 0; !domctl(&op, XEN_DOMCTL_getdomaininfo, next); next = op.domain + 1)
        n++;
    return n;
}

static struct figures take_figures(void)
{
    struct xen_domctl_getdomaininfo info = {0};
    struct figures f = {.ports = open_ports(), .pages = pages_free()};

    if (is_dom0()) {
        domain_info(0, &info);
        f.own_pages = (long)info.tot_pages;
        f.domains = count_domains();
        f.free_pages = (long)host_free_pages();
    }
    return f;
}

/* False if the machine has fewer free pages than before; all other leaks are failures at once. */
static bool leak_check(const struct figures *before, uint64_t patience)
{
    uint64_t end = now() + patience;
    struct figures after = take_figures();

    while (after.free_pages < before->free_pages && now() < end) {
        sleep(10 * MS);
        after = take_figures();
    }
    if (after.own_pages != before->own_pages)
        failure("leak: own pages %ld -> %ld", before->own_pages, after.own_pages);
    if (after.ports != before->ports || after.domains != before->domains)
        failure("leak: event channels %ld -> %ld, domains %ld -> %ld", before->ports, after.ports,
                before->domains, after.domains);
    if (after.pages != before->pages)
        error("the test kept %ld pages of its own", before->pages - after.pages);
    if (after.free_pages < before->free_pages)
        printk("free pages of the machine: %ld -> %ld\n", before->free_pages, after.free_pages);
    return after.free_pages >= before->free_pages;
}

/* ---- running */

/* True if the machine has as many free pages afterwards. */
static bool run_once(const struct guest_test *test, uint64_t patience)
{
    struct figures before = take_figures();
    uint64_t fault;

    fault = FAULT_OF(test->run());
    events_off();
    if (fault != NO_FAULT)
        error("ended by vector 0x%lx[0x%x] at %lx, cr2 %lx", fault >> 32 & 0x7fffffff,
              (uint32_t)fault, self()->last.rip, self()->last_cr2);
    return leak_check(&before, patience);
}

/* Caches of the hypervisor grow when something is done for the first time; a leak grows again. */
static enum status run(const struct guest_test *test)
{
    current = STATUS_SUCCESS;
    printk("TEST: %s: %s\n", test->name, test->title);
    if (!run_once(test, SETTLE) && !run_once(test, SETTLE) && !run_once(test, PATIENCE))
        failure("leak: free pages are fewer after each of three runs");
    printk("TEST-RESULT: %s %s\n", test->name, status_names[current]);
    return current;
}

static bool selected(const struct guest_test *test)
{
    const char *want = option("test"), *name = test->name;
    size_t n = 0;

    while (*name && *name++ != '/')
        ;
    if (!want)
        return true;
    while (want[n] && want[n] != ' ')
        n++;
    return strlen(name) == n && !strncmp(name, want, n);
}

static void setup(void)
{
    self()->id = 0;
    hyp_update_va_mapping((uint64_t)shared_info, start_info->shared_info | PTE_RW, UVMF_INVLPG);
    shared_info->vcpu_info[0].evtchn_upcall_mask = 1;
    memset(shared_info->evtchn_mask, 0xff, sizeof(shared_info->evtchn_mask));
    shared_info->vcpu_info[0].evtchn_pending_sel = 0; /* an event before now hides all later ones */
    shared_info->vcpu_info[0].evtchn_upcall_pending = 0;
    traps_init();
    hyp_vm_assist(VMASST_CMD_enable, VMASST_TYPE_writable_pagetables);
    mmuext(MMUEXT_NEW_USER_BASEPTR, top_table_mfn(), 0);
    hyp_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL); /* a new vcpu may have one */
}

/* The hypervisor's caches grow with the first domain: not what the leak checks look for. */
static void warm_up(void)
{
    domid_t domid;

    if (is_dom0() && !domain_create(0, &domid))
        domain_destroy(domid);
}

void guest_start(const start_info_t *info)
{
    unsigned count[4] = {0};

    start_info = info;
    setup();
    printk("small kernel on %s, %s\n", info->magic, is_dom0() ? "Dom0" : "unprivileged");
    warm_up();
    for (const struct guest_test *const *t = tests_start; t < tests_end; t++)
        if (selected(*t))
            count[run(*t)]++;
    if (count[STATUS_FAILURE] || count[STATUS_ERROR] ||
        !(count[STATUS_SUCCESS] + count[STATUS_SKIP]))
        printk("TEST-FAIL %u success, %u skip, %u failure, %u error\n", count[0], count[1],
               count[2], count[3]);
    else if (count[STATUS_SUCCESS])
        printk("TEST-PASS %u success, %u skip\n", count[0], count[1]);
    else
        printk("TEST-SKIP all of them\n");
    while (option("stay"))
        __asm__ volatile("pause");
    power_off();
}
