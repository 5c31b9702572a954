/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine around the CPUs: serial port and screen, clocks, power, what of it Dom0 must not
 * touch.
 */
#ifndef ARCH_PLATFORM_H
#define ARCH_PLATFORM_H

#include <hv/types.h>

struct domain;

/* --- console (platform/uart.c, platform/vga.c) ------------------------------------------------ */
/** Set up the output that `console=` and `com1=` ask for; what was logged before appears then. */
void console_hw_init(void);
/** Take input by interrupt, once interrupts work. */
void uart_irq_init(void);
/** I/O ports of the serial port in use: first port, or 0. It has 8. */
uint16_t uart_port(void);
void uart_put(const char *s, size_t len);
void vga_put(const char *s, size_t len);
void vga_init(void);
/** Dom0 owns the screen from now on. */
void vga_release(void);

/* --- clocks (platform/clock.c, platform/timer_source.c, platform/cmos.c) ---------------------- */
/** How a CPU's time stamp counter becomes system time, in the guests' own form (struct
 * vcpu_time_info). */
struct clock_params {
    uint64_t tsc_timestamp;
    uint64_t system_time; /* ns at tsc_timestamp */
    uint32_t tsc_to_system_mul;
    int8_t tsc_shift;
};

/** Measure TSC and local APIC timer; CPU 0. */
void clock_init(void);
/** Take over CPU 0's relation of TSC to time on another CPU; runs there. */
void clock_init_cpu(unsigned cpu);
/** Tell CPU 0's time to the CPU that it waits for. */
void clock_send_beacon(void);
/** Of a counter with this rate: ns = (ticks << shift) * mul / 2^32. */
void clock_set_scale(struct clock_params *p, uint64_t hz);
uint64_t tsc_hz(void);
/** a * b / c with all 128 bits in between; the result fits 64. */
uint64_t mul_div(uint64_t a, uint64_t b, uint64_t c);
/** Wait, busily. */
void delay_us(unsigned us);
/** Seconds since 1970 by the battery clock, UTC. */
uint64_t cmos_read_time(void);

/** A free-running counter whose rate is known. */
struct timer_source {
    const char *name;
    uint64_t hz;
    uint64_t mask; /* counter wraps here */
    uint64_t (*read)(void);
};
/** The best one the machine has: HPET, ACPI PM timer, PIT. Never NULL. */
const struct timer_source *timer_source_find(void);

/* --- power (platform/power.c) ----------------------------------------------------------------- */
/** Write the sleep type values Dom0 found for S5. -errno if the machine has no such registers. Does
 * not return on success. */
int acpi_enter_s5(uint16_t pm1a_val, uint16_t pm1b_val);

/* --- Dom0 (platform/dom0_access.c) ------------------------------------------------------------ */
/** Take out of Dom0's rights the ports, memory and interrupts that the hypervisor drives itself. 0
 * or -ENOMEM. */
int platform_deny_dom0(struct domain *d);

#endif
