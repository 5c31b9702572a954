# SPDX-License-Identifier: GPL-2.0-only
# Disks of a stock guest, served from Dom0 by blockd: what is written in the guest is what Dom0 finds in
# the file, and the other way around; with grants that are kept and with grants that are copied.
#
# boot: our-tools tools=our hvargs="dom0_mem=512M,max:512M" timeout=3500
. /usr/lib/scenario.sh
kills=100

sum() { sha256sum <"$1" | cut -d ' ' -f 1; }
pattern() { seq "$1" 2000000 | head -c "$2"; } # not the same in any two sectors
offers() { grep -q "$1" /var/log/xen-like/blockd.messages; }

# The guests' work, which is on a disk as well
cat >/tmp/job <<'E'
echo "JOB sizes=$(cat /sys/block/xvda/size),$(cat /sys/block/xvdb/size)"
seq 7 2000000 | head -c 1000000 | dd of=/dev/xvda bs=64k seek=1 iflag=fullblock conv=fsync 2>/dev/null
seq 3 2000000 | head -c 5120 | dd of=/dev/xvda bs=512 seek=5001 conv=fsync 2>/dev/null
echo "JOB b=$(sha256sum </dev/xvdb | cut -d ' ' -f 1)"
blockdev --flushbufs /dev/xvda
echo "JOB a=$(sha256sum </dev/xvda | cut -d ' ' -f 1)"
dd if=/dev/zero of=/dev/xvdb count=1 conv=fsync 2>/dev/null && echo "JOB wrote to a read-only disk"
echo "JOB readonly=$(cat /sys/block/xvdb/ro),$(cat /sys/block/xvda/ro)"
blkdiscard -o 524288 -l 524288 /dev/xvda 2>/dev/null || echo "JOB no discard"
echo "JOB done"
grep -q busy /proc/cmdline || exit 0
while :; do # beside the work: a disk that comes, goes, and grows
    size=$(cat /sys/block/xvdd/size 2>/dev/null)
    if [ "${size:-0}" != 0 ] && [ "$size" != "$last" ]; then
        echo "PLUG $size $(sha256sum </dev/xvdd | cut -d ' ' -f 1)"
        last=$size
    fi
    usleep 200000
done &
for i in 0 1 2 3 4; do seq $((i + 5)) 2000000 | head -c 262144 >/tmp/right.$i; done
for round in $(seq 1 100000); do
    right=/tmp/right.$((round % 5))
    dd if=$right of=/dev/xvda bs=64k seek=2 conv=fsync 2>/dev/null || echo "JOB error"
    blockdev --flushbufs /dev/xvda
    dd if=/dev/xvda bs=64k skip=2 count=4 2>/dev/null | cmp - $right || echo "JOB wrong"
    echo "JOB busy"
done
E
truncate -s 64k /tmp/job

# ---- wrong input
config bad "disk = [ 'format=raw, vdev=xvda, access=rw, target=/no/such/file' ]"
refuse "no such file" $XL create -p /tmp/bad.cfg
check "its error names the line" refusal_says "/tmp/bad.cfg:8:10: .*xvda.*No such file"
check "and what to do" refusal_says "hint: .*truncate -s 4G /no/such/file"
config bad "disk = [ '/tmp/job,raw,xvda', '/tmp/job,raw,xvda' ]"
refuse "a disk twice" $XL create -p /tmp/bad.cfg
config bad "disk = [ '/tmp/job,qcow2,xvda,rw' ]"
refuse "a format that is not served" $XL create -p /tmp/bad.cfg
wait_for 20 "nothing left behind" domains_are 1

# ---- a guest that writes and reads; the disks in either syntax
one() { # one NAME GRANTS EXTRA
    truncate -s 4M "/tmp/$1.a"
    pattern 11 300000 >"/tmp/$1.b"
    truncate -s 512k "/tmp/$1.b"
    rm -f /tmp/expected
    truncate -s 4M /tmp/expected
    pattern 7 1000000 | dd of=/tmp/expected bs=64k seek=1 iflag=fullblock conv=notrunc 2>/dev/null
    pattern 3 5120 | dd of=/tmp/expected bs=512 seek=5001 conv=notrunc 2>/dev/null
    config_extra="run=/dev/xvdc $3" config "$1" "disk = [ 'format=raw, vdev=xvda, access=rw, grants=$2, target=/tmp/$1.a'," \
        "         '/tmp/$1.b,raw,xvdb,r', 'vdev=xvdc,access=ro,target=/tmp/job' ]"
    check "create $1" $XL create "/tmp/$1.cfg"
    wait_for 200 "$1 has done its job" said "$1" "JOB done"
    grep -a "JOB" "$(console_log "$1")" | head -n 8
    check "$1 sees the sizes" said "$1" "sizes=8192,1024"
    check "$1 reads what is in the file" said "$1" "JOB b=$(sum "/tmp/$1.b")"
    check "$1 reads what it has written" said "$1" "JOB a=$(sum /tmp/expected)"
    check "only one disk is read-only" said "$1" "JOB readonly=1,0"
    refuse "a write to the read-only disk" said "$1" "JOB wrote"
    refuse "discarding fails" said "$1" "JOB no discard"
}
one g kept
wait_for 60 "it has powered off" gone g
dd if=/dev/zero of=/tmp/expected bs=512k seek=1 count=1 conv=notrunc 2>/dev/null # was discarded
check "the file has what was written" cmp /tmp/g.a /tmp/expected
check "its grants were kept" offers "domain .*connected.*persistent"

