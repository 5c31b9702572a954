#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""make install, clean and help, and what the installed programs say on a machine that is no Dom0.

`make install` lays everything out below DESTDIR and PREFIX and nothing elsewhere; `make help` names
the targets that README.md does; `make clean` keeps the downloaded packages and nothing else.
"""
# run: all quick=1 timeout=600
import os
import re
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PREFIX = "/opt/xl"
PAGES = ["xl-like.1", "guest.cfg.5", "xstore.1", "xstored.8", "consoled.8", "blockd.8", "blockd-nbd.8",
         "netd.8", "bootdisk.8", "xen-like.7", "xen-like-save.5", "xen-like-unpack-kernel.8"]
FILES = {"boot/xen-like/xen-like.gz", "etc/kernel/postinst.d/xen-like", "etc/kernel/postrm.d/xen-like",
         "etc/grub.d/20_xen_like", "etc/default/grub.d/xen-like.cfg", "etc/default/xen-like",
         "etc/logrotate.d/xen-like",
         *(f"opt/xl/{name}" for name in (
             "lib/debug/boot/xen-like-syms", "bin/xstore", "sbin/xl-like", "sbin/xstored",
             "sbin/consoled", "sbin/blockd", "sbin/blockd-nbd", "sbin/netd", "sbin/xen-like-unpack-kernel",
             "share/bash-completion/completions/xl-like",
             "share/zsh/vendor-completions/_xl-like", "lib/tmpfiles.d/xen-like.conf",
             "lib/xen-like/bootdisk", "lib/xen-like/pygrub", "lib/xen-like/libctrl.a", "lib/xen-like/libxstore.a", "include/xen-like/ctrl.h",
             "include/xen-like/xstore.h", "include/xen-like/public/xen.h",
             *(f"lib/systemd/system/{name}.service" for name in (
                 "xstored", "consoled", "blockd", "blockd-nbd", "netd", "xen-like-dom0",
                 "xen-like-guests", "xen-like-autostart")),
             *(f"share/man/man{page[-1]}/{page}" for page in PAGES)))}
TARGETS = ["run", "check", "check-quick", "bench", "install", "deb", "clean", "fuzz"]
failed = 0


def check(what, good, seen=""):
    global failed
    print(f"{'ok' if good else 'FAILED'} {what}", flush=True)
    if not good:
        failed += 1
        print(seen)


def run(*command):
    return subprocess.run(command, cwd=TOP, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)


def make(*arguments):
    return run("make", "--no-print-directory", *arguments)


def installed(folder):
    return {os.path.relpath(os.path.join(at, name), folder)
            for at, _, names in os.walk(folder) for name in names}


def install(folder):
    done = make("install", f"DESTDIR={folder}", f"PREFIX={PREFIX}")
    check("make install", done.returncode == 0, done.stdout[-2000:])
    found = installed(folder)
    check("every file is where README.md and the man pages say", found >= FILES, FILES - found)
    check("and none is elsewhere", all(f.startswith(("boot/", "etc/", "opt/xl/")) for f in found),
          found)
    pages = set(os.listdir(f"{TOP}/docs/man"))
    check("all manual pages are among them", pages == set(PAGES), pages ^ set(PAGES))
    for page in PAGES:
        name = f"{folder}{PREFIX}/share/man/man{page[-1]}/{page}"
        with open(name) as f:
            check(f"{page} is a manual page", ".SH NAME" in f.read())


def xl_like(folder):
    program = f"{folder}{PREFIX}/sbin/xl-like"
    config = f"{folder}/guest.cfg"
    with open(config, "w") as f:
        f.write('name = "g"\nkernel = "/none"\nmemmory = 16\n')
    for status, *arguments in ((0, "help"), (0, "list", "--help"), (2,), (2, "lits"),
                               (2, "list", "--nosuch"), (3, "create", "-n", config), (4, "list"),
                               (4, "info"), (4, "dmesg")):
        done = run(program, *arguments)
        check(f"xl-like {' '.join(arguments)}: exit status {status}", done.returncode == status,
              f"{done.returncode}: {done.stdout}")
    check("a wrong key is told by file, line, column and the nearest key",
          re.search(rf"{config}:3:1: .*memmory.*\n?.*memory",
                    run(program, "create", "-n", config).stdout))


def make_help():
    text = make("help").stdout
    for target in TARGETS:
        check(f"make help names {target}", re.search(rf"^make {target}\b", text, re.M), text)


def clean(folder):
    for part in ("debs", "hv-debug/obj", "tests"):
        os.makedirs(f"{folder}/b/{part}")
        with open(f"{folder}/b/{part}/file", "w"):
            pass
    done = make("clean", f"B={folder}/b")
    check("make clean keeps downloaded packages only",
          done.returncode == 0 and installed(f"{folder}/b") == {"debs/file"}, done.stdout)


def main():
    with tempfile.TemporaryDirectory() as folder:
        install(f"{folder}/root")
        xl_like(f"{folder}/root")
        clean(folder)
    make_help()
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
