# SPDX-License-Identifier: GPL-2.0-only
# Several guests: two vcpus, three at once, the ways to end and what is done then, and wrong input,
# which must leave nothing behind.
#
# boot: our-tools tools=our hvargs="dom0_mem=512M,max:512M" file=build/images/boot.disk=guest/boot.disk timeout=1500
# boot: our-tools-on-debian-xen tools=our hypervisor=debian hvargs="dom0_mem=512M,max:512M" file=build/images/boot.disk=guest/boot.disk timeout=1500
# boot: debian-tools-on-debian-xen tools=debian hypervisor=debian hvargs="dom0_mem=512M,max:512M" timeout=1500 extra=1
. /usr/lib/scenario.sh

# ---- Dom0's own memory and CPUs
mib() { awk '/MemTotal/ {print int($2 / 1024)}' /proc/meminfo; }
has_mib() { [ "$(mib)" -ge "$1" ] && [ "$(mib)" -le "$2" ]; }
had=$(mib)
check "mem-set of Dom0" $XL mem-set 0 480
wait_for 20 "it has 32 MiB less" has_mib $((had - 33)) $((had - 31))
check "mem-set of Dom0 again" $XL mem-set 0 512
wait_for 20 "it has them back" has_mib $((had - 1)) $((had + 1))
cpus_are() { [ "$(nproc)" = "$1" ]; }
check "vcpu-set of Dom0" $XL vcpu-set 0 1
wait_for 20 "it has one vcpu" cpus_are 1
check "vcpu-set of Dom0 again" $XL vcpu-set 0 2
wait_for 20 "there is another one" [ -e /sys/devices/system/cpu/cpu1/online ]
echo 1 >/sys/devices/system/cpu/cpu1/online # as udev does in a system that has it
check "it has two" cpus_are 2
inventory >/tmp/inventory # the second vcpu's interrupts are new ones
before=$(free_pages)

# ---- wrong input
head -c 5000000 /guest/vmlinuz >/tmp/truncated
config bad 'kernel = "/tmp/truncated"'
refuse "a truncated kernel" $XL create -p /tmp/bad.cfg
config bad 'kernel = "/bin/busybox"'
refuse "a kernel without Xen's notes" $XL create -p /tmp/bad.cfg
config bad 'kernel = "/no/such/file"'
refuse "no kernel file" $XL create -p /tmp/bad.cfg
config bad 'memory = 16'
refuse "too little memory for the kernel" $XL create -p /tmp/bad.cfg
config bad 'memory = 100000'
refuse "more memory than there is" $XL create -p /tmp/bad.cfg
config bad 'vcpus = ['
refuse "a file that does not parse" $XL create -p /tmp/bad.cfg
rm /tmp/truncated
if [ $XL = xl-like ]; then
    config bad 'vcpus = "many"'
    refuse "a word for a number" $XL create -p /tmp/bad.cfg
    config bad 'memmory = 64'
    refuse "a misspelt key" $XL create -p /tmp/bad.cfg
fi
wait_for 20 "nothing left behind" domains_are 1
wait_for 5 "free memory is as before" memory_is "$before"

# ---- three at once, one of them with two vcpus
config a
config_vcpus=2 config b
tiny c
for g in a b c; do check "create $g" $XL create /tmp/$g.cfg; done
for g in a b c; do wait_for 200 "$g reached its own /init" said $g GUEST-IS-UP; done
check "b sees two vcpus" said b "GUEST-IS-UP.* 2 vcpu"
check "four domains" domains_are 4
$XL list
$XL vcpu-list b

# ---- memory and CPUs, as a stock kernel that runs sees them
# b_sees TEXT CONDITION: in b it becomes true
b_sees() {
    asked=$((${asked:-0} + 1))
    type_in b "until $2; do sleep 1; done; echo seen-\$((0 + $asked))" "seen-$asked"
    check "$1" grep -q "seen-$asked" /tmp/seen
}
mib_in_b="\$(awk '/MemTotal/ {print int(\$2 / 1024)}' /proc/meminfo)"
had=$(sed -n 's/.*GUEST-IS-UP.* \([0-9]*\) MiB.*/\1/p' "$(console_log b)")
check "mem-set b" $XL mem-set b 100
b_sees "it has 28 MiB less" "[ $mib_in_b -le $((had - 27)) ]"
check "mem-set b again" $XL mem-set b 128
b_sees "it has them back" "[ $mib_in_b -ge $((had - 1)) ]"
check "vcpu-set b" $XL vcpu-set b 1
b_sees "it has one vcpu" '[ $(grep -c ^processor /proc/cpuinfo) = 1 ]'

