#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Nothing is left of guests of any type, however often they come and go: on a processor with VT-x, in
Bochs, 50 guests each of type pv, pvh and hvm are made, run for a moment and are destroyed, one by one. Then
free memory, domains, the store's nodes, event channels, processes and files are what they were.
"""
# run: all-types timeout=2400
import os
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests", "lib"))
import machine  # noqa: E402
import vtx_dom0  # noqa: E402

SCENARIO = r"""
. /usr/lib/scenario.sh
rounds=50

# What guests run is a loader that finds nothing to load, and says so; memory is all that they have.
tiny pv
printf '%s\n' 'name = "pvh"' 'type = "pvh"' 'kernel = "/guest/loader"' 'memory = 16' \
    'on_crash = "preserve"' 'on_poweroff = "preserve"' >/tmp/pvh.cfg
printf '%s\n' 'name = "hvm"' 'type = "hvm"' 'vga = "none"' 'memory = 16' >/tmp/hvm.cfg

files() { find /run /var/lib /tmp | wc -l; }
processes() { pidof xl-like xen-qemu-system-i386 | wc -w; }
state() {
    echo "files $(files), processes $(processes)"
    inventory
}
as_before() { memory_is "$free_before" && [ "$(state)" = "$before" ]; }
life() { $XL create -q "/tmp/$1.cfg" && usleep 100000 && $XL destroy "$1" || bad=$((bad + 1)); }

for type in pv pvh hvm; do
    bad=0
    life $type # what is made once, is made now
    wait_for 30 "the first one's monitor has ended" sh -c '[ -z "$(pidof xl-like)" ]'
    before=$(state) free_before=$(free_pages)
    for round in $(seq $rounds); do life $type; done
    check "$rounds guests of type $type were made and destroyed" [ $bad = 0 ]
    wait_for 30 "nothing is left of them" as_before || { echo "$before"; state; }
done
fails
"""


def main():
    vtx_dom0.run("rounds", SCENARIO, 2300,
                 files=[(os.path.join(machine.BUILD, "firmware", "loader.elf64"), "guest/loader")],
                 archives=["device-model.cpio.lz4"])


if __name__ == "__main__":
    main()
