# SPDX-License-Identifier: GPL-2.0-only
# What bench/run measures of disks, with either toolstack: sequential reads and writes of a file in
# memory, which repeat exactly: Dom0's own, past its page cache, so by a loop device; and a stock guest's,
# whose disk is this file: blkback needs the loop device for that, blockd does not.
. /usr/lib/scenario.sh
PATH=$PATH:/bench

yes 0123456789abcdef | head -c 32m >/tmp/image
modprobe loop
losetup /dev/loop0 /tmp/image
blocks dom0 /dev/loop0 || exit 1

# Debian's xl leaves it to a script to make the loop device, and to say which it is
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
    "disk = [ 'format=raw, vdev=xvda, access=rw, target=/tmp/image' ]"
check "create a guest with a disk" $XL create /tmp/g.cfg
wait_for 400 "the guest has measured its disk" said g BLOCKS-STALL
[ $XL = xl ] || check "blockd is killed" kill_daemon blockd
wait_for 400 "the guest has done its work" said g BENCH-DONE
grep -E '^BENCH' "$(console_log g)"
check "destroy the guest" $XL destroy g
fails
