/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Small objects of the hypervisor, in pages of one object size each; larger ones in whole pages.
 *
 * What is known about a page stands in its struct page (`type` is free for this in the hypervisor's
 * own pages), so that objects fill the page from its start and are aligned to their size's largest
 * power of two.
 */
#include <hv/arch.h>
#include <hv/buddy.h>
#include <hv/bug.h>
#include <hv/lock.h>
#include <hv/page_alloc.h>
#include <hv/string.h>

static const uint16_t class_size[] = { 16, 32, 64, 128, 192, 256, 384, 512, 768, 1024, 2048 };
#define CLASSES ARRAY_SIZE(class_size)
#define CLASS_LARGE 0xff

/*
 * struct page.type of a slab page: class, objects in use, first free object (index + 1; 0 = none);
 * of a large object: pages
 */
#define SLAB_CLASS(t) ((unsigned)((t) & 0xff))
#define SLAB_USED(t)  ((unsigned)((t) >> 8 & 0xffff))
#define SLAB_FREE(t)  ((unsigned)((t) >> 24 & 0xffff))
#define SLAB_TYPE(class, used, free) \
    ((uint64_t)(class) | (uint64_t)(used) << 8 | (uint64_t)(free) << 24)
#define LARGE_PAGES(t) ((unsigned long)((t) >> 8))

static struct cache {
    struct spinlock lock;
    struct page_list partial; /* pages with a free object */
} __attribute__((aligned(64))) caches[CLASSES] = {
    [0 ... CLASSES - 1] = { .lock = SPINLOCK_INIT(LOCK_SLAB) },
};

static unsigned long bytes_used, pages_used; /* atomic */

static inline struct page *page_of(const void *p)
{
    return mfn_to_page(virt_to_mfn((void *)((uintptr_t)p & PAGE_MASK)));
}

static inline void *object_at(struct page *pg, unsigned class, unsigned index)
{
    return (char *)mfn_to_virt(page_to_mfn(pg)) + index * class_size[class];
}

static void account(long bytes)
{
    __atomic_fetch_add(&bytes_used, (unsigned long)bytes, __ATOMIC_RELAXED);
}

static void account_pages(long pages)
{
    __atomic_fetch_add(&pages_used, (unsigned long)pages, __ATOMIC_RELAXED);
}

/** Chain all objects of a fresh page: a free object starts with the index + 1 of the next one. */
static void slab_fill(struct page *pg, unsigned class)
{
    unsigned n = PAGE_SIZE / class_size[class];

    for (unsigned i = 0; i < n; i++)
        *(uint16_t *)object_at(pg, class, i) = i + 1 < n ? i + 2 : 0;
    pg->type = SLAB_TYPE(class, 0, 1);
}

/** An object of the first partial page, or NULL. LOCK_SLAB. */
static void *take_object(struct cache *c, unsigned class)
{
    struct page *pg = page_list_first(&c->partial);

    if (!pg)
        return NULL;
    void *p = object_at(pg, class, SLAB_FREE(pg->type) - 1);
    unsigned next = *(uint16_t *)p;
    pg->type = SLAB_TYPE(class, SLAB_USED(pg->type) + 1, next);
    if (next == 0)
        page_list_del(&c->partial, pg);
    return p;
}

static void *alloc_small(unsigned class)
{
    struct cache *c = &caches[class];

    spin_lock(&c->lock);
    void *p = take_object(c, class);
    if (!p) {
        /* the allocator's lock comes before this one */
        spin_unlock(&c->lock);
        struct page *pg = buddy_take(NULL, 0, MEMF_NO_SCRUB);
        if (!pg)
            return NULL;
        slab_fill(pg, class);
        account_pages(1);
        spin_lock(&c->lock);
        page_list_add_tail(&c->partial, pg);
        p = take_object(c, class);
    }
    spin_unlock(&c->lock);
    memset(p, 0, class_size[class]);
    account(class_size[class]);
    return p;
}

/** Whole pages, as many as needed: the rest of the block that they are cut from is given back. */
static void *alloc_large(size_t size)
{
    unsigned long n = DIV_ROUND_UP(size, PAGE_SIZE);
    unsigned order = 0;

    while (1ul << order < n)
        order++;
    struct page *pg = buddy_take(NULL, order, 0);
    if (!pg)
        return NULL;
    buddy_give_range(pg + n, (1ul << order) - n, false);
    pg->type = CLASS_LARGE | (uint64_t)n << 8;
    account((long)(n * PAGE_SIZE));
    account_pages((long)n);
    return mfn_to_virt(page_to_mfn(pg));
}

void *hv_zalloc(size_t size)
{
    unsigned class = 0;

    if (size > PAGE_SIZE << MAX_ORDER)
        return NULL;
    while (class < CLASSES && class_size[class] < size)
        class++;
    return class < CLASSES ? alloc_small(class) : alloc_large(size);
}

void *hv_zalloc_array(size_t n, size_t size)
{
    size_t bytes;

    return __builtin_mul_overflow(n, size, &bytes) ? NULL : hv_zalloc(bytes);
}

static void free_small(struct page *pg, void *p)
{
    unsigned class = SLAB_CLASS(pg->type);
    BUG_ON(class >= CLASSES);
    struct cache *c = &caches[class];
    unsigned offset = (uintptr_t)p & ~PAGE_MASK, index = offset / class_size[class];

    BUG_ON(index * class_size[class] != offset);
    spin_lock(&c->lock);
    BUG_ON(SLAB_USED(pg->type) == 0);
    if (SLAB_FREE(pg->type) == 0)
        page_list_add_tail(&c->partial, pg);
    *(uint16_t *)p = SLAB_FREE(pg->type);
    pg->type = SLAB_TYPE(class, SLAB_USED(pg->type) - 1, index + 1);
    bool empty = SLAB_USED(pg->type) == 0 && c->partial.count > 1; /* the last one is kept */
    if (empty)
        page_list_del(&c->partial, pg);
    spin_unlock(&c->lock);
    account(-(long)class_size[class]);
    if (empty) {
        pg->type = 0;
        account_pages(-1);
        buddy_give(pg, 0, true);
    }
}

void hv_free(void *p)
{
    if (!p)
        return;
    struct page *pg = page_of(p);
    BUG_ON(pg->count != PGC_UNOWNED);
    if (SLAB_CLASS(pg->type) != CLASS_LARGE) {
        free_small(pg, p);
        return;
    }
    unsigned long n = LARGE_PAGES(pg->type);
    pg->type = 0;
    account(-(long)(n * PAGE_SIZE));
    account_pages(-(long)n);
    buddy_give_range(pg, n, true);
}

unsigned long hv_alloc_bytes(void) { return READ_ONCE(bytes_used); }

unsigned long hv_heap_pages(void) { return READ_ONCE(pages_used); }
