#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""A small kernel with all tests of processor state, as Dom0 on many kinds of machine in QEMU."""
# run: qemu cpus=2 quick=1 timeout=900
import os
import re
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
KERNEL = os.path.join(TOP, "build/tests/guest/cpu")
LOGS = os.path.join(TOP, "build/logs")
PASS = r"TEST-PASS"

# what, arguments of tests/lib/boot, and what the machine says before the verdict
MACHINES = [
    ("a plain 64-bit AMD", ["--cpu=qemu64"],
     [r"CPU: AMD.*bits,$", r"Speculation: buffers are not cleared"]),
    ("an Intel of 2015", ["--cpu=Skylake-Client-v4,-smap"], [r"CPU: Intel.* SMEP.* XSAVE"]),
    ("an AMD of 2017", ["--cpu=EPYC,-smap"], [r"CPU: AMD.* SMEP.* XSAVE"]),
    ("no XSAVE", ["--cpu=max,-smap,-xsave"], [r"CPU: .*UMIP$"]),
    ("i440fx", ["--qemu=-machine pc"], [r"CPUs: 2 of 2 online"]),
    ("no HPET", ["--qemu=-no-hpet"], [r"Clock: TSC .*PM timer"]),
    ("no ACPI: one CPU, PIT", ["--qemu=-machine pc -no-acpi -no-hpet"],
     [r"ACPI: no tables", r"Clock: TSC .*PIT"]),
    ("16 MiB", ["--mem=16"], [r"dom0_mem: .* not free"]),
    ("8 GiB", ["--mem=8192"], [r"CPUs: 2 of 2 online"]),
    ("one CPU", ["--smp=1"], [r"Clock: "]),
    ("buffers cleared on each way to a guest", ["--hvargs=spec-ctrl=md-clear"],
     [r"Speculation: buffers are cleared"]),
    ("... and isolation", ["--cpu=Skylake-Client-v4,-smap", "--hvargs=spec-ctrl=md-clear"],
     [r"Speculation: buffers are cleared"]),
    ("four CPUs", ["--smp=4"], [r"CPUs: 4 of 4 online"]),
    ("no SMP", ["--smp=4", "--hvargs=nosmp dom0_vcpus_pin"], [r"CPUs: 3 are left unused"]),
    ("each vcpu a CPU of its own", ["--hvargs=sched=null"], [r"Scheduler: null$"]),
    ("one of four CPUs", ["--smp=4", "--hvargs=maxcpus=1"], [r"CPUs: 3 are left unused"]),
]
REFUSED = [
    ("no NX", ["--cpu=max,-smap,-nx"], [r"this CPU has no 64-bit mode or no NX"]),
    ("no 64-bit mode", ["--cpu=max,-smap,-lm"], [r"this CPU has no 64-bit mode or no NX"]),
]


def boot(what, arguments, expected):
    log = os.path.join(LOGS, f"cpu-models-{re.sub('[^a-z0-9]+', '-', what.lower())}.serial")
    hvargs = "dom0_mem=64M,max:96M dom0_max_vcpus=2"
    for a in arguments:
        if a.startswith("--hvargs="):
            hvargs += " " + a.split("=", 1)[1]
    command = [os.path.join(TOP, "tests/lib/boot"), "--kernel", KERNEL, "--mem=256", "--smp=2",
               "--quiet", "--timeout=150", *arguments, f"--hvargs={hvargs}", f"--log={log}"]
    done = subprocess.run(command + [f"--expect={e}" for e in expected], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, errors="replace")
    print(f"{'FAILED' if done.returncode else 'ok'} {what}", flush=True)
    if done.returncode:
        print(done.stdout)
    return done.returncode == 0


def main():
    good = [boot(what, arguments, expected + [PASS]) for what, arguments, expected in MACHINES]
    good += [boot(what, arguments, expected) for what, arguments, expected in REFUSED]
    sys.exit(0 if all(good) else 1)


if __name__ == "__main__":
    main()
