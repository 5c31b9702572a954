# SPDX-License-Identifier: GPL-2.0-only
# Unit tests of the core services.

CORE := tests/unit/core
PAGE_FILES := common/buddy.c common/page_alloc.c common/page.c common/lock.c common/perf.c
TIMER_FILES := common/timer.c common/softirq.c common/lock.c common/perf.c
SCHED_FILES := $(addprefix common/sched/,core.c affinity.c credit.c credit_cap.c credit_control.c null.c) $(TIMER_FILES) \
               common/statistics.c $(filter-out common/lock.c common/perf.c,$(PAGE_FILES))
CONSOLE_FILES := $(addprefix common/,console.c printk.c lock.c perf.c softirq.c params.c)

# The hypervisor's own functions under other names, so that the program keeps the C library's
STRING_NAMES := memcpy memmove memset memcmp strlen strnlen strcmp strncmp strchr
STRING_FLAGS := $(foreach n,$(STRING_NAMES),-D$(n)=hv_$(n)) -fno-builtin
PRINTF_FLAGS := -Dsnprintf=hv_snprintf -Dvsnprintf=hv_vsnprintf

$(eval $(call unit_suite,page_alloc,$(CORE)/test_page_alloc.c,$(PAGE_FILES)))
$(eval $(call unit_suite,slab,$(CORE)/test_slab.c,$(PAGE_FILES) common/slab.c))
$(eval $(call unit_suite,timer,$(CORE)/test_timer.c,$(TIMER_FILES)))
$(eval $(call unit_suite,softirq,$(CORE)/test_softirq.c,common/softirq.c common/lock.c common/perf.c))
$(eval $(call unit_suite,lock,$(CORE)/test_lock.c,common/lock.c common/perf.c))
$(eval $(call unit_suite,sched,$(CORE)/test_sched.c $(CORE)/sched_machine.c,$(SCHED_FILES)))
$(eval $(call unit_suite,rangeset,$(CORE)/test_rangeset.c,common/rangeset.c common/lock.c common/perf.c))
$(eval $(call unit_suite,spec,$(CORE)/test_spec.c,arch/x86/cpu/spec_choice.c,\
    -Ixen-like/arch/x86/include))
$(eval $(call unit_suite,params,$(CORE)/test_params.c,common/params.c common/string.c,\
    $(STRING_FLAGS)))
$(eval $(call unit_suite,string,$(CORE)/test_string.c,common/string.c,$(STRING_FLAGS)))
$(eval $(call unit_suite,printf,$(CORE)/test_printf.c,common/vsnprintf.c common/string.c,\
    $(PRINTF_FLAGS)))
$(eval $(call unit_suite,console,$(CORE)/test_console.c,$(CONSOLE_FILES)))
