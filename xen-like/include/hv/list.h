/* SPDX-License-Identifier: GPL-2.0-only */
/* Intrusive doubly linked list. An empty list is a head that points at itself. */
#ifndef HV_LIST_H
#define HV_LIST_H

#include <hv/types.h>

struct list {
    struct list *next, *prev;
};

static inline void list_init(struct list *l) { l->next = l->prev = l; }
static inline bool list_empty(const struct list *l) { return l->next == l; }

static inline void list_insert(struct list *prev, struct list *next, struct list *e)
{
    e->prev = prev;
    e->next = next;
    prev->next = e;
    next->prev = e;
}

static inline void list_add(struct list *head, struct list *e) { list_insert(head, head->next, e); }
static inline void list_add_tail(struct list *head, struct list *e)
{
    list_insert(head->prev, head, e);
}

/** Unlink and leave the element empty, so that list_empty(e) tells "on no list". */
static inline void list_del(struct list *e)
{
    e->prev->next = e->next;
    e->next->prev = e->prev;
    list_init(e);
}

#define list_entry(ptr, type, member) container_of(ptr, type, member)
#define list_first(head, type, member) list_entry((head)->next, type, member)

#define list_for_each(pos, head, member)                                              \
    for (pos = list_entry((head)->next, __typeof__(*pos), member); &pos->member != (head); \
         pos = list_entry(pos->member.next, __typeof__(*pos), member))

/** As list_for_each, but `pos` may be unlinked or freed in the body; `tmp` is of the same type. */
#define list_for_each_safe(pos, tmp, head, member)                                    \
    for (pos = list_entry((head)->next, __typeof__(*pos), member),                    \
        tmp = list_entry(pos->member.next, __typeof__(*pos), member);                 \
         &pos->member != (head);                                                      \
         pos = tmp, tmp = list_entry(tmp->member.next, __typeof__(*tmp), member))

#endif
