#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""races.py [SEEDS [FIRST]]: the races of the small kernels under other interleavings.

Time is counted instructions and the two CPUs take turns, so a seed is a run that repeats exactly:
it chooses how long an instruction takes (which is how fine the turns are) and the moments at which
the kernels' vcpus pause and are interrupted.  A seed that fails is named; its log is kept.

# run: seeds timeout=1800 args="5"
"""
import os
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SHIFTS = (5, 3, 6, 4, 7)
AREAS = ("race", "advisories")


def run(area, seed):
    log = f"build/logs/races-{area}-{seed}.serial"
    command = ["tests/lib/boot", "--quiet", "--kernel", f"build/tests/guest/{area}",
               f"--icount={SHIFTS[seed % len(SHIFTS)]}", "--smp=2", "--mem=256", "--timeout=400",
               "--hvargs=dom0_mem=64M,max:96M dom0_max_vcpus=2", f"--cmdline=seed={seed}",
               "--expect", r"TEST-PASS.*$", "--log", log]
    passed = not subprocess.run(command, cwd=TOP, stdout=subprocess.DEVNULL).returncode
    print(f"{area}, seed {seed}: {'passed' if passed else 'FAILED, see ' + log}", flush=True)
    return passed


def main():
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    results = [run(area, seed) for seed in range(first, first + seeds) for area in AREAS]
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
