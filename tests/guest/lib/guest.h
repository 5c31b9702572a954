/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Everything a test uses. A test is a file tests/guest/<area>/<name>/main.c:
 *
 *     / * What is done, what is expected, and why. * /
 *     #include <guest.h>
 *     GUEST_TEST("one line about it")
 *     {
 *         CHECK_EQ(hyp_xen_version(XENVER_version, NULL), 4 << 16 | 17);
 *         CHECK_FAULT(FAULT(VEC_UD, 0), asm volatile("ud2"));
 *     }
 *
 * A failed check prints file:line and the test goes on. The tests of one area are linked into one
 * kernel; each leaves vcpu 0 with events masked and the system as it found it.
 */
#ifndef GUEST_H
#define GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hypercall.h"
#include "layout.h"
#include "x86.h"

#define PAGE_SIZE 4096UL
#define PAGE_MASK (~(PAGE_SIZE - 1))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* ---- verdicts (report.c) */

/** In the order of severity: a test's status only ever goes up. */
enum status { STATUS_SUCCESS, STATUS_SKIP, STATUS_FAILURE, STATUS_ERROR };

struct guest_test {
    const char *name;  /* area/name */
    const char *title;
    void (*run)(void);
};

#define GUEST_TEST(title_)                                                           \
    static void test_main(void);                                                     \
    static const struct guest_test this_test = {TEST_NAME, title_, test_main};       \
    static const struct guest_test *const this_entry                                 \
        __attribute__((section("tests"), used)) = &this_test;                        \
    static void test_main(void)

