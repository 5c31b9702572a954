# SPDX-License-Identifier: GPL-2.0-only
#
# What system tests take into Dom0.

CHECK_NEEDS += $(B)/tests/die-at

$(B)/tests/die-at: tests/system/die_at.c
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) $(HOST_CFLAGS) -static -o $@ $<
