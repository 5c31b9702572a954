# SPDX-License-Identifier: GPL-2.0-only
# The public headers against libxen-dev. The test compiles what it needs itself, when it is run.

ABI_TESTS += $(B)/tests/abi/headers

$(B)/tests/abi/headers: tests/abi/abi.mk
	@mkdir -p $(@D)
	$(QUIET_GEN)printf '#!/bin/sh\nexec %s/tests/abi/run.sh %s/headers.d\n' \
	    '$(CURDIR)' '$(abspath $(@D))' > $@ && chmod +x $@
