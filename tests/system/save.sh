# SPDX-License-Identifier: GPL-2.0-only
# A stock guest of two vcpus is saved and restored: what it had in memory and on its disk is there, and
# it goes on where it was, as it does after a checkpoint. Whatever goes wrong while it is saved (no
# room, a killed command, a guest that does not heed), it goes on and no half file is left. A damaged
# file says where it is damaged. What was attached while it ran it has when it is restored, or started
# again; what was detached it has not.
#
# boot: our-tools tools=our hvargs="dom0_mem=768M,max:768M" timeout=1500
. /usr/lib/scenario.sh

cat >/tmp/job <<'END'
seq 100000 | head -c 500000 >/tmp/pattern
sum() { sha256sum | cut -d ' ' -f 1; }
before=$(sum </tmp/pattern)
n=0
while :; do
    n=$((n + 1))
    [ "$(sum </tmp/pattern)" = "$before" ] || echo "JOB memory is wrong"
    dd if=/tmp/pattern of=/dev/xvda bs=64k conv=fsync 2>/dev/null || echo "JOB cannot write"
    blockdev --flushbufs /dev/xvda
    dd if=/dev/xvda bs=64k count=8 2>/dev/null | head -c 500000 | cmp - /tmp/pattern ||
        echo "JOB disk is wrong"
    [ ! -e /dev/xvdc ] || blockdev --flushbufs /dev/xvdc
    [ ! -e /dev/xvdc ] || echo "JOB more $(sum </dev/xvdc) $(ls /sys/class/net | tr '\n' ,)"
    echo "JOB round $n"
    usleep 100000
done
END
truncate -s 64k /tmp/job
truncate -s 1M /tmp/disk
tiny t run=spin
config_vcpus=2 config_extra="run=/dev/xvdb" config g \
    "disk = [ '/tmp/disk,raw,xvda,rw', '/tmp/job,raw,xvdb,r' ]"

