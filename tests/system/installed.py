#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""A Debian server on a disk: our packages installed, GRUB, the hypervisor, systemd, a guest, an upgrade.

bios: the machine starts Debian from its disk by GRUB, fetches our packages over the network, installs them
as docs/install.md says, and reboots with two CPUs: GRUB's menu has one entry more, which starts the
hypervisor, and Debian as Dom0 up to its login, with all CPUs, its disk and its network. The guest of
/etc/xen-like/auto/ counts. As the machine powers off, it is asked to shut down, and the file system is in
order.

uefi: the same disk starts with UEFI, to the same end (and is made as above, if bios has not left it), but
there is more before that. Later packages are installed, and leave our part of the menu as it was: it is the
same guest afterwards, and goes on counting, and so it does when all daemons hang and systemd's watchdogs
start them again. The packages are not removed while a guest runs that does not shut down; purged, they shut
it down, and leave nothing.
"""
# run: bios cpus=2 timeout=1500 args="bios"
# run: uefi timeout=3000 args="uefi"
import os
import re
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests", "lib"))
import machine  # noqa: E402
from machine import Machine, Missing  # noqa: E402
from our_debs import build, later, must  # noqa: E402

DISK = os.path.join(machine.IMAGES, "server.disk")
LEFT = os.path.join(machine.BUILD, "tmp", "installed.disk") # by bios for uefi
UNSAFE = ",cache=unsafe"                # as QEMU calls it: what the machine has written need not survive the host's end
SYSTEM_AT = 1 << 20                     # where its first partition is
INSTALLED = ["xen-like-hypervisor", "xen-like-tools", "xen-like-drivers"]
DAEMONS = ["xstored", "consoled", "blockd", "blockd-nbd", "netd"]
ENTRY = "Debian GNU/Linux, with xen-like hypervisor"
PROMPT = "^root@server:.*# "
CONSOLE = "/var/log/xen-like/console/counter.log"
LAST = f"grep -a -o 'COUNT [0-9]*' {CONSOLE} | tail -n 1 | cut -d ' ' -f 2" # the log goes on from start to start
SETTINGS = "/etc/default/xen-like"
WATCHDOG = 10                           # seconds, here
HOST = "10.0.2.100"                     # QEMU's network: port 80 sends a file

# What installing and purging must not change
STATE = ("(find /boot /etc /usr /opt /var/log -xdev ! -path '/var/log/[!x]*' | sort;"
         " cat /etc/passwd /etc/group /etc/default/grub /etc/default/grub.d/*)")
# The menu, without our part, and without that which depends on the firmware; and our part of it
OTHERS = "sed '/^### BEGIN .*\\(xen_like\\|uefi-firmware\\) ###/,/^### END/d' /boot/grub/grub.cfg | cat -s"
OURS = "sed -n '/^### BEGIN .*xen_like ###/,/^### END/p' /boot/grub/grub.cfg"
TITLES = "grep -E '^(menuentry|submenu)' /boot/grub/grub.cfg | cut -d \"'\" -f 2"
DEBIANS = "Debian GNU/Linux\nAdvanced options for Debian GNU/Linux"
FIRMWARES = "\nUEFI Firmware Settings"


class Server:
    """One run of the machine, with a root who has logged in."""

    def __init__(self, boot, cpus, log, archive):
        network = f"user,id=net,restrict=on,guestfwd=tcp:{HOST}:80-cmd:cat {archive}"
        self.machine = Machine(boot, log, smp=cpus, mem=2048,
                               extra=["-netdev", network, "-device", "virtio-net-pci,netdev=net,romfile="])
        self.cpus = cpus
        self.marks = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.machine.stop()

    def log_in(self):
        self.machine.expect("^server login: ", 900)
        self.machine.send("root\n")
        self.machine.expect(PROMPT, 200)
        self.machine.send("exec bash --noediting\n")
        self.machine.expect(PROMPT, 200)
        self.must("systemctl is-system-running --wait")

    def run(self, command, timeout=400):
        """Exit status and output of a command."""
        self.marks += 1
        self.machine.type(f"echo begin-$((0+{self.marks})); {command}; echo end-$((0+{self.marks})):$?\n")
        begin = self.machine.expect(rf"^begin-{self.marks}\n", timeout).end()
        end = self.machine.expect(rf"end-{self.marks}:(\d+)$", timeout)
        self.machine.expect(PROMPT, timeout) # before it, the shell sets the terminal, which may lose what comes then
        return int(end.group(1)), self.machine.text[begin:end.start()]

    def must(self, command, timeout=400):
        status, said = self.run(command, timeout)
        if status:
            raise Missing(f"`{command}` ended with {status}:\n{said[-3000:]}")
        return said

    def check(self, what, command, wanted, timeout=400):
        """What a command says has to match."""
        said = self.must(command, timeout)
        found = re.fullmatch(wanted, said.strip(), re.S)
        if not found:
            raise Missing(f"{what}: `{command}` said\n{said[-3000:]}\ninstead of /{wanted}/")
        print(f"ok {what} ({self.machine.seconds():.0f} s)", flush=True)
        return found

    def fetch(self, folder):
        """The packages that the network has."""
        self.must(f"mkdir /root/{folder} && cd /root/{folder} && tar -xf - </dev/tcp/{HOST}/80")

    def apt(self, *arguments):
        """As docs/install.md says. Returns the exit status and what it said."""
        return self.run(f"DEBIAN_FRONTEND=noninteractive apt-get -q -y {' '.join(arguments)}", 1500)

    def install(self, folder):
        status, said = self.apt("install", f"/root/{folder}/*.deb")
        if status:
            raise Missing(f"the packages of {folder} cannot be installed:\n{said[-3000:]}")

    def count(self):
        """The last figure that the guest has said."""
        return int("0" + self.run(LAST)[1].strip())

    def starts(self):
        """How often guests of its name have."""
        return int(self.run(f"grep -a -c GUEST-IS-UP {CONSOLE}")[1])

    def counts_on(self, what):
        first = self.count()
        self.must(f"until [ 0$({LAST}) -gt {first} ]; do sleep 1; done")
        print(f"ok {what} ({self.machine.seconds():.0f} s)", flush=True)
        return first + 1


def archive_of(packages, path):
    must("tar", "-cf", path, "-C", os.path.dirname(packages[0]), *map(os.path.basename, packages))


def install(server):
    server.log_in()
    server.check("no hypervisor yet", "cat /sys/hypervisor/type 2>/dev/null || echo none", "none")
    server.must(f"sed -i 's|^GRUB_DEFAULT=.*|GRUB_DEFAULT=\"{ENTRY}\"|' /etc/default/grub && {STATE} >/root/before")
    server.fetch("first")
    server.install("first")
    server.check("the menu has one entry more", TITLES, f"{DEBIANS}\n{ENTRY}")
    server.must(f"{OTHERS} >/root/others && {OURS} >/root/ours && ln -s /srv/guest/counter.cfg /etc/xen-like/auto/")
    server.machine.send("systemctl reboot\n")
    server.machine.finish(400)


def daemons(server):
    """Their processes: 0 is none."""
    return server.must(f"systemctl show -p MainPID --value {' '.join(DAEMONS)} | tr '\\n' ' '").split()


def upgrade(server):
    """With the guest running. Returns what it has counted to."""
    before, guest = daemons(server), server.must("xl-like domid counter").strip()
    first = server.counts_on("the guest counts")
    # effective when they are started the next time
    server.must(f"for i in {' '.join(DAEMONS)}; do mkdir -p /run/systemd/system/$i.service.d &&"
                f" printf '[Service]\\nWatchdogSec={WATCHDOG}\\n' >/run/systemd/system/$i.service.d/quick.conf; done")
    server.fetch("second")
    server.install("second")
    server.check("all are upgraded", f"dpkg-query -W -f '${{Version}}\\n' {' '.join(INSTALLED)} | grep -c 'later$'",
                 str(len(INSTALLED)))
    server.check("the menu is the same", TITLES, f"{DEBIANS}\n{ENTRY}{FIRMWARES}")
    server.check("to the letter", f"{OTHERS} | diff /root/others - && {OURS} | diff /root/ours -", "")
    after = daemons(server)
    if "0" in after or set(before) & set(after):
        raise Missing(f"the daemons are not others: {before}, then {after}")
    server.check("it is the same guest", "xl-like domid counter", guest)
    return first


def hang(server, first, starts):
    """All daemons at once; how far the guest was before the upgrade, and how often it had started."""
    server.must(f"kill -STOP {' '.join(daemons(server))}")
    server.must(f"for i in {' '.join(DAEMONS)}; do"
                " until journalctl -q -b -u $i --grep 'Watchdog timeout' >/dev/null; do sleep 1; done; done")
    server.must(f"until systemctl is-active {' '.join(DAEMONS)} >/dev/null; do sleep 1; done")
    server.check("daemons that hang are started again", f"systemctl show -p NRestarts --value {' '.join(DAEMONS)}",
                 r"\s*".join("[1-9]" for _ in DAEMONS))
    server.must("rm -r /run/systemd/system/*.service.d/quick.conf")
    last = server.counts_on("the guest counts on")
    if last <= first or server.starts() != starts:
        raise Missing(f"the guest has begun anew: {first}, then {last}")


def purge(server):
    """While the guest cannot shut down, and when it can."""
    guest = server.must("xl-like domid counter").strip()
    server.must(f"sed -i 's/^SHUTDOWN_SECONDS=.*/SHUTDOWN_SECONDS=2/' {SETTINGS} && xl-like pause counter")
    status, said = server.apt("purge", *INSTALLED)
    if not status or f"domain {guest} still runs after 2 seconds" not in said:
        raise Missing(f"packages that a guest needs are removed: status {status}\n{said[-3000:]}")
    server.must(f"sed -i 's/^SHUTDOWN_SECONDS=.*/SHUTDOWN_SECONDS=300/' {SETTINGS}")
    server.must(f"xstore write /local/domain/{guest}/control/shutdown '' && xl-like unpause counter")
    server.counts_on("the packages stay while a guest runs on, which counts")
    server.must("rm /etc/xen-like/auto/counter.cfg")
    status, said = server.apt("purge", *INSTALLED)
    if status:
        raise Missing(f"the packages cannot be purged:\n{said[-3000:]}")
    server.check("no daemon is left", f"pidof {' '.join(DAEMONS)} xl-like || echo none", "none")
    server.check("purged, nothing is left", f"{STATE} | diff /root/before - && {OTHERS} | diff /root/others -", "")
    server.check("nor in the menu", TITLES, f"{DEBIANS}{FIRMWARES}")


def dom0(server, more):
    server.log_in()
    server.check("Dom0 under xen-like", "cat /sys/hypervisor/version/extra /proc/xen/capabilities", r"\.xen-like\ncontrol_d")
    server.check("all CPUs", "nproc", str(server.cpus))
    server.check("the root file system", "findmnt -n -o SOURCE,FSTYPE /", r"/dev/vda1\s+ext4")
    server.check("an address by DHCP", "until hostname -I | grep -o -w 10.0.2.15; do sleep 1; done", "10.0.2.15")
    server.check("nothing has failed", "systemctl list-units -q --plain --failed", "")
    server.counts_on("the guest of /etc/xen-like/auto counts")
    if more:
        starts = server.starts()
        hang(server, upgrade(server), starts)
        purge(server)
    server.machine.send("systemctl poweroff\n")
    server.machine.finish(400)


def settle(disk, work):
    """What a machine that has powered off leaves on its disk."""
    environment = dict(os.environ, PATH=os.environ["PATH"] + ":/usr/sbin:/sbin")
    must("e2fsck", "-fn", f"{disk}?offset={SYSTEM_AT}", env=environment)
    must("debugfs", "-R", f"dump /srv/guest/data {work}/data", f"{disk}?offset={SYSTEM_AT}", env=environment)
    with open(f"{work}/data", "rb") as f:
        data = f.read(1024)
    if not data[512:].startswith(b"asked to shut down\n"):
        raise Missing(f"the guest was not asked to shut down: {data!r}")
    print(f"ok the guest was asked to shut down, having counted to {int(data[:20].split()[0])}", flush=True)


def is_left():
    return os.path.exists(LEFT) and os.path.getmtime(LEFT) > max(map(os.path.getmtime, (DISK, __file__)))


def main(way):
    if not os.path.exists(DISK):
        raise Missing(f"no {DISK}: run `make server-disk`")
    log = os.path.join(machine.BUILD, "logs", "system-installed")
    with tempfile.TemporaryDirectory(dir=os.path.dirname(machine.scratch("x"))) as work:
        disk, archive = f"{work}/disk", f"{work}/packages.tar"
        os.mkdir(f"{work}/first")
        os.mkdir(f"{work}/second")
        _, packages = build(f"{work}/first")
        packages = [p for p in packages if os.path.basename(p).split("_")[0] in INSTALLED]
        if way == "uefi" and is_left():
            os.rename(LEFT, disk)
        else:
            must("cp", "--sparse=always", DISK, disk)
            archive_of(packages, archive)
            with Server(machine.disks(disk, options=UNSAFE), 1, f"{log}-debian.serial", archive) as server:
                install(server)
        if way == "bios":
            with Server(machine.disks(disk, options=UNSAFE), 2, f"{log}-bios.serial", archive) as server:
                dom0(server, False)
        else:
            archive_of(later(packages, f"{work}/second"), archive)
            with Server(machine.boot_efi(disk, options=UNSAFE), 1, f"{log}-uefi.serial", archive) as server:
                dom0(server, True)
        settle(disk, work)
        if way == "bios":
            os.rename(disk, LEFT)


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except Missing as problem:
        sys.exit(f"installed: {problem}")
