# SPDX-License-Identifier: GPL-2.0-only
# consoled under a flood of output, with a viewer that does not read, and killed in the middle of it:
# no byte is missing from the log, and the console goes on. The guest has a second console, which is
# served beside the first.
#
# boot: our-tools tools=our hvargs="dom0_mem=512M,max:512M" timeout=1500
# boot: 100-kills tools=our hvargs="dom0_mem=512M,max:512M" dom0args="kills=100" timeout=3000 extra=1
# boot: our-tools-on-debian-xen tools=our hypervisor=debian hvargs="dom0_mem=512M,max:512M" timeout=900 extra=1
. /usr/lib/scenario.sh

logs() { cat "$(console_log "$1").2" "$(console_log "$1").1" "$(console_log "$1")" 2>/dev/null; }
logged() { logs "$1" | grep -q "$2"; }
served() { [ -e "/run/xen-like/console/$1" ]; }

# the bytes X in the log; the guest is told to put out this many
flood=600000
count_x() { logs "$1" | tr -dc X | wc -c; }
more_than() { [ "$(count_x g)" -gt "$1" ]; }
count_is() { [ "$(count_x "$1")" = "$2" ]; }
command='head -c 600000 /dev/zero | tr "\0" "\130" | fold -w 71; echo flood-$((1+1))'

config bad "channel = [ 'connection=socket, path=/x' ]"
refuse "a channel that is not served" $XL create -n /tmp/bad.cfg
config g "channel = [ 'connection=pty, name=org.example.test' ]"
check "create" $XL create /tmp/g.cfg
wait_for 150 "the guest reached its own /init" said g GUEST-IS-UP
id=$($XL domid g)
type_in g 'echo typed-$((40+2))' typed-42
check "what is typed reaches the guest" grep -q typed-42 /tmp/seen

# its other console: both ways
refuse "a serial port" $XL console -t serial g
refuse "a console that it has not" $XL console -n 2 g
type_in g 'while read line; do echo "got-$line"; done </dev/hvc1 >/dev/hvc1 & echo reads-$((1+3))' reads-4
number=1 type_in g word got-word
check "its second console answers" grep -q got-word /tmp/seen
wait_for 10 "and has a log" said g-console1 got-word
check "both are listed" [ "$($XL console-list | grep -c "^$id ")" = 2 ]
check "with what was typed" sh -c "$XL console-list --json | tr -d ' \n' | grep -q '\"number\":1,\"bytes_out\":[1-9][0-9]*,\"bytes_in\":[1-9]'"

# a viewer that connects and never reads
sleep 1000 | $XL console g >/dev/null &
viewer=$!
kill -STOP $viewer
type_in g "$command" flood- # its echo
wait_for 150 "the flood has ended" logged g flood-2
check "all of it is in the log" count_is g $flood
check "the log was rotated or is whole" [ "$(logs g | wc -c)" -gt $flood ]
kill -CONT $viewer
kill $viewer

# killed in the middle: what was in the ring comes again or not, but nothing is lost
type_in g "$command; echo again-\$((1+2))" again- &
wait_for 60 "a second flood has begun" more_than $((flood + 20000))
for i in 1 2 3 4 5; do
    kill_daemon consoled
    sleep 0.3
done
wait_for 150 "the flood has ended after five kills" logged g again-3
check "nothing is missing ($(count_x g) of $((2 * flood)))" [ "$(count_x g)" -ge $((2 * flood)) ]
wait_for 10 "served again" served "$id"
type_in g 'echo alive-$((40+3))' alive-43
check "the console works" grep -q alive-43 /tmp/seen
number=1 type_in g again got-again
check "the second console works" grep -q got-again /tmp/seen
refuse "consoled wanted a system call that it may not make" sh -c 'dmesg | grep "type=1326.*consoled"'

# ---- frontends that do what they may not, or too much, beside one whose lines never end
with_console() { # with_console NAME: it does with its second console what the name says
    tiny "$1" "tty=$1"
    echo "channel = [ 'connection=pty' ]" >>"/tmp/$1.cfg"
    check "create $1" $XL create "/tmp/$1.cfg"
}
lines() { logs work-console1 | grep -c '^line '; }
beyond() { [ "$(lines)" -gt "$1" ]; }
with_console work
wait_for 60 "it puts out lines" beyond 20
for attack in index grant port state vanish flood events come-and-go; do
    with_console $attack
    case $attack in flood | events | come-and-go) end="still served" ;; *) end=disconnected ;; esac
    wait_for 150 "$attack is $end" said $attack "tty: $end"
    refuse "$attack saw something wrong" said $attack WRONG
    check "destroy $attack" $XL destroy $attack
done
check "all of the flood is in the log" [ "$(logs flood-console1 | tr -dc F | wc -c)" = 1000000 ]
for why in "index of its output is impossible" "ring cannot be reached" "state went to 7"; do
    check "the messages say: $why" grep -q "disconnected: .*$why" /var/log/xen-like/console/consoled.messages
done
wait_for 60 "the other one goes on" beyond "$(lines)"

# killed again and again while lines come: some may be there twice, and cut where a daemon ended
bad=0 kills=$(option kills 8)
for i in $(seq "$kills"); do
    kill_daemon consoled || bad=$((bad + 1))
    await beyond $(($(lines) + i % 5)) || bad=$((bad + 1))
done
check "consoled was killed $kills times, and went on" [ $bad = 0 ]
check "destroy work" $XL destroy work
logs work-console1 | tr -d '\r' | sed -n 's/^line \([0-9]*\)$/\1/p' >/tmp/numbers
check "each of its $(tail -n 1 /tmp/numbers) lines is there" awk \
    '{ seen[$1] = 1; n = $1 } NR == 1 { first = $1 } END { for (i = first; i <= n; i++) if (!seen[i]) exit 1 }' /tmp/numbers

check "destroy" $XL destroy g
cat /var/log/xen-like/console/consoled.messages
fails
