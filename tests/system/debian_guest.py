#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""A Debian system as a guest: the stock cloud kernel, its root file system on xvda, systemd.

It boots to a login, gets its address by DHCP on Dom0's bridge, installs a package from a repository on
a second disk, takes a file from Dom0 over the network, reboots, has it all still, and shuts down when
Dom0 asks it to.  Afterwards its file system is in order, and the file in it is the one that was sent.
"""
# run: our-tools cpus=2 timeout=3600
import hashlib
import os
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests", "lib"))
import machine  # noqa: E402
from machine import Missing  # noqa: E402

PATH = os.environ["PATH"] + ":/usr/sbin:/sbin"
SCENARIO = """
. /usr/lib/scenario.sh
for module in virtio_pci virtio_blk; do check "module $module" modprobe $module; done
wait_for 60 "both disks" [ -b /dev/vdb ]
inventory >/tmp/inventory # with the disks' interrupts
brctl addbr xenbr0
ip address add 10.9.0.1/24 dev xenbr0
ip link set xenbr0 up
printf 'interface xenbr0\\nstart 10.9.0.50\\nend 10.9.0.50\\nlease_file /tmp/leases\\n' >/tmp/udhcpd.conf
touch /tmp/leases
udhcpd -f /tmp/udhcpd.conf >/dev/null 2>&1 &
seq 5 2000000 | head -c 1000000 >/tmp/pattern
sum=$(sha256sum </tmp/pattern | cut -d ' ' -f 1)
echo "PATTERN $sum"
nc -ll -p 5002 -e cat /tmp/pattern &

# in_guest COMMAND: typed into root's shell there; /tmp/answer is what it says
in_guest() {
    echo >>/tmp/marks # a file: this runs in subshells
    mark=$((1000 + $(wc -l </tmp/marks)))
    type_in debian "echo begin-\\$((0 + $mark)); $1; echo end-\\$((0 + $mark)):\\$?" "end-$mark:"
    sed -n "/begin-$mark/,/end-$mark:/p" /tmp/seen >/tmp/answer
    grep -q "end-$mark:0" /tmp/answer || { cat /tmp/answer; return 1; }
}
answers() { in_guest "$1" && grep -q "$2" /tmp/answer; }
log_in() { type_in debian root "root@debian:" && in_guest true; }
address="until hostname -I | grep '[0-9]'; do sleep 1; done"
login_again() { said debian "debian login:" $((logins + 1)); }
another_domain() { [ "$($XL domid debian)" != "$id" ] && there debian; }

# the kernel leaves out what only takes time here, and systemd has patience
sed -i 's/console=hvc0/& cryptomgr.notests mitigations=off systemd.default_timeout_start_sec=1800/' /etc/xen-like/debian.cfg
check "create" $XL create /etc/xen-like/debian.cfg
id=$($XL domid debian)
wait_for 300 "a login" said debian "debian login:"
check "root logs in" log_in
check "an address from Dom0" answers "$address" 10.9.0.50
check "the package repository" in_guest "mount -o ro /dev/xvdb /mnt"
check "apt reads it" in_guest "echo 'deb [trusted=yes] file:/mnt ./' >/etc/apt/sources.list; apt-get -q update"
refuse "hello" in_guest hello
check "apt installs a package" in_guest "apt-get -q -y install hello"
check "hello works" answers hello "Hello, world!"
check "a file over the network" in_guest "cat </dev/tcp/10.9.0.1/5002 >/root/pattern"
check "it is the one that was sent" answers "sha256sum /root/pattern" $sum

type_in debian "systemctl reboot" "systemctl reboot"
wait_for 300 "it is another domain" another_domain
logins=$(grep -c "debian login:" "$(console_log debian)") # also what has said so when it was told to end
wait_for 300 "a login again" login_again
check "root logs in" log_in
check "its address is the same" answers "$address" 10.9.0.50
check "hello works still" answers hello "Hello, world!"
check "the file is the same" answers "sha256sum /root/pattern" $sum
check "nothing has failed in it" in_guest "systemctl is-system-running --wait"

check "shutdown" $XL shutdown -w debian
wait_for 60 "gone" gone debian
killall nc udhcpd
ip link set xenbr0 down
brctl delbr xenbr0
[ $failed = 0 ] || tail -n 100 "$(console_log debian)"
fails
"""


def run(*command):
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env=dict(os.environ, PATH=PATH))
    if done.returncode:
        raise Missing(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout[-3000:]}")
    return done.stdout


def boot(work, *disks):
    """The scenario in Dom0, which has the disks; returns what the machine said."""
    with open(f"{work}/scenario", "w") as f:
        f.write(SCENARIO)
    log = os.path.join(machine.BUILD, "logs", "system-debian_guest.serial")
    done = subprocess.run(["tests/lib/boot", "--quiet", "--dom0=our", f"--scenario={work}/scenario",
                           f"--file={machine.DEBIAN_CONFIG}=etc/xen-like/debian.cfg",
                           "--hvargs=dom0_mem=512M,max:512M", "--timeout=3400", f"--log={log}",
                           f"--qemu={' '.join(machine.disks(*disks))}"], cwd=TOP)
    if done.returncode:
        raise Missing("the scenario did not pass")
    with open(log) as f:
        return f.read()


def main():
    missing = [d for d in machine.DEBIAN_DISKS if not os.path.exists(d)]
    if missing:
        raise Missing(f"no {missing[0]}: run `make debian-disk`")
    with tempfile.TemporaryDirectory(dir=os.path.dirname(machine.scratch("x"))) as work:
        run("cp", "--sparse=always", *machine.DEBIAN_DISKS, work)
        disk, mirror = (os.path.join(work, os.path.basename(d)) for d in machine.DEBIAN_DISKS)
        text = boot(work, disk, mirror)
        run("e2fsck", "-fn", disk)
        run("debugfs", "-R", f"dump /root/pattern {work}/pattern", disk)
        with open(f"{work}/pattern", "rb") as f:
            digest = hashlib.sha256(f.read()).hexdigest()
    if f" PATTERN {digest}\n" not in text:
        raise Missing(f"the file in the guest's file system is another one: {digest}")
    print("ok the guest's file system is in order, and has the file that was sent")


if __name__ == "__main__":
    try:
        main()
    except Missing as problem:
        sys.exit(f"debian_guest: {problem}")