# ---- a name twice: there already, at the same time, and while it is being given
refuse "a name that is taken" $XL create -p /tmp/a.cfg
if [ $XL = xl-like ]; then
    tiny j
    $XL create -p /tmp/j.cfg & $XL create -p /tmp/j.cfg & $XL create -p /tmp/j.cfg
    wait
    check "of three that want one name one gets it" [ "$($XL list | grep -c '^j ')" = 1 ]
    check "destroy j" $XL destroy j
    refuse "a name that is being given" flock /run/xen-like/names/j.lock $XL create -p /tmp/j.cfg
    rm /run/xen-like/names/j.lock
    check "the name is free again" $XL create -p /tmp/j.cfg
    check "destroy j" $XL destroy j
    check "no lock is left" rmdir /run/xen-like/names
fi

# ---- one whose kernel is on its disk
if [ $XL = xl-like ]; then
    cat >/tmp/k.cfg <<E
name = "k"
memory = 128
bootloader = "pygrub"
extra = "cryptomgr.notests"
disk = [ "/guest/boot.disk,raw,xvda,r" ]
E
    check "it could be created" $XL create -n /tmp/k.cfg
    check "create k" $XL create /tmp/k.cfg
    wait_for 100 "k reached its own /init" said k GUEST-IS-UP
    check "destroy k" $XL destroy k
    refuse "an entry that starts nothing" $XL create -p /tmp/k.cfg 'bootloader_args="--entry=first"'
    check "it says so" refusal_says "finds nothing to start on '/guest/boot.disk'"
    refuse "a program that is not there" $XL create -p /tmp/k.cfg bootloader=none
    refuse "no disk" $XL create -p /tmp/k.cfg 'disk=[]'
    check "nothing that was copied is left" sh -c '! ls -d /run/xen-like/boot.*'
fi

# ---- reboot, crash, destroy
check "reboot a" $XL reboot a
wait_for 120 "a came back" said a GUEST-IS-UP 2
tiny d run=crash
check "create d, which crashes" $XL create /tmp/d.cfg
wait_for 60 "d ran" said d GUEST-IS-UP
wait_for 20 "d is gone" gone d

# what on_watchdog and on_reboot say; kept means as it ended, the guest's memory with it
if [ $XL = xl-like ]; then
    ended() { grep -q "has shut down ($2): $3" "/var/log/xen-like/$1.log"; }
    tiny f run=watchdog
    echo 'on_watchdog = "preserve"' >>/tmp/f.cfg
    tiny h run=reboot
    echo 'on_reboot = "preserve"' >>/tmp/h.cfg
    tiny i run=watchdog
    for g in f h i; do check "create $g" $XL create /tmp/$g.cfg; done
    wait_for 30 "the watchdog has ended f" ended f watchdog preserve
    wait_for 30 "h has ended to reboot" ended h reboot preserve
    for g in f h; do
        check "$g is kept, shut down" sh -c "$XL list $g | grep -qE ' 16 .* -[b-]-s-- '"
        check "destroy $g" $XL destroy $g
    done
    wait_for 30 "the watchdog has ended i" ended i watchdog destroy
    wait_for 20 "i is gone" gone i
fi

# a domain that ended is kept under another name and started again, but not when it ends at once
if [ $XL = xl-like ]; then
    tiny e run=crash
    echo 'on_crash = "rename-restart"' >>/tmp/e.cfg
    check "create e, paused" $XL create -p /tmp/e.cfg
    wait_for 20 "its life is watched" grep -q "watching domain" /var/log/xen-like/e.log
    sleep 3 # one that lived for less than two is not started again
    check "unpause e, which crashes" $XL unpause e
    wait_for 30 "e was started again beside what is left of it" sh -c "$XL list | grep -q ^e-dead-"
    # one that takes long to crash, on a busy host, is started once more
    wait_for 100 "an e that ended at once is kept, crashed" sh -c "$XL list e | grep -qE ' ----c- '"
    check "destroy e" $XL destroy e
    for g in $($XL list | sed -n 's/^\(e-dead-[0-9]*\).*/\1/p'); do check "destroy $g" $XL destroy $g; done
fi

check "destroy b, running" $XL destroy b
check "shutdown c" $XL shutdown -w c
wait_for 20 "c is gone" gone c
check "destroy a" $XL destroy a
fails