rounds() { sed -n 's/^JOB round \([0-9]*\).*/\1/p' "$(console_log g)"; }
# a mark: from here on three rounds are to be done
mark() { last=$(rounds | wc -l); }
goes_on() { [ "$(rounds | wc -l)" -ge $((last + 3)) ]; }
each_once_in_order() { rounds | awk '$1 != NR { exit 1 }'; }
right() { ! said g "JOB .*wrong\|JOB cannot\|I/O error"; }
no_half_file() { ! ls /tmp/*.partial-* /small/*.partial-* 2>/dev/null; }

check "create" $XL create /tmp/g.cfg
mark
wait_for 100 "it works" goes_on
vm() { xstore read "/local/domain/$($XL domid g)/vm"; }
vm=$(vm)

# ---- it goes, and comes back
check "save" $XL save -t 600 g /tmp/g.saved
wait_for 20 "it is gone" domains_are 1
check "its file is for root alone" [ "$(stat -c %a /tmp/g.saved)" = 600 ]
mark
check "restore" $XL restore /tmp/g.saved
wait_for 60 "it goes on" goes_on
check "and has lost nothing" each_once_in_order
rm /tmp/g.saved
check "it is the same guest" [ "$(vm)" = "$vm" ]

# ---- checkpoints
check "save -c" $XL save -t 600 -c g /tmp/g.checkpoint
mark
wait_for 60 "it goes on" goes_on
refuse "restore one of the same name" $XL restore /tmp/g.checkpoint
check "says so" refusal_says "the name 'g' is taken"

# ---- devices that come and go while it runs
head -c 64k /dev/urandom >/tmp/more
more="JOB more $(sha256sum </tmp/more | cut -d ' ' -f 1) eth[01],lo,"
mac() { $XL network-list g | tail -n +2 | awk '{ print $3 }'; }
connected() { $XL network-list g | awk '$5 == 4 { n++ } END { exit n != 1 }'; }
check "setup-bridge" $XL setup-bridge
truncate -s 64k /tmp/spare
check "attach two disks" $XL block-attach g /tmp/spare,raw,xvdd,r
check "and" $XL block-attach g /tmp/more,raw,xvdc,r
check "detach the first" $XL block-detach -t 1000 g xvdd
check "attach two network devices" $XL network-attach g
check "and" $XL network-attach g rate=10Mb/s@20ms mtu=1400
check "detach the first" $XL network-detach -t 1000 g 0
wait_for 60 "it has the others" said g "$more"
before=$(mac)
check "save" $XL save -t 600 g /tmp/g.saved
wait_for 20 "it is gone" domains_are 1
check "restore" $XL restore /tmp/g.saved
rm /tmp/g.saved
seen=$(grep -c "$more" "$(console_log g)")
wait_for 60 "it has them again" said g "$more" $((seen + 2))
wait_for 60 "its network device is connected" connected
check "under the same address" [ "$(mac)" = "$before" ]
rate() { xstore read "/local/domain/0/backend/netd/$($XL domid g)/1/rate"; }
check "with the same rate" [ "$(rate)" = 25000,20000 ]
check "detach the disk" $XL block-detach -t 1000 g xvdc
check "and the network device" $XL network-detach -t 1000 g 1
check "save -p over the older file" $XL save -t 600 -p g /tmp/g.checkpoint
check "it is paused" paused g
check "unpause" $XL unpause g
mark
wait_for 60 "it goes on" goes_on
check "and has lost nothing" each_once_in_order

# ---- a core file
check "dump-core" $XL dump-core g /tmp/g.core
check "it is an ELF file" [ "$(head -c 4 /tmp/g.core | tail -c 3)" = ELF ]
check "with all of its memory" [ "$(stat -c %s /tmp/g.core)" -gt $((128 << 20)) ]
rm /tmp/g.core
mark
wait_for 60 "the guest goes on" goes_on
refuse "of a guest that there is not" $XL dump-core nosuch /tmp/g.core

# ---- it cannot be saved
mkdir /small
mount -t tmpfs -o size=4M small /small
refuse "save where there is no room" $XL save -t 600 g /small/g
check "says so" refusal_says "No space left"
mark
wait_for 60 "it goes on" goes_on
refuse "save where there is no directory" $XL save g /nowhere/g
mark
wait_for 60 "it goes on" goes_on
check "no half file" no_half_file
check "create a guest that does not heed" $XL create /tmp/t.cfg
refuse "save it" $XL save -t 1 t /tmp/t.saved
check "says so" refusal_says "has not suspended within 1 seconds"
check "and it runs" there t
refuse "dump-core of one that does not tell where its memory is" $XL dump-core t /tmp/t.core
check "says so" refusal_says "does not say at which address"
check "and it still runs" there t
check "destroy it" $XL destroy t

# ---- the command is killed when it has written a part; the monitor lets the guest go on
tries=0
until [ $tries = 10 ] || save_killed g; do tries=$((tries + 1)); done
check "it was killed in the middle" [ $tries -lt 10 ]
mark
wait_for 60 "the guest goes on" goes_on
check "the log says so" grep "nobody saves it: it goes on" /var/log/xen-like/g.log
rm -f /tmp/g.killed.partial-*
check "it has lost nothing" each_once_in_order
check "and nothing was wrong" right
check "shutdown" $XL destroy g

# ---- a checkpoint, and files that are damaged
refuse "a file that is none" $XL restore /tmp/job
check "says so" refusal_says "no file of a saved guest"
cp /tmp/g.checkpoint /tmp/damaged
size=$(stat -c %s /tmp/g.checkpoint)
for at in 100 5000 $((size / 2)) $((size - 20)); do
    printf 'x' | dd of=/tmp/damaged bs=1 seek=$at conv=notrunc 2>/dev/null
    refuse "damaged at byte $at" $XL restore /tmp/damaged
    check "says where" refusal_says "at byte [0-9]* is wrong"
    dd if=/tmp/g.checkpoint of=/tmp/damaged bs=1 skip=$at seek=$at count=1 conv=notrunc 2>/dev/null
done
truncate -s $((size - 16)) /tmp/damaged
refuse "a file that is cut off" $XL restore /tmp/damaged
check "says where" refusal_says "the file ends at byte"
rm /tmp/damaged
wait_for 20 "nothing is left of them" domains_are 1
mark
check "restore the checkpoint, paused" $XL restore -p /tmp/g.checkpoint
check "it is paused" paused g
check "with the disks that it had then" [ "$($XL block-list g | wc -l)" = 3 ]
check "and no network device" [ "$($XL network-list g | wc -l)" = 1 ]
check "unpause" $XL unpause g
wait_for 60 "it goes on" goes_on
check "nothing was wrong" right
check "destroy" $XL destroy g
umount /small
fails
