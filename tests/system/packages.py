#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The Debian packages, in the root file system of a Debian server: installed, upgraded, removed, purged.

GRUB's menu, made by GRUB's own programs, has one entry more, and GRUB's own script for Xen none; a
kernel that is installed is prepared to be Dom0 and offered, one that cannot be Dom0 is not; the
services are what systemd accepts; settings that were changed survive; and afterwards every file of the
machine is as it was, GRUB's menu included.  Only what GRUB asks of disks is answered by a script.
"""
# run: all timeout=1200
import filecmp
import glob
import hashlib
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests", "lib"))
import machine  # noqa: E402
from machine import Missing  # noqa: E402
from our_debs import PACKAGES, build, debs, later, must  # noqa: E402

SYSTEM = os.path.join(machine.IMAGES, "debian.tar")
DAEMONS = ["xstored", "consoled", "blockd", "blockd-nbd", "netd"]
UNITS = [*DAEMONS, "xen-like-dom0", "xen-like-guests", "xen-like-autostart"]
NEEDED = {"xen-like-hypervisor": {"libc6"},
          "xen-like-tools": {"libc6", "libyajl2", "libncursesw6", "libtinfo6", "kmod", "libext2fs2", "libseccomp2"},
          "xen-like-drivers": {"libc6", "liburing2", "libseccomp2", "libnbd0", "xen-like-tools"},
          "xen-like-dev": {"libdeflate-dev", "zlib1g-dev", "liblzma-dev", "libzstd-dev", "liblz4-dev"},
          "xen-like-doc": set()}
GRUB = ["/usr/sbin/grub-mkconfig", "/usr/bin/grub-mkrelpath", "/usr/bin/grub-file",
        "/usr/bin/grub-script-check", "/usr/share/grub/grub-mkconfig_lib", "/etc/grub.d/10_linux",
        "/etc/grub.d/20_linux_xen"]
PROBE = """#!/bin/sh
case "$*" in
*target=device*) echo /dev/vda1 ;;
*target=fs_uuid*) echo 6c696b65-7865-4e2d-8000-000000000001 ;;
*target=fs*) echo ext2 ;;
*target=partmap*) echo msdos ;;
*target=compatibility_hint*) echo hd0,msdos1 ;;
esac
"""
ENTRY = "Debian GNU/Linux, with xen-like hypervisor"
HYPERVISOR = "/boot/xen-like/xen-like.gz"
PROGRAM = "#include <ctrl.h>\n#include <xstore.h>\nint main(void) { return !ctrl_error || !xstore_watch; }\n"
failed = 0


def check(what, good, seen=""):
    global failed
    print(f"{'ok' if good else 'FAILED'} {what}", flush=True)
    if not good:
        failed += 1
        print(seen)


def run(*command, **more):
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **more)
    return done.returncode, done.stdout


class Server:
    """A root file system with two kernels and GRUB's scripts."""

    def __init__(self, folder):
        self.folder = folder
        must("tar", "-xf", SYSTEM, "-C", folder, "--exclude", "./dev/*")
        self.add_null()
        self.add_grub()
        self.versions = [self.add_kernel(role) for role in ("dom0-kernel", "guest-kernel")]
        self.write("/etc/default/grub", 'GRUB_DISTRIBUTOR=Debian\nGRUB_CMDLINE_LINUX="quiet"\n')

    def path(self, name):
        return self.folder + name

    def exists(self, name):
        return os.path.exists(self.path(name))

    def read(self, name):
        with open(self.path(name)) as f:
            return f.read()

    def write(self, name, text, mode=0o644):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w") as f:
            f.write(text)
        os.chmod(self.path(name), mode)

    def run(self, *command):
        return run("chroot", self.folder, *command,
                   env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C",
                        "DEBIAN_FRONTEND": "noninteractive"})

    def must(self, *command):
        status, text = self.run(*command)
        if status:
            raise Missing(f"{' '.join(command)} ended with {status}:\n{text[-3000:]}")
        return text

    def add_null(self):
        """A device of its own where that can be made and used, else the machine's."""
        null = self.path("/dev/null")
        try:
            os.mknod(null, stat.S_IFCHR | 0o666, os.makedev(1, 3))
            os.chmod(null, 0o666)
            with open(null, "w"):
                return
        except OSError:
            if os.path.lexists(null):
                os.unlink(null)
        self.write("/dev/null", "", 0o666)
        must("mount", "--bind", "/dev/null", null)

    def add_file(self, name):
        """A file of this machine, with the libraries that it needs if it is a program."""
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        shutil.copy(name, self.path(name))
        for library in re.findall(r" => (/\S+)", run("ldd", name)[1]):
            if not self.exists(library):
                shutil.copy(library, self.path(library))

    def add_grub(self):
        for name in GRUB:
            self.add_file(name)
        self.write("/usr/sbin/grub-probe", PROBE, 0o755)
        self.write("/usr/sbin/update-grub", "#!/bin/sh\nexec grub-mkconfig -o /boot/grub/grub.cfg\n", 0o755)
        self.write("/boot/grub/grub.cfg", "")

    def add_kernel(self, role):
        """One of the stock kernels, as its package lays it out."""
        files = glob.glob(f"{machine.BUILD}/stock/{role}/boot/*")
        for file in files:
            shutil.copy(file, self.path("/boot"))
        version = next(re.search("vmlinuz-(.*)", f) for f in files if "vmlinuz-" in f).group(1)
        self.write(f"/boot/initrd.img-{version}", "")
        return version

    def kernel_hooks(self, which, version):
        """What a kernel's package runs when it is installed or removed."""
        self.must("run-parts", f"--arg={version}", f"--arg=/boot/vmlinuz-{version}", f"/etc/kernel/{which}.d")
        self.must("update-grub")

    def menu(self, script=None):
        """The lines of GRUB's menu that can be chosen, or those of one script."""
        text = self.read("/boot/grub/grub.cfg")
        if script:
            text = re.search(rf"### BEGIN /etc/grub.d/{script} ###\n(.*?)### END", text, re.S).group(1)
        return re.findall(r"^(\s*)(?:menuentry|submenu) '([^']*)'", text, re.M)

    def titles(self):
        return [title for indent, title in self.menu() if not indent]

    def files(self):
        """Every file with what is in it, but for what is not on a disk and dpkg's own notes."""
        found = {}
        for folder, folders, names in os.walk(self.folder):
            inside = folder[len(self.folder):]
            folders[:] = [d for d in folders if f"{inside}/{d}" not in ("/var/lib/dpkg", "/dev", "/run")]
            for name in [*names, *folders]:
                path, about = f"{inside}/{name}", os.lstat(f"{folder}/{name}")
                content = b""
                if stat.S_ISLNK(about.st_mode):
                    content = os.readlink(f"{folder}/{name}").encode()
                elif stat.S_ISREG(about.st_mode):
                    with open(f"{folder}/{name}", "rb") as f:
                        content = hashlib.sha256(f.read()).digest()
                if path != "/var/log/dpkg.log":
                    found[path] = (about.st_mode, about.st_uid, about.st_gid, content)
        return found


