/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The emulator against the processor itself: each instruction runs natively on a copy of the
 * guest's memory, and emulated on the guest's, where half of it is a device; memory, registers and
 * flags must agree, wherever the operands are and however often the device makes the vcpu wait.
 * Then what cannot be run natively: other modes, segments, faults, ports.
 */
#include "emulated_guest.h"
#include "fake.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define ARITH 0x8d5UL
#define DF    0x400UL
#define ROUNDS 150

/* --- natively --------------------------------------------------------------------------------- */
struct registers {
    uint64_t rax, rcx, rdx, rsi, rdi, flags, rsp;
};

static const uint8_t prologue[] = {
    0x53, 0x55,                   /* push %rbx; push %rbp */
    0x48, 0x89, 0xfb,             /* mov %rdi, %rbx */
    0x48, 0x89, 0xe5,             /* mov %rsp, %rbp */
    0x48, 0x8b, 0x03,             /* mov (%rbx), %rax */
    0x48, 0x8b, 0x4b, 0x08,       /* mov 8(%rbx), %rcx */
    0x48, 0x8b, 0x53, 0x10,       /* mov 16(%rbx), %rdx */
    0x48, 0x8b, 0x73, 0x18,       /* mov 24(%rbx), %rsi */
    0x48, 0x8b, 0x7b, 0x20,       /* mov 32(%rbx), %rdi */
    0xff, 0x73, 0x28, 0x9d,       /* push 40(%rbx); popfq */
    0x48, 0x8b, 0x63, 0x30,       /* mov 48(%rbx), %rsp */
};
static const uint8_t epilogue[] = {
    0x48, 0x89, 0x63, 0x30,       /* mov %rsp, 48(%rbx) */
    0x48, 0x89, 0xec,             /* mov %rbp, %rsp */
    0x9c, 0x8f, 0x43, 0x28, 0xfc, /* pushfq; pop 40(%rbx); cld */
    0x48, 0x89, 0x03, 0x48, 0x89, 0x4b, 0x08, 0x48, 0x89, 0x53, 0x10, 0x48, 0x89, 0x73, 0x18, 0x48,
        0x89, 0x7b, 0x20,
    0x5d, 0x5b, 0xc3,             /* pop %rbp; pop %rbx; ret */
};

static uint8_t *native_code, *native_memory;

static void make_native(void)
{
    native_code = mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    native_memory = mmap(NULL, GUEST_END, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                         0);
    ck_assert_ptr_ne(native_code, MAP_FAILED);
    ck_assert_ptr_ne(native_memory, MAP_FAILED);
}

static void run_native(const uint8_t *bytes, unsigned length, struct registers *r)
{
    uint64_t base = (uint64_t)native_memory;
    uint8_t *p = native_code;

    r->rsi += base;
    r->rdi += base;
    r->rsp += base;
    memcpy(p, prologue, sizeof(prologue));
    memcpy(p + sizeof(prologue), bytes, length);
    memcpy(p + sizeof(prologue) + length, epilogue, sizeof(epilogue));
    ((void (*)(struct registers *))native_code)(r);
    r->rsi -= base;
    r->rdi -= base;
    r->rsp -= base;
}

/* --- the same --------------------------------------------------------------------------------- */
/* Operands at rsi and rdi; the count is small. */
#define T(name, undefined, ...) \
    { name, { __VA_ARGS__ }, sizeof((uint8_t[]){ __VA_ARGS__ }), undefined }
