/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a unit test can set up and look at on the fake machine. A suite defines unit_suite();
 * fake/main.c runs it, each test in a process of its own. Every function of the fakes is weak: a
 * suite that links the real file gets the real one.
 */
#ifndef FAKE_H
#define FAKE_H

#include <check.h>
#include <setjmp.h>

#include <arch/cpu.h>
#include <hv/cpumask.h>
#include <hv/domain.h>
#include <hv/page.h>
#include <hv/types.h>

Suite *unit_suite(void);

/* --- CPUs ------------------------------------------------------------------------------------- */
/** CPUs 0 to n - 1 are on line; the test is CPU 0. */
void fake_cpus_init(unsigned n);
void fake_become_cpu(unsigned cpu);
extern unsigned fake_event_checks[MAX_CPUS]; /* IPIs sent to each CPU */

/* --- time ------------------------------------------------------------------------------------- */
extern uint64_t fake_wall_base; /* ns since 1970 at fake_now 0 */
extern s_time_t fake_now;
extern s_time_t fake_deadline[MAX_CPUS]; /* what each CPU's timer hardware was last given */

/* --- memory: frames 0 to n - 1 exist, all unowned and in no list ------------------------------ */
void fake_memory_init(unsigned long frames);
void fake_memory_free(void);
extern unsigned long fake_clears;  /* pages cleared */
extern unsigned long fake_flushes; /* blocks looked at before reuse */
/* fake hv_zalloc fails after so many more; ~0 = never */
extern unsigned long fake_alloc_fail_after;
extern unsigned long fake_allocs_live;      /* objects of the fake hv_zalloc */

/* --- domains: bare ones for files that only need accounts, and for looking up by id ----------- */
struct domain *fake_domain(domid_t id, unsigned vcpus);
void fake_domain_free(struct domain *d);

/* --- the log ---------------------------------------------------------------------------------- */
extern char fake_log[4096]; /* what the fake printk said, the latest at the end */
void fake_log_clear(void);

/** Run `stmt`, which must panic; fake_panic_text says what it said. */
extern jmp_buf *fake_panic_expected;
extern char fake_panic_text[256];
#define EXPECT_PANIC(stmt)                                                            \
    do {                                                                              \
        jmp_buf env_;                                                                 \
        fake_panic_expected = &env_;                                                  \
        if (!setjmp(env_)) {                                                          \
            stmt;                                                                     \
            ck_abort_msg("did not panic: %s", #stmt);                                 \
        }                                                                             \
        fake_panic_expected = NULL;                                                   \
    } while (0)

extern bool fake_stops_later; /* every vcpu is in the middle of something */
extern bool fake_interrupted; /* something besides events interrupts every vcpu */

/* --- switching: context_switch leaves through here, as if on the next vcpu's side ------------- */
extern jmp_buf *fake_switch;

#endif
