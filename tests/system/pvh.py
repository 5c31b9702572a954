#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Debian's cloud kernel as a PVH guest on a processor with VT-x, in Bochs, with one vcpu, then with two:
made by xl-like in a stock Dom0, it reaches its /init, takes data from Dom0 over its network device,
writes them to its disk, reads them back, and is shut down.  What it wrote is what Dom0 finds in the
disk's file, and nothing is left of it.  The guest of two vcpus is saved meanwhile, goes on as a
checkpoint was made of it, and comes back from its file: it has counted on, without a number missing or
twice, and with its disk and its network.

Bochs counts instructions: all times are the machine's own, and a run repeats.
"""
# run: cloud-kernel timeout=1800
import os
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests", "lib"))
import vtx_dom0  # noqa: E402

SCENARIO = r"""
. /usr/lib/scenario.sh
""" + vtx_dom0.EXCHANGE + vtx_dom0.COUNTING + r"""truncate -s 64k /tmp/job

# life NAME VCPUS: of a guest, from its creation to its end
life() {
    rm -f /tmp/disk
    truncate -s 4M /tmp/disk
    config_vcpus=$2 config "$1" 'type = "pvh"' 'kernel = "/guest/vmlinux"' "vif = [ '' ]" \
        "disk = [ '/tmp/job,raw,xvda,r', '/tmp/disk,raw,xvdb,rw' ]"
    check "create a guest of $2 vcpus" $XL create "/tmp/$1.cfg"
    wait_for 60 "the guest reached its own /init" said "$1" GUEST-IS-UP
    type_in "$1" 'sh /dev/xvda' 'JOB done'
    check "its vcpus: $2" [ "$(job "$1" cpus)" = "$2" ]
    exchanged "$1" /tmp/disk
    [ "$2" = 1 ] || saved_meanwhile "$1"
    check "shutdown" $XL shutdown -w "$1"
    wait_for 30 "gone" gone "$1"
}

check "the hypervisor offers hardware guests" sh -c '$0 info | grep xen_caps | grep hvm' $XL
check "and says so, and what HVM ones lack" sh -c \
    '$0 info | grep "^virt_caps *: pv pvh (no hvm: .* qemu-system-xen is missing)$"' $XL
check "setup-bridge" $XL setup-bridge --address 10.9.0.1/24
life one 1
life two 2
killall nc
fails
"""


def main():
    with tempfile.TemporaryDirectory() as work:
        vtx_dom0.guest_kernel(f"{work}/vmlinux")
        # what is saved is in Dom0's memory
        vtx_dom0.run("pvh", SCENARIO, 1700, files=[(f"{work}/vmlinux", "guest/vmlinux")], dom0_mib=512)


if __name__ == "__main__":
    main()
