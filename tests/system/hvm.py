#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Guests with a whole PC's devices on a processor with VT-x, in Bochs: made by xl-like in a stock Dom0,
with Debian's QEMU as device model and SeaBIOS, which starts what is tested:

  memtest  By GRUB, from a disk, memtest86+, which knows nothing of Xen: judged by what it prints on its
           serial port. CDs come and go, its screen answers by VNC, its device model is killed.
  saved    A boot sector that counts (hvm_counter.S), with interrupts of two devices, reads of its disk and
           writes to its screen in each round. It is saved and goes on as a checkpoint was made of it, comes
           back from its file with a device model that knows what the one before did, with the CD that
           was inserted meanwhile, and counts on: no round is missing or there twice, and none went wrong. Where a save fails it goes on; a
           damaged file is refused.
  linux    Debian's cloud kernel with two vcpus, which the firmware (iPXE) fetches over the device model's e1000,
           by DHCP and HTTP. It has disks and network from their backends, and the device model's disks and
           network device taken away; it writes to a disk what it gets from Dom0. The same kernel comes beside
           it as PV and as PVH guest with two vcpus each, and all three work for the same two minutes
           (guest_load.c): disk, network, clock and computation, of which each gets its share. Then it is saved
           while it counts, and restored, with a disk and a network device that were attached while it ran.
  nopv     The same kernel, by GRUB from an AHCI disk, with two vcpus, told to know nothing of Xen: timers,
           interrupts and power (it waits for its button) are a PC's, a CD is read by the device model's IDE, and data go
           both ways by its virtio network device. Judged by its serial port, whose driver writes by interrupts.

Those that are named follow each other in the same Dom0.

Bochs counts instructions: all times are the machine's own, and a run repeats.
"""
# run: pc timeout=2400 args="memtest saved"
# run: linux timeout=2400 args="linux nopv"
import os
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests", "lib"))
import machine  # noqa: E402
import vtx_dom0  # noqa: E402

COMMON = r"""
. /usr/lib/scenario.sh
node() { xstore read "/local/domain/$(xl-like domid "$1")/$2"; }
model_pid() { node "$1" image/device-model-pid; }
no_models() { ! pidof xen-qemu-system-i386 && [ -z "$(ls /run/xen-like/device-model)" ]; }
on_serial() { grep -qa -- "$2" "/tmp/$1.serial"; }
has_open() { ls -l "/proc/$(model_pid "$1")/fd" | grep -q "$2"; }
has_not_open() { ! has_open "$@"; }

# hvm NAME [LINE...]: writes /tmp/NAME.cfg
hvm() {
    hvm_name=$1
    shift
    printf '%s\n' "name = \"$hvm_name\"" 'type = "hvm"' 'serial = "pty"' "$@" >"/tmp/$hvm_name.cfg"
}

# listen NAME: to what a paused guest says on its serial port, which goes to the end of /tmp/NAME.serial, from
# the first byte on; then it is no longer paused
listen() {
    $XL console -t serial "$1" </dev/null >>"/tmp/$1.serial" 2>&1 &
    usleep 500000
    check "unpause it" $XL unpause "$1"
}
bridge() { [ -e /sys/class/net/xenbr0 ] || check "setup-bridge" $XL setup-bridge --address 10.9.0.1/24; }
start() {
    check "create $1, paused" $XL create -p "/tmp/$1.cfg"
    listen "$1"
}
"""

MEMTEST = r"""
own_user() { # and a root directory in which there is nothing
    grep "^Uid:.*$((0x70000000 + $(xl-like domid "$1")))$" "/proc/$(model_pid "$1")/status" &&
        [ -z "$(ls -A "/proc/$(model_pid "$1")/root/")" ]
}

check "the hypervisor offers HVM guests" sh -c '$0 info | grep "^virt_caps *: pv pvh hvm$"' $XL
# 24 MiB besides the screen's
hvm mem 'memory = 32' 'vga = "stdvga"' 'videoram = 8' 'on_crash = "preserve"' \
    "disk = [ '/guest/memtest.disk,raw,hda,rw', ',raw,hdc,r,cdrom' ]"
