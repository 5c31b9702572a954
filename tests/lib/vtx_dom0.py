# SPDX-License-Identifier: GPL-2.0-only
"""Scenarios in a stock Dom0 on a processor with VT-x, in Bochs: Dom0 has one vcpu and our tools.

EXCHANGE is shell text for guests that have a network device and a disk xvdb of their own: /tmp/job, a
disk with a script for them, takes data from Dom0, writes them to the disk and reads it; then `exchanged
NAME FILE` checks what came of it, FILE being what the disk is.  A bridge with 10.9.0.1 has to be there.
"""
import os
import subprocess
import sys
import tempfile

import bochs
import machine

SKIP_STATUS = 77
OTHERS_MIB = 320  # for the hypervisor and the scenario's guests

EXCHANGE = r"""
job() { sed -n "s/^JOB $2=\([^ ]*\).*/\1/p" "$(console_log "$1")" | tr -d '\r'; }
sum() { sha256sum | cut -d ' ' -f 1; }

seq 5 20000 >/tmp/pattern
printf '#!/bin/sh\ncat /tmp/pattern\n' >/tmp/source
chmod +x /tmp/source
nc -ll -p 5002 -e /tmp/source &
cat >/tmp/job <<'END'
echo "JOB cpus=$(grep -c ^processor /proc/cpuinfo)"
until [ -e /sys/class/net/eth0 ]; do usleep 100000; done
ip address add 10.9.0.11/24 dev eth0
ip link set eth0 up
until ping -c 1 -W 5 10.9.0.1 >/dev/null; do :; done
nc 10.9.0.1 5002 </dev/null >/tmp/got
echo "JOB got=$(sha256sum </tmp/got)"
dd if=/tmp/got of=/dev/xvdb bs=64k seek=1 conv=fsync 2>/dev/null
blockdev --flushbufs /dev/xvdb
echo "JOB disk=$(sha256sum </dev/xvdb)"
echo "JOB done"
END

exchanged() {
    check "the guest has what Dom0 sent" [ "$(job "$1" got)" = "$(sum </tmp/pattern)" ]
    check "Dom0 finds what the guest wrote" [ "$(job "$1" disk)" = "$(sum <"$2")" ]
    check "it is what was sent" [ "$(dd if="$2" bs=64k skip=1 2>/dev/null |
        head -c "$(wc -c </tmp/pattern)" | sum)" = "$(sum </tmp/pattern)" ]
}
"""


def guest_kernel(path):
    """Debian's cloud kernel, unpacked here: Dom0 would take half a minute for it."""
    boot_files = os.path.join(machine.BUILD, "stock/guest-kernel/boot")
    packed, = (f for f in os.listdir(boot_files) if f.startswith("vmlinuz-"))
    subprocess.run([sys.executable, os.path.join(machine.TOP, "tests/lib/bzimage.py"),
                    os.path.join(boot_files, packed), path], check=True)


def boot(name, scenario, seconds, hypervisor=None, tools="our", files=(), archives=(), dom0_mib=320):
    """Runs the script until all its checks were right; returns what the machine said, which goes to
    build/logs/NAME.serial.

    seconds   how long the host may take for it
    files     (path here, path in Dom0) of what the script needs
    archives  of build/images, unpacked in Dom0
    """
    iso = machine.scratch(f"{name}.iso")
    log = os.path.join(machine.BUILD, "logs", f"{name}.serial")
    try:
        with tempfile.NamedTemporaryFile("w") as script:
            script.write(scenario)
            script.flush()
            machine.make_dom0_iso(
                iso, hypervisor, tools=tools, scenario=script.name, files=files, archives=archives,
                hv_args=f"dom0_mem={dom0_mib}M,max:{dom0_mib}M dom0_max_vcpus=1 spec-ctrl=no",
                dom0_args="mitigations=off audit=0 rootfstype=ramfs")
        with bochs.Bochs(iso, log, mem=dom0_mib + OTHERS_MIB, strict_msrs=False) as m:
            m.scenario(seconds)
            return m.text
    finally:
        if os.path.exists(iso):
            os.unlink(iso)


def run(name, *args, **options):
    """The same as a whole test: its exit status is 0, 77 without Bochs, or 1."""
    if not bochs.present():
        print("bochs-bin is not installed (Debian package bochs)")
        sys.exit(SKIP_STATUS)
    try:
        boot(name, *args, **options)
    except machine.Missing as problem:
        sys.exit(f"{name}: {problem}")
