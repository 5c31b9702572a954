# SPDX-License-Identifier: GPL-2.0-only
# Unit tests of the devices that the hypervisor gives hardware guests.

HVM := tests/unit/hvm
LAPIC_FILES := $(addprefix arch/x86/hvm/,vlapic.c vlapic_timer.c vlapic_ipi.c) $(TIMER_FILES)

$(eval $(call unit_suite,vlapic,$(HVM)/test_vlapic.c,$(LAPIC_FILES),-Ixen-like/arch/x86/include))
PC_FILES := $(addprefix arch/x86/hvm/,io.c vplatform.c vpic.c vioapic.c vpit.c vrtc.c vpm.c vlines.c vhpet.c) $(LAPIC_FILES)
$(foreach device,io vpic vioapic vpit vrtc vpm vhpet,$(eval $(call unit_suite,hvm_$(device), \
    $(HVM)/test_$(device).c $(HVM)/pc.c,$(PC_FILES),-Ixen-like/arch/x86/include)))
$(eval $(call unit_suite,trigger,$(HVM)/test_trigger.c $(HVM)/pc.c,$(PC_FILES) arch/x86/trigger.c, \
    -Ixen-like/arch/x86/include))
$(eval $(call unit_suite,hvm_save,$(HVM)/test_save.c $(HVM)/pc.c, \
    $(PC_FILES) $(addprefix arch/x86/hvm/,context.c vlapic_save.c),-Ixen-like/arch/x86/include))
EMULATOR := $(addprefix arch/x86/,hvm/emulate.c hvm/operand.c insn/decode.c insn/operation.c)
$(eval $(call unit_suite,hvm_emulate,$(HVM)/test_emulate.c $(HVM)/emulated_guest.c,$(EMULATOR), \
    -Ixen-like/arch/x86/include))
$(eval $(call unit_suite,vmx_controls,$(HVM)/test_vmx_controls.c,arch/x86/hvm/vmx/controls.c, \
    -Ixen-like/arch/x86/include))