# ---- another one, whose grants are copied: blockd is killed again and again while it writes and reads,
# the store's daemon just before
one h copied busy
wait_for 60 "h is busy" said h "JOB busy"
id=$($XL domid h)
note=/run/xen-like/block/$id-51712.note # of xvda; its counts of reads and writes stand at its beginning
served() { set -- $(od -A n -t u8 -j 8 -N 16 "$note"); echo $(($1 + $2)); }
centiseconds() { sed 's/ .*//; s/\.//' /proc/uptime; }
takeovers() { grep -c "device 51712: taken over" /var/log/xen-like/blockd.messages; }
served_above() { [ "$(served)" -gt "$1" ]; }
bad=0 stall=0 worst=0 begun=$(centiseconds)
for i in $(seq "$kills"); do
    [ $((i % 10)) != 1 ] || kill_store 1 0
    at=$(centiseconds)
    kill_daemon blockd || bad=$((bad + 1))
    before=$(served)
    await served_above "$before" || bad=$((bad + 1))
    took=$(($(centiseconds) - at))
    stall=$((stall + took))
    [ $took -le $worst ] || worst=$took
    await served_above $((before + i % 7)) || bad=$((bad + 1))
done
echo "blockd: $kills kills in $(($(centiseconds) - begun))0 ms; a stall of ${worst}0 ms at most," \
    "$((10 * stall / kills)) ms in the mean"
check "blockd was started again each time, and served" [ $bad = 0 ]
check "each one took its disk over" [ "$(takeovers)" = "$kills" ]
busy=$(grep -c "JOB busy" "$(console_log h)")
wait_for 60 "h goes on, and sees its last writes" said h "JOB busy" $((busy + 3))
refuse "an error in h" said h "JOB error"
refuse "a wrong byte in h" said h "JOB wrong"
refuse "an error in h's kernel" said h "I/O error"

# ---- disks that come and go while it works; each of another size, so that each is seen
refuse "a disk that it has" $XL block-attach h /tmp/h.b,raw,xvda,r
refuse "a disk without a target" $XL block-attach h vdev=xvdd
refuse "a disk it has not" $XL block-detach h xvdd
sectors=64
for i in $(seq 1 6); do
    sectors=$((sectors + 8))
    pattern $i $((sectors * 512)) >/tmp/plug
    check "attach $i" $XL block-attach h vdev=xvdd,access=rw target=/tmp/plug
    wait_for 60 "h reads disk $i" said h "PLUG $sectors $(sum /tmp/plug)"
    if [ $i = 2 ]; then
        check "listed" sh -c "$XL block-list h | grep -q '^xvdd .*blockd'"
        check "in JSON" sh -c "$XL block-list --json h | tr -d ' \n' | grep -q '\"target\":\"/tmp/plug\"'"
        check "top counts it, too" sh -c "$XL top --once --json -d 0.1 | grep -q '\"name\":\"h\"[^}]*\"reads\":[1-9]'"
        check "it has been read" sh -c "$XL block-list --json h | tr -d ' \n' | grep -q '\"reads\":[1-9]'"
        refuse "a size that loses data" $XL block-resize h xvdd 4K
        sectors=$((sectors + 100))
        check "resize" $XL block-resize h xvdd $((sectors * 512))
        wait_for 60 "h sees what has been added" said h "PLUG $sectors $(sum /tmp/plug)"
    fi
    [ $i = 3 ] && force=--force || force=
    check "detach $i" $XL block-detach -t 1000 $force h xvdd
done
check "three disks are left" [ "$($XL block-list h | tail -n +2 | wc -l)" = 3 ]

# ---- frontends that do what they may not, or too much, beside h
truncate -s 64k /tmp/tiny.a
busy=$(grep -c "JOB busy" "$(console_log h)")
for attack in index grant segment count state "vanish copied" beyond events come-and-go; do
    name=${attack% *}
    tiny $name "disk=$attack"
    case $attack in *copied) grants=copied ;; *) grants=kept ;; esac
    echo "disk = [ '/tmp/tiny.a,raw,xvda,rw,grants=$grants' ]" >>/tmp/$name.cfg
    check "create $name" $XL create /tmp/$name.cfg
    case $name in beyond | events | come-and-go) end="still served" ;; *) end=disconnected ;; esac
    wait_for 150 "$name is $end" said $name "disk: $end"
    refuse "$name saw something wrong" said $name WRONG
    check "destroy $name" $XL destroy $name
done
for why in "index of its requests is impossible" "not granted" "does not lie in its page" \
    "more segments than" "its state went to 7" "cannot be \(reached\|written\)"; do
    check "the log says: $why" offers "disconnected: .*$why"
done
wait_for 60 "h goes on" said h "JOB busy" $((busy + 2))

# ---- destroyed in the middle of its writes
config other "disk = [ '/tmp/h.a,raw,xvda,rw' ]"
refuse "two disks that write to one file" $XL create -p /tmp/other.cfg
check "destroy h, busy" $XL destroy h
check "no disk in the store" sh -c "! xstore exists /local/domain/0/backend"
check "the file is free" $XL create -p /tmp/other.cfg
check "destroy" $XL destroy other

check "blockd is well" pidof blockd
cat /var/log/xen-like/blockd.messages
fails
