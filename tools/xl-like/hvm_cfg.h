/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What guest.cfg says of a hardware guest with emulated devices (type = "hvm").
 */
#ifndef XL_HVM_CFG_H
#define XL_HVM_CFG_H

#include "cfg_parse.h"

#define HVM_TEXTS_MAX 8

/** Texts of a list, or a single one. */
struct cfg_texts {
    char *text[HVM_TEXTS_MAX];
    size_t count;
};

void cfg_texts_free(struct cfg_texts *t);

enum hvm_hdtype { HVM_HD_IDE, HVM_HD_AHCI };
enum hvm_vga { HVM_VGA_STD, HVM_VGA_CIRRUS, HVM_VGA_NONE };

struct hvm_cfg {
    char *boot;                    /* what the firmware tries, in this order: letters of "acdn" */
    char *firmware;                /* file; NULL: the usual one */
    char *device_model;            /* program; NULL: the usual one */
    struct cfg_texts serial;       /* where each serial port goes, as QEMU calls it */
    struct cfg_texts usb_devices;  /* "tablet", "mouse", "keyboard" */
    uint64_t usb, acpi, hpet, localtime; /* 0 or 1 */
    unsigned hdtype;               /* enum hvm_hdtype */
    unsigned vga;                  /* enum hvm_vga */
    uint64_t stdvga;
    uint64_t videoram; /* MiB; 0: as the card usually has */
    uint64_t vnc, vncdisplay, vncunused;
    char *vnclisten, *vncpasswd;
    unsigned only_choice; /* of words that have one */
};

struct guest_cfg;

/** What no single key can say of such a guest; completes it: builder=, the screen, which disks and
 * network devices are emulated. Also for other guests, which have none of it. 0, or -EINVAL after
 * messages to cfg->errors. */
int hvm_cfg_check(struct cfg *cfg, struct guest_cfg *g);

/** Memory of the screen, KiB. */
uint64_t hvm_video_kb(const struct hvm_cfg *hvm);

#endif