start mem
wait_for 60 "SeaBIOS has started GRUB" on_serial mem GRUB-LOADING
wait_for 60 "GRUB has started memtest86+" on_serial mem 'Memtest86+'
check "its device model has a user id of its own" own_user mem
check "vncviewer knows its screen" [ "$(xl-like vncviewer mem 2>/dev/null)" = 127.0.0.1::5900 ]
check "it is shown there" sh -c 'nc 127.0.0.1 5900 </dev/null | head -c 11 | grep "^RFB 003.008"'
truncate -s 1M /tmp/cd.iso
check "insert a CD" $XL cd-insert mem hdc /tmp/cd.iso
check "the device model has it" has_open mem /tmp/cd.iso
check "eject it" $XL cd-eject mem hdc
check "the device model has it no longer" has_not_open mem /tmp/cd.iso
wait_for 60 "memory is tested" on_serial mem Testing
refuse "shutdown of a guest without PV drivers" $XL shutdown mem
check "why" refusal_says "no PV drivers"
check "its power button is pressed instead" $XL shutdown -F mem
check "destroy it" $XL destroy mem
check "its device model has ended" no_models

hvm killed 'memory = 32' 'vga = "none"' "disk = [ '/guest/memtest.disk,raw,hda,rw' ]"
start killed
check "kill its device model" kill -9 "$(model_pid killed)"
wait_for 30 "so it ends" gone killed
check "and why is in its log" grep "the device model of domain .* has ended: so the domain ends" \
    /var/log/xen-like/killed.log
check "nothing is left of that" no_models
"""

# Two more guests come, and all three work for two minutes (tests/system/guest_load.c)
BESIDE = r"""
cat >/tmp/load <<'END'
# ADDRESS
dd if=/dev/xvdf of=/tmp/load bs=4k skip=1 2>/dev/null
chmod +x /tmp/load
until [ -e /sys/class/net/eth0 ]; do usleep 100000; done
ip address add "$1/24" dev eth0
ip link set eth0 up
until ping -c 1 -W 5 10.9.0.1 >/dev/null; do :; done
echo "LOAD ready"
until nc 10.9.0.1 8 </dev/null 2>/dev/null; do usleep 100000; done # all begin at once
{ /tmp/load 120 10.9.0.1 /dev/xvdg; rm -f /tmp/no-rounds; } &
exit
END
truncate -s 4k /tmp/load
cat /guest/load >>/tmp/load
truncate -s 1M /tmp/load

# loaded NAME LINE...: the configuration of a guest that gets this load
loaded() {
    truncate -s 4M "/tmp/$1.load"
    config_vcpus=2 config_memory=96 config "$1" "type = \"$1\"" 'kernel = "/guest/vmlinux"' "vif = [ '' ]" \
        "disk = [ '/tmp/load,raw,xvdf,r', '/tmp/$1.load,raw,xvdg,rw' ]"
}
# each_has_its_share KIND: of its rounds nobody has done less than two thirds of what another has
each_has_its_share() {
    for name in linux pv pvh; do sed -n "s/.*LOAD done:.* $1=\([0-9]*\).*/\1/p" "$(console_log $name)"; done |
        sort -n | awk 'NR == 1 { least = $1 } END { exit !(NR == 3 && least * 3 >= $1 * 2) }'
}
beside() {
    for name in pv pvh; do
        loaded $name
        check "beside it, create $name" $XL create /tmp/$name.cfg
        wait_for 60 "$name reached its own /init" said $name GUEST-IS-UP
    done
    nc -ll -p 7 -e cat &
    address=20
    for name in linux pv pvh; do
        address=$((address + 1))
        type_in $name "sh /dev/xvdf 10.9.0.$address" 'LOAD ready'
    done
    nc -ll -p 8 -e true &
    for name in linux pv pvh; do
        wait_for 150 "$name has worked for two minutes" said $name 'LOAD done'
        grep -a 'LOAD [wd]' "$(console_log $name)"
        check "and nothing was wrong" said $name \
            'LOAD done: disk=[1-9][0-9]* net=[1-9][0-9]* clock=[1-9][0-9]* sum=[1-9][0-9]* errors=0'
    done
    for kind in disk clock sum; do check "each had its share: $kind" each_has_its_share $kind; done
    check "shutdown pv" $XL shutdown -w pv
    check "destroy pvh" $XL destroy pvh
    wait_for 30 "both are gone" domains_are 2
}
"""

LINUX = vtx_dom0.EXCHANGE + r"""
echo 'touch /tmp/no-rounds' >>/tmp/job # before all have worked
""" + vtx_dom0.COUNTING + BESIDE + r"""
cat >>/tmp/job <<'END'
echo "JOB second=$(taskset 2 sha256sum </tmp/got)"
echo "JOB pci=$(cat /sys/bus/pci/devices/*/class | tr '\n' ,)"
for module in @IDE_MODULES@; do insmod /modules/$module.ko; done
until [ -e /sys/bus/scsi/devices/1:0:0:0 ]; do usleep 100000; done
echo "JOB disks=$(ls -d /sys/block/* /sys/bus/scsi/devices/*:*:*:* | sed 's,.*/,,' | tr '\n' ,)"
END
truncate -s 64k /tmp/job
truncate -s 4M /tmp/disk /tmp/linux.load
truncate -s 1M /tmp/first
bridge
# by DHCP and HTTP: a script of iPXE's, and what it names
mkdir /tmp/served
ln -s /guest/vmlinuz /guest/linux.initrd /tmp/served
printf '%s\n' '#!ipxe' 'kernel vmlinuz console=hvc0 loglevel=4 cryptomgr.notests' 'initrd linux.initrd' \
    boot >/tmp/served/script
