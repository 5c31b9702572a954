/* SPDX-License-Identifier: GPL-2.0-only */
/* What the emulator asks the rest of the hypervisor for (emulated_guest.h). */
#include "emulated_guest.h"

#include <arch/insn.h>
#include <arch/msr_index.h>
#include <hv/arch.h>
#include <stdlib.h>
#include <string.h>

static struct domain domain = { .id = 1 };
static struct hvm_vcpu hvm;
static struct page frames[GUEST_PAGES];
struct page *frame_table = frames;
uint8_t guest_bytes[GUEST_END];
struct vcpu guest_vcpu = { .domain = &domain, .arch.hvm = &hvm };
struct hvm_segment guest_segments[6];
struct paging_mode guest_paging;
unsigned guest_absent, device_reads, device_writes;
int guest_exception;
uint32_t guest_error;
uint64_t guest_fault_address;
bool (*device_waits)(void);
struct hvm_io last_port, last_block;
bool takes_blocks;

void guest_reset(unsigned bits)
{
    uint32_t size = bits == 64 ? SEGMENT_LONG : bits == 32 ? SEGMENT_BIG : 0;

    memset(&hvm, 0, sizeof(hvm));
    takes_blocks = false;
    for (unsigned i = 0; i < ARRAY_SIZE(guest_segments); i++)
        guest_segments[i] = (struct hvm_segment){ 0, bits == 16 ? 0xffff : 0xffffffff,
                                                  (bits == 16 ? 0 : SEGMENT_BIG) | 0x93 };
    guest_segments[INSN_SEG_CS].access = size | 0x9b;
    guest_paging = (struct paging_mode){ .cr0 = bits == 16 ? 0 : CR0_PE,
                                         .efer = bits == 64 ? EFER_LMA : 0 };
    guest_absent = device_reads = device_writes = 0;
    guest_exception = -1;
    device_waits = NULL;
}

/* --- the vendor ------------------------------------------------------------------------------- */
static void get_paging(const struct vcpu *v, struct paging_mode *m) { *m = guest_paging; }

static void get_segment(const struct vcpu *v, unsigned n, struct hvm_segment *s)
{
    *s = guest_segments[n];
}

static const struct hvm_ops ops = { .get_paging = get_paging, .get_segment = get_segment };
const struct hvm_ops *hvm_ops = &ops;

void hvm_inject_exception(struct vcpu *v, unsigned vector, uint32_t error)
{
    if (guest_exception >= 0)
        abort(); /* one instruction, one exception */
    guest_exception = vector;
    guest_error = error;
}

void hvm_inject_page_fault(struct vcpu *v, uint64_t address, uint32_t error)
{
    guest_fault_address = address;
    hvm_inject_exception(v, 14, error);
}

/* --- memory ----------------------------------------------------------------------------------- */
uint32_t guest_walk(struct domain *d, const struct paging_mode *m, uint64_t va, uint32_t access,
                    uint64_t *gpa)
{
    *gpa = va;
    if (va < GUEST_END && (guest_absent >> (va >> PAGE_SHIFT) & 1))
        return WALK_FAULT | access;
    return 0;
}

bool ept_lookup(const struct domain *d, gfn_t g, mfn_t *m, uint64_t *access)
{
    *m = mfn(g.n);
    *access = EPT_RWX;
    return g.n < GUEST_DEVICE >> PAGE_SHIFT;
}

void ept_mark_dirty(struct domain *d, gfn_t g) {}

unsigned hvm_mem_type(struct domain *d, gfn_t g)
{
    return g.n < GUEST_DEVICE >> PAGE_SHIFT ? HVMMEM_ram_rw : HVMMEM_mmio_dm;
}

struct page *hvm_page_get(struct domain *d, gfn_t g)
{
    if (g.n >= GUEST_DEVICE >> PAGE_SHIFT)
        abort();
    return &frames[g.n];
}

void page_put(struct page *pg) {}

void *mfn_to_virt(mfn_t m)
{
    if (m.n >= GUEST_PAGES)
        abort();
    return guest_bytes + m.n * PAGE_SIZE;
}

/* --- devices ---------------------------------------------------------------------------------- */
bool hvm_io_takes_block(struct vcpu *v, const struct hvm_io *io)
{
    if (io->count < 2 || io->count * io->bytes > PAGE_SIZE || io->data / PAGE_SIZE !=
        (io->data + io->count * io->bytes - 1) / PAGE_SIZE || io->data >= GUEST_DEVICE)
        abort();
    return takes_blocks;
}

enum hvm_io_result hvm_io(struct vcpu *v, struct hvm_io *io)
{
    if (io->count) {
        last_block = *io;
        return device_waits && device_waits() ? HVM_IO_WAIT : HVM_IO_DONE;
    }
    if (io->bytes > (io->port ? 4 : 8) || !io->bytes || (io->bytes & (io->bytes - 1)) ||
        (io->port && io->address > 0xffff))
        abort();
    if (device_waits && device_waits())
        return HVM_IO_WAIT;
    if (io->write)
        device_writes++;
    else
        device_reads++;
    if (io->port)
        last_port = *io;
    if (io->port || io->address < GUEST_DEVICE || io->address > GUEST_END - io->bytes) {
        io->data = io->write ? io->data : operand_ones(io->bytes);
    } else if (io->write) {
        memcpy(guest_bytes + io->address, &io->data, io->bytes);
    } else {
        io->data = 0;
        memcpy(&io->data, guest_bytes + io->address, io->bytes);
    }
    return HVM_IO_DONE;
}
