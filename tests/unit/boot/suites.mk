# SPDX-License-Identifier: GPL-2.0-only
# Unit tests of what reads the boot loader's and the firmware's tables.

BOOT_TEST_FLAGS := -Itests/unit/boot/include -Ixen-like/arch/x86/include
$(eval $(call unit_suite,multiboot,tests/unit/boot/test_multiboot.c tests/unit/boot/machine.c, \
    arch/x86/boot/multiboot.c arch/x86/boot/e820.c,$(BOOT_TEST_FLAGS)))
$(eval $(call unit_suite,efi,tests/unit/boot/test_efi.c tests/unit/boot/machine.c, \
    arch/x86/platform/efi.c arch/x86/boot/multiboot.c arch/x86/boot/e820.c,$(BOOT_TEST_FLAGS)))
$(eval $(call unit_suite,acpi,tests/unit/boot/test_acpi.c tests/unit/boot/machine.c, \
    arch/x86/platform/acpi.c,$(BOOT_TEST_FLAGS)))
