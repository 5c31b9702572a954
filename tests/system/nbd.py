#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""A guest's disk is a qcow2 file on another machine, which qemu-nbd exports: what it writes is in
the file afterwards, although server and daemon are killed under load (nbd-dom0 is Dom0's part).

The host is that machine: Dom0 reaches it through QEMU's network. The server writes through: what it
keeps in its own memory dies with it, and a guest that did not ask for a flush is not told.
"""
# run: qcow2 cpus=2 timeout=1500
import hashlib
import os
import re
import socket
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests", "lib"))
import machine  # noqa: E402
from machine import Machine, Missing  # noqa: E402

SIZE = 4 << 20
FIXED = b"what can only be read, in 32 b\n\n" * 16384


class Server:
    """qemu-nbd with one export, for one client at a time."""

    def __init__(self, name, image, *options):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        self.command = ["qemu-nbd", "--persistent", "--bind=127.0.0.1", f"--port={self.port}",
                        f"--export-name={name}", *options, image]
        self.process = None

    def start(self):
        self.process = subprocess.Popen(self.command)

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()
        self.process = None


def digest(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


def content(image):
    """The sum of what is in an image, once it is right."""
    plain = image + ".raw"
    subprocess.run(["qemu-img", "check", "-q", image], check=True)
    subprocess.run(["qemu-img", "convert", "-O", "raw", image, plain], check=True)
    return digest(plain)


def run(disk, fixed, initrd):
    """What the guest says is on its disks: {name: sum}."""
    with open(initrd, "wb") as f:
        f.write(machine.initramfs("our", os.path.join(TOP, "tests/system/nbd-dom0"),
                                  archives=["nbd.cpio"]))
    kernel = os.path.join(machine.IMAGES, "dom0-kernel")
    boot = ["-kernel", os.path.join(machine.BUILD, "xen-like"),
            "-initrd", f"{kernel} {machine.DOM0_ARGS} tools=our nbd_disk={disk.port} "
                       f"nbd_fixed={fixed.port},{initrd}",
            "-append", f"{machine.hypervisor_args()} dom0_mem=512M,max:512M"]
    log = os.path.join(machine.BUILD, "logs", "system-nbd.serial")
    with Machine(boot, log, extra=["-nic", "user,model=virtio-net-pci"]) as m:
        m.expect("^KILL-THE-SERVER", 1000)
        disk.stop()
        m.expect("^START-THE-SERVER", 400)
        disk.start()
        m.scenario(1000)
        return dict(re.findall(r"^JOB ([ab])=(\w+)", m.text, re.M))


def main():
    initrd = machine.scratch("nbd.initramfs")
    with tempfile.TemporaryDirectory() as work:
        image, file = os.path.join(work, "disk.qcow2"), os.path.join(work, "fixed")
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", image, str(SIZE)], check=True)
        with open(file, "wb") as f:
            f.write(FIXED)
        disk = Server("disk", image, "--format=qcow2", "--discard=unmap", "--cache=writethrough")
        fixed = Server("fixed", file, "--format=raw", "--read-only")
        try:
            disk.start()
            fixed.start()
            sums = run(disk, fixed, initrd)
        except Missing as problem:
            sys.exit(str(problem))
        finally:
            disk.stop()
            fixed.stop()
            if os.path.exists(initrd):
                os.unlink(initrd)
        for name, there in (("a", content(image)), ("b", digest(file))):
            if sums.get(name) != there:
                sys.exit(f"the guest's disk {name} is {sums.get(name)}, the server's {there}")
    print("what the guest has written and read is what the server has")


if __name__ == "__main__":
    main()
