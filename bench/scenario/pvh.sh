# SPDX-License-Identifier: GPL-2.0-only
# What bench/run measures of PVH guests, with either toolstack, in Bochs: the creation of one with Debian's
# cloud kernel, and its way from there to its own first program.
. /usr/lib/scenario.sh
PATH=$PATH:/bench

config g 'type = "pvh"' 'kernel = "/bench/vmlinux"' 'ramdisk = "/bench/guest-initrd"'
cat >/tmp/start <<END
$XL unpause g
until grep -q GUEST-BEGINS "$(console_log g)"; do usleep 10000; done
END
for round in 1 2; do
    timed pvh_create $XL create -q -p /tmp/g.cfg || failed=1
    timed pvh_boot sh /tmp/start || failed=1
    check "destroy it" $XL destroy g
    rm -f "$(console_log g)"
done
fails
