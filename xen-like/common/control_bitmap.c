/* SPDX-License-Identifier: GPL-2.0-only */
/* Bitmaps in the memory of the control tools. */
#include <hv/control.h>
#include <hv/guest_access.h>
#include <hv/types.h>
#include <public/errno.h>

/* Bytes from the caller, those that it does not have as 0; bits beyond its number are cleared. */
static int read_bytes(void *dst, size_t size, const struct xenctl_bitmap *b)
{
    size_t bytes = DIV_ROUND_UP((size_t)b->nr_bits, 8), n = MIN(bytes, size);
    uint8_t *p = dst;

    for (size_t i = 0; i < size; i++)
        p[i] = 0;
    if (copy_from_guest_va(p, b->bitmap.addr, n))
        return -XEN_EFAULT;
    if (n == bytes && b->nr_bits % 8)
        p[n - 1] &= (1U << b->nr_bits % 8) - 1;
    return 0;
}

static int write_bytes(const struct xenctl_bitmap *b, const void *src, size_t size)
{
    size_t bytes = DIV_ROUND_UP((size_t)b->nr_bits, 8), n = MIN(bytes, size);
    const uint8_t *p = src;
    uint8_t last;

    if (!n)
        return 0;
    if (copy_to_guest_va(b->bitmap.addr, p, n))
        return -XEN_EFAULT;
    if (n == bytes && b->nr_bits % 8) {
        last = p[n - 1] & ((1U << b->nr_bits % 8) - 1);
        if (copy_to_guest_va(b->bitmap.addr + n - 1, &last, 1))
            return -XEN_EFAULT;
    }
    return bytes > n ? clear_guest_va(b->bitmap.addr + n, bytes - n) : 0;
}

int bitmap_to_cpumask(struct cpumask *m, const struct xenctl_bitmap *b)
{
    return read_bytes(m->bits, sizeof(m->bits), b);
}

int cpumask_to_bitmap(const struct xenctl_bitmap *b, const struct cpumask *m)
{
    return write_bytes(b, m->bits, sizeof(m->bits));
}

int bitmap_to_word(uint64_t *word, const struct xenctl_bitmap *b)
{
    return read_bytes(word, sizeof(*word), b);
}

int word_to_bitmap(const struct xenctl_bitmap *b, uint64_t word)
{
    return write_bytes(b, &word, sizeof(word));
}
