# SPDX-License-Identifier: GPL-2.0-only
"""Our Debian packages, as `make deb` makes them, for tests; and the same with a later version."""
import fcntl
import glob
import os
import re
import shutil
import subprocess

from machine import BUILD, TOP, Missing

PACKAGES = ["xen-like-hypervisor", "xen-like-tools", "xen-like-drivers", "xen-like-dev", "xen-like-doc"]


def must(*command, **more):
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **more)
    if done.returncode:
        raise Missing(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout[-3000:]}")
    return done.stdout


def debs(folder, names=PACKAGES):
    """The packages in a folder, which has these and no others, in the order of the names."""
    found = {os.path.basename(f).split("_")[0]: f for f in glob.glob(f"{folder}/*.deb")}
    if sorted(found) != sorted(names):
        raise Missing(f"packages in {folder}: {sorted(found)}; run `make deb`")
    return [found[p] for p in names]


def build(folder):
    """Makes the packages and copies them into the folder; one test at a time. Returns (make's output, files)."""
    with open(f"{BUILD}/deb.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        said = must("make", "--no-print-directory", "-C", TOP, "deb")
        for deb in debs(f"{BUILD}/deb"):
            shutil.copy(deb, folder)
    return said, debs(folder)


def later(packages, folder):
    """The same packages with a later version, in the folder."""
    for deb in packages:
        work = f"{folder}/work"
        must("dpkg-deb", "-R", deb, work)
        control = f"{work}/DEBIAN/control"
        with open(control) as f:
            text = f.read()
        version = re.search(r"^Version: (.*)$", text, re.M).group(1)
        with open(control, "w") as f:
            f.write(text.replace(version, version + ".later"))
        must("dpkg-deb", "--root-owner-group", "-Znone", "-b", work, folder)
        shutil.rmtree(work)
    return debs(folder, [os.path.basename(deb).split("_")[0] for deb in packages])
