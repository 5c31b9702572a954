# SPDX-License-Identifier: GPL-2.0-only
# Network devices of two stock guests, served from Dom0 by netd, on a bridge in Dom0: addresses, TCP in
# all directions with checksums of what was sent, in packets larger than the network's, a frontend that
# goes and comes back, a connection that lives on while netd is killed again and again, and frontends that
# attack netd beside one that works.
#
# boot: our-tools tools=our hvargs="dom0_mem=512M,max:512M" timeout=2400
# boot: 100-kills tools=our hvargs="dom0_mem=512M,max:512M" dom0args="kills=100" timeout=6000 extra=1
. /usr/lib/scenario.sh

log() { grep -q "$1" /var/log/xen-like/netd.messages; }
job() { sed -n "s/^JOB $2=\([^ ]*\).*/\1/p" "$(console_log "$1")" | tail -n 1 | tr -d '\r'; }
job_is() { [ "$(job "$1" "$2")" = "$3" ]; }
job_above() { [ "$(job "$1" "$2")" -gt "$3" ]; }

# What both sides offer: the checksum of what is sent to port 5001; a pattern at port 5002. It goes into
# the connection in large pieces.
cat >/tmp/servers <<'END'
seq 5 2000000 | head -c 3000000 >/tmp/pattern
printf '#!/bin/sh\nhead -c 3000000 | sha256sum | cut -d " " -f 1\n' >/tmp/sink
printf '#!/bin/sh\ndd if=/tmp/pattern bs=64k 2>/dev/null\n' >/tmp/source
printf '#!/bin/sh\ndd if=/tmp/pattern bs=64k 2>/dev/null\nread sum\necho "$sum" >/tmp/answer\n' >/tmp/push
chmod +x /tmp/sink /tmp/source /tmp/push
nc -ll -p 5001 -e /tmp/sink &
nc -ll -p 5002 -e /tmp/source &
END

# The guests' work, which is on a disk: what both do, and what one of them does
cat >/tmp/both <<'END'
count() { cat "/sys/class/net/eth0/statistics/$1"; }
size() { # size DIRECTION COMMAND...: of the packets meanwhile
    bytes=$(count "$1_bytes") packets=$(count "$1_packets") direction=$1
    shift
    "$@"
    echo "JOB $direction-size=$((($(count ${direction}_bytes) - bytes) / ($(count ${direction}_packets) - packets)))"
}
give() { # give NAME ADDRESS
    nc "$2" 5001 -e /tmp/push
    echo "JOB $1-sent=$(cat /tmp/answer)"
}
get() { echo "JOB $1-got=$(nc "$2" 5002 </dev/null | sha256sum)"; }
reach() { until ping -c 1 -W 5 "$1" >/dev/null; do usleep 500000; done; }
static() {
    until [ -e /sys/class/net/eth0 ]; do usleep 100000; done
    ip address add 10.9.0.11/24 dev eth0
    ip link set eth0 up
}
dynamic() {
    until [ -e /sys/class/net/eth0 ]; do usleep 100000; done
    printf '#!/bin/sh\n[ "$1" != bound ] || ip address add $ip/24 dev eth0\n' >/tmp/dhcp
    chmod +x /tmp/dhcp
    ip link set eth0 up
    udhcpc -i eth0 -n -q -f -t 100 -s /tmp/dhcp >/dev/null
}
END
cat >/tmp/a.part <<'END'
static
echo "JOB mac=$(cat /sys/class/net/eth0/address)"
reach 10.9.0.1
echo "JOB up"
size tx give dom0 10.9.0.1
size rx get dom0 10.9.0.1
echo vif-0 >/sys/bus/xen/drivers/vif/unbind
echo vif-0 >/sys/bus/xen/drivers/vif/bind
static
reach 10.9.0.1
echo "JOB again"
reach 10.9.0.50
give guest 10.9.0.50
get guest 10.9.0.50
echo "JOB done"
until [ -e /sys/class/net/eth1 ]; do usleep 100000; done
echo "JOB second=$(cat /sys/class/net/eth1/address)"
while [ -e /sys/class/net/eth1 ]; do usleep 100000; done
echo "JOB second gone"
END
cat >/tmp/b.part <<'END'
dynamic
echo "JOB mac=$(cat /sys/class/net/eth0/address)"
reach 10.9.0.1
echo "JOB address=$(ip -4 address show eth0 | sed -n 's/.*inet \([0-9.]*\).*/\1/p')"
seq 1 1000000000 | nc 10.9.0.1 5003
echo "JOB stream ended"
END
for guest in a b; do
    cat /tmp/both /tmp/servers /tmp/$guest.part >/tmp/$guest.job
    echo 'while :; do sleep 1000; done' >>/tmp/$guest.job
    truncate -s 64k /tmp/$guest.job