static const struct template {
    const char *name;
    uint8_t bytes[12], length;
    uint16_t undefined; /* flags that are */
} templates[] = {
    T("movsb", 0, 0xa4), T("movsw", 0, 0x66, 0xa5), T("movsl", 0, 0xa5), T("movsq", 0, 0x48, 0xa5),
    T("rep movsb", 0, 0xf3, 0xa4), T("rep movsq", 0, 0xf3, 0x48, 0xa5),
    T("stosb", 0, 0xaa), T("rep stosl", 0, 0xf3, 0xab), T("rep stosw", 0, 0xf3, 0x66, 0xab),
    T("lodsb", 0, 0xac), T("lodsw", 0, 0x66, 0xad), T("lodsl", 0, 0xad), T("lodsq", 0, 0x48, 0xad),
    T("rep lodsl", 0, 0xf3, 0xad),
    T("cmpsb", 0, 0xa6), T("cmpsq", 0, 0x48, 0xa7), T("repe cmpsb", 0, 0xf3, 0xa6),
    T("repne cmpsb", 0, 0xf2, 0xa6), T("repe cmpsw", 0, 0xf3, 0x66, 0xa7),
    T("scasb", 0, 0xae), T("scasl", 0, 0xaf), T("repne scasb", 0, 0xf2, 0xae),
    T("repe scasb", 0, 0xf3, 0xae),
    T("pushq (%rdi)", 0, 0xff, 0x37), T("pushw (%rdi)", 0, 0x66, 0xff, 0x37),
    T("popq (%rdi)", 0, 0x8f, 0x07), T("popw (%rdi)", 0, 0x66, 0x8f, 0x07),
    T("popq 8(%rsp)", 0, 0x8f, 0x44, 0x24, 0x08),
    T("mov %rax", 0, 0x48, 0x89, 0x07), T("mov %ax", 0, 0x66, 0x89, 0x07),
    T("mov %ah", 0, 0x88, 0x27), T("movl $imm", 0, 0xc7, 0x07, 0x78, 0x56, 0x34, 0x92),
    T("mov to %rax", 0, 0x48, 0x8b, 0x07), T("mov to %eax", 0, 0x8b, 0x07),
    T("movzwl to %eax", 0, 0x0f, 0xb7, 0x07), T("movsbq to %rax", 0, 0x48, 0x0f, 0xbe, 0x07),
    T("orl %eax", 0x10, 0x09, 0x07), T("andb $imm", 0x10, 0x80, 0x27, 0x7e),
    T("addw %ax", 0, 0x66, 0x01, 0x07), T("sub to %rax", 0, 0x48, 0x2b, 0x07),
    T("xorl $imm", 0x10, 0x83, 0x37, 0xff), T("adc %rax", 0, 0x48, 0x11, 0x07),
    T("cmpw $imm", 0, 0x66, 0x83, 0x3f, 0x05), T("testb $imm", 0x10, 0xf6, 0x07, 0x80),
    T("xchg %rax", 0, 0x48, 0x87, 0x07), T("cmpxchg %ecx", 0, 0x0f, 0xb1, 0x0f),
    T("xadd %ax", 0, 0x66, 0x0f, 0xc1, 0x07), T("incl", 0, 0xff, 0x07), T("negw", 0, 0x66, 0xf7, 0x1f),
    T("bts %ecx", 0x8d4, 0x0f, 0xab, 0x0f), T("btc $imm", 0x8d4, 0x0f, 0xba, 0x3f, 0x45),
    T("bt %rcx", 0x8d4, 0x48, 0x0f, 0xa3, 0x0f),
};

static uint64_t any64(void)
{
    return (uint64_t)random() << 42 ^ (uint64_t)random() << 21 ^ (uint64_t)random();
}

/* Somewhere within, often around the border between memory and device or between two pages. */
static uint64_t any_place(void)
{
    uint64_t at = 0x400 + random() % (GUEST_END - 0x800);

    if (random() & 1)
        at = (1 + random() % (GUEST_PAGES - 1)) * PAGE_SIZE - 12 + random() % 20;
    return at;
}

/* Few values, so that comparisons find both. */
static void fill_memory(void)
{
    for (unsigned i = 0; i < GUEST_END; i++)
        guest_bytes[i] = random() & 3 ? 0x55 : random();
}

static bool waits_at_times(void) { return random() % 3 == 0; }

static unsigned emulate(struct cpu_user_regs *r)
{
    unsigned length = 0;

    for (unsigned tries = 0; tries < 5000 && !length && guest_exception < 0; tries++)
        length = hvm_emulate_memory(&guest_vcpu, r);
    return length;
}

static void compare(const struct template *t, const struct cpu_user_regs *e,
                    const struct registers *n)
{
    uint64_t flags = (ARITH | DF) & ~(uint64_t)t->undefined;

    ck_assert_msg(!memcmp(guest_bytes, native_memory, GUEST_END), "%s: memory", t->name);
    ck_assert_msg(e->rax == n->rax, "%s: rax %lx, not %lx", t->name, e->rax, n->rax);
    ck_assert_msg(e->rcx == n->rcx, "%s: rcx %lx, not %lx", t->name, e->rcx, n->rcx);
    ck_assert_msg(e->rsi == n->rsi, "%s: rsi %lx, not %lx", t->name, e->rsi, n->rsi);
    ck_assert_msg(e->rdi == n->rdi, "%s: rdi %lx, not %lx", t->name, e->rdi, n->rdi);
    ck_assert_msg(e->rsp == n->rsp, "%s: rsp %lx, not %lx", t->name, e->rsp, n->rsp);
    ck_assert_msg(!((e->rflags ^ n->flags) & flags), "%s: flags %lx, not %lx", t->name,
                  e->rflags & flags, n->flags & flags);
}

