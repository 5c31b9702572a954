/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is asked for the selected domain only.
 */
#include "top_detail.h"

#include <stdio.h>
#include <stdlib.h>

static void take_vcpus(struct top_detail *d, const struct domain_sample *s)
{
    d->nr_vcpus = 0;
    for (uint32_t id = 0; s->info.max_vcpu_id != UINT32_MAX && id <= s->info.max_vcpu_id &&
                          id < DETAIL_VCPUS;
         id++)
        if (ctrl_vcpu_info(host_ctrl(), s->info.domid, id, &d->vcpus[id]) == 0)
            d->nr_vcpus = id + 1;
}

static void take_quota(struct top_detail *d, struct xstore *x)
{
    char domid[16], *answer;

    d->nr_shares = 0;
    snprintf(domid, sizeof(domid), "%u", d->domid);
    if (!x || xstore_control(x, "quota", domid, &answer) < 0)
        return;
    quota_read(answer, d);
    free(answer);
}

void detail_take(struct top_detail *d, const struct domain_sample *s, struct xstore *x)
{
    d->domid = s->info.domid;
    take_vcpus(d, s);
    take_quota(d, x);
    console_take(s->name, d->console);
}
