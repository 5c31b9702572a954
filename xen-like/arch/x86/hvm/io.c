/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The devices that the hypervisor gives hardware guests, as a table of ports and of memory. A device
 * sees accesses that are aligned, no wider than it takes, and within its range: others come to it in
 * halves. What begins with none of them is a device model's, whole.
 */
#include <arch/decode.h>
#include <arch/hvm_io.h>
#include <arch/ioreq.h>
#include <arch/vlapic.h>
#include <arch/vplatform.h>
#include <hv/printk.h>

typedef uint64_t read_fn(struct vcpu *v, uint64_t address, unsigned bytes);
typedef void write_fn(struct vcpu *v, uint64_t address, unsigned bytes, uint64_t value);

/* A character for the hypervisor's log, as a line of the guest; it says that it is there. */
#define PORT_LOG 0xe9

static uint64_t read_log(struct vcpu *v, uint64_t port, unsigned bytes) { return PORT_LOG; }

static void write_log(struct vcpu *v, uint64_t port, unsigned bytes, uint64_t value)
{
    char c = value;

    guest_log(v->domain, &c, 1);
}

/* Whose device it is. */
enum who {
    EVERY_GUEST,
    PLATFORM,        /* one with a PC's devices, under the platform's lock */
    PLATFORM_NO_LOCK,
};

static const struct device {
    uint64_t first, last;
    bool port;
    uint8_t widest; /* bytes of an access that it takes at once */
    uint8_t who;
    read_fn *read;
    write_fn *write;
} devices[] = {
    { 0xfee00000, 0xfee00fff, false, 4, EVERY_GUEST, vlapic_page_read, vlapic_page_write },
    { 0xfec00000, 0xfec000ff, false, 4, PLATFORM, vioapic_page_read, vioapic_page_write },
    { 0xfed00000, 0xfed003ff, false, 8, PLATFORM, vhpet_page_read, vhpet_page_write },
    { 0x20, 0x21, true, 1, PLATFORM, vpic_port_read, vpic_port_write },
    { 0xa0, 0xa1, true, 1, PLATFORM, vpic_port_read, vpic_port_write },
    { 0x4d0, 0x4d1, true, 1, PLATFORM, vpic_port_read, vpic_port_write },
    { 0x40, 0x43, true, 1, PLATFORM, vpit_port_read, vpit_port_write },
    { 0x61, 0x61, true, 1, PLATFORM, vpit_port_read, vpit_port_write },
    { 0x70, 0x71, true, 1, PLATFORM, vrtc_port_read, vrtc_port_write },
    { 0xb000, 0xb003, true, 4, PLATFORM, vpm_port_read, vpm_port_write },
    { 0xb004, 0xb005, true, 2, PLATFORM_NO_LOCK, vpm_control_read, vpm_control_write },
    { 0xb008, 0xb00b, true, 4, PLATFORM, vpm_port_read, vpm_port_write },
    { PORT_LOG, PORT_LOG, true, 1, EVERY_GUEST, read_log, write_log },
};

/* The one that has the byte there, or NULL. */
static const struct device *device_at(const struct vcpu *v, const struct hvm_io *io)
{
    for (unsigned i = 0; i < ARRAY_SIZE(devices); i++)
        if (devices[i].port == io->port && io->address >= devices[i].first &&
            io->address <= devices[i].last && (devices[i].who == EVERY_GUEST || platform_of(v)))
            return &devices[i];
    return NULL;
}

static bool takes_whole(const struct device *dev, const struct hvm_io *io)
{
    return io->bytes <= dev->widest && !(io->address & (io->bytes - 1)) &&
           dev->last - io->address >= io->bytes - 1u;
}

static void access_device(struct vcpu *v, const struct device *dev, struct hvm_io *io)
{
    struct spinlock *lock = dev->who == PLATFORM ? &platform_of(v)->lock : NULL;
    unsigned long flags = lock ? spin_lock_irqsave(lock) : 0;

    if (lock)
        vlines_follow_events(platform_of(v));
    if (io->write)
        dev->write(v, io->address, io->bytes, io->data);
    else
        io->data = dev->read(v, io->address, io->bytes) & operand_ones(io->bytes);
    if (lock)
        spin_unlock_irqrestore(lock, flags);
}

static void carry_out(struct vcpu *v, const struct device *dev, struct hvm_io *io);

static void carry_out_halves(struct vcpu *v, struct hvm_io *io)
{
    unsigned bytes = io->bytes / 2;
    struct hvm_io low = *io, high = *io;

    low.bytes = high.bytes = bytes;
    low.data &= operand_ones(bytes);
    high.address += bytes;
    high.data >>= 8 * bytes;
    carry_out(v, device_at(v, &low), &low);
    carry_out(v, device_at(v, &high), &high);
    io->data = low.data | high.data << 8 * bytes;
}

/* `dev` has its first byte; NULL: nothing has. */
static void carry_out(struct vcpu *v, const struct device *dev, struct hvm_io *io)
{
    if (dev && takes_whole(dev, io))
        access_device(v, dev, io);
    else if (dev)
        carry_out_halves(v, io);
    else if (!io->write)
        io->data = operand_ones(io->bytes);
}

/* What firmware finds in the clock's memory is its device model's to say, if it says anything. */
static bool is_models(struct vcpu *v, const struct device *dev, const struct hvm_io *io)
{
    return !dev || (dev->read == vrtc_port_read && vrtc_is_memory(v, io) && ioreq_is_served(v, io));
}

enum hvm_io_result hvm_io(struct vcpu *v, struct hvm_io *io)
{
    const struct device *dev = device_at(v, io);

    if (io->count)
        return ioreq_access(v, io);
    io->data = io->write ? io->data & operand_ones(io->bytes) : 0;
    if (dev && io->write)
        carry_out(v, dev, io); /* the clock keeps what it was given, whoever else is asked */
    if (is_models(v, dev, io))
        return ioreq_access(v, io);
    if (dev && !io->write)
        carry_out(v, dev, io);
    return HVM_IO_DONE;
}

bool hvm_io_takes_block(struct vcpu *v, const struct hvm_io *io)
{
    uint64_t last = io->address + (io->port ? 0 : (uint64_t)io->count * io->bytes - 1);

    for (unsigned i = 0; i < ARRAY_SIZE(devices); i++)
        if (devices[i].port == io->port && devices[i].first <= last &&
            devices[i].last >= io->address)
            return false;
    return ioreq_is_served(v, io);
}
