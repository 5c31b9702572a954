# SPDX-License-Identifier: GPL-2.0-only
# What bench/run measures of disks, with either toolstack: sequential reads and writes of a file in
# memory behind a loop device, which repeat exactly: Dom0's own, and a stock guest's of the same device.
. /usr/lib/scenario.sh
PATH=$PATH:/bench

yes 0123456789abcdef | head -c 32m >/tmp/image
modprobe loop
losetup /dev/loop0 /tmp/image
blocks dom0 /dev/loop0 || exit 1

# Debian's xl leaves it to scripts to say which device it is
modprobe xen-blkback
mkdir -p /etc/xen/scripts
cat >/etc/xen/scripts/block <<'S'
#!/bin/sh
[ "$1" = add ] || exit 0
xenstore-write "$XENBUS_PATH/physical-device" "$(stat -c %t:%T /dev/loop0)" \
    "$XENBUS_PATH/hotplug-status" connected
S
chmod 755 /etc/xen/scripts/block

config_memory=192 config g 'ramdisk = "/bench/guest-initrd"' 'tsc_mode = "native"' \
    "disk = [ 'format=raw, vdev=xvda, access=rw, target=/dev/loop0' ]"
check "create a guest with a disk" $XL create /tmp/g.cfg
wait_for 400 "the guest has measured its disk" said g BLOCKS-STALL
[ $XL = xl ] || check "blockd is killed" kill_daemon blockd
wait_for 400 "the guest has done its work" said g BENCH-DONE
grep -E '^BENCH' "$(console_log g)"
check "destroy the guest" $XL destroy g
fails
