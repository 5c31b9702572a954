/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libctrl: the control library of xen-like, and its only public header.
 *
 * It speaks to the hypervisor through the kernel's /dev/xen/{privcmd,evtchn,gntdev}, in Xen's
 * public ABI of version 4.17, so it works on xen-like and on Xen alike.
 *
 * Results: every function that can fail returns 0 (or a count) on success and -errno on failure.
 * Functions that take a `struct ctrl *` also leave a chain of causes in the handle, to be read with
 * ctrl_error(). A handle may be used by one thread at a time. Sizes of memory are KiB where the
 * name says kb, else pages of 4 KiB.
 */
#ifndef XEN_LIKE_CTRL_H
#define XEN_LIKE_CTRL_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct ctrl;

/* ---- the handle -------------------------------------------------------------------------- */

/*
 * Opens /dev/xen/privcmd. *out is set even on failure (unless memory is short: then NULL), so that
 * ctrl_error(*out) can say why; it is released by ctrl_close() in either case.
 * Errors: -ENOENT, -EACCES, -ENXIO (no hypervisor below), -ENOMEM.
 */
int ctrl_open(struct ctrl **out);

/* Releases everything the handle holds, except maps handed to the caller. NULL is allowed. */
void ctrl_close(struct ctrl *h);

/* ---- the error chain --------------------------------------------------------------------- */

/* One link: what was being done or what was wrong; `file`:`line` is the place in the source. */
struct ctrl_cause {
    const char *text;
    const char *file;
    int line;
    int err;                    /* positive errno of this link, 0 if it has none of its own */
};

/*
 * The whole chain as one line, outermost first, with the place of the innermost cause, as in
 * "cannot create domain 'g1': cannot load kernel '/x': no Xen ELF note [libctrl/build_pv.c:120]".
 * The text lives in the handle until its next call. Never NULL; "" when there is no error.
 */
const char *ctrl_error(struct ctrl *h);

/*
 * Number of links, and link number i, 0 being the outermost; NULL beyond the end. The result is
 * overwritten by the next call of the same thread.
 */
unsigned int ctrl_error_count(const struct ctrl *h);
const struct ctrl_cause *ctrl_error_at(const struct ctrl *h, unsigned int i);

/* Forgets the chain. */
void ctrl_error_clear(struct ctrl *h);

/*
 * ctrl_error_start() begins a new chain with its innermost cause; ctrl_error_push() puts a context
 * around the present chain (e.g. the line of guest.cfg). Both return `ret`, a -errno, so that
 * `return ctrl_fail(h, -EINVAL, "...")` reads well. Use the macros, which add the place.
 */
