#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Guests with a whole PC's devices on a processor with VT-x, in Bochs: made by xl-like in a stock Dom0,
with Debian's QEMU as device model and SeaBIOS, which starts what is tested:

  memtest  By GRUB, from a disk, memtest86+, which knows nothing of Xen: judged by what it prints on its
           serial port. CDs come and go, its screen answers by VNC, its device model is killed.

Bochs counts instructions: all times are the machine's own, and a run repeats.
"""
# run: memtest timeout=1500 args="memtest"
import os
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests", "lib"))
import machine  # noqa: E402
import vtx_dom0  # noqa: E402

COMMON = r"""
. /usr/lib/scenario.sh
node() { xstore read "/local/domain/$(xl-like domid "$1")/$2"; }
model_pid() { node "$1" image/device-model-pid; }
no_models() { ! pidof xen-qemu-system-i386 && [ -z "$(ls /run/xen-like/device-model)" ]; }
on_serial() { grep -qa -- "$2" "/tmp/$1.serial"; }

# hvm NAME [LINE...]: writes /tmp/NAME.cfg
hvm() {
    hvm_name=$1
    shift
    printf '%s\n' "name = \"$hvm_name\"" 'type = "hvm"' 'serial = "pty"' "$@" >"/tmp/$hvm_name.cfg"
}

# start NAME: what its serial port says goes to /tmp/NAME.serial, from the first byte on
start() {
    check "create $1, paused" $XL create -p "/tmp/$1.cfg"
    $XL console -t serial "$1" </dev/null >"/tmp/$1.serial" 2>&1 &
    usleep 500000
    check "unpause it" $XL unpause "$1"
}
"""

MEMTEST = COMMON + r"""
has_open() { ls -l "/proc/$(model_pid "$1")/fd" | grep -q "$2"; }
has_not_open() { ! has_open "$@"; }
own_user() { # and a root directory in which there is nothing
    grep "^Uid:.*$((0x70000000 + $(xl-like domid "$1")))$" "/proc/$(model_pid "$1")/status" &&
        [ -z "$(ls -A "/proc/$(model_pid "$1")/root/")" ]
}

check "the hypervisor offers HVM guests" sh -c '$0 info | grep "^virt_caps *: pv pvh hvm$"' $XL
# 24 MiB besides the screen's
hvm mem 'memory = 32' 'vga = "stdvga"' 'videoram = 8' 'on_crash = "preserve"' \
    "disk = [ '/guest/memtest.disk,raw,hda,rw', ',raw,hdc,r,cdrom' ]"
start mem
wait_for 60 "SeaBIOS has started GRUB" on_serial mem GRUB-LOADING
wait_for 60 "GRUB has started memtest86+" on_serial mem 'Memtest86+'
check "its device model has a user id of its own" own_user mem
check "vncviewer knows its screen" [ "$(xl-like vncviewer mem 2>/dev/null)" = 127.0.0.1::5900 ]
check "it is shown there" sh -c 'nc 127.0.0.1 5900 </dev/null | head -c 11 | grep "^RFB 003.008"'
truncate -s 1M /tmp/cd.iso
check "insert a CD" $XL cd-insert mem hdc /tmp/cd.iso
check "the device model has it" has_open mem /tmp/cd.iso
check "eject it" $XL cd-eject mem hdc
check "the device model has it no longer" has_not_open mem /tmp/cd.iso
wait_for 60 "memory is tested" on_serial mem Testing
check "destroy it" $XL destroy mem
check "its device model has ended" no_models

hvm killed 'memory = 32' 'vga = "none"' "disk = [ '/guest/memtest.disk,raw,hda,rw' ]"
start killed
check "kill its device model" kill -9 "$(model_pid killed)"
wait_for 30 "so it ends" gone killed
check "and why is in its log" grep "the device model of domain .* has ended: so the domain ends" \
    /var/log/xen-like/killed.log
check "nothing is left of that" no_models
fails
"""


def memtest(work):
    machine.make_bios_disk(
        f"{work}/disk", {"memtest": os.path.join(machine.BUILD, "stock/memtest/boot/memtest86+x64.bin")},
        [("memtest86+", ["linux16 /boot/memtest console=ttyS0,115200 nopause nobench"])])
    return MEMTEST, [(f"{work}/disk", "guest/memtest.disk")]


STORIES = {"memtest": memtest}


def main():
    if len(sys.argv) != 2 or sys.argv[1] not in STORIES:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory() as work:
        scenario, files = STORIES[sys.argv[1]](work)
        vtx_dom0.run(f"hvm-{sys.argv[1]}", scenario, 1400, files=files, archives=["device-model.cpio.lz4"])


if __name__ == "__main__":
    main()
