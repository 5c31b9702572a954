/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory and string functions. common/string.c in the hypervisor, the C library in host tests. */
#ifndef HV_STRING_H
#define HV_STRING_H

#include <hv/types.h>

void *memcpy(void *restrict dst, const void *restrict src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);
/** Copy as much of `src` as fits, always terminated when size > 0. Returns the length of `src`. */
size_t hv_strlcpy(char *dst, const char *src, size_t size);

#endif
