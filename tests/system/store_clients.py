#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Debian's clients of the store on our xstored, on the host: tests/system/store_clients.sh, and what
Debian's xen-utils have to test a store with."""
# run: our-xstored quick=1 timeout=300
import os
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ROOT = os.path.join(TOP, "build/stock/root")
LIBRARIES = ":".join(f"{ROOT}/{d}/x86_64-linux-gnu" for d in ("usr/lib", "lib"))
CLIENTS = {"xstore": f"{TOP}/build/tools/xstore/xstore",
           "test-xenstore": f"{ROOT}/usr/lib/xen-4.17/bin/test-xenstore",
           "xenstore-control": f"{ROOT}/usr/lib/xen-4.17/bin/xenstore-control",
           **{name: f"{ROOT}/usr/bin/{name}" for name in (
               "xenstore-read", "xenstore-write", "xenstore-list", "xenstore-ls", "xenstore-rm",
               "xenstore-exists", "xenstore-chmod", "xenstore-watch")}}


def lay_out_commands(folder):
    """The clients by name, Debian's with Debian's libraries; and what the script has of busybox."""
    for name, program in {**CLIENTS, "usleep": "sleep 0.1 #"}.items():
        libraries = f"LD_LIBRARY_PATH={LIBRARIES} " if program.startswith(ROOT) else ""
        path = os.path.join(folder, name)
        with open(path, "w") as f:
            f.write(f'#!/bin/sh\n{libraries}exec {program} "$@"\n')
        os.chmod(path, 0o755)


def main():
    with tempfile.TemporaryDirectory() as folder:
        lay_out_commands(folder)
        socket = os.path.join(folder, "socket")
        environment = dict(os.environ, XENSTORED_PATH=socket, PATH=f"{folder}:{os.environ['PATH']}",
                           SCENARIO=f"{TOP}/guests/dom0/lib.sh")
        daemon = subprocess.Popen([f"{TOP}/build/tools/xstore/xstored", "-F", "-S", "-s", socket,
                                   "-j", os.path.join(folder, "journal")])
        try:
            while not os.path.exists(socket):
                if daemon.poll() is not None:
                    sys.exit("xstored has ended")
                time.sleep(0.01)
            failed = [command for command in (
                ["sh", f"{TOP}/tests/system/store_clients.sh"],
                ["sh", "-c", "xenstore-control quota | grep nodes="],
                ["test-xenstore", "-i", "20"], ["test-xenstore", "-r", "1"])
                      if subprocess.run(command, env=environment).returncode != 0]
        finally:
            daemon.terminate()
            daemon.wait()
    for command in failed:
        print("FAILED:", *command)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
