# SPDX-License-Identifier: GPL-2.0-only
# What bench/run measures of the network: bytes through TCP between a guest and Dom0, on a bridge.
. /usr/lib/scenario.sh
PATH=$PATH:/bench

brctl addbr xenbr0
ip address add 10.9.0.1/24 dev xenbr0
ip link set xenbr0 up
[ $XL = xl-like ] || modprobe xen-netback
stream serve 5001 &
config_memory=192 config g 'ramdisk = "/bench/net-initrd"' 'tsc_mode = "native"' \
    "vif = [ 'bridge=xenbr0' ]"
check "create a guest" $XL create /tmp/g.cfg
wait_for 400 "the guest has sent" said g BENCH-DONE
grep -E '^BENCH' "$(console_log g)"
check "send to the guest" stream send net_to_guest 10.9.0.2 5002 16000000
echo "$output"
check "destroy the guest" $XL destroy g
kill %1
ip link set xenbr0 down
brctl delbr xenbr0
fails
