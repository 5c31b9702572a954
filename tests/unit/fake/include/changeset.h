/* SPDX-License-Identifier: GPL-2.0-only */
/* What the build generates for the hypervisor. */
#define HV_CHANGESET "unit-test"
