# SPDX-License-Identifier: GPL-2.0-only
"""Scenarios in a stock Dom0 on a processor with VT-x, in Bochs: Dom0 has one vcpu and our tools.

EXCHANGE is shell text for guests that have a network device and a disk xvdb of their own: /tmp/job, a
disk with a script for them, takes data from Dom0, writes them to the disk and reads it; then `exchanged
NAME FILE` checks what came of it, FILE being what the disk is.  A bridge with 10.9.0.1 has to be there.

COUNTING comes after it, for guests of two vcpus: the job goes on, and counts as long as disk and network
go, once there is no /tmp/no-rounds; `saved_meanwhile NAME` makes a checkpoint of such a guest, then saves and restores it.
"""
import glob
import os
import subprocess
import sys
import tempfile

import bochs
import machine
from cpio import Archive

SKIP_STATUS = 77
STOCK = os.path.join(machine.BUILD, "stock/guest-kernel")
OTHERS_MIB = 448  # for the hypervisor and the scenario's guests

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

COUNTING = r"""
cat >>/tmp/job <<'END'
{
    n=0
    while [ -e /tmp/no-rounds ]; do sleep 1; done
    while [ -e /sys/devices/system/cpu/cpu1 ]; do
        n=$((n + 1))
        dd if=/tmp/got of=/dev/xvdb bs=64k seek=1 count=1 conv=fsync 2>/dev/null || echo "JOB cannot write"
        until ping -c 1 -W 5 10.9.0.1 >/dev/null; do :; done # a packet may get lost on the way
        echo "JOB round $n"
        usleep 100000
    done
} &
END

rounds() { sed -n 's/.*JOB round \([0-9]*\).*/\1/p' "$(console_log "$1")"; }
# a mark: from here on three rounds are to be done
mark() { last=$(rounds "$1" | wc -l); }
goes_on() { [ "$(rounds "$1" | wc -l)" -ge $((last + 3)) ]; }
each_once_in_order() { rounds "$1" | awk '$1 != NR { exit 1 }'; }

saved_meanwhile() {
    mark "$1"
    wait_for 30 "it counts" goes_on "$1"
    check "save -c" $XL save -c "$1" /tmp/counting.saved
    mark "$1"
    wait_for 30 "it goes on" goes_on "$1"
    check "save" $XL save "$1" /tmp/counting.saved
    check "it is gone" domains_are 1
    mark "$1"
    check "restore" $XL restore /tmp/counting.saved
    rm /tmp/counting.saved
    wait_for 30 "it goes on where it was" goes_on "$1"
    each_once_in_order "$1" || cat "$(console_log "$1")"
    check "each number once" each_once_in_order "$1"
    refuse "a write that failed" said "$1" "JOB cannot"
}
"""


def guest_kernel(path):
    """Debian's cloud kernel, unpacked here: Dom0 would take half a minute for it."""
    packed, = glob.glob(f"{STOCK}/boot/vmlinuz-*")
    subprocess.run([sys.executable, os.path.join(machine.TOP, "tests/lib/bzimage.py"),
                    packed, path], check=True)


def guest_initramfs(modules=(), look=None):
    """The stock guest's, as bytes, with more in it.

    modules  of the cloud kernel, in /modules
    look     a script that can run before the guest's own init
    """
    more = Archive()
    for module in modules:
        path, = glob.glob(f"{STOCK}/lib/modules/*/kernel/**/{module}.ko", recursive=True)
        more.copy(path, f"modules/{module}.ko")
    if look:
        more.file("look", look, 0o755)
    return machine.image_part("guest.cpio") + more.bytes()


def linux_disk(path, arguments, initramfs):
    """Makes a disk from which GRUB starts the cloud kernel."""
    kernel, = glob.glob(f"{STOCK}/boot/vmlinuz-*")
    machine.make_bios_disk(
        path, {"kernel": kernel, "initrd": initramfs},
        [("Linux", [f"linux /boot/kernel loglevel=4 cryptomgr.notests {arguments}", "initrd /boot/initrd"])])


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
