# SPDX-License-Identifier: GPL-2.0-only
# Unit test of the instruction decoder.

$(eval $(call unit_suite,decode,tests/unit/decode/test_decode.c,arch/x86/insn/decode.c, \
    -Ixen-like/arch/x86/include))