def difference(before, after):
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


def contents(server, packages):
    for deb in packages:
        name = os.path.basename(deb).split("_")[0]
        depends = {d.split()[0] for d in must("dpkg-deb", "-f", deb, "Depends").replace("|", ",").split(",") if d.strip()}
        check(f"{name} depends on what it uses", depends == NEEDED[name], depends)
        listed = must("dpkg-deb", "-c", deb)
        owners = {line.split()[1] for line in listed.splitlines()}
        check(f"{name} belongs to root", owners == {"root/root"}, owners)
        files = {line.split()[5][1:] for line in listed.splitlines() if line[0] != "d"}
        settings = {f for f in files if f.startswith("/etc/")}
        control = must("dpkg-deb", "-I", deb)
        known = set(must("dpkg-deb", "-I", deb, "conffiles").split()) if " conffiles" in control else set()
        check(f"{name}: settings are known as such", settings == known, settings ^ known)
    check("what dpkg has written is what was packed", server.must("dpkg", "--verify", *PACKAGES) == "")


def install(server, packages):
    os.makedirs(server.path("/tmp/debs"))
    for deb in packages:
        shutil.copy(deb, server.path("/tmp/debs"))
    names = [f"/tmp/debs/{os.path.basename(deb)}" for deb in packages]
    text = server.must("dpkg", "--force-depends", "--force-unsafe-io", "--force-confold", "-i", *names)
    shutil.rmtree(server.path("/tmp/debs"))
    return text


