/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A plugin of QEMU that counts what costs a real processor far more than one instruction: writes of
 * CR3 and CR4, TLB invalidations, MSRs, ring crossings, locked operations, fences. It counts them
 * between the marks of bench/marks.h, by where the instruction stands: in the hypervisor's part of
 * the address space, or elsewhere ("guest").
 *
 *   -plugin events.so,out=FILE[,at=NAME:ADDRESS]...
 *
 * One line for each interval: `interval NAME counter.place=n ...`, where ticks counts instructions,
 * and enter counts the times that control came to the hypervisor by whatever way. hypercall counts
 * SYSCALLs of a kernel in the upper half of the address space, evtchn those of them that are about
 * event channels: Linux loads their number right before the call. `at` says how many instructions
 * had run when this address was first executed; an event mark in the same way.
 *
 * An instruction that a guest may not execute is counted there ("guest") and has no effect: such
 * counts mean attempts. Counts are exact with one CPU.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../marks.h"
#include "decode.h"
#include "qemu_plugin.h"

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;
QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc,
                                           char **argv);

#define HYPERVISOR_FIRST 0xffff800000000000UL
#define HYPERVISOR_LAST  0xffff87ffffffffffUL
#define NAME_BYTES 64
#define POINTS 4

enum place { PLACE_HYPERVISOR, PLACE_GUEST, PLACES };
static const char place_letters[PLACES] = {'h', 'g'};

static uint64_t counters[PLACES][EVENTS], at_begin[PLACES][EVENTS];
static enum place last_place = PLACE_GUEST;
static FILE *out;

static struct {
    char text[NAME_BYTES];
    unsigned bits;
    bool complete;
} name;

static struct point {
    char name[NAME_BYTES];
    uint64_t address;
    bool seen;
} points[POINTS];
static unsigned nr_points;

static enum place place_of(uint64_t address)
{
    return address >= HYPERVISOR_FIRST && address <= HYPERVISOR_LAST ? PLACE_HYPERVISOR
                                                                     : PLACE_GUEST;
}

static uint64_t instructions(void)
{
    return counters[PLACE_HYPERVISOR][EVENT_ticks] + counters[PLACE_GUEST][EVENT_ticks];
}

/* ---- marks */

static void name_bit(unsigned bit)
{
    unsigned byte;

    if (name.complete)
        memset(&name, 0, sizeof(name));
    byte = name.bits / 8;
    if (byte < NAME_BYTES - 1)
        name.text[byte] = (char)(name.text[byte] | bit << name.bits++ % 8);
}

/* What is counted of the marks' own: BEGIN is counted after this snapshot, END after print. */
static void begin_interval(enum place place)
{
    memcpy(at_begin, counters, sizeof(counters));
    at_begin[place][EVENT_ticks]++;
}

static void end_interval(void)
{
    fprintf(out, "interval %s", name.text);
    for (unsigned p = 0; p < PLACES; p++)
        for (unsigned e = 0; e < EVENTS; e++)
            if (counters[p][e] != at_begin[p][e])
                fprintf(out, " %s.%c=%" PRIu64, event_names[e], place_letters[p],
                        counters[p][e] - at_begin[p][e]);
    fputc('\n', out);
}

static void mark_executed(unsigned vcpu, void *arg)
{
    uintptr_t letter = (uintptr_t)arg & 0xff;

    (void)vcpu;
    switch (letter) {
    case MARK_BIT_0:
    case MARK_BIT_1:
        name_bit(letter == MARK_BIT_1);
        break;
    case MARK_NAMED:
        name.complete = true;
        break;
    case MARK_BEGIN:
        begin_interval((uintptr_t)arg >> 8);
        break;
    case MARK_END:
        end_interval();
        break;
    case MARK_EVENT:
        fprintf(out, "at %s %" PRIu64 "\n", name.text, instructions());
        break;
    }
}

/* ---- what is executed */

static void block_executed(unsigned vcpu, void *arg)
{
    enum place place = (enum place)(uintptr_t)arg;

    (void)vcpu;
    if (place == PLACE_HYPERVISOR && last_place != place)
        counters[PLACE_HYPERVISOR][EVENT_enter]++;
    last_place = place;
}

