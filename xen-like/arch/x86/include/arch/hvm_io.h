/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Accesses of hardware guests to what is not memory: I/O ports, and guest-physical addresses
 * without a page. hvm/io.c finds the device.
 */
#ifndef ARCH_HVM_IO_H
#define ARCH_HVM_IO_H

#include <hv/domain.h>

/** One access, by whatever instruction. */
struct hvm_io {
    uint64_t address; /* the port, or the guest-physical address */
    uint64_t data;    /* what is written, or was read: the bytes above `bytes` are 0; of a block:
                         the guest-physical address of its memory */
    uint32_t count;   /* elements of a block; 0: it is none */
    uint8_t bytes;    /* 1, 2, 4 or 8; ports: at most 4 */
    bool write, port;
};

enum hvm_io_result {
    HVM_IO_DONE,
    /**
     * Somebody outside of the hypervisor was asked, and the vcpu has blocked. RIP stays where it
     * is: the instruction is carried out again when the answer is there, and the same access is
     * then DONE.
     */
    HVM_IO_WAIT,
};

/**
 * An access of the current vcpu. It belongs to the device that has its first byte, if there is none
 * to a device model; what of it has no device reads as ones, and writes there vanish. No lock is
 * held.
 */
enum hvm_io_result hvm_io(struct vcpu *v, struct hvm_io *io);
/** Would one device model take all of this block, a string between a device and plain memory? Else
 * its elements come by themselves. Current vcpu. */
bool hvm_io_takes_block(struct vcpu *v, const struct hvm_io *io);

/* --- how far an instruction has come ---------------------------------------------------------- */
#define HVM_IO_LOG 16 /* accesses that an instruction can make: two operands of 8 bytes, bytewise */

/**
 * What the instruction at hand has accessed of devices before it had to wait: when it is carried
 * out again it finds the same results here, and no device sees an access twice.
 */
struct hvm_io_log {
    uint8_t known, at;
    struct hvm_io done[HVM_IO_LOG];
};

#endif