done

# ---- wrong input
config bad "vif = [ 'bridge=nobr0' ]"
refuse "a bridge that is not there" $XL create -p /tmp/bad.cfg
check "its error names the line" refusal_says "/tmp/bad.cfg:8:9: .*nobr0"
check "and says how to make one" refusal_says "hint: .*setup-bridge nobr0"
config bad "vif = [ 'script=vif-bridge' ]"
refuse "a script" $XL create -p /tmp/bad.cfg
wait_for 20 "nothing left behind" domains_are 1
wait_for 20 "no device left behind" sh -c '! ls /sys/class/net | grep -q vif'

# ---- two guests and Dom0 on a bridge
check "setup-bridge" $XL setup-bridge --address 10.9.0.1/24
. /tmp/servers
printf 'interface xenbr0\nstart 10.9.0.50\nend 10.9.0.50\nlease_file /tmp/leases\n' >/tmp/udhcpd.conf
touch /tmp/leases
udhcpd -f /tmp/udhcpd.conf >/dev/null 2>&1 &
# an end of what nc sends would end the connection
tail -f /dev/null | nc -l -p 5003 |
    awk '$1 != ++n { print "wrong"; exit } n % 1000 == 0 { print n; fflush() }' >/tmp/stream &
stream() { grep -vc wrong /tmp/stream; }
stream_above() { [ "$(stream)" -gt "$1" ]; }

config_extra="run=/dev/xvda" config a \
    "vif = [ 'mac=00:16:3e:00:00:0a, vifname=neta, ip=10.9.0.11' ]" "disk = [ '/tmp/a.job,raw,xvda,r' ]"
config_extra="run=/dev/xvda" config_vcpus=2 config b \
    "vif = [ 'bridge=xenbr0, rate=1Gb/s' ]" "disk = [ '/tmp/b.job,raw,xvda,r' ]"
check "create a" $XL create /tmp/a.cfg
check "create b" $XL create /tmp/b.cfg
check "its device has the name it was given" test -e /sys/class/net/xenbr0/brif/neta
wait_for 100 "a reaches Dom0" said a "JOB up"
wait_for 100 "b has got an address, and reaches Dom0" said b "JOB address=10.9.0.50"
check "a has the address of its configuration" job_is a mac 00:16:3e:00:00:0a
check "b has one that was made" said b "JOB mac=00:16:3e:"
check "b has two queues" log "connected: vif[0-9.]* on xenbr0, 2 queues"

# ---- a connection of b's lives on while netd is killed; a goes on with its work meanwhile
takeovers() { [ "$(grep -c "taken over: vif" /var/log/xen-like/netd.messages)" -ge "$1" ]; }
wait_for 60 "b sends" stream_above 10
bad=0 kills=$(option kills 8)
for i in $(seq "$kills"); do
    kill_daemon netd && await takeovers "$i" && await stream_above $(($(stream) + i % 10)) ||
        bad=$((bad + 1))
done
check "netd was killed $kills times, and b's connection went on" [ $bad = 0 ]
check "each one took b's device over" [ "$(grep -c "taken over: vif" /var/log/xen-like/netd.messages)" = "$kills" ]
refuse "a wrong byte in b's stream" grep wrong /tmp/stream
refuse "an end of b's stream" said b "JOB stream ended"

