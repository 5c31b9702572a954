#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""A machine with UEFI firmware (OVMF): GRUB for EFI starts the hypervisor from a FAT disk.

First a small kernel as Dom0 tries all that the hypervisor tells and does of EFI. Then Debian's
kernel finds its ACPI tables by EFI's, and so all CPUs, reads and writes the firmware's variables,
and powers off.
"""
# run: all cpus=2 timeout=600
import glob
import os
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests", "lib"))
import machine  # noqa: E402
from machine import Machine, Missing  # noqa: E402

SCENARIO = r"""
. /usr/lib/scenario.sh
check "the kernel has EFI's tables" grep -q ^ACPI20=0x /sys/firmware/efi/systab
check "all CPUs by ACPI's" [ "$(nproc)" = 2 ]
check "module" insmod /efivarfs.ko
check "efivarfs" mount -t efivarfs none /sys/firmware/efi/efivars
cd /sys/firmware/efi/efivars || exit 1
check "the firmware's variables" [ -s BootCurrent-8be4df61-93ca-11d2-aa0d-00e098032b8c ]
new=Test-6c696b65-7865-4e2d-8000-000000000001
check "a new one" sh -c "printf '\7\0\0\0new' >$new"
check "is read" [ "$(tail -c 3 $new)" = new ]
fails
"""


def start(work, name, **made):
    disk = f"{work}/{name}.disk"
    machine.make_dom0_iso(disk, make=machine.make_efi_disk, **made)
    log = os.path.join(machine.BUILD, "logs", f"efi-{name}.serial")
    return Machine(machine.boot_efi(disk), log, mem=1024, smp=2)


def small(work):
    with start(work, "small", hv_args="dom0_mem=64M", dom0_args="test=efi efi=1", tools="none",
               kernel=os.path.join(machine.BUILD, "tests/guest/platform"), initrd=None) as m:
        m.expect("runtime services serve Dom0", 300)
        m.expect("TEST-PASS 1 success", 150)
        m.finish(100)
    print("ok a small kernel")


def debian(work):
    with open(f"{work}/scenario", "w") as f:
        f.write(SCENARIO)
    modules = glob.glob(f"{machine.BUILD}/stock/dom0-kernel/lib/modules/*/kernel/fs/efivarfs/*.ko")
    if not modules:
        raise Missing("no stock kernel unpacked: run `make images`")
    with start(work, "debian", tools="none", scenario=f"{work}/scenario",
               files=[(modules[0], "efivarfs.ko")], hv_args="dom0_mem=512M") as m:
        print(f"ok debian: {m.scenario(500)} checks")


def main():
    with tempfile.TemporaryDirectory(dir=os.path.join(machine.BUILD, "tmp")) as work:
        small(work)
        debian(work)


if __name__ == "__main__":
    os.makedirs(os.path.join(machine.BUILD, "tmp"), exist_ok=True)
    try:
        main()
    except Missing as problem:
        sys.exit(f"efi: {problem}")
