# SPDX-License-Identifier: GPL-2.0-only
"""Scenarios in a stock Dom0 on a processor with VT-x, in Bochs: Dom0 has one vcpu and our tools."""
import os
import sys
import tempfile

import bochs
import machine

SKIP_STATUS = 77
OTHERS_MIB = 320  # for the hypervisor and the scenario's guests


def run(name, scenario, seconds, files=(), archives=(), dom0_mib=320):
    """Runs the script, and ends this program as a test has to: 0 if all its checks were right, 77
    without Bochs.  What the machine says goes to build/logs/NAME.serial.

    seconds   how long the host may take for it
    files     (path here, path in Dom0) of what the script needs
    archives  of build/images, unpacked in Dom0
    """
    if not bochs.present():
        print("bochs-bin is not installed (Debian package bochs)")
        sys.exit(SKIP_STATUS)
    iso = machine.scratch(f"{name}.iso")
    log = os.path.join(machine.BUILD, "logs", f"{name}.serial")
    try:
        with tempfile.NamedTemporaryFile("w") as script:
            script.write(scenario)
            script.flush()
            machine.make_dom0_iso(
                iso, scenario=script.name, files=files, archives=archives,
                hv_args=f"dom0_mem={dom0_mib}M,max:{dom0_mib}M dom0_max_vcpus=1 spec-ctrl=no",
                dom0_args="mitigations=off audit=0 rootfstype=ramfs")
        with bochs.Bochs(iso, log, mem=dom0_mib + OTHERS_MIB, strict_msrs=False) as m:
            m.scenario(seconds)
            print(f"done after {m.seconds():.1f} s")
    except machine.Missing as problem:
        sys.exit(f"{name}: {problem}")
    finally:
        if os.path.exists(iso):
            os.unlink(iso)
