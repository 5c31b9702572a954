/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The devices that the hypervisor gives hardware guests, as a table of ports and of memory. A device
 * sees accesses that are aligned, no wider than it takes, and within its range: others come to it in
 * halves. What begins with none of them is a device model's, whole.
 */
#include <arch/hvm_io.h>
#include <arch/ioreq.h>
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

static const struct device {
    uint64_t first, last;
    bool port;
    uint8_t widest; /* bytes of an access that it takes at once */
    read_fn *read;
    write_fn *write;
} devices[] = {
    { PORT_LOG, PORT_LOG, true, 1, read_log, write_log },
};

/* The one that has the byte there, or NULL. */
static const struct device *device_at(const struct hvm_io *io)
{
    for (unsigned i = 0; i < ARRAY_SIZE(devices); i++)
        if (devices[i].port == io->port && io->address >= devices[i].first &&
            io->address <= devices[i].last)
            return &devices[i];
    return NULL;
}

static uint64_t ones(unsigned bytes) { return bytes == 8 ? ~0UL : (1UL << 8 * bytes) - 1; }

static bool takes_whole(const struct device *dev, const struct hvm_io *io)
{
    return io->bytes <= dev->widest && !(io->address & (io->bytes - 1)) &&
           dev->last - io->address >= io->bytes - 1u;
}

static void carry_out(struct vcpu *v, struct hvm_io *io);

static void carry_out_halves(struct vcpu *v, struct hvm_io *io)
{
    unsigned bytes = io->bytes / 2;
    struct hvm_io low = *io, high = *io;

    low.bytes = high.bytes = bytes;
    low.data &= ones(bytes);
    high.address += bytes;
    high.data >>= 8 * bytes;
    carry_out(v, &low);
    carry_out(v, &high);
    io->data = low.data | high.data << 8 * bytes;
}

static void carry_out(struct vcpu *v, struct hvm_io *io)
{
    const struct device *dev = device_at(io);

    if (dev && !takes_whole(dev, io))
        carry_out_halves(v, io);
    else if (dev && io->write)
        dev->write(v, io->address, io->bytes, io->data);
    else if (!io->write)
        io->data = (dev ? dev->read(v, io->address, io->bytes) : ~0UL) & ones(io->bytes);
}

enum hvm_io_result hvm_io(struct vcpu *v, struct hvm_io *io)
{
    io->data = io->write ? io->data & ones(io->bytes) : 0;
    if (!device_at(io))
        return ioreq_access(v, io);
    carry_out(v, io);
    return HVM_IO_DONE;
}
