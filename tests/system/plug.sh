# SPDX-License-Identifier: GPL-2.0-only
# Disks that come and go 1,000 times, of four guests at once, and are used each time: nothing is left of
# them, not in blockd, the store, the hypervisor or a directory.
#
# The machine has one CPU: an emulated one that changes its page tables so often is far slower with two.
# boot: our-tools tools=our smp=1 hvargs="dom0_mem=512M,max:512M" timeout=2400
#       file=build/tests/plug-disk=usr/local/bin/plug-disk
. /usr/lib/scenario.sh
rounds=1000

centiseconds() { sed 's/ .*//; s/\.//' /proc/uptime; }
state() {
    daemon=/proc/$(cat /run/xen-like/blockd.pid)
    echo "blockd: files $(ls $daemon/fd | wc -l), pages $(grep -c /dev/xen/ $daemon/maps)"
    echo "notes $(ls /run/xen-like/block | wc -l), files $(find /run /var/lib | wc -l)"
    inventory
}
memory() { sed -n 's/^RssAnon:[[:space:]]*\([0-9]*\).*/\1/p' "/proc/$(cat /run/xen-like/blockd.pid)/status"; }
plug() { # plug ROUNDS: of each guest
    bad=0 plugging=
    for n in 1 2 3 4; do
        plug-disk "$1" p$n vdev=xvda,access=rw,target=/tmp/plug.$n &
        plugging="$plugging $!"
    done
    for pid in $plugging; do wait "$pid" || bad=$((bad + 1)); done
    check "$((4 * $1)) disks were attached and detached" [ $bad = 0 ]
}
all_used() { for n in 1 2 3 4; do said p$n "disk: number $1 right" || return 1; done; }
for n in 1 2 3 4; do
    truncate -s 64k /tmp/plug.$n
    tiny p$n disk=plug
    check "create p$n" $XL create /tmp/p$n.cfg
done
plug 2
# blockd lets go of the last ones when it hears that the tools have removed them
settled() { now=$(state) && sleep 1 && [ "$(state)" = "$now" ]; }
wait_for 20 "blockd has nothing more to do" settled
before=$(state) memory_before=$(memory) begun=$(centiseconds)
plug $((rounds / 4))
echo "$rounds disks in $(($(centiseconds) - begun))0 ms"
wait_for 10 "each was used" all_used $((rounds / 4 + 2))
as_before() { [ "$(state)" = "$before" ]; }
wait_for 20 "nothing is left of them" as_before || { echo "$before"; state; }
check "blockd: $memory_before KiB before, $(memory) KiB now" [ "$(memory)" -le $((memory_before + 256)) ]
for n in 1 2 3 4; do
    refuse "p$n saw something wrong" said p$n WRONG
    check "destroy p$n" $XL destroy p$n
done
check "blockd is well" pidof blockd
fails
