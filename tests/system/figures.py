#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What operations of the release hypervisor cost has not got worse: bench/recorded.txt.

The bench's small kernel runs as Dom0 with counted instructions, so that the host's load changes
nothing; QEMU's plugin counts costly events beside them.  A figure may be above what was recorded by
a twentieth, and not above its floor.  Exits of hardware guests are counted by Bochs.
"""
# run: ours timeout=300
# run: hvm timeout=600 args="hvm"
import os
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "bench"))
import guard  # noqa: E402
import machines  # noqa: E402

SKIP_STATUS = 77


def main():
    hvm = "hvm" in sys.argv[1:]
    if hvm and not machines.bochs.present():
        print("bochs-bin is not installed (Debian package bochs)")
        sys.exit(SKIP_STATUS)
    measure = machines.hvm if hvm else machines.single
    try:
        figures = measure("guard", "build/release/xen-like.gz",
                          tag="figures-hvm" if hvm else "figures")
    except machines.Failed as problem:
        sys.exit(str(problem))
    for name, figure in figures.items():
        print(f"{name}: {figure.value:,.1f}")
    worse = list(guard.worse(figures, hvm))
    for line in worse:
        print(f"WORSE {line}")
    sys.exit(1 if worse else 0)


if __name__ == "__main__":
    main()
