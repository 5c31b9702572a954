/* SPDX-License-Identifier: GPL-2.0-only */
/* Grant tables, version 1: a domain lets others map, or the hypervisor copy, its pages. */
#ifndef HV_GRANT_TABLE_H
#define HV_GRANT_TABLE_H

#include <hv/frames.h>
#include <hv/lock.h>
#include <public/grant_table.h>

struct domain;

int grant_table_init(struct domain *d, unsigned max_grant_frames, unsigned max_maptrack_frames);
/** Unmap all that the dying domain has mapped of others: resumable (-ERESTART). */
int grant_table_release_mappings(struct domain *d);
/** Give up the frames of the table: each is freed when the last mapping of it goes. Always 0. */
int grant_table_give_up_frames(struct domain *d);
void grant_table_free(struct domain *d);
/** Frame `idx` of the shared table for XENMEM_acquire_resource / add_to_physmap, growing the table
 * up to its limit. */
int grant_table_frame(struct domain *d, unsigned idx, mfn_t *frame);
/** Most frames that the shared table of `d` can have. */
unsigned grant_table_max_frames(const struct domain *d);

#endif
