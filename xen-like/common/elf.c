/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parser of PV kernels' ELF images. No memory is allocated, nothing is assumed about the
 * image's alignment; loops are bounded by ELF_MAX_SEGMENTS, by the header count (16 bit) or by the
 * size of the image.
 */
#include <hv/elf.h>

/* ELF file format, version 1, 64-bit (System V ABI, "Object Files"). */
struct file_header {
    uint8_t ident[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, phoff, shoff;
    uint32_t flags;
    uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct program_header {
    uint32_t type, flags;
    uint64_t offset, vaddr, paddr, filesz, memsz, align;
};

struct note_header {
    uint32_t namesz, descsz, type;
};

#define CLASS_64        2
#define DATA_LSB        1
#define TYPE_EXECUTABLE 2
#define MACHINE_X86_64  62
#define SEGMENT_LOAD    1
#define SEGMENT_NOTE    4

/* No machine has more memory than this; keeps sums of such values far from overflow. */
#define PHYS_LIMIT (1ULL << 46)

/* Where the ABI reserves virtual addresses for the hypervisor, and where the lower half ends. */
#define LOWER_HALF_END 0x0000800000000000ULL
#define HOLE_START     0xffff800000000000ULL
#define HOLE_END       0xffff880000000000ULL

#define FEATURE_NAME_MAX 32

static const char *const feature_names[] = {
    [0] = "writable_page_tables",
    [1] = "writable_descriptor_tables",
    [2] = "auto_translated_physmap",
    [3] = "supervisor_mode_kernel",
    [4] = "pae_pgdir_above_4gb",
    [5] = "mmu_pt_update_preserve_ad",
    [7] = "gnttab_map_avail_bits",
    [8] = "hvm_callback_vector",
    [9] = "hvm_safe_pvclock",
    [10] = "hvm_pirqs",
    [11] = "dom0",
};

static const char *const error_texts[] = {
    [ELF_OK] = "no error",
    [ELF_TOO_SHORT] = "file too short to be a kernel",
    [ELF_NOT_ELF] = "neither an ELF file nor a bzImage",
    [ELF_IS_BZIMAGE] = "a packed bzImage (unpack it with xen-like-unpack-kernel)",
    [ELF_NOT_64BIT] = "not a 64-bit little-endian ELF file",
    [ELF_NOT_X86_64] = "not for x86-64",
    [ELF_NOT_EXECUTABLE] = "not an executable ELF file",
    [ELF_BAD_HEADERS] = "program headers are damaged or cut off",
    [ELF_BAD_SEGMENT] = "a segment is damaged or reaches beyond the end of the file (truncated?)",
    [ELF_SEGMENTS_OVERLAP] = "two segments overlap",
    [ELF_NO_SEGMENT] = "nothing to load",
    [ELF_BAD_NOTE] = "an ELF note is damaged",
    [ELF_NO_XEN_NOTE] = "no Xen ELF note (not a PV kernel)",
    [ELF_WRONG_XEN_VERSION] = "made for another hypervisor interface than xen-3.0",
    [ELF_BAD_ADDRESS] = "virtual addresses that a guest cannot use",
    [ELF_BAD_ENTRY] = "entry point outside the image",
    [ELF_BAD_HYPERCALL_PAGE] = "hypercall page outside the image or not page aligned",
};

const char *elf_error_text(enum elf_error err)
{
    if ((unsigned int)err >= sizeof(error_texts) / sizeof(error_texts[0]))
        return "unknown error";
    return error_texts[err];
}

/* Is [offset, offset + len) inside [0, size)? */
static bool inside(uint64_t offset, uint64_t len, uint64_t size)
{
    return offset <= size && len <= size - offset;
}

static uint64_t round_up4(uint64_t n) { return (n + 3) & ~3ULL; }

static const uint8_t *at(const struct elf_image *img, uint64_t offset)
{
    return (const uint8_t *)img->data + offset;
}

/* --- strings, without a library ------------------------------------------------------------ */

static bool same(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

static bool starts_with(const char *s, const char *prefix)
{
    while (*prefix && *s == *prefix) {
        s++;
        prefix++;
    }
    return !*prefix;
}

static void copy_string(char *dst, const uint8_t *src, uint64_t len)
{
    uint64_t i;

    for (i = 0; i < len && i < ELF_STRING_MAX - 1 && src[i]; i++)
        dst[i] = src[i];
    dst[i] = 0;
}

/* --- notes --------------------------------------------------------------------------------- */

/* Little-endian number of 1, 2, 4 or 8 bytes. */
static bool get_number(const uint8_t *desc, uint64_t len, uint64_t *value)
{
    uint64_t v = 0;

    if (len != 1 && len != 2 && len != 4 && len != 8)
        return false;
    for (uint64_t i = len; i > 0; i--)
        v = v << 8 | desc[i - 1];
    *value = v;
    return true;
}

static void add_feature(struct elf_notes *n, const char *name)
{
    bool required = *name == '!';

    if (required)
        name++;
    for (unsigned int i = 0; i < sizeof(feature_names) / sizeof(feature_names[0]); i++) {
        if (!feature_names[i] || !same(name, feature_names[i]))
            continue;
        n->features_supported |= 1ULL << i;
        if (required)
            n->features_required |= 1ULL << i;
    }
}

/* Names separated by '|'. Unknown and overlong ones are of no concern here. */
static void parse_features(struct elf_notes *n)
{
    char name[FEATURE_NAME_MAX];
    unsigned int len = 0;

    for (const char *p = n->features;; p++) {
        if (*p && *p != '|') {
            if (len < FEATURE_NAME_MAX)
                name[len++] = *p;
            continue;
        }
        if (len < FEATURE_NAME_MAX) {
            name[len] = 0;
            add_feature(n, name);
        }
        len = 0;
        if (!*p)
            return;
    }
}

static bool get_two_numbers(const uint8_t *desc, uint64_t len, uint64_t *first, uint64_t *second)
{
    return len % 2 == 0 && get_number(desc, len / 2, first) &&
           get_number(desc + len / 2, len / 2, second);
}

static bool take_number_note(struct elf_notes *n, uint32_t type, const uint8_t *desc, uint64_t len)
{
    uint64_t v;

    if (!get_number(desc, len, &v))
        return false;
    switch (type) {
    case ELF_NOTE_ENTRY: n->entry = v; break;
    case ELF_NOTE_HYPERCALL_PAGE: n->hypercall_page = v; break;
    case ELF_NOTE_VIRT_BASE: n->virt_base = v; break;
    case ELF_NOTE_PADDR_OFFSET: n->paddr_offset = v; break;
    case ELF_NOTE_HV_START_LOW: n->hv_start_low = v; break;
    case ELF_NOTE_SUSPEND_CANCEL: n->suspend_cancel = v; break;
    case ELF_NOTE_INIT_P2M: n->init_p2m = v; break;
    case ELF_NOTE_MOD_START_PFN: n->mod_start_pfn = v != 0; break;
    case ELF_NOTE_SUPPORTED_FEATURES: n->features_supported |= v; break;
    case ELF_NOTE_PHYS32_ENTRY: n->phys32_entry = v; break;
    }
    return true;
}

static bool take_note(struct elf_notes *n, uint32_t type, const uint8_t *desc, uint64_t len)
{
    if (type == 0 || type >= ELF_NOTE_COUNT)
        return true;
    n->seen |= 1u << type;
    switch (type) {
    case ELF_NOTE_XEN_VERSION: copy_string(n->xen_version, desc, len); return true;
    case ELF_NOTE_GUEST_OS: copy_string(n->guest_os, desc, len); return true;
    case ELF_NOTE_GUEST_VERSION: copy_string(n->guest_version, desc, len); return true;
    case ELF_NOTE_LOADER: copy_string(n->loader, desc, len); return true;
    case ELF_NOTE_PAE_MODE: copy_string(n->pae_mode, desc, len); return true;
    case ELF_NOTE_FEATURES:
        copy_string(n->features, desc, len);
        parse_features(n);
        return true;
    case ELF_NOTE_BSD_SYMTAB: return true;
    case ELF_NOTE_L1_MFN_VALID:
        return get_two_numbers(desc, len, &n->l1_mfn_valid_mask, &n->l1_mfn_valid_value);
    default: return take_number_note(n, type, desc, len);
    }
}

static bool is_xen(const uint8_t *name, uint32_t len)
{
    return len == 4 && name[0] == 'X' && name[1] == 'e' && name[2] == 'n' && name[3] == 0;
}

/*
 * All notes of a segment that is known to be inside the file. What does not fit ends the list:
 * linker scripts of small kernels let other sections slip into the segment.
 */
static enum elf_error parse_notes(struct elf_image *img, uint64_t offset, uint64_t size)
{
    struct note_header nh;

    while (size >= sizeof(nh)) {
        __builtin_memcpy(&nh, at(img, offset), sizeof(nh));
        uint64_t desc = sizeof(nh) + round_up4(nh.namesz);

        if (!inside(desc, nh.descsz, size))
            break;
        if (is_xen(at(img, offset + sizeof(nh)), nh.namesz) &&
            !take_note(&img->notes, nh.type, at(img, offset + desc), nh.descsz))
            return ELF_BAD_NOTE;

        uint64_t step = desc + round_up4(nh.descsz);
        if (step >= size) /* the padding of the last one may be missing */
            break;
        offset += step;
        size -= step;
    }
    return ELF_OK;
}

/* --- headers ------------------------------------------------------------------------------- */

/*
 * The boot header of Linux/x86 has its magic at a fixed place; then the real kernel is packed
 * inside.
 */
static bool is_bzimage(const uint8_t *data, uint64_t size)
{
    return size >= 0x206 && data[0x1fe] == 0x55 && data[0x1ff] == 0xaa && data[0x202] == 'H' &&
           data[0x203] == 'd' && data[0x204] == 'r' && data[0x205] == 'S';
}

static enum elf_error check_header(const struct elf_image *img, struct file_header *fh)
{
    const uint8_t *d = img->data;

    if (img->size < 4 || d[0] != 0x7f || d[1] != 'E' || d[2] != 'L' || d[3] != 'F') {
        if (is_bzimage(d, img->size))
            return ELF_IS_BZIMAGE;
        return img->size < sizeof(*fh) ? ELF_TOO_SHORT : ELF_NOT_ELF;
    }
    if (img->size < sizeof(*fh))
        return ELF_TOO_SHORT;
    __builtin_memcpy(fh, d, sizeof(*fh));
    if (fh->ident[4] != CLASS_64 || fh->ident[5] != DATA_LSB || fh->ident[6] != 1)
        return ELF_NOT_64BIT;
    if (fh->machine != MACHINE_X86_64)
        return ELF_NOT_X86_64;
    if (fh->type != TYPE_EXECUTABLE)
        return ELF_NOT_EXECUTABLE;
    if (fh->phentsize != sizeof(struct program_header) ||
        !inside(fh->phoff, (uint64_t)fh->phnum * sizeof(struct program_header), img->size))
        return ELF_BAD_HEADERS;
    return ELF_OK;
}

static void get_program_header(const struct elf_image *img, const struct file_header *fh,
                               unsigned int i, struct program_header *ph)
{
    __builtin_memcpy(ph, at(img, fh->phoff + (uint64_t)i * sizeof(*ph)), sizeof(*ph));
}

static enum elf_error read_notes(struct elf_image *img, const struct file_header *fh)
{
    struct program_header ph;
    enum elf_error err;

    for (unsigned int i = 0; i < fh->phnum; i++) {
        get_program_header(img, fh, i, &ph);
        if (ph.type != SEGMENT_NOTE)
            continue;
        if (!inside(ph.offset, ph.filesz, img->size))
            return ELF_BAD_SEGMENT;
        err = parse_notes(img, ph.offset, ph.filesz);
        if (err)
            return err;
    }
    if (!img->notes.seen)
        return ELF_NO_XEN_NOTE;
    return ELF_OK;
}

/* --- segments ------------------------------------------------------------------------------ */

static bool overlaps_another(const struct elf_image *img, const struct elf_segment *s)
{
    for (unsigned int i = 0; i < img->nr_segments; i++) {
        const struct elf_segment *o = &img->segments[i];

        if (s->phys < o->phys + o->mem_size && o->phys < s->phys + s->mem_size)
            return true;
    }
    return false;
}

static enum elf_error add_segment(struct elf_image *img, const struct program_header *ph)
{
    const struct elf_notes *n = &img->notes;
    struct elf_segment s = {
        .offset = ph->offset,
        .file_size = ph->filesz,
        .mem_size = ph->memsz,
        .phys = ph->paddr - n->paddr_offset,
    };

    if (img->nr_segments == ELF_MAX_SEGMENTS)
        return ELF_BAD_HEADERS;
    if (!inside(s.offset, s.file_size, img->size) || s.file_size > s.mem_size ||
        ph->paddr < n->paddr_offset || !inside(s.phys, s.mem_size, PHYS_LIMIT))
        return ELF_BAD_SEGMENT;
    if (n->virt_base + s.phys + s.mem_size < n->virt_base)
        return ELF_BAD_ADDRESS;
    if (overlaps_another(img, &s))
        return ELF_SEGMENTS_OVERLAP;
    s.virt = n->virt_base + s.phys;

    if (!img->nr_segments || s.phys < img->phys_start)
        img->phys_start = s.phys;
    if (s.phys + s.mem_size > img->phys_end)
        img->phys_end = s.phys + s.mem_size;
    img->segments[img->nr_segments++] = s;
    return ELF_OK;
}

static enum elf_error read_segments(struct elf_image *img, const struct file_header *fh)
{
    struct program_header ph;
    enum elf_error err;

    for (unsigned int i = 0; i < fh->phnum; i++) {
        get_program_header(img, fh, i, &ph);
        if (ph.type != SEGMENT_LOAD || !ph.memsz)
            continue;
        err = add_segment(img, &ph);
        if (err)
            return err;
    }
    if (!img->nr_segments)
        return ELF_NO_SEGMENT;
    img->virt_start = img->notes.virt_base + img->phys_start;
    img->virt_end = img->notes.virt_base + img->phys_end;
    return ELF_OK;
}

/* --- sense --------------------------------------------------------------------------------- */

/*
 * May a guest kernel use [start, end)? It may not reach into the hypervisor's hole or be in two
 * halves.
 */
static bool usable_virt(uint64_t start, uint64_t end)
{
    return end <= LOWER_HALF_END || start >= HOLE_END;
}

static bool in_segments(const struct elf_image *img, uint64_t virt, uint64_t len)
{
    for (unsigned int i = 0; i < img->nr_segments; i++) {
        const struct elf_segment *s = &img->segments[i];

        if (virt >= s->virt && inside(virt - s->virt, len, s->mem_size))
            return true;
    }
    return false;
}

static enum elf_error check_sense(const struct elf_image *img)
{
    const struct elf_notes *n = &img->notes;

    if (elf_has_note(img, ELF_NOTE_XEN_VERSION) && !starts_with(n->xen_version, "xen-3."))
        return ELF_WRONG_XEN_VERSION;
    if (!usable_virt(img->virt_start, img->virt_end) || n->virt_base & 0xfff)
        return ELF_BAD_ADDRESS;
    if (elf_has_note(img, ELF_NOTE_HV_START_LOW) && n->hv_start_low > HOLE_START)
        return ELF_BAD_ADDRESS;
    if (elf_has_note(img, ELF_NOTE_INIT_P2M) &&
        (n->init_p2m & 0xfff || !usable_virt(n->init_p2m, n->init_p2m)))
        return ELF_BAD_ADDRESS;
    if (!in_segments(img, n->entry, 1))
        return ELF_BAD_ENTRY;
    if (elf_has_note(img, ELF_NOTE_HYPERCALL_PAGE) &&
        (n->hypercall_page & 0xfff || !in_segments(img, n->hypercall_page, 4096)))
        return ELF_BAD_HYPERCALL_PAGE;
    return ELF_OK;
}

enum elf_error elf_parse(struct elf_image *img, const void *data, uint64_t size)
{
    struct file_header fh;
    enum elf_error err;

    *img = (struct elf_image){ .data = data, .size = size };
    err = check_header(img, &fh);
    if (err)
        return err;
    img->notes.entry = fh.entry;
    err = read_notes(img, &fh);
    if (err)
        return err;
    err = read_segments(img, &fh);
    if (err)
        return err;
    return check_sense(img);
}