def boot_entry(server, before, work):
    dom0, guest = server.versions
    check("the menu has one entry more", server.titles() == before + [ENTRY], server.titles())
    check("GRUB's own script for Xen makes none", server.menu("20_linux_xen") == [])
    kernel = f"/boot/xen-like/dom0-{dom0}"
    must("strip", "-o", f"{work}/kernel", server.path(kernel)) # as that of build/images is
    check("the kernel is prepared", filecmp.cmp(f"{work}/kernel", f"{machine.IMAGES}/dom0-kernel", False))
    check("the one for guests is not", not server.exists(f"/boot/xen-like/dom0-{guest}"))
    text = server.read("/boot/grub/grub.cfg")
    check("the hypervisor gets the options of its setting",
          re.search(rf"multiboot2\s+{HYPERVISOR} dom0_mem=1024M,max:1024M *$", text, re.M), text)
    check("Dom0 gets its kernel, GRUB's options and its ramdisk",
          re.search(rf"module2\s+{kernel} root=/dev/vda1 ro quiet *\n.*\n\s*module2\s+--nounzip /boot/initrd.img-{dom0}$",
                    text, re.M), text)
    os.rename(server.path(HYPERVISOR), server.path("/boot/xen-like.gz"))
    server.must("update-grub")
    check("(elsewhere it would make one)", len(server.menu("20_linux_xen")) > 1, server.menu())
    os.rename(server.path("/boot/xen-like.gz"), server.path(HYPERVISOR))


def another_kernel(server, before):
    dom0, other = server.versions[0], "6.99.0-1-amd64"
    for name in ("vmlinuz", "config", "initrd.img"):
        shutil.copy(server.path(f"/boot/{name}-{dom0}"), server.path(f"/boot/{name}-{other}"))
    server.kernel_hooks("postinst", other)
    text = server.read("/boot/grub/grub.cfg").split(ENTRY)[1]
    check("a newer kernel is Dom0's", f"/boot/xen-like/dom0-{other} " in text.split("}")[0], text)
    versions = [t.rsplit(" ", 1)[1] for indent, t in server.menu("20_xen_like") if indent]
    check("both are in a submenu", versions == [other, dom0], versions)
    server.write("/etc/default/grub", server.read("/etc/default/grub") + "GRUB_DISABLE_SUBMENU=y\n")
    server.must("update-grub")
    check("unless GRUB is to have none", len(server.menu("20_xen_like")) == 1)
    server.write("/etc/default/grub", server.read("/etc/default/grub").replace("GRUB_DISABLE_SUBMENU=y\n", ""))
    for name in ("vmlinuz", "config", "initrd.img"):
        os.unlink(server.path(f"/boot/{name}-{other}"))
    server.kernel_hooks("postrm", other)
    check("a kernel that is removed is offered no more", server.titles() == before + [ENTRY], server.titles())


def services(server):
    units = [f"/lib/systemd/system/{unit}.service" for unit in UNITS]
    status, text = server.run("systemd-analyze", "verify", "--man=no", *units)
    check("systemd accepts the units", status == 0 and text == "", text)
    for unit in UNITS:
        check(f"{unit} is started with the host",
              os.path.islink(server.path(f"/etc/systemd/system/multi-user.target.wants/{unit}.service")))
    for unit in DAEMONS:
        check(f"{unit} has a watchdog", "WatchdogSec=" in server.read(f"/lib/systemd/system/{unit}.service"))
    for unit in set(UNITS) - {"xen-like-dom0"}:
        check(f"{unit} does nothing where xen-like does not run",
              "ConditionPathExists=/run/xen-like/dom0\n" in server.read(f"/lib/systemd/system/{unit}.service"))


