#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Debian's packages that the tests boot: kernels, Xen, its tools.  Nothing gets installed.

usage: debs.py fetch                      download what is missing into the cache
       debs.py unpack DIR                 unpack into DIR (one folder per role), downloading if needed
       debs.py mirror DIR PACKAGE...      a package repository of files in DIR: these, the essential
                                          ones, and what they need

Names are resolved through apt at that moment, so the newest kernel of the release is used.  The
cache is build/debs, or $XEN_LIKE_CACHE.  DIR gets the folders dom0-kernel, guest-kernel, xen, root
(user space), device-model and memtest, each with a file .packages that says what it was made from.
"""
import hashlib
import os
import re
import shutil
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# role -> packages; a metapackage is replaced by the package it depends on that fits the pattern
ROLES = {
    "dom0-kernel": [("linux-image-amd64", r"linux-image-[0-9].*-amd64$")],
    "guest-kernel": [("linux-image-cloud-amd64", r"linux-image-[0-9].*-cloud-amd64$")],
    "xen": [("xen-hypervisor-4.17-amd64", None)],
    "root": [(p, None) for p in (
        "xen-utils-4.17", "xen-utils-common", "xenstore-utils", "libxencall1", "libxenevtchn1",
        "libxenforeignmemory1", "libxengnttab1", "libxenmisc4.17", "libxenstore4",
        "libxentoollog1", "libxenhypfs1", "libxendevicemodel1", "libxentoolcore1", "libyajl2",
        "libncurses6", "libtinfo6", "libuuid1", "zlib1g", "liblzma5", "libzstd1", "liblz4-1",
        "liblzo2-2", "libbz2-1.0", "libnl-3-200", "libnl-route-3-200", "libfdt1",
        "libgcc-s1", "libc6", "busybox-static")],
    "device-model": [("qemu-system-xen", None)],
    "memtest": [("memtest86+", None)],
}


def fail(text):
    sys.exit(f"debs: {text}")


def cache_dir():
    return os.environ.get("XEN_LIKE_CACHE") or os.path.join(TOP, "build", "debs")


def entries_of(text):
    """Of what apt shows of several packages: by name, its fields as a dictionary, and the text."""
    entries = {}
    for entry in text.strip().split("\n\n"):
        fields = dict(re.findall(r"^([A-Za-z0-9-]+): (.*)$", entry, re.M))
        if "Package" in fields:
            entries[fields["Package"]] = (fields, entry)
    return entries


def apt_show(names):
    """The candidates' fields, in the order of the names. One call: apt reads all its lists for each."""
    shown = entries_of(subprocess.run(["apt-cache", "show", "--no-all-versions", *names], text=True,
                                      stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout)
    for name in names:
        if name not in shown:
            fail(f"apt knows no package {name}; run `apt-get update`, and check that main is "
                 "enabled in the apt sources")
    return [shown[name][0] for name in names]


def dependency(fields, pattern):
    for dep in re.split(r"[,|]\s*", fields.get("Depends", "")):
        name = dep.split()[0] if dep.split() else ""
        if re.match(pattern, name):
            return name
    fail(f"{fields['Package']} depends on no package like {pattern}")


def resolve(packages):
    """For (name, pattern) of ROLES, the fields of what is meant."""
    shown = apt_show([name for name, _ in packages])
    return apt_show([dependency(f, pattern) if pattern else f["Package"]
                     for f, (_, pattern) in zip(shown, packages)])


def deb_path(fields):
    version = fields["Version"].replace(":", "%3a")
    return os.path.join(cache_dir(),
                        f"{fields['Package']}_{version}_{fields['Architecture']}.deb")


def matches(path, fields):
    if not os.path.exists(path):
        return False
    digest = hashlib.sha256()
    with open(path, "rb") as f:
        while block := f.read(1 << 20):
            digest.update(block)
    return digest.hexdigest() == fields["SHA256"]


def download(wanted):
    missing = [f for f in wanted if not matches(deb_path(f), f)]
    if not missing:
        return
    print(f"Fetching {len(missing)} Debian packages into {cache_dir()}", flush=True)
    names = [f"{f['Package']}={f['Version']}" for f in missing]
    done = subprocess.run(["apt-get", "-o", "APT::Sandbox::User=root", "download"] + names,
                          cwd=cache_dir(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True)
    for f in missing:
        if not matches(deb_path(f), f):
            fail(f"could not download {f['Package']} {f['Version']}; if the package lists are "
                 f"old, run `apt-get update`\n{done.stdout[-2000:]}")


def unpack(role, packages, directory):
    """Unpacks a role unless it is there already, made from the same packages."""
    target = os.path.join(directory, role)
    note = os.path.join(target, ".packages")
    content = "".join(f"{f['Package']} {f['Version']}\n" for f in packages)
    if os.path.exists(note) and open(note).read() == content:
        return
    shutil.rmtree(target, ignore_errors=True)
    os.makedirs(target)
    for f in packages:
        subprocess.run(["dpkg", "-x", deb_path(f), target], check=True)
    with open(note, "w") as f:
        f.write(content)


EMPTY_SYSTEM = ["-o", "Dir::State::status=/dev/null", "-o", "APT::Install-Recommends=0"]


def closure(names):
    """What apt would install on an empty system for these names, as (fields, entry) by name."""
    done = subprocess.run(["apt-get", *EMPTY_SYSTEM, "--simulate", "install", "?essential", *names],
                          text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    chosen = sorted(re.findall(r"^Inst (\S+) \((\S+) ", done.stdout, re.M))
    if done.returncode or not chosen:
        fail(f"apt cannot put a system together from {' '.join(names)}\n{done.stdout[-2000:]}")
    shown = subprocess.run(["apt-cache", *EMPTY_SYSTEM, "show",
                            *(f"{name}={version}" for name, version in chosen)],
                           check=True, text=True, stdout=subprocess.PIPE).stdout
    entries = entries_of(shown)
    return [entries[name] for name, _ in chosen]


def mirror(directory, names):
    """Writes the repository; its index is touched only if it changes."""
    packages = closure(names)
    download([fields for fields, _ in packages])
    os.makedirs(directory, exist_ok=True)
    index = ""
    for fields, entry in packages:
        source = deb_path(fields)
        name = f"{fields['Package']}_{fields['SHA256'][:8]}.deb"
        target = os.path.join(directory, name)
        if not matches(target, fields):
            shutil.copyfile(source, target)
        index += re.sub(r"^Filename: .*$", f"Filename: ./{name}", entry, flags=re.M) + "\n\n"
    path = os.path.join(directory, "Packages")
    if os.path.exists(path) and open(path).read() == index:
        return
    for name in os.listdir(directory):
        if name.endswith(".deb") and name not in index:
            os.unlink(os.path.join(directory, name))
    with open(path, "w") as f:
        f.write(index)


def main():
    arguments = {"fetch": (0, 0), "unpack": (1, 1), "mirror": (2, 100)}
    least, most = arguments.get(sys.argv[1] if sys.argv[1:] else None, (1, 0))
    if not least <= len(sys.argv) - 2 <= most:
        sys.exit(__doc__)
    os.makedirs(cache_dir(), exist_ok=True)
    if sys.argv[1] == "mirror":
        mirror(sys.argv[2], sys.argv[3:])
        return
    resolved = resolve([p for packages in ROLES.values() for p in packages])
    download(resolved)
    if sys.argv[1] == "unpack":
        for role, packages in ROLES.items():
            unpack(role, [resolved.pop(0) for _ in packages], sys.argv[2])


if __name__ == "__main__":
    main()
