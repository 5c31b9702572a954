/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A 16550 serial port: com1=BAUD[,FORMAT[,PORT[,IRQ]]], e.g. com1=115200,8n1,0x3f8,4. Output is
 * polled, 16 bytes at a time; input comes by interrupt.
 */
#include <arch/insn.h>
#include <arch/irq.h>
#include <arch/platform.h>
#include <hv/params.h>
#include <hv/printk.h>
#include <public/errno.h>

#define UART_DATA 0
#define UART_IER  1
#define UART_IIR  2
#define UART_FCR  2
#define UART_LCR  3
#define UART_MCR  4
#define UART_LSR  5
#define UART_SCR  7

#define IER_RX           0x01
#define FCR_ENABLE       0x07 /* with both FIFOs cleared */
#define LCR_DLAB         0x80
#define MCR_DTR_RTS_OUT2 0x0b
#define LSR_DATA         0x01
#define LSR_THR_EMPTY    0x20

#define FIFO_BYTES  16
#define UART_CLOCK  115200
#define WAIT_ROUNDS 100000 /* a port that never empties is given up for this piece of output */

static struct {
    unsigned baud;
    uint8_t format; /* LCR */
    uint16_t port;
    unsigned irq;
    bool present;
} com1 = { 115200, 3, 0x3f8, 4, false };

static bool parse_number(const char **s, unsigned *out)
{
    unsigned base = 10, v = 0;
    const char *p = *s;

    if (p[0] == '0' && p[1] == 'x') {
        base = 16;
        p += 2;
    }
    for (;; p++) {
        unsigned digit = *p >= '0' && *p <= '9'                 ? *p - '0'
                         : (*p | 32) >= 'a' && (*p | 32) <= 'f' ? (*p | 32) - 'a' + 10
                                                                : 16;

        if (digit >= base)
            break;
        v = v * base + digit;
    }
    *out = v;
    if (p == *s || (*p && *p != ','))
        return false;
    *s = *p ? p + 1 : p;
    return true;
}

/* 8n1: bits, parity (n o e m s), stop bits */
static bool parse_format(const char **s, uint8_t *lcr)
{
    static const char parities[] = "noems";
    const char *p = *s;
    unsigned parity = 0;

    if (p[0] < '5' || p[0] > '8' || !p[1])
        return false;
    while (parity < 5 && parities[parity] != p[1])
        parity++;
    if (parity == 5 || (p[2] != '1' && p[2] != '2') || (p[3] && p[3] != ','))
        return false;
    *lcr = (p[0] - '5') | (p[2] == '2' ? 4 : 0) | (parity ? (2 * parity - 1) << 3 : 0);
    *s = p + (p[3] ? 4 : 3);
    return true;
}

static int parse_com1(const char *s)
{
    unsigned baud = com1.baud, port = com1.port, irq = com1.irq;
    uint8_t format = com1.format;

    if (!parse_number(&s, &baud) || !baud || baud > UART_CLOCK)
        return -XEN_EINVAL;
    if (*s && !parse_format(&s, &format))
        return -XEN_EINVAL;
    if (*s && (!parse_number(&s, &port) || port < 0x100 || port > 0xfff8))
        return -XEN_EINVAL;
    if (*s && (!parse_number(&s, &irq) || irq > 15))
        return -XEN_EINVAL;
    com1.baud = baud;
    com1.format = format;
    com1.port = port;
    com1.irq = irq;
    return 0;
}
PARAM_FN("com1", parse_com1, "serial port: BAUD[,FORMAT[,PORT[,IRQ]]]");

static uint8_t reg_read(unsigned reg) { return inb(com1.port + reg); }
static void reg_write(unsigned reg, uint8_t v) { outb(com1.port + reg, v); }

bool uart_init(void)
{
    unsigned divisor = UART_CLOCK / com1.baud;

    reg_write(UART_SCR, 0x5a);
    if (reg_read(UART_SCR) != 0x5a)
        return false;
    reg_write(UART_IER, 0);
    reg_write(UART_LCR, LCR_DLAB);
    reg_write(UART_DATA, divisor & 0xff);
    reg_write(UART_IER, divisor >> 8);
    reg_write(UART_LCR, com1.format);
    reg_write(UART_FCR, FCR_ENABLE);
    reg_write(UART_MCR, MCR_DTR_RTS_OUT2);
    com1.present = true;
    return true;
}

uint16_t uart_port(void) { return com1.present ? com1.port : 0; }

static bool wait_empty(void)
{
    for (unsigned i = 0; i < WAIT_ROUNDS; i++)
        if (reg_read(UART_LSR) & LSR_THR_EMPTY)
            return true;
    return false;
}

void uart_put(const char *s, size_t len)
{
    unsigned room = 0;

    for (size_t i = 0; i < len; i++) {
        unsigned need = s[i] == '\n' ? 2 : 1;

        if (room < need) {
            if (!wait_empty())
                return;
            room = FIFO_BYTES;
        }
        if (s[i] == '\n')
            reg_write(UART_DATA, '\r');
        reg_write(UART_DATA, s[i]);
        room -= need;
    }
}

static void uart_interrupt(void *unused)
{
    (void)reg_read(UART_IIR);
    for (unsigned i = 0; i < FIFO_BYTES * 4 && reg_read(UART_LSR) & LSR_DATA; i++)
        console_input(reg_read(UART_DATA));
}

void uart_irq_init(void)
{
    int rc;

    if (!com1.present)
        return;
    rc = irq_bind_hv(com1.irq, uart_interrupt, NULL);
    if (rc) {
        printk(LOG_WARNING, "Serial port: no interrupt %u (error %d), so no input\n", com1.irq, rc);
        return;
    }
    reg_write(UART_IER, IER_RX);
}
