/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host as the verbs see it: hypervisor and store, opened when first needed, and domains by
 * name.
 */
#ifndef XL_HOST_H
#define XL_HOST_H

#include <ctrl.h>
#include <xstore.h>

#define DOMAIN_NAME_MAX 64
#define NAMES_AT_ONCE   64
#define MAX_DOMAINS     0x7ff0 /* there are never more */

/** The hypervisor; reports the error and returns NULL if there is none. */
struct ctrl *host_ctrl(void);
/** The store; the same. */
struct xstore *host_store(void);
/** Sleep until the store has events, or so long at most, and take them: the caller looks again at
 * what it waits for. Losing the store is not told here. */
void store_wait(struct xstore *x, int ms);
/** Close what was opened (a process that goes on elsewhere needs its own). */
void host_close(void);

/** Name of a domain from the store, "(domain N)" if it has none. */
void domain_name(uint32_t domid, char name[DOMAIN_NAME_MAX]);
/** The same for NAMES_AT_ONCE domains at most, which costs less than one after the other. */
void domain_names(const uint32_t domids[], size_t n, char names[][DOMAIN_NAME_MAX]);
/** What the store has as their names (NAMES_AT_ONCE at most): each is to be freed, NULL if there is
 * none. -errno, with none: the store does not answer. */
int store_names(struct xstore *x, const uint32_t domids[], size_t n, char *names[]);
/** Domain by number or name. Reports the error, with the nearest name. XL_OK, XL_FAILED or
 * XL_NO_HOST. */
int domain_find(const char *which, uint32_t *domid);
/** Number of the domain of this name: 0, -ENOENT, or another -errno (reported). */
int domain_by_name(const char *name, uint32_t *domid);

/** A node below a domain's directory: text to be freed, NULL if there is none. */
char *domain_read(uint32_t domid, const char *node);
/** The same as a number, -1 if it is none. */
long long domain_number(uint32_t domid, const char *node);
/** Write one. Reports its error. XL_OK, XL_FAILED or XL_NO_HOST. */
int domain_put(uint32_t domid, const char *node, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/** Remove a directory that has become empty, unless somebody puts something into it now. */
void store_remove_if_empty(struct xstore *x, const char *path);
/** Remove all that the store has of a domain that is gone. */
void store_forget_domain(struct xstore *x, uint32_t domid);

#endif