static void point_executed(unsigned vcpu, void *arg)
{
    struct point *point = arg;

    (void)vcpu;
    if (!point->seen)
        fprintf(out, "at %s %" PRIu64 "\n", point->name, instructions());
    point->seen = true;
}

static void count(struct qemu_plugin_insn *insn, enum place place, enum event event)
{
    qemu_plugin_register_vcpu_insn_exec_inline(insn, QEMU_PLUGIN_INLINE_ADD_U64,
                                               &counters[place][event], 1);
}

/* User space is in the lower half. */
static enum event event_at(uint64_t address, enum event event)
{
    return event == EVENT_syscall && address >> 63 ? EVENT_hypercall : event;
}

static void instrument(struct qemu_plugin_insn *insn, enum place place)
{
    uint64_t address = qemu_plugin_insn_vaddr(insn);
    struct decoded d = decode(qemu_plugin_insn_data(insn), qemu_plugin_insn_size(insn));

    for (unsigned i = 0; i < nr_points; i++)
        if (points[i].address == address)
            qemu_plugin_register_vcpu_insn_exec_cb(insn, point_executed, QEMU_PLUGIN_CB_NO_REGS,
                                                   &points[i]);
    if (d.mark)
        qemu_plugin_register_vcpu_insn_exec_cb(insn, mark_executed, QEMU_PLUGIN_CB_NO_REGS,
                                               (void *)((uintptr_t)place << 8 | d.mark));
    count(insn, place, EVENT_ticks);
    if (d.event != EVENT_ticks)
        count(insn, place, event_at(address, d.event));
}

static bool begins_with(struct qemu_plugin_insn *insn, const char *bytes, size_t size)
{
    return qemu_plugin_insn_size(insn) >= size &&
           !memcmp(qemu_plugin_insn_data(insn), bytes, size);
}

/* mov $__HYPERVISOR_event_channel_op, %eax; call */
static bool is_evtchn_call(struct qemu_plugin_insn *first, struct qemu_plugin_insn *second)
{
    return qemu_plugin_insn_vaddr(first) > HYPERVISOR_LAST &&
           begins_with(first, "\xb8\x20\0\0\0", 5) && begins_with(second, "\xe8", 1);
}

static void block_translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
    size_t n = qemu_plugin_tb_n_insns(tb);

    (void)id;
    for (size_t i = 0; i < n; i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        enum place place = place_of(qemu_plugin_insn_vaddr(insn));

        if (!i)
            qemu_plugin_register_vcpu_tb_exec_cb(tb, block_executed, QEMU_PLUGIN_CB_NO_REGS,
                                                 (void *)(uintptr_t)place);
        instrument(insn, place);
        if (i + 1 < n && is_evtchn_call(insn, qemu_plugin_tb_get_insn(tb, i + 1)))
            count(insn, place, EVENT_evtchn);
    }
}

/* ---- start and end */

static void at_exit(qemu_plugin_id_t id, void *arg)
{
    (void)id;
    (void)arg;
    fclose(out);
}

static bool take_argument(const char *arg)
{
    struct point *point = &points[nr_points];

    if (!strncmp(arg, "out=", 4))
        return (out = fopen(arg + 4, "w"));
    if (nr_points < POINTS &&
        sscanf(arg, "at=%63[^:]:%" SCNx64, point->name, &point->address) == 2) {
        nr_points++;
        return true;
    }
    return false;
}

int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
    for (int i = 0; i < argc; i++)
        if (!take_argument(argv[i])) {
            fprintf(stderr, "events.so: bad argument %s\n", argv[i]);
            return -1;
        }
    if (!out || strcmp(info->target_name, "x86_64")) {
        fprintf(stderr, "events.so: needs out=FILE, and an x86-64 machine\n");
        return -1;
    }
    setvbuf(out, NULL, _IOLBF, 0);
    qemu_plugin_register_vcpu_tb_trans_cb(id, block_translated);
    qemu_plugin_register_atexit_cb(id, at_exit, NULL);
    return 0;
}
