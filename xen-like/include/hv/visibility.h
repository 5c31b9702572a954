/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Included ahead of every hypervisor file by the build: nothing is exported, so the compiler may
 * address every symbol directly instead of through an offset table.
 */
#pragma GCC visibility push(hidden)
