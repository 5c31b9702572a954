#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Wrong Dom0 kernels: the hypervisor says what is wrong with each, and does not go on.

What Debian's Xen says differs, so this is for our hypervisor only.
"""
# run: all quick=1 timeout=900
import glob
import os
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests", "lib"))
import machine  # noqa: E402

STOCK = os.path.join(machine.BUILD, "stock")
CRASH = ["CPU 0 was idle", r"\[[0-9a-f]{16}\] panic\+0x", r"\[[0-9a-f]{16}\] dom0_\w+\+0x"]


def boot(kernel, *expected, hvargs=""):
    command = [os.path.join(TOP, "tests/lib/boot"), "--kernel", kernel, "--mem=256", "--smp=1",
               "--timeout=150", "--panic-is-fine", f"--hvargs={hvargs}",
               f"--log={machine.BUILD}/logs/bad-dom0-{os.path.basename(kernel)}.serial"]
    done = subprocess.run(command + [f"--expect={e}" for e in expected], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, errors="replace")
    good = done.returncode == 0
    print(f"{'ok' if good else 'FAILED'} {os.path.basename(kernel)}: /{' ... '.join(expected)}/")
    if not good:
        print(done.stdout)
    return good


def main():
    vmlinuz = glob.glob(f"{STOCK}/dom0-kernel/boot/vmlinuz-*")
    if not vmlinuz:
        sys.exit("bad_dom0: no stock kernel unpacked: run `make images`")
    with tempfile.TemporaryDirectory(dir=os.path.join(machine.BUILD, "tmp")) as work:
        with open(f"{machine.IMAGES}/dom0-kernel", "rb") as f:
            start = f.read(4 << 20)
        with open(f"{work}/truncated", "wb") as f:
            f.write(start)
        with open(f"{work}/text", "w") as f:
            f.write("this is no kernel\n" * 1000)
        results = [
            boot(vmlinuz[0], "Dom0 kernel.*bzImage.*xen-like-unpack-kernel"),
            boot(f"{work}/truncated", "Dom0 kernel cannot be loaded: .*(cut|outside|truncated)"),
            boot(f"{work}/text", "Dom0 kernel cannot be loaded: neither an ELF file", *CRASH),
            boot(f"{STOCK}/root/bin/busybox", "Dom0 kernel cannot be loaded: .*note"),
            boot(f"{machine.IMAGES}/dom0-kernel", "Dom0 needs at least .* MiB",
                 hvargs="dom0_mem=20M"),
        ]
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    os.makedirs(os.path.join(machine.BUILD, "tmp"), exist_ok=True)
    main()
