# SPDX-License-Identifier: GPL-2.0-only
# Unit tests of the services: all real handlers together, on a machine that is only counted.

SERVICE_FILES := $(addprefix common/, \
    domain.c vcpu.c shutdown.c teardown.c policy.c version.c multicall.c time.c sched_op.c \
    vcpu_op.c event_2l.c event_fifo.c event_port.c event_virq.c event_hv.c event_poll.c event_channel.c \
    grant_table.c grant_pin.c grant_map.c grant_copy.c memory.c physmap.c domctl.c domctl_vcpu.c \
    control_bitmap.c statistics.c sysctl.c refused.c buddy.c page_alloc.c page.c lock.c perf.c rangeset.c)
SERVICE_MACHINE := $(addprefix tests/unit/services/,svc_machine.c svc_arch.c)
SERVICE_SUITES  := domains calls events event_hv fifo grants statistics
$(foreach suite,$(SERVICE_SUITES),$(eval $(call unit_suite,$(suite), \
    tests/unit/services/test_$(suite).c $(SERVICE_MACHINE),$(SERVICE_FILES))))
