#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Dom0 uses the machine's disk and network: by MSI, by MSI-X and by interrupt lines.

The disk holds known bytes that Dom0 reads back, and Dom0 writes bytes that are read here; a file
comes over the network by TFTP from the emulator's own server.
"""
# run: ahci-e1000 cpus=2 timeout=700 args="ahci e1000"
# run: virtio cpus=2 timeout=700 args="virtio virtio"
# run: lines-only cpus=2 timeout=700 args="ahci e1000 pci=nomsi"
import hashlib
import os
import random
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests", "lib"))
import machine  # noqa: E402
from machine import Machine, Missing  # noqa: E402

DISK_BYTES = 8 << 20
DISKS = {"ahci": ("ide-hd,drive=disk,bus=ide.0", "ahci sd_mod", "sda"),
         "virtio": ("virtio-blk-pci,drive=disk", "virtio_pci virtio_blk", "vda")}
NETS = {"e1000": ("e1000,netdev=net", "e1000"),
        "virtio": ("virtio-net-pci,netdev=net", "virtio_pci virtio_net")}
SCENARIO = """
. /usr/lib/scenario.sh
for module in {modules}; do check "module $module" modprobe $module; done
wait_for 20 "disk" [ -b /dev/{disk} ]
sum() {{ dd if=/dev/{disk} bs=64k count=$1 iflag=direct 2>/dev/null | sha256sum | cut -d' ' -f1; }}
check "disk: what was written outside is read here" [ "$(sum 128)" = {digest} ]
head -c 65536 /dev/urandom >/tmp/block
check "disk: write" dd if=/tmp/block of=/dev/{disk} bs=64k seek=1 conv=notrunc oflag=direct
sync
echo "WRITTEN $(sha256sum /tmp/block | cut -d' ' -f1)"

wait_for 20 "network device" [ -d /sys/class/net/eth0 ]
ip addr add 10.0.2.15/24 dev eth0
ip link set eth0 up
wait_for 30 "the gateway answers" ping -c 1 -W 2 10.0.2.2
wait_for 60 "a file over the network" tftp -g -r file -l /tmp/file 10.0.2.2
check "it is the same file" [ "$(sha256sum </tmp/file | cut -d' ' -f1)" = {file_digest} ]
grep -E 'ahci|virtio|eth0' /proc/interrupts
fails
"""


def main():
    disk, net, *dom0_args = sys.argv[1:3] + [a for a in sys.argv[3:] if not a.startswith("--")]
    disk_device, disk_modules, disk_name = DISKS[disk]
    net_device, net_modules = NETS[net]
    noise = random.Random(1)
    name = "-".join(sys.argv[1:]).replace("=", "-")
    with tempfile.TemporaryDirectory() as work:
        content, served = noise.randbytes(DISK_BYTES), noise.randbytes(1 << 20)
        with open(f"{work}/disk", "wb") as f:
            f.write(content)
        os.mkdir(f"{work}/tftp")
        with open(f"{work}/tftp/file", "wb") as f:
            f.write(served)
        with open(f"{work}/scenario", "w") as f:
            f.write(SCENARIO.format(modules=f"{disk_modules} {net_modules}", disk=disk_name,
                                    digest=hashlib.sha256(content).hexdigest(),
                                    file_digest=hashlib.sha256(served).hexdigest()))
        machine.make_dom0_iso(f"{work}/iso", tools="none", scenario=f"{work}/scenario",
                              hv_args="dom0_mem=512M,max:512M", dom0_args=" ".join(dom0_args))
        extra = ["-drive", f"if=none,id=disk,format=raw,file={work}/disk", "-device", disk_device,
                 "-netdev", f"user,id=net,tftp={work}/tftp", "-device", net_device]
        log = os.path.join(machine.BUILD, "logs", f"hardware-{name}.serial")
        with Machine(f"{work}/iso", log, extra=extra) as m:
            m.scenario(600)
            written = m.text.split("WRITTEN ")[1].split()[0]
            print(m.text[m.text.index("DOM0-INIT"):])
        with open(f"{work}/disk", "rb") as f:
            f.seek(65536)
            if hashlib.sha256(f.read(65536)).hexdigest() != written:
                raise Missing("the disk does not hold what Dom0 wrote")


if __name__ == "__main__":
    try:
        main()
    except Missing as problem:
        sys.exit(f"hardware: {problem}")
