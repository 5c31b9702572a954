# SPDX-License-Identifier: GPL-2.0-only
# Eight stock guests that use disk and network at once: each writes and reads its disk while it sends to
# Dom0 and to the next guest, and takes from the one before. What Dom0 finds in the disks' files, and what
# arrives everywhere, is what was written and sent. Then they are destroyed at once, all of them busy
# again, and nothing is left of them.
#
# boot: our-tools tools=our hvargs="dom0_mem=512M,max:512M" timeout=3500
. /usr/lib/scenario.sh
guests=$(seq 8)

# What there is in Dom0 that belongs to daemons and guests
held() {
    for pid in $(pidof xstored consoled blockd netd); do
        echo "$(cat "/proc/$pid/comm"): files $(ls "/proc/$pid/fd" | wc -l)," \
            "pages $(grep -c /dev/xen/ "/proc/$pid/maps")"
    done
    ls /sys/class/net /run/xen-like/block /run/xen-like/net /run/xen-like/console
    pidof xl-like
}
as_held() { held | diff /tmp/held -; }
said_by_all() { for n in $guests; do said "g$n" "$1" || return 1; done; }
job_is() { said "g$1" "^JOB $2=$3"; }

# What all have: the 256 KiB of guest n; a server that keeps what it is sent and answers with its checksum
cat >/tmp/common <<'END'
pattern() { seq "${1}00000" 9999999 | head -c 262144; }
sum() { sha256sum | cut -d ' ' -f 1; }
printf '#!/bin/sh\nread -r n\nhead -c 262144 >/tmp/got.$n\nsha256sum </tmp/got.$n\n' >/tmp/take
chmod +x /tmp/take
nc -ll -p 5001 -e /tmp/take &
END

# The guests' work, which is on a disk
cat /tmp/common - >/tmp/job <<'END'
for word in $(cat /proc/cmdline); do
    case $word in n=*) n=${word#n=} ;; esac
done
await() { until nc 10.9.0.1 "$1" </dev/null | grep now >/dev/null; do sleep 1; done; }
give() { # give NAME ADDRESS ROUNDS
    printf '#!/bin/sh\necho %s\ndd if=/tmp/pattern bs=64k 2>/dev/null\nread sum\necho $sum >/tmp/%s.sum\n' \
        "$n" "$1" >"/tmp/$1.push"
    chmod +x "/tmp/$1.push"
    round=0
    until [ $((round += 1)) -gt "$3" ]; do nc "$2" 5001 -e "/tmp/$1.push"; done
    echo "JOB $1=$(cat "/tmp/$1.sum")"
}
disk() { # disk ROUNDS: in the second 256 KiB, in the third, and again
    round=0
    until [ $((round += 1)) -gt "$1" ]; do
        seek=$((8 - round % 2 * 4))
        dd if=/tmp/pattern of=/dev/xvda bs=64k seek=$seek conv=fsync 2>/dev/null || echo "JOB error"
        blockdev --flushbufs /dev/xvda
        dd if=/dev/xvda bs=64k skip=$seek count=4 2>/dev/null | cmp - /tmp/pattern || echo "JOB wrong"
    done
}
work() { # work ROUNDS: all at once
    disk "$1" & one=$!
    give dom0 10.9.0.1 "$1" & two=$!
    give next 10.9.0.1$((n % 8 + 1)) "$1" & three=$!
    wait $one $two $three
}
until [ -e /sys/class/net/eth0 ]; do usleep 100000; done
ip address add 10.9.0.1$n/24 dev eth0
ip link set eth0 up
pattern "$n" >/tmp/pattern
echo "JOB ready"
await 5002
work 2
echo "JOB done"
await 5003
work 1000000
END
truncate -s 64k /tmp/job

# ---- a bridge, and Dom0's servers
brctl addbr xenbr0
ip address add 10.9.0.1/24 dev xenbr0
ip link set xenbr0 up
. /tmp/common
gate() { # gate PORT: who connects there is answered when the gate is open: a pipe that has a writer
    mkfifo "/tmp/gate.$1"
    printf '#!/bin/sh\n: </tmp/gate.%s\necho now\n' "$1" >"/tmp/keeper.$1"
    chmod +x "/tmp/keeper.$1"
    nc -ll -p "$1" -e "/tmp/keeper.$1" &
}
open_gate() { tail -f /dev/null >"/tmp/gate.$1" & }
gate 5002
gate 5003
held >/tmp/held

# ---- eight guests begin when all of them are there
for n in $guests; do
    truncate -s 1M "/tmp/disk.$n"
    config_memory=112 config_extra="run=/dev/xvdb n=$n" config "g$n" \
        "disk = [ '/tmp/disk.$n,raw,xvda,rw', '/tmp/job,raw,xvdb,r' ]" "vif = [ 'ip=10.9.0.1$n' ]"
    check "create g$n" $XL create -p "/tmp/g$n.cfg"
done
for n in $guests; do check "unpause g$n" $XL unpause "g$n"; done
wait_for 300 "all are ready" said_by_all "JOB ready"
open_gate 5002
wait_for 300 "all have done their work" said_by_all "JOB done"
for n in $guests; do
    pattern "$n" >/tmp/pattern
    dd if=/dev/zero bs=256k count=1 2>/dev/null | cat - /tmp/pattern /tmp/pattern >/tmp/expected
    truncate -s 1M /tmp/expected
    sum=$(sum </tmp/pattern)
    check "g$n's disk has what it wrote" cmp "/tmp/disk.$n" /tmp/expected
    check "Dom0 has what g$n sent" cmp "/tmp/got.$n" /tmp/pattern
    check "g$n was told so" job_is "$n" dom0 "$sum"
    check "the next guest has what g$n sent" job_is "$n" next "$sum"
    refuse "an error in g$n" said "g$n" "JOB error\|JOB wrong\|I/O error\|netfront\|vif vif-0: "
done

# ---- all are busy again, and end
rm -f /tmp/got.*
open_gate 5003
busy_again() { for n in $guests; do [ -s "/tmp/got.$n" ] || return 1; done; }
wait_for 100 "all send again" busy_again
bad=0 destroying=
for n in $guests; do
    $XL destroy "g$n" &
    destroying="$destroying $!"
done
for pid in $destroying; do wait "$pid" || bad=$((bad + 1)); done
check "all are destroyed, busy" [ $bad = 0 ]
wait_for 20 "Domain-0 is alone" domains_are 1
check "no device in the store" sh -c "! xstore exists /local/domain/0/backend"
wait_for 60 "the daemons hold what they did before" as_held
killall nc tail
ip link set xenbr0 down
brctl delbr xenbr0
fails
