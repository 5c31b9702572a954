# SPDX-License-Identifier: GPL-2.0-only
# Nothing is left of guests, however they end: made and ended again and again, in every way; made by
# an xl-like that is killed (SIGKILL) at one system call after the other; destroyed while they are
# being made; thirty at once. Afterwards free memory, domains, the store's nodes, monitors, files,
# Dom0's event channels, and the daemons' files and mapped pages are what they were. The daemons'
# memory has not grown with the guests that were there one after the other.
#
# A half-made domain is listed as what it is, can be destroyed, and its name can be used again.
#
# boot: our-tools tools=our hvargs="dom0_mem=512M,max:512M" file=build/tests/die-at=usr/local/bin/die-at timeout=1500
# boot: 500-rounds-every-call tools=our hvargs="dom0_mem=512M,max:512M" file=build/tests/die-at=usr/local/bin/die-at
#       dom0args="rounds=500 stride=1" timeout=7200 extra=1
. /usr/lib/scenario.sh
rounds=12 stride=61
for word in $(cat /proc/cmdline); do
    case $word in rounds=* | stride=*) eval "$word" ;; esac
done

state() { account xstored consoled; }
settled() { now=$(state) && sleep 1 && [ "$(state)" = "$now" ]; }
as_before() { memory_is "$free_before" && [ "$(state)" = "$before" ]; }
all_as_before() { wait_for 300 "$1: all is as before" as_before || { echo "$before"; echo "now:"; state; }; }

# KiB that a daemon has written to
memory_of() { sed -n 's/^RssAnon:[[:space:]]*\([0-9]*\).*/\1/p' "/proc/$(pidof "$1")/status"; }

# ids of all domains but Dom0, with or without a name
others() { $XL list --json | grep -o '"domid": *[1-9][0-9]*' | grep -o '[0-9]*$'; }
# one that has been destroyed is there until consoled lets go of it
destroy_others() { for id in $(others); do $XL destroy "$id" || gone "$id" || bad=$((bad + 1)); done; }
until_gone() { tries=1500; while there "$1" && [ $tries -gt 0 ]; do usleep 200000; tries=$((tries - 1)); done; gone "$1"; }
none_bad() { [ $bad = 0 ]; }

# ---- one after the other
one_round() {
    case $1 in
        0) tiny r; $XL create -q /tmp/r.cfg && $XL destroy r ;;
        1) tiny r; $XL create -q -p /tmp/r.cfg && $XL destroy "$($XL domid r)" ;;
        2) tiny r run=poweroff; $XL create -q /tmp/r.cfg && until_gone r ;;
        3) tiny r run=crash; $XL create -q /tmp/r.cfg && until_gone r ;;
    esac
}
for kind in 0 1 2 3; do one_round $kind; done # the store's and the kernel's own things are made now
wait_for 300 "the first guests are gone" domains_are 1
wait_for 300 "and their monitors" sh -c '[ -z "$(pidof xl-like)" ]'
wait_for 300 "nobody has anything more to do" settled
before=$(state) free_before=$(free_pages)
xstored_before=$(memory_of xstored) consoled_before=$(memory_of consoled)
echo "$before"
bad=0 round=0
while [ $round -lt "$rounds" ]; do
    one_round $((round % 4)) || bad=$((bad + 1))
    round=$((round + 1))
done
check "$rounds guests made and ended" none_bad
all_as_before "$rounds guests"

# ---- killed while it makes one
tiny r
bad=0 call=$stride half_made=0
while die-at $call $XL create -q /tmp/r.cfg; [ $? = 137 ]; do
    $XL list >/dev/null || bad=$((bad + 1))
    [ -z "$(others)" ] || half_made=$((half_made + 1))
    destroy_others
    call=$((call + stride))
done
echo "killed at calls $stride to $((call - stride)), $half_made times with a domain"
check "half-made domains were listed and destroyed" none_bad
check "some were half made" [ $half_made -gt 0 ]
check "their name was free again" there r
check "destroy r" $XL destroy r
all_as_before "killed xl-like"

# ---- destroyed while it is made
bad=0
for round in 1 2 3; do
    $XL create -q /tmp/r.cfg 2>/dev/null &
    while kill -0 $! 2>/dev/null; do
        for id in $(others); do $XL destroy "$id" 2>/dev/null; done
    done
    destroy_others
done
check "destroyed while they were made" none_bad
all_as_before "destroyed while made"

# ---- one at a time, the daemons need no more than for the first
for daemon in xstored consoled; do
    eval "was=\$${daemon}_before"
    now=$(memory_of $daemon)
    check "$daemon: $was KiB before, $now KiB now" [ "$now" -le $((was + 512)) ]
done

# ---- thirty at once
for i in $(seq 30); do
    tiny "c$i"
    $XL create -q "/tmp/c$i.cfg" &
done
wait
check "31 domains" domains_are 31
bad=0
for i in $(seq 30); do there "c$i" || bad=$((bad + 1)); done
check "each by its name" none_bad
for i in $(seq 15); do $XL destroy "c$i" || bad=$((bad + 1)); done
check "fifteen destroyed" none_bad
check "the others told to shut down" $XL shutdown -a
all_as_before "thirty guests"
fails