def program(server, work):
    """A program of somebody else, with the libraries of xen-like-dev."""
    prefix = f"--define-variable=prefix={server.path('/usr')}"
    flags = must("pkg-config", prefix, "--cflags", "--libs", "xen-like",
                 env=dict(os.environ, PKG_CONFIG_PATH=server.path("/usr/lib/pkgconfig"))).split()
    with open(f"{work}/program.c", "w") as f:
        f.write(PROGRAM)
    must("gcc", "-o", f"{work}/program", f"{work}/program.c", *flags)
    check("a program of somebody else can be built", run(f"{work}/program")[0] == 0)


def upgrade(server, packages):
    setting = "/etc/default/grub.d/xen-like.cfg"
    changed = server.read(setting).replace("1024M", "2048M")
    server.write(setting, changed)
    server.write("/etc/xen-like/auto/mine.cfg", "")
    install(server, packages)
    version = server.must("dpkg-query", "-W", "-f", "${Version}\n", *PACKAGES)
    check("all are upgraded", version.count(".later\n") == len(PACKAGES), version)
    check("a changed setting is kept", server.read(setting) == changed)
    check("and in GRUB's menu", "dom0_mem=2048M" in server.read("/boot/grub/grub.cfg"))
    check("guests that are to be started are kept", server.exists("/etc/xen-like/auto/mine.cfg"))
    os.unlink(server.path("/etc/xen-like/auto/mine.cfg"))


def remove(server, before, titles):
    server.must("dpkg", "-r", *PACKAGES)
    check("removed: the menu is as it was", server.titles() == titles, server.titles())
    kept = ("/etc/", "/boot/grub/grub.cfg", "/var/log/xen-like", "/var/lib/systemd/deb-systemd-helper-")
    left = [f for f in difference(before, server.files()) if not f.startswith(kept)]
    check("removed: nothing but settings and logs is left", not left, left)
    server.kernel_hooks("postinst", server.versions[0])
    check("removed: a kernel can be installed", server.titles() == titles and not server.exists("/boot/xen-like"))
    server.must("dpkg", "-P", *PACKAGES)
    left = difference(before, server.files())
    check("purged: every file is as it was", not left, left)


def story(folder, packages):
    server = Server(f"{folder}/root")
    server.must("update-grub")
    before, titles = server.files(), server.titles()
    install(server, packages)
    contents(server, packages)
    boot_entry(server, titles, folder)
    another_kernel(server, titles)
    services(server)
    program(server, folder)
    upgrade(server, later(packages, f"{folder}/later"))
    remove(server, before, titles)


def as_root(made):
    """The story with the packages of a folder, by root: of the machine, or of a namespace of its own."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("root", "later"):
            os.mkdir(f"{folder}/{name}")
        os.chmod(folder, 0o755)
        try:
            story(folder, debs(made))
        finally:
            run("umount", f"{folder}/root/dev/null") # if it was mounted
    sys.exit(1 if failed else 0)


def main():
    if not os.path.exists(SYSTEM):
        raise Missing(f"no {SYSTEM}: run `make debian-disk`")
    with tempfile.TemporaryDirectory() as made:
        os.chmod(made, 0o755)
        said, _ = build(made)
        check("make deb", not said.count("rror"), said)
        if os.getuid() == 0:
            as_root(made)
        again = ["mmdebstrap", "--unshare-helper", sys.executable, os.path.abspath(__file__), made]
        sys.exit(subprocess.run(again).returncode)


if __name__ == "__main__":
    try:
        as_root(sys.argv[1]) if sys.argv[1:] else main()
    except Missing as problem:
        sys.exit(f"packages: {problem}")
