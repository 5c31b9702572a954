/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The loader of PV kernels' ELF images: reads the headers and the Xen notes of an image in memory
 * and says where each piece belongs. Used by the Dom0 builder and, on the host, by the domain
 * builder of the tools; so it needs nothing but the compiler's own headers.
 *
 * The image is foreign: every offset and size in it is checked against the image before it is
 * followed, and everything that elf_parse() has accepted can be used without a further check.
 * Nothing is written to the image, and the result points into it only for strings, which are
 * copied.
 */
#ifndef HV_ELF_H
#define HV_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum elf_error {
    ELF_OK = 0,
    ELF_TOO_SHORT,        /* smaller than an ELF header */
    ELF_NOT_ELF,          /* no ELF magic */
    ELF_IS_BZIMAGE,       /* a Linux bzImage: has to be unpacked first */
    ELF_NOT_64BIT,        /* not a 64-bit little-endian file of version 1 */
    ELF_NOT_X86_64,       /* for another machine */
    ELF_NOT_EXECUTABLE,   /* a relocatable, shared or core file */
    ELF_BAD_HEADERS,      /* program headers outside the file, or of a strange size, or too many */
    ELF_BAD_SEGMENT,      /* a segment outside the file, or whose sizes overflow */
    ELF_SEGMENTS_OVERLAP, /* two segments want the same memory */
    ELF_NO_SEGMENT,       /* nothing to load */
    ELF_BAD_NOTE,         /* a Xen note whose value has the wrong size */
    ELF_NO_XEN_NOTE,      /* not a PV kernel */
    ELF_WRONG_XEN_VERSION,/* made for something else than xen-3.0 */
    ELF_BAD_ADDRESS,      /* virtual addresses not canonical, or in the hypervisor's hole */
    ELF_BAD_ENTRY,        /* entry point outside the segments */
    ELF_BAD_HYPERCALL_PAGE, /* hypercall page outside the segments, or not aligned */
};

#define ELF_MAX_SEGMENTS 32

/** A piece of the image to be loaded. */
struct elf_segment {
    uint64_t offset;      /* in the file */
    uint64_t file_size;   /* bytes from the file; the rest up to mem_size is zero */
    uint64_t mem_size;
    uint64_t phys;        /* pseudo-physical address, the kernel's base at 0 */
    uint64_t virt;        /* virt_base + phys */
};

/**
 * Notes of which only the number matters are in a bitmap of those seen; the others as values below.
 */
enum elf_note {
    ELF_NOTE_ENTRY = 1,
    ELF_NOTE_HYPERCALL_PAGE = 2,
    ELF_NOTE_VIRT_BASE = 3,
    ELF_NOTE_PADDR_OFFSET = 4,
    ELF_NOTE_XEN_VERSION = 5,
    ELF_NOTE_GUEST_OS = 6,
    ELF_NOTE_GUEST_VERSION = 7,
    ELF_NOTE_LOADER = 8,
    ELF_NOTE_PAE_MODE = 9,
    ELF_NOTE_FEATURES = 10,
    ELF_NOTE_BSD_SYMTAB = 11,
    ELF_NOTE_HV_START_LOW = 12,
    ELF_NOTE_L1_MFN_VALID = 13,
    ELF_NOTE_SUSPEND_CANCEL = 14,
    ELF_NOTE_INIT_P2M = 15,
    ELF_NOTE_MOD_START_PFN = 16,
    ELF_NOTE_SUPPORTED_FEATURES = 17,
    ELF_NOTE_PHYS32_ENTRY = 18,
    ELF_NOTE_COUNT
};

#define ELF_STRING_MAX 128

struct elf_notes {
    uint32_t seen;              /* bit n: note n is there */
    uint64_t entry;             /* from the note, else the ELF entry point */
    uint64_t hypercall_page;
    uint64_t virt_base;         /* 0 if not given */
    uint64_t paddr_offset;      /* 0 if not given */
    uint64_t hv_start_low;
    uint64_t init_p2m;
    uint64_t l1_mfn_valid_mask, l1_mfn_valid_value;
    uint64_t suspend_cancel;
    uint64_t phys32_entry;
    uint64_t features_supported; /* XENFEAT_* bits, from both notes */
    uint64_t features_required;  /* those marked with '!' */
    bool mod_start_pfn;          /* the ramdisk need not be mapped */
    /* Strings are cut at ELF_STRING_MAX - 1 bytes. */
    char guest_os[ELF_STRING_MAX];
    char guest_version[ELF_STRING_MAX];
    char xen_version[ELF_STRING_MAX];
    char loader[ELF_STRING_MAX];
    char pae_mode[ELF_STRING_MAX];
    char features[ELF_STRING_MAX];
};

struct elf_image {
    const void *data;
    uint64_t size;
    unsigned int nr_segments;
    struct elf_segment segments[ELF_MAX_SEGMENTS]; /* none empty, none overlapping */
    /* of all segments, pseudo-physical, not rounded */
    uint64_t phys_start, phys_end;
    uint64_t virt_start, virt_end;
    struct elf_notes notes;
};

static inline bool elf_has_note(const struct elf_image *img, enum elf_note n)
{
    return img->notes.seen & (1u << n);
}

/**
 * Parse a PV kernel. `img` is filled when the result is ELF_OK, else its contents are undefined.
 * `data` need not be aligned, and has to stay as long as the segments are read from it.
 */
enum elf_error elf_parse(struct elf_image *img, const void *data, uint64_t size);

/** A phrase for people, e.g. "no Xen ELF note (not a PV kernel)". Never NULL. */
const char *elf_error_text(enum elf_error err);

#endif
