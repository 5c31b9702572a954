#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""make run's own story on machines of several sizes, unattended, and once on a terminal, typed."""
# run: smp2 cpus=2 quick=1 timeout=1500 args="2 2048"
# run: smp1-512MiB timeout=1500 args="1 512 dom0_mem=288M,max:288M"
# run: smp4-8GiB cpus=2 timeout=1500 args="4 8192"
# run: maxcpus1-on-a-terminal cpus=2 timeout=1500 args="--terminal 2 2048 maxcpus=1"
import importlib.machinery
import os
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests", "lib"))
import machine  # noqa: E402

MAKE_RUN = os.path.join(TOP, "tests/lib/make-run")
ON_A_TERMINAL = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"


class Terminal(machine.Machine):
    """`make run` with a pseudo-terminal as its input and output: what a user sees and types."""

    def __init__(self, log):
        self._start([sys.executable, "-c", ON_A_TERMINAL, MAKE_RUN], log)


def on_a_terminal(log):
    make_run = importlib.machinery.SourceFileLoader("make_run", MAKE_RUN).load_module()
    with Terminal(log) as m:
        m.expect(r"Ctrl-\] leaves a guest's console", 200)
        m.expect("xen-like, Debian as Dom0", 200)  # GRUB's menu
        status = make_run.story(m)
        if status != 0:
            raise machine.Missing(f"QEMU ended with status {status}")


def main():
    terminal = sys.argv[1] == "--terminal"
    smp, mem, *hvargs = sys.argv[1 + terminal:]
    os.environ.update(MAKE_RUN_SMP=smp, MAKE_RUN_MEM=mem, MAKE_RUN_HVARGS=" ".join(hvargs))
    log = os.path.join(TOP, "build", "logs", f"run-{smp}-{mem}-{len(hvargs)}.serial")
    if not terminal:
        sys.exit(subprocess.run([MAKE_RUN, "--unattended", f"--log={log}"]).returncode)
    try:
        on_a_terminal(log)
    except machine.Missing as problem:
        sys.exit(f"make run on a terminal: {problem}")


if __name__ == "__main__":
    main()
