/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The file of a saved guest, as docs/save-format.md describes it: a header, then records in the
 * order of enum save_type, each with a checksum of its own. Everything is little-endian and a
 * multiple of 8 bytes. Frames are the guest's own (pfns): machine frames mean nothing in another
 * place.
 */
#ifndef LIBCTRL_SAVE_FORMAT_H
#define LIBCTRL_SAVE_FORMAT_H

#include <stdint.h>

#define SAVE_MAGIC   "XLSAVED"

/* Versions: 2 has the types for hardware guests, 3 that of a device model, too. */
#define SAVE_VERSION_PV       1
#define SAVE_VERSION_HARDWARE 2
#define SAVE_VERSION_HVM      3
#define SAVE_VERSIONS         4

struct save_header {
    char magic[8];
    uint32_t version;
    uint32_t zero;
};

/* In the order in which they come; the numbers are those of the file. */
enum save_type {
    SAVE_CONFIG = 1,            /* guest.cfg as text */
    SAVE_DOMAIN = 2,            /* struct save_domain */
    SAVE_FRAMES = 3,            /* struct save_frames, several: a guest's frames in order */
    SAVE_P2M = 4,               /* PV: u64 pfn of each frame of the guest's own list of machine
                                   frames, in the order of the list; several */
    SAVE_PAGES = 5,             /* struct save_pages, several */
    SAVE_SHARED_INFO = 6,       /* PV: the shared_info page */
    SAVE_VCPU = 7,              /* PV: struct save_vcpu, one for each vcpu that was started */
    SAVE_PARAMS = 9,            /* hardware guests: struct save_param, several in one record */
    SAVE_CONTEXT = 10,          /* hardware guests: the records of public/hvm/save.h */
    SAVE_DEVICE_MODEL = 11,     /* HVM guests: what their device model has given */
    SAVE_END = 8,               /* nothing: the file is whole */
    SAVE_TYPES = 12,
};

struct save_record {
    uint32_t type;
    uint32_t size;              /* of the body, without what fills it up to a multiple of 8 */
    uint32_t crc;               /* CRC-32 (as in zip) of type, size and body */
    uint32_t zero;
};

/* No body is longer. */
#define SAVE_BODY_MAX (4U << 20)

struct save_domain {
    uint64_t nr_frames;         /* pfns are below that */
    uint64_t start_info;        /* PV: pfn; else 0 */
    uint32_t max_vcpus;
    uint32_t tsc_mode, tsc_khz, tsc_incarnation;
    uint64_t tsc_elapsed_ns;
};

/* Kinds of frames. */
#define SAVE_KIND_LEVEL  0x07   /* 0: data; 1 to 4: a page table of that level */
#define SAVE_KIND_PINNED 0x08
#define SAVE_KIND_ABSENT 0x0f

/* A byte for each frame from `first` on. */
struct save_frames {
    uint64_t first;
    uint8_t kinds[];
};

/* `count` pfns, then the contents, 4096 bytes each, of those that are not SAVE_ZERO_PAGE. */
struct save_pages {
    uint64_t count;
    uint64_t pfns[];
};

#define SAVE_ZERO_PAGE  (1ULL << 63)
#define SAVE_PAGES_MAX  256

/* A parameter of a hardware guest (HVM_PARAM_*). */
struct save_param {
    uint32_t index;
    uint32_t zero;
    uint64_t value;
};

/* The registers are a struct vcpu_guest_context of public/xen.h with pfns for frames; behind them
 * `xstate_size` bytes as from XEN_DOMCTL_getvcpuextstate. */
struct save_vcpu {
    uint32_t id;
    uint32_t xstate_size;
    uint64_t xfeature_mask;
    uint64_t syscall32_callback, sysenter_callback;
    uint16_t syscall32_callback_cs, sysenter_callback_cs;
    uint8_t syscall32_disables_events, sysenter_disables_events;
    uint8_t zero[2];
};

#endif
