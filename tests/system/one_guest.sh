# SPDX-License-Identifier: GPL-2.0-only
# The toolstack in Dom0 creates, lists, pauses, unpauses, shuts down and destroys one PV guest.
# Debian's own on our hypervisor, ours on Debian's Xen: each half against the other real half.
#
# boot: debian-tools tools=debian hvargs="dom0_mem=512M,max:512M" grub=1 timeout=900
# boot: our-tools tools=our hvargs="dom0_mem=512M,max:512M" grub=1 timeout=900
# boot: our-tools-on-debian-xen tools=our hypervisor=debian hvargs="dom0_mem=512M,max:512M" timeout=900 extra=1
# boot: debian-tools-on-debian-xen tools=debian hypervisor=debian hvargs="dom0_mem=512M,max:512M" timeout=900 extra=1
. /usr/lib/scenario.sh

config g
check "info" $XL info
$XL info | grep -E 'release|nr_cpus|total_memory|free_memory|xen_version|xen_scheduler'
check "Domain-0 is alone" domains_are 1
[ $XL = xl ] || kill_store 8 400000 & # while the guest is made and boots
check "create" $XL create /tmp/g.cfg
wait_for 150 "the guest reached its own /init" said g GUEST-IS-UP
[ $XL = xl ] || wait_for 60 "the store's daemon was killed eight times" store_was_killed 8
grep GUEST-IS-UP "$(console_log g)"
$XL list
check "listed" there g
check "two domains" domains_are 2
id=$($XL domid g)
check "domname" [ "$($XL domname "$id")" = g ]
check "vcpu-list" $XL vcpu-list g
check "pause" $XL pause g
check "shown as paused" paused g
check "unpause" $XL unpause g
refuse "a name twice" $XL create -p /tmp/g.cfg
check "two domains still" domains_are 2
if [ $XL = xl-like ]; then
    at_rest() { was=$(xstore ls -p) && sleep 1 && [ "$(xstore ls -p)" = "$was" ]; }
    wait_for 20 "nobody writes to the store" at_rest
    nodes=$(xstore ls -p)
    kill_store 3 0
    check "killed again, the store is as it was" [ "$(xstore ls -p)" = "$nodes" ]
fi
check "shutdown" $XL shutdown -w g
wait_for 30 "gone after shutdown" gone g
check "create paused" $XL create -p /tmp/g.cfg
check "shown as paused" paused g
check "destroy" $XL destroy g
wait_for 10 "gone after destroy" gone g
fails
