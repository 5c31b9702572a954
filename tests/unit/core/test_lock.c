/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Locks: exclusion between real threads, trying, pairs, the order check, interrupts.
 */
#include "fake.h"

#include <pthread.h>
#include <string.h>

#include <hv/lock.h>

#define ROUNDS 20000

static struct spinlock shared = SPINLOCK_INIT(LOCK_DOMAIN);
static unsigned long counter;

static void *count_up(void *cpu)
{
    fake_become_cpu((unsigned)(uintptr_t)cpu);
    for (unsigned i = 0; i < ROUNDS; i++) {
        if (i % 8 == 0) {
            while (!spin_trylock(&shared))
                sched_yield();
        } else {
            spin_lock(&shared);
        }
        counter++;
        spin_unlock(&shared);
        if (i % 64 == 0)
            sched_yield();
    }
    return NULL;
}

START_TEST(only_one_thread_at_a_time)
{
    pthread_t t[2];

    for (uintptr_t i = 0; i < 2; i++)
        ck_assert_int_eq(pthread_create(&t[i], NULL, count_up, (void *)(i + 1)), 0);
    for (unsigned i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    ck_assert_uint_eq(counter, 2 * ROUNDS);
    ck_assert(!spin_is_locked(&shared));
}
END_TEST

START_TEST(trying)
{
    struct spinlock l;

    spin_init(&l, LOCK_DOMAIN);
    ck_assert(spin_trylock(&l));
    ck_assert(spin_is_locked(&l));
    fake_become_cpu(1);
    ck_assert(!spin_trylock(&l));
    fake_become_cpu(0);
    spin_unlock(&l);
    ck_assert(spin_trylock(&l));
    spin_unlock(&l);
}
END_TEST

START_TEST(tickets_wrap_around)
{
    struct spinlock l;

    spin_init(&l, LOCK_DOMAIN);
    for (unsigned i = 0; i < 140000; i++) {
        if (i % 2)
            spin_lock(&l);
        else
            ck_assert(spin_trylock(&l));
        spin_unlock(&l);
    }
    ck_assert(!spin_is_locked(&l));
}
END_TEST

START_TEST(pairs)
{
    struct spinlock l[2];

    spin_init(&l[0], LOCK_DOMAIN);
    spin_init(&l[1], LOCK_DOMAIN);
    spin_lock_pair(&l[1], &l[0]);
    ck_assert(spin_is_locked(&l[0]) && spin_is_locked(&l[1]));
    spin_unlock_pair(&l[1], &l[0]);
    spin_lock_pair(&l[0], &l[0]);
    spin_unlock_pair(&l[0], &l[0]);
    ck_assert(!spin_is_locked(&l[0]) && !spin_is_locked(&l[1]));
}
END_TEST

START_TEST(interrupts_are_off_and_restored)
{
    struct spinlock l;

    spin_init(&l, LOCK_TIMER);
    unsigned long flags = spin_lock_irqsave(&l);
    ck_assert(!irqs_enabled());
    spin_unlock_irqrestore(&l, flags);
    ck_assert(irqs_enabled());
    irq_disable();
    flags = spin_lock_irqsave(&l);
    spin_unlock_irqrestore(&l, flags);
    ck_assert(!irqs_enabled());
}
END_TEST

START_TEST(wrong_order_is_noticed)
{
    struct spinlock outer, inner;

    spin_init(&outer, LOCK_DOMAIN);
    spin_init(&inner, LOCK_HEAP);
    spin_lock(&outer);
    spin_lock(&inner);
    spin_unlock(&outer); /* releasing in any order is fine */
    spin_unlock(&inner);
    spin_lock(&inner);
    EXPECT_PANIC(spin_lock(&outer));
    ck_assert_ptr_nonnull(strstr(fake_panic_text, "lock order"));
}
END_TEST

START_TEST(two_of_one_level_are_noticed)
{
    struct spinlock a, b;

    spin_init(&a, LOCK_DOMAIN);
    spin_init(&b, LOCK_DOMAIN);
    spin_lock(&a);
    EXPECT_PANIC(spin_lock(&b));
}
END_TEST

START_TEST(trying_may_be_out_of_order)
{
    struct spinlock a, b;

    spin_init(&a, LOCK_DOMAIN);
    spin_init(&b, LOCK_HEAP);
    spin_lock(&b);
    ck_assert(spin_trylock(&a));
    spin_unlock(&a);
    spin_unlock(&b);
}
END_TEST

START_TEST(unlock_without_lock_is_noticed)
{
    struct spinlock a;

    spin_init(&a, LOCK_DOMAIN);
    EXPECT_PANIC(spin_unlock(&a));
}
END_TEST

START_TEST(an_interrupt_has_its_own_order)
{
    struct spinlock in_irq, held;
    unsigned outer, inner;

    spin_init(&in_irq, LOCK_DOMAIN);
    spin_init(&held, LOCK_HEAP);
    for (unsigned i = 0; i < 2; i++) { /* interrupting code with and without a lock */
        if (i)
            spin_lock(&held);
        irq_disable();
        outer = lock_check_irq_enter();
        spin_lock(&in_irq);
        inner = lock_check_irq_enter();
        lock_check_irq_exit(inner);
        spin_unlock(&in_irq);
        lock_check_irq_exit(outer);
        irq_enable();
        if (i)
            spin_unlock(&held);
    }
    ck_assert_str_eq(fake_log, "");
    spin_lock(&held);
    EXPECT_PANIC(spin_lock(&in_irq));
}
END_TEST

START_TEST(lock_kept_by_an_interrupt_is_noticed)
{
    struct spinlock l;
    unsigned saved;

    spin_init(&l, LOCK_DOMAIN);
    irq_disable();
    saved = lock_check_irq_enter();
    spin_lock(&l);
    EXPECT_PANIC(lock_check_irq_exit(saved));
}
END_TEST

START_TEST(lock_kept_beyond_its_work_is_noticed)
{
    struct spinlock l;

    spin_init(&l, LOCK_DOMAIN);
    lock_check_none_held();
    spin_lock(&l);
    EXPECT_PANIC(lock_check_none_held());
}
END_TEST

START_TEST(interrupt_lock_taken_with_interrupts_on_is_told)
{
    struct spinlock l;
    unsigned saved;

    spin_init(&l, LOCK_TIMER);
    spin_lock(&l); /* wrong: interrupts are on */
    spin_unlock(&l);
    ck_assert_str_eq(fake_log, "");
    irq_disable();
    saved = lock_check_irq_enter();
    spin_lock(&l);
    spin_unlock(&l);
    lock_check_irq_exit(saved);
    ck_assert_ptr_nonnull(strstr(fake_log, "used in interrupts"));
}
END_TEST

Suite *unit_suite(void)
{
    Suite *s = suite_create("lock");
    TCase *t = tcase_create("lock");

    tcase_set_timeout(t, 60);
    tcase_add_test(t, only_one_thread_at_a_time);
    tcase_add_test(t, trying);
    tcase_add_test(t, tickets_wrap_around);
    tcase_add_test(t, pairs);
    tcase_add_test(t, interrupts_are_off_and_restored);
    tcase_add_test(t, wrong_order_is_noticed);
    tcase_add_test(t, two_of_one_level_are_noticed);
    tcase_add_test(t, trying_may_be_out_of_order);
    tcase_add_test(t, unlock_without_lock_is_noticed);
    tcase_add_test(t, an_interrupt_has_its_own_order);
    tcase_add_test(t, lock_kept_by_an_interrupt_is_noticed);
    tcase_add_test(t, lock_kept_beyond_its_work_is_noticed);
    tcase_add_test(t, interrupt_lock_taken_with_interrupts_on_is_told);
    suite_add_tcase(s, t);
    return s;
}
