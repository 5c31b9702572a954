/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The monitor on a terminal, showing a machine that there is not: top_on_fixture [GUESTS].
 */
#include "top.h"
#include "top_fixture.h"

#include <errno.h>
#include <stdlib.h>

struct sampler {
    unsigned taken, guests;
};

int sampler_take(struct sampler *s, const struct sample **out)
{
    *out = fixture_sample(s->taken++, s->guests);
    return 0;
}

struct ctrl *host_ctrl(void) { return NULL; }

struct xstore *sampler_store(struct sampler *s)
{
    (void)s;
    return NULL;
}

int xstore_control(struct xstore *x, const char *command, const char *arg, char **answer)
{
    (void)x;
    (void)command;
    (void)arg;
    *answer = NULL;
    return -ENOSYS;
}

int ctrl_vcpu_info(struct ctrl *h, uint32_t domid, uint32_t vcpu, struct ctrl_vcpu_info *info)
{
    if (h || domid != 1)
        return -ESRCH;
    *info = (struct ctrl_vcpu_info){ .online = true, .running = vcpu == 0, .blocked = vcpu == 1,
                                     .cpu = vcpu };
    return 0;
}

int main(int argc, char **argv)
{
    struct sampler s = { .guests = argc > 1 ? atoi(argv[1]) : 12 };

    return top_watch(&s, 3600, 0) ? 1 : 0;
}
