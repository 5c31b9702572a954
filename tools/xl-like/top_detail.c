/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is asked for the selected domain only.
 */
#include "top_detail.h"

static void take_vcpus(struct top_detail *d, const struct domain_sample *s)
{
    d->nr_vcpus = 0;
    for (uint32_t id = 0; s->info.max_vcpu_id != UINT32_MAX && id <= s->info.max_vcpu_id &&
                          id < DETAIL_VCPUS;
         id++)
        if (ctrl_vcpu_info(host_ctrl(), s->info.domid, id, &d->vcpus[id]) == 0)
            d->nr_vcpus = id + 1;
}

void detail_take(struct top_detail *d, const struct domain_sample *s)
{
    d->domid = s->info.domid;
    take_vcpus(d, s);
    console_take(s->name, d->console);
}
