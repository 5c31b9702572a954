#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Small kernels as Dom0 through GRUB on processors in Bochs.

What QEMU's software emulation cannot show works there: SMAP, PCID, x2APIC, page tables without
the hypervisor for CPUs with Meltdown, and VT-x: with all that the hypervisor uses of it, without
large pages of 1 GiB and accessed bits in EPT, without x2APIC or one that the processor keeps, and
without unrestricted guests, where hardware guests are refused.
"""
# run: intel-smap-x2apic quick=1 timeout=1300 args="corei7_skylake_x 1 cpu mmu"
# run: intel-two-cpus timeout=1300 args="corei7_skylake_x 2 events"
# run: intel-old timeout=1300 args="p4_prescott_celeron_336 1 cpu"
# run: amd timeout=1300 args="ryzen 1 cpu mmu"
# run: vtx quick=1 timeout=1300 args="corei7_haswell_4770 1 hvm"
# run: vtx-two-cpus timeout=1300 args="corei7_skylake_x 2 hvm"
# run: vtx-old timeout=1300 args="corei7_sandy_bridge_2600k 1 hvm"
# run: vtx-too-old timeout=1300 args="corei5_lynnfield_750 1 hvm"
import os
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests", "lib"))
import bochs  # noqa: E402
import machine  # noqa: E402

SKIP_STATUS = 77
LIMIT = 1200  # host seconds for each step: only a machine that hangs takes that long
NO_UNRESTRICTED = r"VT-x: no hardware guests: .*unrestricted guests"
TELLS = {
    "corei7_skylake_x": [r"CPU: Intel.* SMEP SMAP PCID XSAVE", r"Local APIC: x2APIC", r"Meltdown",
                         r"VT-x: .* PML XSAVES TSC-scaling .* EPT-1G EPT-A/D"],
    "corei7_haswell_4770": [r"Speculation: buffers are cleared.*",
                            r"VT-x: revision .* VPID RDTSCP INVPCID EPT-2M EPT-1G EPT-A/D virtual-x2APIC"],
    "corei7_sandy_bridge_2600k": [r"Local APIC: xAPIC", r"VT-x: revision .* VPID RDTSCP EPT-2M\s"],
    "corei5_lynnfield_750": [NO_UNRESTRICTED],
    "p4_prescott_celeron_336": [r"CPU: Intel.*bits,$", r"Local APIC: xAPIC"],
    "ryzen": [r"CPU: AMD.* SMEP SMAP XSAVE", r"Local APIC: xAPIC"],
}


def run(model, smp, area):
    iso = machine.scratch(f"bochs-{model}-{smp}-{area}.iso")
    log = os.path.join(machine.BUILD, "logs", f"bochs-{model}-{smp}-{area}.serial")
    kernel = os.path.join(machine.BUILD, "tests/guest", area)
    hv_args = "dom0_mem=64M,max:96M dom0_max_vcpus=2"
    if area == "hvm":
        hv_args += " spec-ctrl=md-clear"
    machine.make_dom0_iso(iso, kernel=kernel, tools="none", initrd=None, hv_args=hv_args)
    try:
        with bochs.Bochs(iso, log, model=model, smp=smp) as m:
            for text in TELLS[model]:
                m.expect(text, LIMIT)
            if smp > 1:
                m.expect(f"CPUs: {smp} of {smp} online", LIMIT)
            verdict = m.expect(r"TEST-(PASS|FAIL|SKIP)", LIMIT).group(1)
            print(f"{area} on {model}, {smp} CPUs: {verdict} after {m.seconds():.1f} s")
            if verdict == "FAIL":
                print(m.text[m.text.index("small kernel on"):])
            refused = area == "hvm" and NO_UNRESTRICTED in TELLS[model]
            return verdict == ("SKIP" if refused else "PASS")
    finally:
        os.unlink(iso)


def main():
    model, smp, *areas = [a for a in sys.argv[1:] if not a.startswith("--")]
    if not bochs.present():
        print("bochs-bin is not installed (Debian package bochs)")
        sys.exit(SKIP_STATUS)
    try:
        good = [run(model, int(smp), area) for area in areas]
    except machine.Missing as problem:
        sys.exit(f"bochs: {problem}")
    sys.exit(0 if all(good) else 1)


if __name__ == "__main__":
    main()
