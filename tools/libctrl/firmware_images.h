/* SPDX-License-Identifier: GPL-2.0-only */
/* What firmware/ builds for guests, as bytes of this program (firmware/images.S). */
#ifndef LIBCTRL_FIRMWARE_IMAGES_H
#define LIBCTRL_FIRMWARE_IMAGES_H

extern const char firmware_loader[], firmware_loader_end[]; /* an ELF file, started as PVH kernels */
extern const char firmware_dsdt[], firmware_dsdt_end[];

#endif
