# SPDX-License-Identifier: GPL-2.0-only
#
# Unit tests of the hypervisor's real files on the fake machine (tests/unit/fake), with address and
# undefined-behaviour sanitizers.  A suite is one program:
#
#   $(eval $(call unit_suite,NAME,TEST FILES,REAL FILES below xen-like/,EXTRA FLAGS))
#
# The test files define Suite *unit_suite(void).  What the real files need and are not given comes
# from the fake. Further suites stand in tests/unit/*/suites.mk.

UNITB := $(B)/tests/unit/hv
UNIT_CFLAGS := -std=gnu11 -O1 -g -Wall -Wextra -Wno-unused-parameter -Werror -fno-strict-aliasing -fno-common \
               -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer \
               -D_GNU_SOURCE -DDEBUG -Itests/unit/fake -Itests/unit/fake/include -Ixen-like/include
UNIT_LIBS := $(shell pkg-config --libs check 2>/dev/null || echo -lcheck) -lpthread
# for files whose allocations tests/unit/alloc/failing.c makes fail
FAILING_CFLAGS := $(foreach f,malloc calloc realloc strdup free,-D$(f)=failing_$(f))
UNIT_FAKE := tests/unit/fake/main.c tests/unit/fake/machine.c

define unit_suite
UNIT_OBJS_$(1) := $(patsubst %.c,$(UNITB)/$(1).o/%.o,$(2) $(addprefix xen-like/,$(3)) $(UNIT_FAKE))
$$(UNIT_OBJS_$(1)): $(UNITB)/$(1).o/%.o: %.c tests/unit/unit.mk
	@mkdir -p $$(@D)
	$$(QUIET_CC)$$(CC) $$(UNIT_CFLAGS) $(4) -MMD -MP -c -o $$@ $$<
$(UNITB)/$(1): $$(UNIT_OBJS_$(1))
	$$(QUIET_LD)$$(CC) $$(UNIT_CFLAGS) -o $$@ $$^ $$(UNIT_LIBS)
UNIT_TESTS += $(UNITB)/$(1)
-include $$(UNIT_OBJS_$(1):.o=.d)
endef

include $(sort $(wildcard tests/unit/*/suites.mk))
