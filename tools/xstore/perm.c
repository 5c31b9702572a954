/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who may do what.
 */
#include "perm.h"
#include "domain.h"

bool perm_privileged(const struct connection *c)
{
    return c->domain->domid == 0;
}

bool perm_alive(const struct perm *p)
{
    return p->domid == 0 || p->life == domain_life(p->domid);
}

uint32_t perm_owner(const struct node *n)
{
    return perm_alive(&n->perms[0]) ? n->perms[0].domid : 0;
}

void account_node(const struct node *n, int by)
{
    uint32_t owner = perm_owner(n);
    struct domain *d = owner ? domain_get(owner) : NULL;

    if (!d)
        return;
    d->nodes += by;
    d->bytes += by * (long)node_bytes(n);
}

static bool names(const struct connection *c, const struct perm *p)
{
    return (p->domid == c->domain->domid && p->life == c->domain->life) ||
           (p->domid == c->target && p->life == c->target_life);
}

unsigned perm_of(const struct connection *c, const struct node *n)
{
    const struct perm *p = &n->perms[0];

    if (perm_privileged(c))
        return MAY_READ | MAY_WRITE | MAY_OWN;
    if (names(c, p))
        return MAY_READ | MAY_WRITE | MAY_OWN;
    for (unsigned i = 1; i < n->n_perms; i++) {
        if (names(c, &n->perms[i])) {
            p = &n->perms[i];
            break;
        }
    }
    return (p->read ? MAY_READ : 0) | (p->write ? MAY_WRITE : 0);
}