/* Whether it was emulated: with no device near it the processor is left to do it. */
static bool one(const struct template *t, bool waiting)
{
    struct registers n = { random() & 1 ? 0x5555555555555555 : any64(), random() % 100, any64(),
                           any_place(), any_place(), 2 | (any64() & (ARITH | DF)),
                           any_place() & ~7UL };
    struct cpu_user_regs e = { .rax = n.rax, .rcx = n.rcx, .rdx = n.rdx, .rsi = n.rsi, .rdi = n.rdi,
                               .rsp = n.rsp, .rflags = n.flags, .rip = GUEST_CODE };
    bool string = t->bytes[t->length - 1] >= 0xa4 && t->bytes[t->length - 1] <= 0xaf;

    guest_reset(64);
    device_waits = waiting ? waits_at_times : NULL;
    fill_memory();
    memcpy(guest_bytes + GUEST_CODE, t->bytes, t->length);
    memcpy(native_memory, guest_bytes, GUEST_END);
    if (!string && n.rdi + 16 < GUEST_DEVICE)
        return false;
    if (emulate(&e) == 0)
        return false;
    run_native(t->bytes, t->length, &n);
    compare(t, &e, &n);
    return true;
}

START_TEST(as_the_processor)
{
    const struct template *t = &templates[_i];
    unsigned emulated = 0;

    make_native();
    srandom(_i);
    for (unsigned round = 0; round < ROUNDS; round++)
        emulated += one(t, round & 1);
    ck_assert_msg(emulated > ROUNDS / 4, "%s was emulated %u times only", t->name, emulated);
}
END_TEST

/* --- waiting ---------------------------------------------------------------------------------- */
static bool next_waits;

static bool waits_each_time_once(void)
{
    next_waits = !next_waits;
    return next_waits;
}

static struct cpu_user_regs code(unsigned bits, const char *bytes, unsigned n)
{
    guest_reset(bits);
    memcpy(guest_bytes + GUEST_CODE, bytes, n);
    return (struct cpu_user_regs){ .rip = GUEST_CODE, .rflags = 2 };
}

#define CODE(bits, bytes) code(bits, bytes, sizeof(bytes) - 1)

START_TEST(each_access_once)
{
    struct cpu_user_regs r = CODE(64, "\x09\x07"); /* or %eax, (%rdi) */

    next_waits = false;
    device_waits = waits_each_time_once;
    r.rdi = 0x5000;
    ck_assert_uint_eq(hvm_emulate_memory(&guest_vcpu, &r), 0); /* for the read */
    ck_assert_uint_eq(device_reads + device_writes, 0);
    ck_assert_uint_eq(hvm_emulate_memory(&guest_vcpu, &r), 0); /* for the write */
    ck_assert_uint_eq(hvm_emulate_memory(&guest_vcpu, &r), 2);
    ck_assert_uint_eq(device_reads, 1);
    ck_assert_uint_eq(device_writes, 1);
}
END_TEST

/* What was read for another instruction is not this one's. */
START_TEST(another_instruction_meanwhile)
{
    struct cpu_user_regs r = CODE(64, "\x09\x07");

    next_waits = false;
    device_waits = waits_each_time_once;
    r.rdi = 0x5000;
    hvm_emulate_memory(&guest_vcpu, &r);
    hvm_emulate_memory(&guest_vcpu, &r); /* it has read, and waits */
    r.rdi = 0x6000;
    memset(guest_bytes + 0x6000, 0x11, 4);
    device_waits = NULL;
    ck_assert_uint_eq(hvm_emulate_memory(&guest_vcpu, &r), 2);
    ck_assert_uint_eq(device_reads, 2);
    ck_assert_uint_eq(guest_bytes[0x6000], 0x11);
}
END_TEST