int ctrl_error_start(struct ctrl *h, int ret, const char *file, int line, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
int ctrl_error_push(struct ctrl *h, int ret, const char *file, int line, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

/* Whose source it is: define as e.g. "xl-like/" before including this header. */
#ifndef CTRL_COMPONENT
#define CTRL_COMPONENT ""
#endif

#define ctrl_fail(h, ret, ...) \
    ctrl_error_start(h, ret, CTRL_COMPONENT __FILE_NAME__, __LINE__, __VA_ARGS__)
#define ctrl_wrap(h, ret, ...) \
    ctrl_error_push(h, ret, CTRL_COMPONENT __FILE_NAME__, __LINE__, __VA_ARGS__)

/* ---- domains: life cycle ----------------------------------------------------------------- */

#define CTRL_UUID_LEN 16

enum ctrl_guest_type {
    CTRL_PV,                        /* on any machine */
    CTRL_PVH,                       /* in a container of the processor's (VT-x), without emulated
                                       devices but a local APIC */
    CTRL_HVM,                       /* likewise, with a PC's: for the rest of them it needs a device
                                       model, which has to serve it before it runs */
};

struct ctrl_domain_config {
    enum ctrl_guest_type type;
    uint8_t handle[CTRL_UUID_LEN];  /* the domain's uuid */
    uint32_t max_vcpus;             /* at least 1 */
    int32_t max_grant_frames;       /* -1: the hypervisor's default */
    int32_t max_maptrack_frames;    /* -1: the hypervisor's default */
    uint32_t max_evtchn_port;       /* highest port; 0: 1023 */
};

/*
 * Creates an empty domain, paused, with its vcpus. If *domid is not 0 that number is asked for. On
 * success *domid is the new domain. Errors: -ENOMEM, -EEXIST, -EINVAL, -EPERM; -EOPNOTSUPP: the
 * machine has not what a CTRL_PVH or CTRL_HVM domain needs.
 */
int ctrl_domain_create(struct ctrl *h, const struct ctrl_domain_config *cfg, uint32_t *domid);

/* Kills the domain and waits until the hypervisor has taken its memory back. -ESRCH: none such. */
int ctrl_domain_destroy(struct ctrl *h, uint32_t domid);

int ctrl_domain_pause(struct ctrl *h, uint32_t domid);
int ctrl_domain_unpause(struct ctrl *h, uint32_t domid);

/* Why a domain has shut down. */
enum ctrl_shutdown {
    CTRL_SHUTDOWN_POWEROFF = 0,
    CTRL_SHUTDOWN_REBOOT = 1,
    CTRL_SHUTDOWN_SUSPEND = 2,
    CTRL_SHUTDOWN_CRASH = 3,
    CTRL_SHUTDOWN_WATCHDOG = 4,
    CTRL_SHUTDOWN_SOFT_RESET = 5,
};

/* Stops a domain at once with this reason, as if it had asked for it (no cooperation needed). */
int ctrl_domain_force_shutdown(struct ctrl *h, uint32_t domid, enum ctrl_shutdown reason);

/* What a machine's buttons do. */
enum ctrl_trigger {
    CTRL_TRIGGER_NMI = 0,           /* a non-maskable interrupt, for one vcpu */
    CTRL_TRIGGER_RESET = 1,
    CTRL_TRIGGER_INIT = 2,          /* one vcpu stops, and waits to be started by another */
    CTRL_TRIGGER_POWER = 3,         /* ACPI's power and sleep buttons */
    CTRL_TRIGGER_SLEEP = 4,
};

/*
 * Does that to a domain. Errors: -ESRCH: no such domain or vcpu; -EOPNOTSUPP: it has no such
 * button, or the hypervisor has not; -EINVAL: its kernel takes no such interrupts.
 */
int ctrl_domain_trigger(struct ctrl *h, uint32_t domid, enum ctrl_trigger what, uint32_t vcpu);

struct ctrl_domain_info {
    uint32_t domid;
    uint8_t handle[CTRL_UUID_LEN];
    bool dying, shutdown, paused, blocked, running, hvm;
    bool pc;                    /* it has a PC's devices: an HVM guest, not a PVH one */
    enum ctrl_shutdown shutdown_reason;     /* meaningful if shutdown */
    uint64_t tot_pages, max_pages, outstanding_pages;
    uint64_t cpu_time_ns;
    uint64_t shared_info_mfn;
    uint32_t online_vcpus;
    uint32_t max_vcpu_id;                   /* highest vcpu number; UINT32_MAX if none */
    uint32_t cpupool;
};

/* One domain. -ESRCH if there is none of this number. */
int ctrl_domain_info(struct ctrl *h, uint32_t domid, struct ctrl_domain_info *info);

/* Fills up to `max` entries with the domains from number `first` up; returns how many. */
int ctrl_domain_list(struct ctrl *h, uint32_t first, struct ctrl_domain_info *list,
                     unsigned int max);

int ctrl_domain_set_handle(struct ctrl *h, uint32_t domid, const uint8_t handle[CTRL_UUID_LEN]);

/* The limit of the domain's memory. */
int ctrl_domain_set_max_mem(struct ctrl *h, uint32_t domid, uint64_t kb);

/* By how much a guest's clock is ahead of UTC. */
int ctrl_domain_set_time_offset(struct ctrl *h, uint32_t domid, int32_t seconds);

/* How the guest reads the time stamp counter; the numbers are the ABI's. */
enum ctrl_tsc_mode {
    CTRL_TSC_DEFAULT = 0,
    CTRL_TSC_EMULATE = 1,
    CTRL_TSC_NATIVE = 2,
};

int ctrl_domain_set_tsc_mode(struct ctrl *h, uint32_t domid, enum ctrl_tsc_mode mode);

/* ---- domains: vcpus and scheduling ------------------------------------------------------- */

struct ctrl_vcpu_info {
    bool online, blocked, running;
    uint64_t cpu_time_ns;
    uint32_t cpu;               /* where it runs, or ran last */
};

/* -ESRCH: no such domain or vcpu. */
int ctrl_vcpu_info(struct ctrl *h, uint32_t domid, uint32_t vcpu, struct ctrl_vcpu_info *info);

/* CPU sets are bitmaps of `bytes` bytes, CPU 0 the lowest bit of byte 0. Hard affinity. */
int ctrl_vcpu_set_affinity(struct ctrl *h, uint32_t domid, uint32_t vcpu, const uint8_t *map,
                           size_t bytes);
int ctrl_vcpu_get_affinity(struct ctrl *h, uint32_t domid, uint32_t vcpu, uint8_t *map,
                           size_t bytes);

struct ctrl_sched_params {
    uint16_t weight;            /* 1 to 65535, 256 is usual */
    uint16_t cap;               /* percent of one CPU; 0 is no cap */
};

/* Proportional-share parameters, under the scheduler in use. -EOPNOTSUPP: it has none. */
int ctrl_sched_get(struct ctrl *h, uint32_t domid, struct ctrl_sched_params *p);
int ctrl_sched_set(struct ctrl *h, uint32_t domid, const struct ctrl_sched_params *p);

/* ---- memory ------------------------------------------------------------------------------ */

/*
 * Gives the domain memory for (pseudo-)physical frames [first_pfn, first_pfn + count). In a PV
 * domain mfns[i] becomes the machine frame of frame first_pfn + i; NULL: nobody wants to know. All
 * or nothing is not promised: on error (-ENOMEM) the domain may hold a part of it.
 */
int ctrl_populate(struct ctrl *h, uint32_t domid, uint64_t first_pfn, uint64_t count,
                  uint64_t *mfns);

/* Takes machine frames from the domain. Returns how many went, or -errno if none did. */
int64_t ctrl_decrease(struct ctrl *h, uint32_t domid, const uint64_t *mfns, uint64_t count);

/* Maps `count` frames of another domain, in order. prot as for mmap(). *addr is page aligned. */
int ctrl_map_foreign(struct ctrl *h, uint32_t domid, int prot, const uint64_t *mfns, size_t count,
                     void **addr);

/* Maps `count` frames of a resource (XENMEM_resource_*) of a domain, from frame `first` on. */
int ctrl_map_resource(struct ctrl *h, uint32_t domid, uint32_t type, uint32_t id, uint64_t first,
                      size_t count, int prot, void **addr);

/* Undoes ctrl_map_foreign() and ctrl_map_resource(). */
void ctrl_unmap(void *addr, size_t count);

/* ---- event channels ---------------------------------------------------------------------- */

/* In domain `domid`, a new port that `remote` may bind to. */
int ctrl_evtchn_alloc_unbound(struct ctrl *h, uint32_t domid, uint32_t remote, uint32_t *port);

/* Ports of the caller's own domain, through /dev/xen/evtchn. Needs no struct ctrl. */
struct ctrl_evtchn;

int ctrl_evtchn_open(struct ctrl_evtchn **out);
void ctrl_evtchn_close(struct ctrl_evtchn *e);
/* To be polled for reading. The descriptor is non-blocking. */
int ctrl_evtchn_fd(const struct ctrl_evtchn *e);
/* These return the local port or -errno. */
int ctrl_evtchn_bind_interdomain(struct ctrl_evtchn *e, uint32_t remote, uint32_t remote_port);
int ctrl_evtchn_bind_unbound(struct ctrl_evtchn *e, uint32_t remote);
int ctrl_evtchn_bind_virq(struct ctrl_evtchn *e, uint32_t virq);
int ctrl_evtchn_unbind(struct ctrl_evtchn *e, uint32_t port);
int ctrl_evtchn_notify(struct ctrl_evtchn *e, uint32_t port);
/* Up to `max` ports with an event, now masked. Returns how many; 0 if none; -errno. */
int ctrl_evtchn_pending(struct ctrl_evtchn *e, uint32_t *ports, unsigned int max);
/* To be called for each of them before their cause is looked at, so that no event is lost. */
int ctrl_evtchn_unmask(struct ctrl_evtchn *e, uint32_t port);

/* ---- grants ------------------------------------------------------------------------------ */

/* Maps of other domains' granted pages, through /dev/xen/gntdev. Needs no struct ctrl. */
struct ctrl_gnttab;

int ctrl_gnttab_open(struct ctrl_gnttab **out);
void ctrl_gnttab_close(struct ctrl_gnttab *g);
/* Maps refs[0..count) of domain `domid` one after the other, prot as for mmap(). */
int ctrl_gnttab_map(struct ctrl_gnttab *g, uint32_t domid, const uint32_t *refs, size_t count,
                    int prot, void **addr);
int ctrl_gnttab_unmap(struct ctrl_gnttab *g, void *addr, size_t count);

/* One piece of a granted page, and memory of ours that it is copied to or from. */
struct ctrl_gnttab_piece {
    uint32_t ref;
    uint16_t offset, len;       /* in the granted page, bytes */
    void *local;                /* may cross pages */
};

#define CTRL_GNTTAB_PIECES 64   /* at once */

/*
 * Copies pieces of domain `domid`'s pages to us, or from us if `to_guest`. -EFAULT: one of them is
 * granted no more, or not for this; the others may have been copied. -EINVAL: too many.
 */
int ctrl_gnttab_copy(struct ctrl_gnttab *g, uint32_t domid, const struct ctrl_gnttab_piece *pieces,
                     size_t count, bool to_guest);

/* Lets `backend` map frame `mfn` under reference `ref`. */
struct ctrl_grant {
    uint32_t ref;               /* below 512 */
    uint32_t backend;
    uint64_t mfn;
};

/* Writes entries of a new domain's grant table. */
int ctrl_grant_seed(struct ctrl *h, uint32_t domid, const struct ctrl_grant *grants,
                    unsigned int count);

/* ---- the machine ------------------------------------------------------------------------- */

struct ctrl_physinfo {
    uint32_t threads_per_core, cores_per_socket, nr_cpus, max_cpu_id, nr_nodes;
    uint32_t cpu_khz;
    uint32_t capabilities;      /* XEN_SYSCTL_PHYSCAP_* */
    uint64_t total_pages, free_pages, scrub_pages, outstanding_pages;
    uint32_t hw_cap[8];
};

int ctrl_physinfo(struct ctrl *h, struct ctrl_physinfo *info);

/*
 * For how long CPUs from number 0 on have been idle, in ns, at most `max` of them; returns how many.
 */
int ctrl_cpu_idle(struct ctrl *h, uint64_t *idle_ns, unsigned int max);

/* Why there can be no CTRL_PVH or CTRL_HVM domains on this machine; NULL: there can. */
const char *ctrl_no_hardware_guests(const struct ctrl_physinfo *info);

struct ctrl_version {
    unsigned int major, minor;
    char extra[64];             /* as in 4.17"extra" */
    char capabilities[1024];
    char changeset[64];
    char commandline[1024];
    char compiler[64], compile_by[64], compile_domain[64], compile_date[64];
    uint64_t virt_start;
    uint32_t page_size;
};

int ctrl_version(struct ctrl *h, struct ctrl_version *v);

/* "credit", "credit2", "null", ...; a constant string, or NULL on error. */
const char *ctrl_scheduler_name(struct ctrl *h);

/*
 * Reads the hypervisor's console ring from *index on (0: the oldest) into buf. Returns the bytes
 * read, 0 at its end; *index is moved on. With `clear` what was read is dropped from the ring.
 */
ssize_t ctrl_console_read(struct ctrl *h, char *buf, size_t size, uint32_t *index, bool clear);

/* Hands the hypervisor debug keys, as typed on its console. */
int ctrl_debug_keys(struct ctrl *h, const char *keys);

/* ---- statistics -------------------------------------------------------------------------- */

/* What one vcpu, or one CPU, has done since it is there. */
struct ctrl_vcpu_statistics {
    bool is_cpu;                /* one of the machine's: its number is `vcpu` */
    uint32_t domid, vcpu;
    uint32_t cpu;               /* where it is, or was last */
    bool running, waiting;      /* now; waiting: it could run, but something else does */
    uint64_t running_ns;        /* of a CPU: idle */
    uint64_t waiting_ns;
    uint64_t hypercalls;        /* without the commonest kind of iret */
    uint64_t events;            /* that it has sent */
    uint64_t switches;          /* how often it began to run; of a CPU: how often anything did */
};

/* The hypervisor's table of them, mapped: one hypercall for any number of vcpus. */
struct ctrl_statistics;

/* -ENOSYS: this hypervisor has none (Xen). `h` has to stay as long as the table. */
int ctrl_statistics_open(struct ctrl *h, struct ctrl_statistics **out);
void ctrl_statistics_close(struct ctrl_statistics *t);
/* All of them in no order: *list stays until the next call. How many, or -errno. */
int ctrl_statistics_read(struct ctrl_statistics *t, const struct ctrl_vcpu_statistics **list);

/* ---- building a guest -------------------------------------------------------------------- */

#define CTRL_HVM_FIRMWARE "/usr/share/seabios/bios-256k.bin"

/* What only a CTRL_HVM guest has. */
struct ctrl_hvm_config {
    const char *firmware;       /* path of a SeaBIOS; NULL: CTRL_HVM_FIRMWARE */
    uint64_t videoram_kb;       /* of memory_kb: not RAM, but what the device model takes for the
                                   screen */
    uint64_t mmio_hole_kb;      /* for devices, below 4 GiB: 256 MiB to 3 GiB, of whole MiB; 0: the
                                   least */
    bool acpi;                  /* has ACPI tables */
    bool hpet, serial;          /* there is a HPET, a serial port: what ACPI says */
};

struct ctrl_guest_config {
    enum ctrl_guest_type type;
    const char *kernel;         /* path: ELF, or a bzImage (gzip, xz, zstd, lz4 payload); NULL with
                                   CTRL_HVM, which begins with its firmware */
    const char *ramdisk;        /* path or NULL */
    const char *cmdline;        /* or NULL; at most 1023 bytes */
    uint64_t memory_kb;         /* what the guest starts with */
    uint64_t maxmem_kb;         /* its limit; 0: the same as memory_kb */
    uint32_t vcpus;             /* vcpus of the domain, all of them */
    enum ctrl_tsc_mode tsc_mode;
    struct ctrl_hvm_config hvm;
    uint32_t store_backend;     /* domain that serves the store, usually 0 */
    uint32_t console_backend;   /* domain that serves the console, usually 0 */
};

/* What the store and console daemons have to be told of a new domain. */
struct ctrl_guest_rings {
    uint64_t store_frame, console_frame;    /* of the rings: machine frames of a PV guest, guest
                                               frames of another */
    uint32_t store_port, console_port;      /* the guest's ports */
};

/*
 * Says without touching the hypervisor whether such a guest could be built (files there and
 * readable, kernel of the right kind, memory enough, command line not too long).
 */
int ctrl_guest_check(struct ctrl *h, const struct ctrl_guest_config *cfg);

/*
 * Fills a domain fresh from ctrl_domain_create(): memory, kernel, ramdisk, tables, rings, first
 * vcpu. It stays paused. On failure the domain is as good as broken: destroy it;
 * ctrl_guest_create() does both.
 */
int ctrl_guest_build(struct ctrl *h, uint32_t domid, const struct ctrl_guest_config *cfg,
                     struct ctrl_guest_rings *rings);

/*
 * Both steps; nothing is left behind on failure. The kernel and ramdisk are checked before the
 * domain is made. *domid as in ctrl_domain_create(); dom->type is cfg's.
 */
int ctrl_guest_create(struct ctrl *h, const struct ctrl_domain_config *dom,
                      const struct ctrl_guest_config *cfg, uint32_t *domid,
                      struct ctrl_guest_rings *rings);

/* ---- saving and restoring a guest -------------------------------------------------------- */

#define CTRL_DEVICE_MODEL_MAX (4U << 20)

struct ctrl_save {
    int fd;                     /* the file; written from where it stands, never read or sought */
    const char *config;         /* text that the file is to have for whoever restores it */
    const void *device_model;   /* HVM: what its device model has given of its state, when the guest */
    size_t device_model_size;   /* had suspended; at most CTRL_DEVICE_MODEL_MAX bytes */
    void (*progress)(void *arg, uint64_t done, uint64_t of);    /* pages; or NULL */
    void *arg;
};

/*
 * Writes a guest that has suspended (docs/save-format.md). The domain stays as it is. Errors: those of
 * write(); -EBUSY: it has not suspended; -EINVAL: an HVM guest, and nothing of its device model;
 * -E2BIG: too much; -EXDEV: it maps frames that are not its own.
 */
int ctrl_guest_save(struct ctrl *h, uint32_t domid, const struct ctrl_save *cfg);

/*
 * Writes a guest's memory and registers as a core file in Xen's format; cfg->config is not used.
 * The guest should be paused, or have ended. Errors as with ctrl_guest_save().
 */
int ctrl_guest_dump(struct ctrl *h, uint32_t domid, const struct ctrl_save *cfg);

/*
 * Whether a guest has PV drivers, which heed what it is asked for through the store: 1; 0: it is an HVM
 * guest that knows nothing of its hypervisor (yet), so that ctrl_domain_force_shutdown() suspends it, and
 * ctrl_domain_trigger() is how to ask it for more; -errno.
 */
int ctrl_guest_has_pv_drivers(struct ctrl *h, uint32_t domid);

/* Lets a guest that has suspended, or is about to, go on as if it had not. */
int ctrl_guest_resume(struct ctrl *h, uint32_t domid);

/*
 * A file of a saved guest: its header and configuration have been read. `fd` stays the caller's and
 * is read on by ctrl_guest_restore(). -EBADMSG: it is no such file, or damaged; -EPROTO: one of
 * another version.
 */
struct ctrl_saved;

int ctrl_saved_open(struct ctrl *h, int fd, struct ctrl_saved **out);
const char *ctrl_saved_config(const struct ctrl_saved *s);
/* After ctrl_guest_restore(): the state that an HVM guest's next device model is to begin with, which
 * nobody has looked at; it stays until the file is closed. NULL: another guest. */
const void *ctrl_saved_device_model(const struct ctrl_saved *s, size_t *size);
/* Instead of ctrl_guest_restore(): reads the rest of the file. -EBADMSG: it is damaged, and the
 * message says where. */
int ctrl_saved_verify(struct ctrl *h, struct ctrl_saved *s);
/* Whether a file begins like one of a saved guest. */
bool ctrl_saved_is(int fd);
void ctrl_saved_close(struct ctrl_saved *s);

struct ctrl_restore {
    uint64_t maxmem_kb;         /* the domain's limit; less than it has is taken as what it has */
    uint32_t store_backend, console_backend;    /* as in struct ctrl_guest_config */
    void (*progress)(void *arg, uint64_t done, uint64_t of);    /* pages; or NULL */
    void *arg;
};

/*
 * Makes a domain of the rest of the file; it is left paused. *domid and *rings as with
 * ctrl_guest_create(). Nothing is left of it on failure. -EBADMSG: the file is damaged, and the
 * message says where.
 */
int ctrl_guest_restore(struct ctrl *h, struct ctrl_saved *saved,
                       const struct ctrl_domain_config *dom, const struct ctrl_restore *cfg,
                       uint32_t *domid, struct ctrl_guest_rings *rings);

#endif