printf '%s\n' 'interface xenbr0' 'start 10.9.0.30' 'end 10.9.0.39' 'lease_file /tmp/leases' \
    'boot_file http://10.9.0.1/script' >/tmp/udhcpd.conf
: >/tmp/leases
httpd -f -v -h /tmp/served &
udhcpd -f -a 0 /tmp/udhcpd.conf &
hvm linux 'memory = 160' 'vcpus = 2' 'vga = "none"' "vif = [ 'model=e1000' ]" 'boot = "n"' \
    "disk = [ '/tmp/first,raw,hda,rw', '/tmp/disk,raw,hdb,rw', ',raw,hdc,r,cdrom', '/tmp/job,raw,xvde,r'," \
    "'/tmp/load,raw,xvdf,r', '/tmp/linux.load,raw,xvdg,rw' ]"
check "create linux" $XL create /tmp/linux.cfg
check "its device model has its disks" has_open linux /tmp/disk
wait_for 90 "started over its emulated network device, it reached its own /init" said linux GUEST-IS-UP
type_in linux 'sh /dev/xvde' 'JOB disks='
check "it has two vcpus" [ "$(job linux cpus)" = 2 ]
check "the second one works" [ "$(job linux second)" = "$(sum </tmp/pattern)" ]
exchanged linux /tmp/disk
check "of the device model's network device nothing is left" sh -c 'case $0 in
    *0x0200*) exit 1 ;; *0x0101*) ;; *) exit 1 ;; esac' "$(job linux pci)"
check "of its IDE drives the CD" [ "$(job linux disks)" = xvda,xvdb,xvde,xvdf,xvdg,1:0:0:0, ]
beside
truncate -s 64k /tmp/more
check "attach a disk, by the name of a drive" $XL block-attach linux /tmp/more,raw,xvdd,r
check "attach a network device" $XL network-attach linux mac=00:16:3e:00:00:0e
has_more() { # connected: 4
    $XL block-list linux | grep '^xvdd  *0  *[0-9]* *4 ' && $XL network-list linux | grep '00:16:3e:00:00:0e  *1  *4 '
}
wait_for 30 "it has both" has_more
saved_meanwhile linux
wait_for 30 "it has both again" has_more
check "shutdown" $XL shutdown -w linux
wait_for 30 "gone" gone linux
check "its device model has ended" no_models
killall nc httpd udhcpd
"""

NOPV = r"""
seq 5 20000 >/tmp/cd.iso
truncate -s 128k /tmp/cd.iso
seq 3 15000 >/tmp/for-guest
bridge
printf '#!/bin/sh\ncat >/tmp/from-guest\ncat /tmp/for-guest\n' >/tmp/exchange
chmod +x /tmp/exchange
nc -l -p 5004 -e /tmp/exchange &
hvm nopv 'memory = 160' 'vcpus = 2' 'vga = "none"' "vif = [ 'model=virtio-net' ]" 'hdtype = "ahci"' \
    "disk = [ '/guest/nopv.disk,raw,hda,rw', '/tmp/cd.iso,raw,hdc,r,cdrom' ]"