/* --- modes, segments, faults ------------------------------------------------------------------ */
START_TEST(sixteen_bits)
{
    struct cpu_user_regs r = CODE(16, "\x88\x40\x10"); /* mov %al, 0x10(%bx,%si) */

    guest_segments[INSN_SEG_DS].base = 0x4000;
    r.rax = 0xab;
    r.rbx = 0x12340100;
    r.rsi = 0xffff0020;
    ck_assert_uint_eq(hvm_emulate_memory(&guest_vcpu, &r), 3);
    ck_assert_uint_eq(guest_bytes[0x4130], 0xab);
    r = CODE(16, "\xf3\xa5"); /* rep movsw */
    guest_segments[INSN_SEG_ES].base = 0x5000;
    memset(guest_bytes + 0x200, 0x77, 8);
    r.rsi = 0x10200;
    r.rdi = 0x20300;
    r.rcx = 0x30004;
    ck_assert_uint_eq(hvm_emulate_memory(&guest_vcpu, &r), 2);
    ck_assert_uint_eq(r.rcx, 0x30000);
    ck_assert_uint_eq(r.rsi, 0x10208);
    ck_assert_uint_eq(r.rdi, 0x20308);
    ck_assert_uint_eq(guest_bytes[0x5307], 0x77);
    r = CODE(16, "\x2e\xff\x36\x00\x50"); /* push %cs:0x5000 */
    memcpy(guest_bytes + 0x5000, "\x34\x12", 2);
    r.rsp = 0xabcd0302;
    ck_assert_uint_eq(hvm_emulate_memory(&guest_vcpu, &r), 5);
    ck_assert_uint_eq(r.rsp, 0xabcd0300);
    ck_assert(!memcmp(guest_bytes + 0x300, "\x34\x12", 2));
}
END_TEST

static int fault_of(struct cpu_user_regs *r)
{
    ck_assert_uint_eq(hvm_emulate_memory(&guest_vcpu, r), 0);
    return guest_exception;
}

START_TEST(segments)
{
    struct cpu_user_regs r = CODE(32, "\x89\x07"); /* mov %eax, (%edi) */
    struct hvm_segment *ds = &guest_segments[INSN_SEG_DS];

    r.rdi = 0x5000;
    ds->limit = 0x5002;
    ck_assert_int_eq(fault_of(&r), 13);
    r = CODE(32, "\x89\x07");
    r.rdi = 0x5000;
    ds->access = SEGMENT_BIG | 0x91; /* read-only */
    ck_assert_int_eq(fault_of(&r), 13);
    r = CODE(32, "\x89\x07");
    r.rdi = 0x5000;
    ds->access = SEGMENT_BIG | 0x97; /* expand-down */
    ds->limit = 0x5000;
    ck_assert_int_eq(fault_of(&r), 13);
    guest_exception = -1;
    ds->limit = 0x4fff;
    ck_assert_uint_eq(hvm_emulate_memory(&guest_vcpu, &r), 2);
    r = CODE(32, "\x89\x45\x00"); /* mov %eax, 0(%ebp) */
    guest_segments[INSN_SEG_SS].access |= SEGMENT_UNUSABLE;
    ck_assert_int_eq(fault_of(&r), 12);
    r = CODE(32, "\x2e\x89\x07"); /* code is not written to */
    r.rdi = 0x5000;
    ck_assert_int_eq(fault_of(&r), 13);
    r = CODE(64, "\x89\x07");
    r.rdi = 1UL << 50;
    ck_assert_int_eq(fault_of(&r), 13);
}
END_TEST

START_TEST(page_faults)
{
    struct cpu_user_regs r = CODE(64, "\x89\x07");

    r.rdi = 0x5ffe;
    guest_absent = 1 << 6;
    guest_segments[INSN_SEG_SS].access |= 0x60; /* user mode */
    ck_assert_int_eq(fault_of(&r), 14);
    ck_assert_uint_eq(guest_fault_address, 0x6000);
    ck_assert_uint_eq(guest_error, WALK_WRITE | WALK_USER);
    ck_assert_uint_eq(device_writes, 0);
    r = CODE(64, "");
    r.rip = 0xffe;
    memcpy(guest_bytes + r.rip, "\xc7\x07", 2); /* and an immediate on the next page */
    guest_absent = 1 << 1;
    ck_assert_int_eq(fault_of(&r), 14);
    ck_assert_uint_eq(guest_fault_address, 0x1000);
}
END_TEST