/** The hypervisor did something wrong; the test itself is broken; it cannot run here. */
void report(enum status status, const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
#define failure(...) report(STATUS_FAILURE, __FILE__, __LINE__, __VA_ARGS__)
#define error(...)   report(STATUS_ERROR, __FILE__, __LINE__, __VA_ARGS__)
#define skip(...)    report(STATUS_SKIP, __FILE__, __LINE__, __VA_ARGS__)

bool check(bool good, const char *file, int line, const char *text);
bool check_equal(long got, long want, const char *file, int line, const char *text);
bool check_fault(uint64_t got, uint64_t want, const char *file, int line, const char *text);

#define CHECK(condition) check(condition, __FILE__, __LINE__, #condition)
#define CHECK_EQ(got, want) check_equal((long)(got), (long)(want), __FILE__, __LINE__, #got)
/** What code does: FAULT(vector, error code), or NO_FAULT. */
#define CHECK_FAULT(want, ...) \
    check_fault(FAULT_OF(__VA_ARGS__), want, __FILE__, __LINE__, #__VA_ARGS__)

/** Ends the test unless it runs as Dom0, or with that many vcpus. */
#define NEEDS_DOM0()                                  \
    do {                                              \
        if (!is_dom0()) {                             \
            skip("only Dom0 may do this");            \
            return;                                   \
        }                                             \
    } while (0)
#define NEEDS_VCPUS(count)                            \
    do {                                              \
        if (vcpus_present() < (count)) {              \
            skip("needs %d vcpus", count);            \
            return;                                   \
        }                                             \
    } while (0)

/* ---- the guest (main.c, console.c) */

extern const start_info_t *start_info;
extern shared_info_t *const shared_info;
bool is_dom0(void);

/** The guest's own domain id: 0, or the number after `domid=` on the command line. */
domid_t own_domid(void);
unsigned vcpus_present(void);

/** The value after `name=` on the command line, or NULL; ends at a blank. */
const char *option(const char *name);
unsigned long number(const char *text);

void printk(const char *format, ...) __attribute__((format(printf, 1, 2)));
int snprint(char *buffer, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void console_write(const char *text, size_t length);
const char *errno_name(long result);
void power_off(void) __attribute__((noreturn));

void *memset(void *to, int byte, size_t n);
void *memcpy(void *to, const void *from, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *text);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);

/* ---- exceptions and callbacks as values (traps.c) */

struct trap_frame {
    uint64_t r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
    uint64_t vector, error;
    uint64_t rip, cs, rflags, rsp, ss; /* cs: bits 39:32 are the saved event mask */
};

struct catch {
    uint64_t rbx, rbp, r12, r13, r14, r15, rsp, rip; /* used by catch_save */
    uint64_t fault;
    struct catch *outer;
};

#define FAULT(vector, error) (1UL << 63 | (uint64_t)(vector) << 32 | (uint32_t)(error))
#define NO_FAULT 0UL

/** First words of a vcpu's stack. */
struct vcpu_self {
    unsigned id;
    struct catch *catch;
    struct trap_frame last; /* of the last caught entry */
    uint64_t last_cr2;
};

static inline struct vcpu_self *self(void)
{
    uint64_t sp;

    asm volatile("mov %%rsp, %0" : "=r"(sp));
    return (struct vcpu_self *)(sp & ~(STACK_BYTES - 1UL));
}

int catch_save(struct catch *c) __attribute__((returns_twice));
void catch_push(struct catch *c);
void catch_pop(struct catch *c);

/** Runs the code; the exception that ended it, or NO_FAULT. self()->last has the registers. */
#define FAULT_OF(...)                 \
    ({                                \
        struct catch c_;              \
        catch_push(&c_);              \
        if (!catch_save(&c_)) {       \
            __VA_ARGS__;              \
        }                             \
        catch_pop(&c_);               \
        c_.fault;                     \
    })

/** Is called for a vector before it is caught; true: handled, go on with the frame. */
typedef bool trap_hook_t(struct trap_frame *frame);
void trap_hook(unsigned vector, trap_hook_t *hook);

void traps_init(void);
void trap_entries(trap_info_t *table); /* of 256 or fewer entries: ends with address 0 */
void callbacks_register(void);

extern char entry_event[], entry_failsafe[], entry_syscall[], entry_syscall32[], entry_sysenter[],
    entry_nmi[], entry_soft_80[], entry_other[], vcpu_entry[], user_entry[], hypercall_page[];
extern const uint64_t exception_entries[NR_EXCEPTIONS];

void iret_to(const uint64_t frame[5], uint64_t flags, uint64_t rdi) __attribute__((noreturn));

/**
 * Runs a function in user mode. Returns how it ended: FAULT(VEC_SYSCALL, 0) if it returned (its
 * result is then in self()->last.rdi) or made another system call, or an exception.
 */
uint64_t user_run(long (*function)(void));

/* ---- memory (memory.c) */

#define PTE_P   0x001UL
#define PTE_W   0x002UL
#define PTE_U   0x004UL
#define PTE_PWT 0x008UL
#define PTE_PCD 0x010UL
#define PTE_A   0x020UL
#define PTE_D   0x040UL
#define PTE_PSE 0x080UL
#define PTE_G   0x100UL
#define PTE_AVL 0xe00UL
#define PTE_NX  (1UL << 63)
#define PTE_MFN 0x000ffffffffff000UL
#define PTE_RW  (PTE_P | PTE_W | PTE_U | PTE_A | PTE_D)
#define PTE_RO  (PTE_P | PTE_U | PTE_A)

/** Zeroed pages with their own frames, mapped writable; given back with page_free. */
void *page_alloc(void);
void page_free(void *page);
unsigned pages_free(void);

/** A page of address space without a frame, for mappings. */
void *window_alloc(void);
void window_free(void *window);

uint64_t virt_to_mfn(const void *virt);
uint64_t virt_to_pfn(const void *virt);
uint64_t mfn_to_pfn(uint64_t mfn);
uint64_t *p2m(void);

/** The entry of a level (1 to 4) that maps an address: pointer (read-only), machine address. */
uint64_t *entry_of(const void *virt, int level);
uint64_t entry_maddr(const void *virt, int level);
uint64_t top_table_mfn(void);

long map_mfn(void *virt, uint64_t mfn, uint64_t flags);
long unmap(void *virt);
long page_protect(void *page, uint64_t flags); /* the page's own frame with these flags */
uint64_t page_give_up(void *page); /* its frame to the balloon, which stays if it is used */
void page_refill(void *page); /* another frame in its place, writable */
long pte_write(uint64_t maddr, uint64_t value);
long mmuext(unsigned cmd, uint64_t arg1, uint64_t arg2);
bool can_read(const void *virt);
bool can_write(void *virt);

/* ---- events, time, vcpus (events.c, time.c, vcpu.c) */

extern volatile unsigned event_count[EVTCHN_2L_NR_CHANNELS];
extern volatile unsigned upcall_count;
typedef void upcall_t(void);
void upcall_hook(upcall_t *hook); /* instead of the two-level scan; NULL ends it */

static inline vcpu_info_t *vcpu_info(void)
{
    return &shared_info->vcpu_info[self()->id];
}

void events_on(void);  /* deliver what is pending, then go on */
void events_off(void);
void event_mask(evtchn_port_t port, bool masked);
bool event_pending(evtchn_port_t port);
void event_clear(evtchn_port_t port);
long event_close(evtchn_port_t port);
long event_send(evtchn_port_t port);
long event_status(evtchn_port_t port, evtchn_status_t *status);
evtchn_port_t bind_virq(unsigned virq, unsigned vcpu);
evtchn_port_t bind_ipi(unsigned vcpu);
evtchn_port_t alloc_unbound(domid_t remote);

/** Events on until the port was counted or ns passed; events off afterwards. */
bool event_wait(evtchn_port_t port, uint64_t ns);

uint64_t now(void); /* system time, ns */
void busy_wait(uint64_t ns);
void sleep(uint64_t ns); /* gives the CPU away meanwhile */
#define MS 1000000UL

/** So long is waited for what has to come: no bound, only allowance for a loaded machine. */
#define PATIENCE (30000 * MS)

/**
 * Waits until the condition holds; false if it does not after all. The pause is for emulators whose
 * CPUs take turns.
 */
#define WAIT_FOR(condition)                                       \
    ({                                                            \
        uint64_t wait_end_ = now() + PATIENCE;                    \
        bool wait_met_;                                           \
                                                                  \
        while (!(wait_met_ = (condition)) && now() < wait_end_) { \
            hyp_sched_op(SCHEDOP_yield, NULL);                    \
            relax();                                              \
        }                                                         \
        wait_met_;                                                \
    })

/** Runs a function on another vcpu (1 to NR_VCPUS - 1) and comes back at once; wait for its end. */
bool vcpu_start(unsigned vcpu, void (*function)(void *), void *arg);
bool vcpu_wait(unsigned vcpu);
void vcpu_context(vcpu_guest_context_t *context, unsigned vcpu, uint64_t rip, uint64_t rsp);
void vcpu_main(unsigned vcpu);

/* ---- two vcpus at odds (race.c) */

/** A number below the limit, of the vcpu's own series; `seed=` on the command line chooses it. */
uint32_t random_below(uint32_t limit);

/** Waits for a random while. A timer interrupt comes at a random moment soon after. */
void random_pause(void);

/**
 * Calls `here` on this vcpu and `there` on vcpu 1, again and again with random pauses, until each
 * has come round that often (times what `times=` on the command line says).
 */
bool race(void (*here)(void), void (*there)(void), unsigned rounds);

/* ---- grants (grants.c) */

grant_entry_v1_t *grant_table(void);

/** Lets a domain use a page; flags: 0 or GTF_readonly. grant_end: false while it is in use. */
void grant(grant_ref_t ref, const void *page, domid_t to, uint16_t flags);
bool grant_end(grant_ref_t ref);

/* ---- other domains, for Dom0 (domain.c) */

long domctl(struct xen_domctl *op, unsigned cmd, domid_t domid);
long sysctl(struct xen_sysctl *op, unsigned cmd);
long platform(struct xen_platform_op *op, unsigned cmd);
long domain_create(domid_t wanted, domid_t *domid);
long domain_destroy(domid_t domid); /* until its memory is back */
long domain_populate(domid_t domid, xen_pfn_t first, unsigned count, uint64_t *mfns);
uint64_t host_free_pages(void);
bool domain_info(domid_t domid, struct xen_domctl_getdomaininfo *info);

/* ---- children: unprivileged guests that run this kernel, for Dom0 (child.c) */

#define CHILD_PAGES       2048
#define CHILD_SPARE_PAGES 256 /* that it may still take */
#define CHILD_VCPUS       2
#define CHILD_PATIENCE    (3 * PATIENCE) /* for what takes milliseconds */

struct child {
    domid_t domid;
    bool quiet;    /* do not show what it says */
    bool careless; /* whatever becomes of it is no failure */
    bool seen;     /* what was waited for */
    void *console;
    const char *awaited;
    unsigned length;
    char line[160], heard[160]; /* what it is saying; the line that was waited for */
};

/** Starts a child with this command line; wanted 0: any id. False: a failure was reported. */
bool child_start(struct child *c, domid_t wanted, const char *cmdline);

/**
 * Until the child says a line that begins with the text, or (NULL) has ended. False: it ended
 * without, or lost our patience. A failure that the child reports is one of this test.
 */
bool child_wait(struct child *c, const char *text);

/** Takes what the child has said, and keeps the last line that begins with the text in heard. */
void child_look(struct child *c, const char *text);
bool child_ended(const struct child *c);

/** Until it is gone with all it had. */
bool child_destroy(struct child *c);

/* ---- failing allocations, for Dom0 on a debug build (faults.c) */

bool faults_possible(void);
#define NEEDS_FAULTS()                                                       \
    do {                                                                     \
        if (!faults_possible()) {                                            \
            skip("needs Dom0 of a hypervisor that can inject faults");       \
            return;                                                          \
        }                                                                    \
    } while (0)

/** Fails `nr` allocations of this vcpu's hypercalls from the `first` on; how many it were. */
void fault_arm(uint64_t first, uint64_t nr);
uint64_t fault_disarm(void);

/**
 * Interrupts this vcpu's hypercalls where the nth question is asked whether to give way: with
 * events on, their upcall comes there. Disarms; true if the question was asked.
 */
void fault_interrupt(uint64_t nth);
bool fault_interrupted(uint64_t nth);

/** Memory of the machine, exactly: bytes in the hypervisor's objects; pages free or in its heap. */
struct usage {
    uint64_t heap_bytes, pages_left;
};
struct usage usage_now(void); /* once all is freed that waits for a quiescent state */
/** A failure if not all is as before. */
bool usage_same(const struct usage *before, const char *what);

#define KEPT_ON_FAILURE 1u
#define KEPT_ON_SUCCESS 2u

struct fault_case {
    const char *name;
    long (*act)(void);  /* 0: done; `error`: failed, and nothing has changed */
    void (*undo)(void); /* what was done; may be NULL */
    long error;         /* 0: -XEN_ENOMEM */
    unsigned kept;      /* memory that stays for later use: KEPT_ON_* */
};

/**
 * Does it with the n-th allocation failing, alone and with all that follow, for n = 1, 2, ... until
 * nothing fails any more, then once without; each time it answers its error and nothing is left
 * behind. Returns how many allocations it makes.
 */
unsigned fault_each(const struct fault_case *c);

#endif
