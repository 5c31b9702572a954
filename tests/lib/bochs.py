# SPDX-License-Identifier: GPL-2.0-only
"""A machine in Bochs, which emulates processors that QEMU's software emulation does not get right:
SMAP, PCID, x2APIC, XSAVE and more, of several models.  It is 6 to 18 times slower.

    with Bochs("boot.iso", log="build/logs/x.log", model="corei7_haswell_4770", smp=2) as m:
        m.expect("TEST-PASS", 60)

A conversation as in machine.py, but nothing can be sent.  A run repeats exactly: time is counted
instructions (one second has 50 million).

Pitfalls that the configuration avoids:
- GRUB's multiboot2 switches to a graphics mode and crashes when the screen offers VBE: it is off.
- Debian's package has the debugger built in: it is told to continue, and to quit at a break.
- A restart of the machine ends in the BIOS; a triple fault ends the emulator.
"""
import os
import shutil
import tempfile

from machine import Machine

SHARE = "/usr/share/bochs"
INSTRUCTIONS_PER_SECOND = 50000000
CONFIGURATION = """
config_interface: textconfig
display_library: rfb, options="timeout=0"
romimage: file={share}/BIOS-bochs-latest
vgaromimage: file={share}/VGABIOS-lgpl-latest
memory: guest={mem}, host={mem}
cpu: model={model}, count={smp}, ips={ips}, reset_on_triple_fault=0, cpuid_limit_winnt=0, \
ignore_bad_msrs={ignore_bad_msrs}
clock: sync=none, time0=1700000000
pci: enabled=1, chipset=i440fx
plugin_ctrl: unmapped=1, biosdev=1, speaker=0, extfpuirq=0, parallel=0, serial=1, iodebug=1, \
gameport=0
boot: cdrom
floppy_bootsig_check: disabled=1
ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14
ata0-master: type=cdrom, path={iso}, status=inserted
ata1: enabled=0
com1: enabled=1, mode=file, dev=/dev/stdout
mouse: enabled=0
sound: driver=dummy
vga: extension=none, update_freq=1, realtime=0
private_colormap: enabled=0
magic_break: enabled=1
log: {log}
panic: action=fatal
error: action=report
info: action=report
debug: action=ignore
"""


def present():
    return shutil.which("bochs-bin") is not None


class Bochs(Machine):
    def __init__(self, iso, log, echo=False, fatal=None, model="corei7_haswell_4770", smp=1,
                 mem=256, strict_msrs=True):
        """strict_msrs: an MSR that the model has not faults; else it reads as zero."""
        log = os.path.abspath(log)
        os.makedirs(os.path.dirname(log), exist_ok=True)
        self.work = tempfile.TemporaryDirectory()
        with open(f"{self.work.name}/rc", "w") as f:
            f.write(CONFIGURATION.format(
                share=SHARE, mem=mem, model=model, smp=smp, ips=INSTRUCTIONS_PER_SECOND,
                ignore_bad_msrs=0 if strict_msrs else 1, iso=os.path.abspath(iso),
                log=f"{log}.bochs"))
        with open(f"{self.work.name}/debugger", "w") as f:
            f.write("continue\nquit\n")
        self._start(["bochs-bin", "-q", "-f", f"{self.work.name}/rc", "-rc",
                     f"{self.work.name}/debugger"], log, echo, fatal)

    def stop(self):
        super().stop()
        self.work.cleanup()