START_TEST(unknown)
{
    struct cpu_user_regs r = CODE(64, "\x0f\x28\x07"); /* movaps (%rdi), %xmm0 */

    r.rdi = 0x5000;
    fake_log_clear();
    ck_assert_int_eq(fault_of(&r), 13);
    ck_assert_ptr_nonnull(strstr(fake_log, "not emulated, 64 bit, rip 0x20: 0f 28 07"));
    r = CODE(64, "\x90");
    r.rip = 0x5000; /* code in a device */
    ck_assert_int_eq(fault_of(&r), 13);
}
END_TEST

/* --- ports ------------------------------------------------------------------------------------ */
START_TEST(ports)
{
    struct cpu_user_regs r = CODE(32, "\xf3\x6e"); /* rep outsb */
    struct hvm_io port = { .address = 0x1f0, .bytes = 1, .write = true, .port = true };

    r.rdx = 0x1f0;
    r.rsi = 0x600;
    r.rcx = 100;
    guest_bytes[0x663] = 0x99;
    ck_assert_uint_eq(hvm_emulate_string_io(&guest_vcpu, &r, &port), 0);
    ck_assert_uint_eq(r.rcx, 36); /* the guest's interrupts have their turn */
    ck_assert_uint_eq(hvm_emulate_string_io(&guest_vcpu, &r, &port), 2);
    ck_assert_uint_eq(device_writes, 100);
    ck_assert_uint_eq(last_port.data, 0x99);
    ck_assert_uint_eq(r.rsi, 0x664);
    r = CODE(64, "\x48\x6d"); /* insl, with a REX that changes nothing */
    port = (struct hvm_io){ .address = 0x1f0, .bytes = 4, .port = true };
    r.rdx = 0x1f0;
    r.rdi = 0x700;
    ck_assert_uint_eq(hvm_emulate_string_io(&guest_vcpu, &r, &port), 2);
    ck_assert_uint_eq(r.rdi, 0x704);
    ck_assert(!memcmp(guest_bytes + 0x700, "\xff\xff\xff\xff", 4));
}
END_TEST

/* The instruction was changed after the processor had found the port to be allowed. */
START_TEST(ports_not_asked_for)
{
    struct cpu_user_regs r = CODE(32, "\x6e");
    struct hvm_io port = { .address = 0x1f0, .bytes = 1, .write = true, .port = true };

    r.rdx = 0x70;
    ck_assert_uint_eq(hvm_emulate_string_io(&guest_vcpu, &r, &port), 0);
    r.rdx = 0x1f0;
    port.write = false;
    ck_assert_uint_eq(hvm_emulate_string_io(&guest_vcpu, &r, &port), 0);
    ck_assert_uint_eq(hvm_emulate_memory(&guest_vcpu, &r), 0);
    ck_assert_uint_eq(device_reads + device_writes, 0);
    ck_assert_int_eq(guest_exception, -1);
    r = CODE(32, "\x6c"); /* a page that cannot be written takes nothing from a port */
    r.rdx = 0x1f0;
    r.rdi = 0x1000;
    guest_absent = 1 << 1;
    ck_assert_uint_eq(hvm_emulate_string_io(&guest_vcpu, &r, &port), 0);
    ck_assert_int_eq(guest_exception, 14);
    ck_assert_uint_eq(device_reads, 0);
}
END_TEST

/* --- blocks ----------------------------------------------------------------------------------- */
static const struct {
    const char *name, *code;
    uint64_t rcx, rsi, rdi;
    struct hvm_io port, block; /* what comes; block.count 0: nothing does */
} blocks[] = {
    { "movsb from a device", "\xf3\xa4", 0x3000, 0x5100, 0x1010, {},
      { .address = 0x5100, .data = 0x1010, .count = 0xf00, .bytes = 1 } },
    { "movsl to a device", "\xf3\xa5", 8, 0x1ff0, 0x5000, {},
      { .address = 0x5000, .data = 0x1ff0, .count = 4, .bytes = 4, .write = true } },
    { "movsl, the first of them alone", "\xf3\xa5", 8, 0x1ffc, 0x5000, {}, {} },
    { "movsl, once", "\xf3\xa5", 1, 0x1000, 0x5000, {}, {} },
    { "movsb between devices", "\xf3\xa4", 8, 0x5000, 0x5100, {}, {} },
    { "insw", "\x66\xf3\x6d", 0x100, 0, 0x1000, { .address = 0x1f0, .bytes = 2, .port = true },
      { .address = 0x1f0, .data = 0x1000, .count = 0x100, .bytes = 2, .port = true } },
    { "outsl", "\xf3\x6f", 0x1000, 0x2004, 0,
      { .address = 0x1f0, .bytes = 4, .port = true, .write = true },
      { .address = 0x1f0, .data = 0x2004, .count = 0x3ff, .bytes = 4, .port = true,
        .write = true } },
    { "insb to a device", "\xf3\x6c", 8, 0, 0x5000, { .address = 0x1f0, .bytes = 1, .port = true },
      {} },
};

