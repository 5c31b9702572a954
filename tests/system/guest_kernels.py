#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The small kernels of tests/guest as unprivileged guests: what is Dom0's is refused to them, all
else works as it does for Dom0.

The toolstack in Dom0 creates one guest for each area, one after the other; the verdicts are in the
guests' console logs.

# run: our-tools cpus=2 timeout=1500 args="our"
"""
import os
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

SCENARIO = """. /usr/lib/scenario.sh
verdict() { grep -aoE "TEST-(PASS|FAIL|SKIP) .*" "$(console_log "$1")" || unfinished "$1"; }
unfinished() { tail -n 5 "$(console_log "$1")"; return 1; }
why() { grep -aE "^(failure|error):" "$(console_log "$1")"; return 1; }
passed() { verdict "$1" | grep -qE "PASS|SKIP" || why "$1"; }
id=1
for area in AREAS; do
    cat >/tmp/$area.cfg <<END
name = "$area"
type = "pv"
kernel = "/guest/kernels/$area"
memory = 24
vcpus = 2
extra = "domid=$id"
on_poweroff = "preserve"
on_crash = "preserve"
END
    check "create $area" $XL create /tmp/$area.cfg
    wait_for 60 "$area gave its verdict" verdict $area
    check "$area" passed $area
    $XL destroy $area
    wait_for 20 "$area is gone" gone $area
    id=$((id + 1))
done
fails
"""


# Not here: what needs Dom0's rights or one CPU in counted time; "hostile", whose guests hostile.py
# starts beside a bystander.
AS_DOM0_ONLY = {"faults", "hostile", "latency", "smp"}


def areas():
    """The areas that the build made kernels for, as far as they run as unprivileged guests."""
    with open(os.path.join(TOP, "build/tests.list")) as f:
        words = [line.split() for line in f]
    names = [os.path.basename(path) for suite, path in words if suite == "guest"]
    return [name for name in names if name not in AS_DOM0_ONLY]


def main():
    tools = sys.argv[1] if len(sys.argv) > 1 else "debian"
    command = ["tests/lib/boot", "--quiet", "--dom0", tools, "--timeout", "1450",
               "--hvargs", "dom0_mem=512M,max:512M"]
    command += sys.argv[2:]
    for area in areas():
        command += ["--file", f"build/tests/guest/{area}=guest/kernels/{area}"]
    with tempfile.NamedTemporaryFile("w", suffix=".sh") as scenario:
        scenario.write(SCENARIO.replace("AREAS", " ".join(areas())))
        scenario.flush()
        log = f"build/logs/guest-kernels-{tools}.serial"
        done = subprocess.run(command + ["--scenario", scenario.name, "--log", log], cwd=TOP)
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
