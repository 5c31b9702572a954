#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The core file of a guest is read by the published format (tests/lib/xen_core.py): what the guest has in
memory is at its virtual addresses, through the page tables in the file, and gdb shows a variable by
its name and where the guest stands.

# run: our-tools cpus=2 timeout=600
"""
import base64
import gzip
import os
import re
import shutil
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests", "lib"))
from xen_core import XenCore  # noqa: E402

TINY = os.path.join(TOP, "build/guests/tiny.elf")
LOG = os.path.join(TOP, "build/logs/core.serial")
MEMORY_PAGES = 16 << 8
PATTERN = 0x9e3779b97f4a7c15    # guests/tiny/memory.c: witness[i] is i times this

SCENARIO = """. /usr/lib/scenario.sh
tiny g
check "create g" $XL create /tmp/g.cfg
wait_for 30 "it can be shut down" xstore exists "/local/domain/$($XL domid g)/control/feature-suspend"
has_said_so() { [ "$(xstore read "/local/domain/$($XL domid g)/control/feature-suspend")" = 1 ]; }
wait_for 30 "it serves" has_said_so
sleeps() { for look in 1 2 3; do $XL list g | grep -q -- " -b---- " || return 1; done; }
wait_for 30 "and has nothing more to do" sleeps
check "dump-core" $XL dump-core g /tmp/g.core
echo "CORE-SUM $(sha256sum </tmp/g.core | cut -d ' ' -f 1)"
gzip -c /tmp/g.core | base64 | sed 's/^/CORE /'
check "destroy g" $XL destroy g
fails
"""


def get_core():
    """The file, as the machine printed it."""
    with tempfile.NamedTemporaryFile("w", suffix=".sh") as scenario:
        scenario.write(SCENARIO)
        scenario.flush()
        subprocess.run(["tests/lib/boot", "--quiet", "--dom0", "our", "--scenario", scenario.name, "--timeout",
                        "550", "--hvargs", "dom0_mem=512M,max:512M", "--log", LOG], cwd=TOP, check=True)
    with open(LOG, errors="replace") as f:
        log = f.read()
    data = gzip.decompress(base64.b64decode("".join(re.findall(r"CORE ([A-Za-z0-9+/=]+)$", log, re.M))))
    sum_there = re.search(r"CORE-SUM (\w+)", log).group(1)
    done = subprocess.run(["sha256sum"], input=data, stdout=subprocess.PIPE, check=True)
    assert done.stdout.decode().split()[0] == sum_there, "the file came damaged over the serial line"
    return data


def symbol(name):
    text = subprocess.run(["nm", TINY], stdout=subprocess.PIPE, text=True, check=True).stdout
    return int(re.search(rf"^(\w+) \w {name}$", text, re.M).group(1), 16)


def in_gdb(core, *commands):
    with tempfile.NamedTemporaryFile(suffix=".core") as f:
        f.write(core.elf_core())
        f.flush()
        arguments = [word for command in commands for word in ("-ex", command)]
        return subprocess.run(["gdb", "-nx", "-batch", *arguments, TINY, f.name], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=True).stdout


def main():
    core = XenCore(get_core())
    assert core.nr_vcpus == 1 and core.nr_pages == MEMORY_PAGES, (core.nr_vcpus, core.nr_pages)
    for i in (0, 1, 511, 512, 4095):
        found = int.from_bytes(core.read(symbol("witness") + 8 * i, 8), "little")
        assert found == i * PATTERN % (1 << 64), f"witness[{i}] is {found:#x}"
    print("its memory is where its page tables say")
    if not shutil.which("gdb"):
        sys.exit("no gdb: it is a package that the tests need")
    text = in_gdb(core, "print/x witness[4095]", "backtrace", "print info->magic")
    for line in (f"= {4095 * PATTERN % (1 << 64):#x}", r"#0  wait_until", '= "xen-3.0-x86_64"'):
        assert re.search(line, text), f"gdb does not say {line}:\n{text}"
    print("gdb shows it by name, and where the guest is")


if __name__ == "__main__":
    main()