start nopv
wait_for 120 "GRUB has read kernel and initramfs" on_serial nopv GRUB-HANDOFF
wait_for 120 "it finds no Xen, and reads its CD" on_serial nopv "SEES xen= cd=$(sha256sum </tmp/cd.iso)"
wait_for 60 "by its emulated network device it gets what Dom0 sends" on_serial nopv "GOT $(sha256sum </tmp/for-guest)"
check "and Dom0 what it sends" cmp /tmp/from-guest /tmp/cd.iso
wait_for 60 "it waits for its power button" on_serial nopv 'WAITS for event[0-9]'
check "shutdown -F presses that" $XL shutdown -F nopv
wait_for 60 "the guest reached its own /init" on_serial nopv 'GUEST-IS-UP.* 2 vcpu'
wait_for 30 "it has switched itself off" gone nopv
check "its device model has ended" no_models
"""

SAVED = r"""
rounds() { sed -n 's/^ROUND \([0-9a-f]\{4\}\).*/\1/p' /tmp/count.serial; }
# a mark: from here on ten rounds are to be done
mark() { last=$(rounds | wc -l); }
goes_on() { [ "$(rounds | wc -l)" -ge $((last + 10)) ]; }
counts_on() { mark; wait_for 60 "it counts on" goes_on; }
each_once_in_order() { rounds | awk '$1 != sprintf("%04x", NR) { exit 1 }'; }
on_screen() { nc 127.0.0.1 5900 </dev/null | head -c 11 | grep "^RFB 003.008"; }

hvm count 'memory = 16' 'vga = "stdvga"' 'videoram = 8' \
    "disk = [ '/guest/counter.disk,raw,hda,rw', ',raw,hdc,r,cdrom' ]"
start count
wait_for 60 "it counts" on_serial count 'ROUND 0003'
model=$(model_pid count)

check "a checkpoint" $XL save -c count /tmp/count.saved
check "it has the same device model" [ "$(model_pid count)" = "$model" ]
counts_on
truncate -s 1M /tmp/cd.iso
check "insert a CD" $XL cd-insert count hdc /tmp/cd.iso
mkdir /tmp/small
mount -t tmpfs -o size=1m none /tmp/small
refuse "save it where there is no room" $XL save count /tmp/small/count.saved
check "that is what is said" refusal_says "No space left"
check "nothing is left of that" [ -z "$(ls -A /tmp/small)" ]
umount /tmp/small
counts_on

check "a save is killed in the middle" save_killed count
counts_on # by its monitor
check "which has let it go on" grep "has suspended, and nobody saves it: it goes on" /var/log/xen-like/count.log
rm /tmp/count.killed.partial-*
check "its device model hangs" kill -STOP "$model"
refuse "save it" $XL save count /tmp/count.saved
check "that is what is said" refusal_says "the device model of domain [0-9]* does not answer"
check "it hangs no longer" kill -CONT "$model"
counts_on

check "save it" $XL save count /tmp/count.saved
check "it is gone" domains_are 1
check "and its device model" no_models
cp /tmp/count.saved /tmp/damaged
size=$(wc -c </tmp/count.saved)
printf '\125' | dd of=/tmp/damaged bs=1 seek=$((size - 2000)) conv=notrunc 2>/dev/null
refuse "restore it from a damaged file" $XL restore /tmp/damaged
check "that is what is said" refusal_says "the record of type 11 at byte [0-9]* is wrong: its checksum"
head -c $((size - 2000)) /tmp/count.saved >/tmp/damaged
refuse "restore it from a part of its file" $XL restore /tmp/damaged
rm /tmp/damaged
check "nothing is left of these" domains_are 1
check "no device model either" no_models
check "restore it, paused" $XL restore -p /tmp/count.saved
rm /tmp/count.saved
check "its device model has the CD that was inserted" has_open count /tmp/cd.iso
check "eject it" $XL cd-eject count hdc
listen count
counts_on
check "it is shown by VNC" on_screen
check "its device model has a user id of its own" \
    grep "^Uid:.*$((0x70000000 + $(xl-like domid count)))$" "/proc/$(model_pid count)/status"