sent() { $XL network-list --json "$1" | sed -n 's/.*"tx_bytes": *\([0-9]*\).*/\1/p'; }

check "top counts what b sent" sh -c "$XL top --once --json -d 0.1 | grep -q '\"name\":\"b\"[^}]*\"tx_bytes\":[1-9]'"

# ---- what a has seen
wait_for 300 "a has done its job" said a "JOB done"
grep -a "^JOB" "$(console_log a)"
sum=$(sha256sum </tmp/pattern | cut -d ' ' -f 1)
check "Dom0 has what a sent" job_is a dom0-sent "$sum"
check "a has what Dom0 sent" job_is a dom0-got "$sum"
check "a sent packets larger than the network's" job_above a tx-size 1600
check "a got packets larger than the network's" job_above a rx-size 1600
check "a came back after its device was gone" said a "JOB again"
check "b has what a sent" job_is a guest-sent "$sum"
check "a has what b sent" job_is a guest-got "$sum"
for guest in a b; do
    refuse "an error in $guest's driver" said $guest "netfront\|vif vif-0: "
done

# ---- one more device for a, and away again
check "network-attach" $XL network-attach a mac=00:16:3e:00:00:0b
wait_for 60 "a has it" job_is a second 00:16:3e:00:00:0b
check "network-list" [ "$($XL network-list a | wc -l)" = 3 ]
lines=$(stream)
check "what b sent is counted, on over netd's ends" [ "$(sent b | head -n 1)" -ge $((lines * 2000)) ]
check "network-detach" $XL network-detach -t 1000 a 00:16:3e:00:00:0b
wait_for 60 "a has it no more" said a "JOB second gone"

check "destroy b, busy" $XL destroy b

# ---- frontends that do what they may not, or too much, beside one that does not
mac=16
attacker() { # attacker NAME WHAT [LINE]: a tiny guest, each with an address of its own
    mac=$((mac + 1))
    tiny "$1" "net=$2"
    echo "vif = [ 'mac=00:16:3e:00:00:$(printf %02x $mac)' ]" >>"/tmp/$1.cfg"
    check "create $1" $XL create "/tmp/$1.cfg"
}
attacker good work
wait_for 60 "good works" said good "net: round 100 right"
for attack in index pages-index grant vanish piece larger chain half extra no-size unknown-kind state \
    lie events flood come-and-go; do
    attacker $attack $attack
    case $attack in lie | events | flood | come-and-go) end="still served" ;; *) end=disconnected ;; esac
    wait_for 150 "$attack is $end" said $attack "net: $end"
    refuse "$attack saw something wrong" said $attack WRONG
    check "destroy $attack" $XL destroy $attack
done
for why in "index of its packets is impossible" "index of its pages for packets is impossible" \
    "in pages that it does not grant" "granted for packets cannot be written" "leaves its page" \
    "pieces larger than their packet" "of too many pieces" "that does not end" \
    "extra info that was not offered" "segments of no size" "segmentation of a kind" \
    "its state went to 7"; do
    check "the log says: $why" log "disconnected: .*$why"
done
rounds=$(grep -c "net: round" "$(console_log good)")
wait_for 60 "good goes on" said good "net: round" $((rounds + 2))
refuse "good saw something wrong" said good WRONG
check "destroy good" $XL destroy good

# ---- the end
check "destroy a" $XL destroy a
check "no device in the store" sh -c "! xstore exists /local/domain/0/backend"
wait_for 20 "no device on the bridge" sh -c '[ -z "$(ls /sys/class/net/xenbr0/brif)" ]'
wait_for 20 "no note" sh -c '[ -z "$(ls /run/xen-like/net)" ]'
check "netd is well" pidof netd
killall nc udhcpd tail
ip link set xenbr0 down
brctl delbr xenbr0
cat /var/log/xen-like/netd.messages
fails
