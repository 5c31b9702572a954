/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The boot sector of a PC that counts, for tests that save it: it knows nothing of what it runs on. A round
 * waits for interrupts of the PIT and of the RTC, reads a sector over IDE and compares it, writes to the
 * screen's memory and looks whether it is there in the next, and says on the serial port "ROUND xxxx", or
 * "BAD" and what was wrong.
 *
 * Sector n of the disk, 1 to 15, has n in all of its bytes.
 */
        .code16
        .globl _start

#define PIC1      0x20
#define PIC2      0xa0
#define EOI       0x20
#define PIT_DATA  0x40
#define PIT_MODE  0x43
#define RTC_INDEX 0x70
#define RTC_DATA  0x71
#define SERIAL    0x3f8
#define IDE       0x1f0

#define PIT_100HZ 11932
#define RTC_PIE   0x40
#define BUFFER    0x8000

_start:
        ljmp $0, $1f
1:      cli
        xor %ax, %ax
        mov %ax, %ds
        mov %ax, %es
        mov %ax, %ss
        mov $0x7c00, %sp
        mov $0xb800, %ax
        mov %ax, %fs
        cld
        movw $pit, 4 * 0x08
        movw %es, 4 * 0x08 + 2
        movw $rtc, 4 * 0x70
        movw %es, 4 * 0x70 + 2

        mov $0x34, %al                  /* channel 0, low then high, rate generator */
        out %al, $PIT_MODE
        mov $PIT_100HZ, %ax
        out %al, $PIT_DATA
        mov %ah, %al
        out %al, $PIT_DATA
        mov $0xfa, %al                  /* all but PIT and second PIC */
        out %al, $PIC1 + 1
        mov $0xfe, %al                  /* all but the RTC */
        out %al, $PIC2 + 1
        mov $0x8a, %al                  /* 64 interrupts a second */
        mov $0x2a, %ah
        call rtc_write
        mov $0x8b, %al
        mov $(RTC_PIE | 2), %ah
        call rtc_write
        mov $0x0c, %al
        out %al, $RTC_INDEX
        in $RTC_DATA, %al

        mov $(SERIAL + 3), %dx          /* 115200 8n1 */
        mov $0x80, %al
        out %al, %dx
        mov $SERIAL, %dx
        mov $1, %ax
        out %ax, %dx
        mov $(SERIAL + 3), %dx
        mov $3, %al
        out %al, %dx
        xor %bp, %bp                    /* rounds */
        sti

round:  mov ticks, %ax
1:      hlt
        cmp %ax, ticks
        je 1b
        mov periods, %ax
1:      hlt
        cmp %ax, periods
        je 1b

        test %bp, %bp                   /* what the last round wrote */
        jz 1f
        mov $'V', %al
        cmp %bp, %fs:0
        jne bad
1:      inc %bp
        mov %bp, %fs:0

        mov %bp, %cx                    /* a sector */
        and $0xf, %cx
        jnz 1f
        inc %cx
1:      mov $(IDE + 7), %dx
1:      in %dx, %al
        test $0x80, %al
        jnz 1b
        mov $(IDE + 2), %dx
        mov $1, %al
        out %al, %dx
        inc %dx
        mov %cl, %al
        out %al, %dx
        inc %dx
        xor %al, %al
        out %al, %dx
        inc %dx
        out %al, %dx
        inc %dx
        mov $0xe0, %al
        out %al, %dx
        inc %dx
        mov $0x20, %al
        out %al, %dx
1:      in %dx, %al
        test $0x80, %al
        jnz 1b
        test $0x08, %al
        mov $'I', %al
        jz bad
        push %cx
        mov $IDE, %dx
        mov $BUFFER, %di
        mov $256, %cx
        rep insw
        pop %ax
        mov $BUFFER, %di
        mov $512, %cx
        repe scasb
        mov $'D', %al
        jne bad

        mov $text, %si
        call print
        mov %bp, %bx
        mov $4, %cx
2:      rol $4, %bx
        mov %bl, %al
        and $0xf, %al
        add $'0', %al
        cmp $'9', %al
        jbe 3f
        add $('a' - '9' - 1), %al
3:      call put
        loop 2b
        mov $newline, %si
        call print
        jmp round

bad:    push %ax
        mov $wrong, %si
        call print
        pop %ax
        call put
        mov $newline, %si
        call print
        cli
        hlt

pit:    incw ticks
        push %ax
        jmp 1f
rtc:    incw periods
        push %ax
        mov $0x0c, %al
        out %al, $RTC_INDEX
        in $RTC_DATA, %al
        mov $EOI, %al
        out %al, $PIC2
1:      mov $EOI, %al
        out %al, $PIC1
        pop %ax
        iret

rtc_write:
        out %al, $RTC_INDEX
        mov %ah, %al
        out %al, $RTC_DATA
        ret

print:  lodsb
        test %al, %al
        jz 1f
        call put
        jmp print
1:      ret

put:    push %ax
        mov $(SERIAL + 5), %dx
1:      in %dx, %al
        test $0x20, %al
        jz 1b
        pop %ax
        mov $SERIAL, %dx
        out %al, %dx
        ret

ticks:  .word 0
periods: .word 0
text:   .asciz "ROUND "
wrong:  .asciz "BAD "
newline: .asciz "\r\n"

        .org 510
        .word 0xaa55
