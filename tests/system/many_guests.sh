# SPDX-License-Identifier: GPL-2.0-only
# Eight stock guests that use disk and network at once: each writes and reads its disk while it sends to
# Dom0 and to the next guest, and takes from the one before. What Dom0 finds in the disks' files, and what
# arrives everywhere, is what was written and sent. Then they are destroyed, all of them busy again, and
# nothing is left of them.
#
# boot: our-tools tools=our hvargs="dom0_mem=512M,max:512M" timeout=1500 extra=1
. /usr/lib/scenario.sh
guests=$(seq 8)

# What there is in Dom0 that belongs to daemons and guests
held() {
    for daemon in xstored consoled blockd netd; do
        pid=$(pidof $daemon)
        echo "$daemon: files $(ls "/proc/$pid/fd" | wc -l), pages $(grep -c /dev/xen/ "/proc/$pid/maps")"
    done
    ls /sys/class/net /run/xen-like/block /run/xen-like/net /run/xen-like/console
    pidof xl-like
}
as_held() { held | diff /tmp/held -; }
said_by_all() { for n in $guests; do said "g$n" "$1" || return 1; done; }
job() { sed -n "s/^JOB $2=\([^ ]*\).*/\1/p" "$(console_log "g$1")" | tail -n 1 | tr -d '\r'; }

# What all have: the bytes of guest n; a server that keeps what it is sent and answers with its checksum
cat >/tmp/common <<'END'
pattern() { seq "${1}00000" 9999999 | head -c 500000; }
sum() { sha256sum | cut -d ' ' -f 1; }
printf '#!/bin/sh\nread -r n\nhead -c 500000 >/tmp/got.$n\nsha256sum </tmp/got.$n\n' >/tmp/take
chmod +x /tmp/take
nc -ll -p 5001 -e /tmp/take &
END

# The guests' work, which is on a disk; it waits for a word of Dom0's, which `go` gives
cat /tmp/common - >/tmp/job <<'END'
for word in $(cat /proc/cmdline); do
    case $word in n=*) n=${word#n=} ;; esac
done
await() { until nc 10.9.0.1 5000 </dev/null | grep "$1" >/dev/null; do sleep 5; done; }
give() { # give NAME ADDRESS ROUNDS
    printf '#!/bin/sh\necho %s\ndd if=/tmp/pattern bs=64k 2>/dev/null\nread sum\necho $sum >/tmp/%s.sum\n' \
        "$n" "$1" >"/tmp/$1.push"
    chmod +x "/tmp/$1.push"
    for round in $(seq "$3"); do nc "$2" 5001 -e "/tmp/$1.push"; done
    echo "JOB $1=$(cat "/tmp/$1.sum")"
}
disk() { # disk ROUNDS
    for round in $(seq "$1"); do
        for seek in $((round % 8)) 16; do
            dd if=/tmp/pattern of=/dev/xvda bs=64k seek=$seek conv=fsync 2>/dev/null || echo "JOB error"
            blockdev --flushbufs /dev/xvda
            dd if=/dev/xvda bs=64k skip=$seek count=8 2>/dev/null | head -c 500000 | cmp - /tmp/pattern ||
                echo "JOB wrong"
        done
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
await go
work 3
echo "JOB done"
await again
work 1000000
END
truncate -s 64k /tmp/job

# ---- a bridge, and Dom0's servers
brctl addbr xenbr0
ip address add 10.9.0.1/24 dev xenbr0
ip link set xenbr0 up
. /tmp/common
echo wait >/tmp/word
nc -ll -p 5000 -e cat /tmp/word &
held >/tmp/held

# ---- eight guests begin when all of them are there
for n in $guests; do
    truncate -s 2M "/tmp/disk.$n"
    config_memory=112 config_extra="run=/dev/xvdb n=$n" config "g$n" \
        "disk = [ '/tmp/disk.$n,raw,xvda,rw', '/tmp/job,raw,xvdb,r' ]" "vif = [ 'ip=10.9.0.1$n' ]"
    check "create g$n" $XL create -p "/tmp/g$n.cfg"
done
for n in $guests; do check "unpause g$n" $XL unpause "g$n"; done
wait_for 300 "all are ready" said_by_all "JOB ready"
echo go >/tmp/word
wait_for 300 "all have done their work" said_by_all "JOB done"
for n in $guests; do
    rm -f /tmp/expected
    truncate -s 2M /tmp/expected
    pattern "$n" >/tmp/pattern
    for seek in 1 2 3 16; do dd if=/tmp/pattern of=/tmp/expected bs=64k seek=$seek conv=notrunc 2>/dev/null; done
    check "g$n's disk has what it wrote" cmp "/tmp/disk.$n" /tmp/expected
    check "Dom0 has what g$n sent" cmp "/tmp/got.$n" /tmp/pattern
    check "g$n was told so" [ "$(job "$n" dom0)" = "$(sum </tmp/pattern)" ]
    check "the next guest has what g$n sent" [ "$(job "$n" next)" = "$(sum </tmp/pattern)" ]
    refuse "an error in g$n" said "g$n" "JOB error\|JOB wrong\|I/O error\|netfront\|vif vif-0: "
done

# ---- all are busy again, and end
echo again >/tmp/word
rm -f /tmp/got.*
busy_again() { for n in $guests; do [ -s "/tmp/got.$n" ] || return 1; done; }
wait_for 100 "all send again" busy_again
for n in $guests; do check "destroy g$n, busy" $XL destroy "g$n"; done
check "Domain-0 is alone" domains_are 1
check "no device in the store" sh -c "! xstore exists /local/domain/0/backend"
wait_for 60 "the daemons hold what they did before" as_held
killall nc
ip link set xenbr0 down
brctl delbr xenbr0
fails
