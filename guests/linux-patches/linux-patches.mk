# SPDX-License-Identifier: GPL-2.0-only
#
# The guest kernel with our patches. Nothing else waits for it: `make guest-kernel`, its own test and
# the bench build it.

.PHONY: guest-kernel
guest-kernel: deps
	$(Q)$(MAKE) --no-print-directory $(IMG)/patched-kernel

# The script sees for itself whether anything has changed
$(IMG)/patched-kernel: FORCE
	@mkdir -p $(@D)
	$(Q)JOBS=$(JOBS) V=$(V) guests/linux-patches/build $@
