#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Non-maskable interrupts and machine checks, injected from QEMU's monitor: what the crash tells,
and that the machine restarts afterwards, or stays with noreboot; what Dom0 hears of those that the
machine survives.
"""
# run: nmi-mce quick=1 timeout=600
import os
import socket
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests", "lib"))
import machine  # noqa: E402
from machine import Machine, Missing  # noqa: E402

# valid, uncorrected, enabled, context corrupt
# valid, enabled, corrected; the small kernel knows it
CORRECTED_MACHINE_CHECK = "mce 0 1 0x9000000000000123 0x0 0x0 0x0"
FATAL_MACHINE_CHECK = "mce 0 0 0xb200000000000000 0x0 0x0 0x0"
REPORT = [r"Panic on CPU 0: {}", r"CPU 0 was running d0v[01]", r"^.*rip e033:", r"^.*cr0 .* cr4"]


def start(work, name, hvargs, kernel="hypercall", args="test=version stay=1"):
    plain = os.path.join(machine.BUILD, "xen-like")
    kernel = os.path.join(machine.BUILD, "tests/guest", kernel)
    boot = ["-kernel", plain, "-initrd", f"{kernel} {args}", "-append",
            f"console=com1 com1=115200,8n1 dom0_mem=64M,max:96M {hvargs}"]
    monitor = ["-chardev", f"socket,id=monitor,path={work}/monitor,server=on,wait=off",
               "-mon", "chardev=monitor,mode=readline"]
    log = os.path.join(machine.BUILD, "logs", f"crash-{name}.serial")
    return Machine(boot, log, fatal=[], smp=1, mem=256, extra=monitor)


def ask(monitor, line):
    """One command of QEMU's monitor and what it answers."""
    monitor.sendall(line.encode() + b"\n")
    answer = b""
    while not answer.endswith(b"(qemu) "):
        answer += monitor.recv(4096)
    return answer.decode(errors="replace")


def inject(work, command):
    """Does it while the machine stands still in the guest: the report is about that."""
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(60)
        s.connect(f"{work}/monitor")
        ask(s, "stop")
        while "CPL=3" not in ask(s, "info registers"):
            ask(s, "cont")
            time.sleep(0.05)
            ask(s, "stop")
        ask(s, command)
        ask(s, "cont")


def case(name, hvargs, injected, why, end):
    """end: the last text; None: the machine must end by itself, which is how QEMU restarts here."""
    with tempfile.TemporaryDirectory() as work, start(work, name, hvargs) as m:
        m.expect(r"TEST-PASS.*\n", 100)
        inject(work, injected)
        for text in REPORT:
            m.expect(text.format(why), 60)
        m.expect(end or r"Restart in 5 seconds", 60)
        if not end:
            m.finish(100)
    print(f"ok {name}")


def told(test, marker, injected, log):
    """Dom0 hears of it: the small kernel waits for it and judges."""
    args = f"test={test} inject=1"
    with tempfile.TemporaryDirectory() as work, start(work, test, "", "platform", args) as m:
        m.expect(marker, 100)
        inject(work, injected)
        m.expect(log, 100)
        m.expect(r"TEST-PASS 1 success", 100)
    print(f"ok {test} told to Dom0")


def ignored():
    with tempfile.TemporaryDirectory() as work, start(work, "ignored", "nmi=ignore") as m:
        m.expect(r"TEST-PASS.*\n", 100)
        inject(work, "nmi")
        m.expect(r"NMI of unknown origin\r?\n", 100)
    print("ok an NMI of unknown origin is only logged")


def main():
    ignored()
    told("nmi", "waiting for an NMI", "nmi", "NMI of unknown origin")
    told("mca", "waiting for a machine check", CORRECTED_MACHINE_CHECK,
         "machine check bank 1: status 9000000000000123")
    case("nmi", "nmi=fatal noreboot", "nmi", "NMI of unknown origin", r"Stopped \(noreboot\)")
    case("mce", "noreboot", FATAL_MACHINE_CHECK, "machine check", r"Stopped \(noreboot\)")
    case("mce-restart", "", FATAL_MACHINE_CHECK, "machine check", None)


if __name__ == "__main__":
    try:
        main()
    except Missing as problem:
        sys.exit(f"crash: {problem}")
