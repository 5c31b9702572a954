#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The guest kernel of guests/linux-patches, built first if need be, on both hypervisors.

From the toolstack's `unpause` to its /init it takes at most a fifth of the instructions that Debian's
cloud kernel takes on Debian's Xen, whatever runs on the machine meanwhile counted; and what its
patches are for costs no more than written here. Time is counted: the host's load changes nothing.
"""
# run: boots-and-forks cpus=2 timeout=5400
import os
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "bench"))
import machines  # noqa: E402

STOCK_BOOT = 3054.4e6  # Debian's cloud kernel on Debian's Xen, a guest of 192 MiB with one vcpu

# (figure, counter of the plugin or None for instructions, limits on our hypervisor and on Xen)
LIMITS = [
    ("patched_boot", None, STOCK_BOOT / 5, STOCK_BOOT / 5),
    # the fault, its hypercall, its return; unpatched a fourth, for the entry's removal
    ("patched_page_fault", "enter.h", 3.5, 3.5),
    # no emulated writes of entries, a shorter walk through the tables
    ("patched_fork_exit_wait", None, 450e3, 660e3),
]


def measured(figure, counter):
    return figure.events[counter] if counter else figure.value


def main():
    too_much = []
    try:
        kernel = {"patched": machines.patched_kernel()}
        for system, image, column in ("ours", "build/release/xen-like.gz", 2), ("xen", "debian", 3):
            figures = machines.kernels(system, image, kernel)
            for row in LIMITS:
                value, limit = measured(figures[row[0]], row[1]), row[column]
                line = f"{row[0]} on {system}: {row[1] or 'instructions'} {value:,.1f}, " \
                       f"limit {limit:,.1f}"
                print(line)
                if value > limit:
                    too_much.append(line)
    except machines.Failed as problem:
        sys.exit(str(problem))
    for line in too_much:
        print("TOO MUCH:", line)
    sys.exit(1 if too_much else 0)


if __name__ == "__main__":
    main()