check "dump-core" $XL dump-core count /tmp/count.core
check "which is a core file" [ "$(head -c 4 /tmp/count.core | tail -c 3)" = ELF ]
rm /tmp/count.core
check "save -p" $XL save -p count /tmp/count.saved
check "it is paused" paused count
check "the file tells of a drive without a CD" grep -qa 'vdev=hdc,.*devtype=cdrom,target="' /tmp/count.saved
rm /tmp/count.saved
check "unpause it" $XL unpause count
counts_on
each_once_in_order || cat /tmp/count.serial
check "each round once" each_once_in_order
refuse "a round that went wrong" on_serial count BAD
check "destroy it" $XL destroy count
check "no device model is left" no_models
"""


def saved(work):
    with open(f"{work}/counter.disk", "wb") as f:
        with open(os.path.join(machine.BUILD, "tests/hvm-counter"), "rb") as boot_sector:
            f.write(boot_sector.read())
        for n in range(1, 16):
            f.write(bytes([n]) * 512)
        f.truncate(64 * 512)
    return SAVED, [(f"{work}/counter.disk", "guest/counter.disk")]


def memtest(work):
    machine.make_bios_disk(
        f"{work}/memtest.disk", {"memtest": os.path.join(machine.BUILD, "stock/memtest/boot/memtest86+x64.bin")},
        [("memtest86+", ["linux16 /boot/memtest console=ttyS0,115200 nopause nobench"])])
    return MEMTEST, [(f"{work}/memtest.disk", "guest/memtest.disk")]


# In the order in which they are loaded: what reads a CD of the device model's, and its network device
IDE_MODULES = "scsi_common scsi_mod libata ata_piix".split()
CD_MODULES = IDE_MODULES + "cdrom sr_mod".split()
NET_MODULES = ("failover net_failover virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci "
               "virtio_net").split()
NOPV_MODULES = CD_MODULES + NET_MODULES + ["button", "evdev"]


NETWORK_ROM = "usr/lib/ipxe/qemu/efi-e1000.rom"  # of the Debian package ipxe-qemu


def linux(work):
    vtx_dom0.guest_kernel(f"{work}/vmlinux")
    with open(f"{work}/initrd", "wb") as f:
        f.write(vtx_dom0.guest_initramfs(IDE_MODULES))
    return LINUX.replace("@IDE_MODULES@", " ".join(IDE_MODULES)), [
        (f"{work}/initrd", "guest/linux.initrd"), (f"{work}/vmlinux", "guest/vmlinux"),
        (f"/{NETWORK_ROM}", NETWORK_ROM), (os.path.join(machine.BUILD, "tests/guest-load"), "guest/load")]


LOOK = f"""#!/bin/sh
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for module in {' '.join(NOPV_MODULES)}; do insmod /modules/$module.ko; done
until [ -b /dev/sr0 ]; do usleep 100000; done
echo "SEES xen=$(ls /sys/hypervisor) cd=$(sha256sum </dev/sr0)"
ip address add 10.9.0.12/24 dev eth0
ip link set eth0 up
until ping -c 1 -W 5 10.9.0.1 >/dev/null; do :; done
nc 10.9.0.1 5004 </dev/sr0 >/tmp/got
echo "GOT $(sha256sum </tmp/got)"
button=$(grep -l "Power Button" /sys/class/input/event*/device/name | cut -d / -f 5)
exec 3</dev/input/$button
echo "WAITS for $button"
head -c 24 <&3 >/dev/null # an event
exec /init 3<&-
"""


def nopv(work):
    vtx_dom0.linux_disk(f"{work}/nopv.disk", "console=ttyS0 xen_nopv rdinit=/look run=poweroff",
                        vtx_dom0.guest_initramfs(NOPV_MODULES, LOOK))
    return NOPV, [(f"{work}/nopv.disk", "guest/nopv.disk")]


STORIES = {"memtest": (memtest, 320), "saved": (saved, 320), "linux": (linux, 704),
           "nopv": (nopv, 512)}  # MiB of Dom0


def main():
    names = sys.argv[1:]
    if not names or any(name not in STORIES for name in names):
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory() as work:
        parts, files = zip(*(STORIES[name][0](work) for name in names))
        vtx_dom0.run("hvm-" + "-".join(names), COMMON + "".join(parts) + "fails\n", 2300, files=sum(files, []),
                     archives=["device-model.cpio.lz4"], dom0_mib=max(STORIES[name][1] for name in names))


if __name__ == "__main__":
    main()
