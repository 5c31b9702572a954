/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest's memory and registers as a core file, in Xen's format (docs/misc/dump-core-format.txt of
 * Xen's documentation): an ELF file of sections, which crash(8) reads. Sizes are known before the
 * first byte is written, so that it may go to a pipe. A hardware guest has numbers of its own for its
 * frames, and its shared_info is not in its memory: that section is empty.
 */
#include "save.h"

#include <public/elfnote.h>
#include <public/version.h>

#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAGIC_PV       0xF00FEBEDUL
#define MAGIC_HARDWARE 0xF00FEBEEUL
#define FORMAT_VERSION 1
#define BATCH          256 /* pages */

enum section { NONE, NAMES, NOTES, PRSTATUS, SHARED_INFO, P2M, PAGES, SECTIONS };

static const char names[] =
    "\0.shstrtab\0.note.Xen\0.xen_prstatus\0.xen_shared_info\0.xen_p2m\0.xen_pfn\0.xen_pages";

static const struct {
    const char *name;
    uint32_t type;
    uint64_t entry; /* bytes */
    uint64_t align;
} sections[SECTIONS] = {
    [NAMES] = { ".shstrtab", SHT_STRTAB, 0, 1 },
    [NOTES] = { ".note.Xen", SHT_NOTE, 0, 4 },
    [PRSTATUS] = { ".xen_prstatus", SHT_PROGBITS, sizeof(struct vcpu_guest_context), 8 },
    [SHARED_INFO] = { ".xen_shared_info", SHT_PROGBITS, PAGE_SIZE, PAGE_SIZE },
    [P2M] = { ".xen_p2m", SHT_PROGBITS, 16, 8 },
    [PAGES] = { ".xen_pages", SHT_PROGBITS, PAGE_SIZE, PAGE_SIZE },
};

struct note_head {
    uint32_t name_size, size, type;
    char name[4];
};

/* The notes, one after the other. */
struct notes {
    struct note_head none;
    struct note_head header;
    struct {
        uint64_t magic, nr_vcpus, nr_pages, page_size;
    } header_desc;
    struct note_head xen_version;
    struct {
        uint64_t major, minor;
        xen_extraversion_t extra;
        xen_compile_info_t compile;
        xen_capabilities_info_t capabilities;
        xen_changeset_info_t changeset;
        xen_platform_parameters_t platform;
        uint64_t page_size;
    } xen_version_desc;
    struct note_head format_version;
    uint64_t format_version_desc;
} __attribute__((packed));

/* What a hardware guest has instead of P2M. */
#define PFN_NAME  ".xen_pfn"
#define PFN_ENTRY sizeof(uint64_t)

struct p2m_entry {
    uint64_t pfn, mfn;
};

struct dump {
    struct saving s;
    uint64_t at[SECTIONS], size[SECTIONS];
    uint64_t nr_vcpus;
    struct vcpu_guest_context *vcpus;
    uint64_t written;
};

static bool is_hardware(const struct dump *d) { return d->s.info.hvm; }

/* ---- writing ---- */

static int put(struct ctrl *h, struct dump *d, const void *data, size_t len)
{
    struct iovec v = { (void *)data, len };

    d->written += len;
    return write_all(h, d->s.cfg->fd, &v, 1);
}

static int put_until(struct ctrl *h, struct dump *d, uint64_t offset)
{
    static const char zeros[PAGE_SIZE];
    int ret = 0;

    while (!ret && d->written < offset)
        ret = put(h, d, zeros, offset - d->written < PAGE_SIZE ? offset - d->written : PAGE_SIZE);
    return ret;
}

/* ---- headers ---- */

static void lay_out(struct dump *d)
{
    uint64_t at = sizeof(Elf64_Ehdr) + SECTIONS * sizeof(Elf64_Shdr);

    d->size[NAMES] = sizeof(names);
    d->size[NOTES] = sizeof(struct notes);
    d->size[PRSTATUS] = d->nr_vcpus * sizeof(struct vcpu_guest_context);
    d->size[SHARED_INFO] = is_hardware(d) ? 0 : PAGE_SIZE;
    d->size[P2M] = d->s.nr_present * (is_hardware(d) ? PFN_ENTRY : sizeof(struct p2m_entry));
    d->size[PAGES] = d->s.nr_present * PAGE_SIZE;
    for (int i = NAMES; i < SECTIONS; i++) {
        at = (at + sections[i].align - 1) / sections[i].align * sections[i].align;
        d->at[i] = at;
        at += d->size[i];
    }
}

static uint32_t name_at(const char *name)
{
    const char *p = names;

    while (strcmp(p, name))
        p += strlen(p) + 1;
    return p - names;
}

static int put_headers(struct ctrl *h, struct dump *d)
{
    Elf64_Ehdr e = {
        .e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
        .e_type = ET_CORE,
        .e_machine = EM_X86_64,
        .e_version = EV_CURRENT,
        .e_shoff = sizeof(e),
        .e_ehsize = sizeof(e),
        .e_shentsize = sizeof(Elf64_Shdr),
        .e_shnum = SECTIONS,
        .e_shstrndx = NAMES,
    };
    Elf64_Shdr table[SECTIONS] = { 0 };
    int ret = put(h, d, &e, sizeof(e));

    for (int i = NAMES; i < SECTIONS; i++)
        table[i] = (Elf64_Shdr){
            .sh_name = name_at(i == P2M && is_hardware(d) ? PFN_NAME : sections[i].name),
            .sh_type = sections[i].type,
            .sh_offset = d->at[i],
            .sh_size = d->size[i],
            .sh_addralign = sections[i].align,
            .sh_entsize = i == P2M && is_hardware(d) ? PFN_ENTRY : sections[i].entry,
        };
    return ret ? ret : put(h, d, table, sizeof(table));
}

static struct note_head note(uint32_t type, uint32_t size)
{
    return (struct note_head){ .name_size = 4, .size = size, .type = type, .name = "Xen" };
}

static void copy_text(char *to, size_t size, const char *from)
{
    size_t len = strnlen(from, size - 1);

    memcpy(to, from, len); /* the rest is zero */
}

static int put_notes(struct ctrl *h, struct dump *d)
{
    struct notes n = {
        .none = note(XEN_ELFNOTE_DUMPCORE_NONE, 0),
        .header = note(XEN_ELFNOTE_DUMPCORE_HEADER, sizeof(n.header_desc)),
        .header_desc = { is_hardware(d) ? MAGIC_HARDWARE : MAGIC_PV, d->nr_vcpus, d->s.nr_present, PAGE_SIZE },
        .xen_version = note(XEN_ELFNOTE_DUMPCORE_XEN_VERSION, sizeof(n.xen_version_desc)),
        .format_version = note(XEN_ELFNOTE_DUMPCORE_FORMAT_VERSION, sizeof(uint64_t)),
        .format_version_desc = FORMAT_VERSION,
    };
    struct ctrl_version v;
    int ret = ctrl_version(h, &v);

    if (ret)
        return ret;
    n.xen_version_desc.major = v.major;
    n.xen_version_desc.minor = v.minor;
    copy_text(n.xen_version_desc.extra, sizeof(n.xen_version_desc.extra), v.extra);
    copy_text(n.xen_version_desc.capabilities, sizeof(n.xen_version_desc.capabilities),
              v.capabilities);
    copy_text(n.xen_version_desc.changeset, sizeof(n.xen_version_desc.changeset), v.changeset);
    n.xen_version_desc.platform.virt_start = v.virt_start;
    n.xen_version_desc.page_size = v.page_size;
    return put(h, d, &n, sizeof(n));
}

/* ---- contents ---- */

/* A batch of frames: pairs of their numbers, or the guest's alone. */
static int put_numbers(struct ctrl *h, struct dump *d, const struct p2m_entry *entries,
                       unsigned int n)
{
    uint64_t pfns[BATCH];

    if (!is_hardware(d))
        return put(h, d, entries, n * sizeof(entries[0]));
    for (unsigned int i = 0; i < n; i++)
        pfns[i] = entries[i].pfn;
    return put(h, d, pfns, n * sizeof(pfns[0]));
}

static int put_p2m(struct ctrl *h, struct dump *d)
{
    struct p2m_entry entries[BATCH];
    unsigned int n = 0;
    int ret = 0;

    for (uint64_t pfn = 0; !ret && pfn < d->s.frames.nr_frames; pfn++) {
        if (d->s.frames.mfns[pfn] != NO_FRAME)
            entries[n++] = (struct p2m_entry){ pfn, d->s.frames.mfns[pfn] };
        if (n == BATCH || pfn == d->s.frames.nr_frames - 1) {
            ret = put_numbers(h, d, entries, n);
            n = 0;
        }
    }
    return ret;
}

static int put_batch(struct ctrl *h, struct dump *d, const uint64_t *mfns, unsigned int n)
{
    void *pages;
    int ret = ctrl_map_foreign(h, d->s.domid, PROT_READ, mfns, n, &pages);

    if (ret)
        return ret;
    ret = put(h, d, pages, n * PAGE_SIZE);
    ctrl_unmap(pages, n);
    return ret;
}

static int put_pages(struct ctrl *h, struct dump *d)
{
    uint64_t mfns[BATCH], done = 0;
    unsigned int n = 0;
    int ret = 0;

    for (uint64_t pfn = 0; !ret && pfn < d->s.frames.nr_frames; pfn++) {
        if (d->s.frames.mfns[pfn] != NO_FRAME)
            mfns[n++] = d->s.frames.mfns[pfn];
        if (n != BATCH && pfn != d->s.frames.nr_frames - 1)
            continue;
        ret = n ? put_batch(h, d, mfns, n) : 0;
        done += n;
        n = 0;
        if (d->s.cfg->progress)
            d->s.cfg->progress(d->s.cfg->arg, done, d->s.nr_present);
    }
    return ret;
}

static int put_sections(struct ctrl *h, struct dump *d)
{
    int ret = put_headers(h, d);

    if (!ret)
        ret = put(h, d, names, sizeof(names));
    if (!ret)
        ret = put_until(h, d, d->at[NOTES]);
    if (!ret)
        ret = put_notes(h, d);
    if (!ret)
        ret = put_until(h, d, d->at[PRSTATUS]);
    if (!ret)
        ret = put(h, d, d->vcpus, d->size[PRSTATUS]);
    if (!ret)
        ret = put_until(h, d, d->at[SHARED_INFO]);
    if (!ret)
        ret = put(h, d, d->s.shared, d->size[SHARED_INFO]);
    if (!ret)
        ret = put_until(h, d, d->at[P2M]);
    if (!ret)
        ret = put_p2m(h, d);
    if (!ret)
        ret = put_until(h, d, d->at[PAGES]);
    return ret ? ret : put_pages(h, d);
}

/* ---- the whole ---- */

static int get_vcpus(struct ctrl *h, struct dump *d)
{
    d->vcpus = calloc(d->s.info.max_vcpu_id + 1, sizeof(d->vcpus[0]));
    if (!d->vcpus)
        return ctrl_fail(h, -ENOMEM, "no memory for the registers of its vcpus");
    for (uint32_t i = 0; i <= d->s.info.max_vcpu_id; i++) {
        int ret = save_get_context(h, d->s.domid, i, &d->vcpus[d->nr_vcpus]);

        if (ret == 0)
            d->nr_vcpus++;
        else if (ret != -ENODATA)
            return ctrl_fail(h, ret, "cannot get the registers of vcpu %u: %s", i, strerror(-ret));
    }
    return 0;
}

static int find_memory(struct ctrl *h, struct dump *d)
{
    int ret;

    if (is_hardware(d))
        return save_find_frames(h, &d->s);
    ret = save_read_list(h, &d->s);
    if (ret)
        return ctrl_wrap(h, ret, "cannot read the guest's list of machine frames");
    return save_find_kinds(h, &d->s);
}

static int dump(struct ctrl *h, struct dump *d)
{
    int ret = find_memory(h, d);

    if (!ret)
        ret = get_vcpus(h, d);
    if (ret)
        return ret;
    lay_out(d);
    return put_sections(h, d);
}

int ctrl_guest_dump(struct ctrl *h, uint32_t domid, const struct ctrl_save *cfg)
{
    struct dump d = { .s = { .cfg = cfg, .domid = domid } };
    void *shared = NULL;
    int ret = ctrl_domain_info(h, domid, &d.s.info);

    if (!ret && !d.s.info.hvm)
        ret = ctrl_map_foreign(h, domid, PROT_READ, &d.s.info.shared_info_mfn, 1, &shared);
    if (ret)
        return ctrl_wrap(h, ret, "cannot dump domain %u", domid);
    d.s.shared = shared;
    ret = dump(h, &d);
    pv_frames_free(&d.s.frames);
    free(d.s.list_mfns);
    free(d.vcpus);
    if (shared)
        ctrl_unmap(shared, 1);
    return ret ? ctrl_wrap(h, ret, "cannot dump domain %u", domid) : 0;
}