static unsigned emulate_block(unsigned i, struct cpu_user_regs *r)
{
    return blocks[i].port.port ? hvm_emulate_string_io(&guest_vcpu, r, &blocks[i].port)
                               : hvm_emulate_memory(&guest_vcpu, r);
}

/* One request for what is on one page, once; the registers go on by that. */
START_TEST(blocks_at_once)
{
    const struct hvm_io *want = &blocks[_i].block;
    struct cpu_user_regs r = code(32, blocks[_i].code, strlen(blocks[_i].code));

    last_block = (struct hvm_io){ 0 };
    takes_blocks = true;
    next_waits = false;
    device_waits = want->count ? waits_each_time_once : NULL;
    r.rcx = blocks[_i].rcx;
    r.rsi = blocks[_i].rsi;
    r.rdi = blocks[_i].rdi;
    r.rdx = 0x1f0;
    if (want->count) {
        ck_assert_uint_eq(emulate_block(_i, &r), 0);
        ck_assert_uint_eq(r.rcx, blocks[_i].rcx);
    }
    emulate_block(_i, &r);
    ck_assert_int_eq(memcmp(&last_block, want, sizeof(*want)), 0);
    if (want->count) {
        ck_assert_uint_eq(r.rcx, blocks[_i].rcx - want->count);
        ck_assert_uint_eq(device_reads + device_writes, 0);
        if (blocks[_i].rdi)
            ck_assert_uint_eq(r.rdi, blocks[_i].rdi + want->count * want->bytes);
        if (blocks[_i].rsi)
            ck_assert_uint_eq(r.rsi, blocks[_i].rsi + want->count * want->bytes);
    }
}
END_TEST

/* Backward, at the end of 16 bits, beyond a segment's limit: one by one. */
START_TEST(blocks_that_are_none)
{
    struct cpu_user_regs r = CODE(16, "\xf3\xa4");

    takes_blocks = true;
    last_block = (struct hvm_io){ 0 };
    guest_segments[INSN_SEG_ES].base = 0x5000;
    r.rcx = 8;
    r.rsi = 0x1ffe;
    guest_segments[INSN_SEG_DS].limit = 0x1ffe;
    hvm_emulate_memory(&guest_vcpu, &r);
    ck_assert_uint_eq(last_block.count, 0);
    guest_segments[INSN_SEG_DS].limit = 0xffff;
    guest_segments[INSN_SEG_DS].base = 0xffff2000;
    r.rsi = 0xfffe;
    r.rcx = 4;
    hvm_emulate_memory(&guest_vcpu, &r);
    ck_assert_uint_eq(last_block.count, 2); /* then its index begins anew */
    last_block.count = 0;
    guest_segments[INSN_SEG_DS].base = 0;
    r.rflags |= DF;
    r.rsi = 0x1000;
    r.rdi = 0x10;
    r.rcx = 4;
    hvm_emulate_memory(&guest_vcpu, &r);
    ck_assert_uint_eq(last_block.count, 0);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *s = suite_create("hvm_emulate");
    TCase *t = tcase_create("all");

    tcase_set_timeout(t, 120);
    tcase_add_loop_test(t, as_the_processor, 0, ARRAY_SIZE(templates));
    tcase_add_test(t, each_access_once);
    tcase_add_test(t, another_instruction_meanwhile);
    tcase_add_test(t, sixteen_bits);
    tcase_add_test(t, segments);
    tcase_add_test(t, page_faults);
    tcase_add_test(t, unknown);
    tcase_add_test(t, ports);
    tcase_add_test(t, ports_not_asked_for);
    tcase_add_loop_test(t, blocks_at_once, 0, ARRAY_SIZE(blocks));
    tcase_add_test(t, blocks_that_are_none);
    suite_add_tcase(s, t);
    return s;
}
