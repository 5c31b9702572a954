# SPDX-License-Identifier: GPL-2.0-only
# The store's daemon dies at any moment (SIGKILL), or goes on as another version of itself, and nobody
# notices: not a guest that writes, reads, makes transactions and waits for its watch without end, in
# requests that are always half read at some time; not those who make, list and end guests; not the
# daemons of consoles and disks. Nothing is lost of what the store held.
#
# boot: our-tools tools=our hvargs="dom0_mem=512M,max:512M" timeout=1500
. /usr/lib/scenario.sh

# ---- a guest at its ring
count() { grep -a -o 'STORE [0-9]*' "$(console_log t)" | tail -n 1 | cut -d ' ' -f 2; }
beyond() { [ "$(count)" -gt "$1" ]; }
tiny t run=store
check "create t" $XL create -q /tmp/t.cfg
wait_for 60 "t uses the store" said t "STORE 50"

# ---- guests come and go
bad=0
for round in 1 2; do
    tiny "c$round"
    kill_store 3 $((round * 40000)) &
    $XL create -q "/tmp/c$round.cfg" || bad=$((bad + 1))
    wait_for 60 "killed three times while c$round was made" store_was_killed 3
    wait_for 60 "the console of c$round is served" said "c$round" GUEST-IS-UP
done
check "all were made" [ $bad = 0 ]
check "domains" domains_are 4
for round in 1 2; do
    kill_store 2 $((round * 40000)) &
    if [ $((round % 2)) = 0 ]; then
        check "destroy c$round" $XL destroy "c$round"
    else
        check "shutdown c$round" $XL shutdown -w "c$round"
    fi
    wait_for 60 "killed twice meanwhile" store_was_killed 2
    wait_for 60 "c$round is gone" gone "c$round"
done
now=$(count)
wait_for 60 "t goes on" beyond $((now + 100))

# ---- killed again and again under its work
now=$(count)
kill_store 100 20000
check "the store's daemon was killed 100 times" store_was_killed 100
wait_for 60 "t goes on" beyond $((now + 100))

# ---- programs at the socket
( for i in $(seq 30); do xstore write "/n/$i" "$i" || echo "$i"; done >/tmp/not-written 2>&1 ) &
writer=$!
kill_store 5 100000
wait $writer
check "each write was done" [ ! -s /tmp/not-written ]
values=$(for i in $(seq 30); do xstore read "/n/$i"; done)
check "and is kept" [ "$values" = "$(seq 30)" ]
xstore watch -n 4 /n >/tmp/watched & # its first event, that of another daemon, and two changes
wait_for 60 "the watch is there" [ -s /tmp/watched ]
kill_store 1 0
lines_are() { [ "$(wc -l </tmp/watched)" = "$1" ]; }
wait_for 60 "the watch came again" lines_are 2
xstore write /n/31 x
xstore rm /n
wait_for 60 "it sees what changes" lines_are 4
check "in order" [ "$(tr '\n' ' ' </tmp/watched)" = "/n /n /n/31 /n " ]

# ---- another version takes its place, again and again, while t works and a program watches
daemon=$(pidof xstored)
program=$(command -v xstored)
came_again() { [ "$(grep -cx /u /tmp/watched-u)" -ge "$1" ]; }
is_new_one() { [ "$(stat -L -c %i "/proc/$daemon/exe")" = "$(stat -c %i "$program")" ]; }
nodes=$(xstore ls -p /local/domain/0)
xstore watch -n 100 /u >/tmp/watched-u &
watcher=$!
wait_for 60 "the watch is there" [ -s /tmp/watched-u ]
for round in 1 2 3; do
    cp "$program" "$program.new" && mv "$program.new" "$program"
    refuse "it is the old one still" is_new_one
    now=$(count)
    check "upgrade $round" xstore control upgrade
    wait_for 60 "it is the new one" is_new_one
    wait_for 60 "the watch came again" came_again $((round + 1))
    check "write to it" xstore write /u/$round $round
    wait_for 60 "the watch sees it" grep -qx "/u/$round" /tmp/watched-u
    wait_for 60 "t goes on" beyond $((now + 50))
done
check "it is the same process" [ "$(pidof xstored)" = "$daemon" ]
check "the store is as it was" [ "$(xstore ls -p /local/domain/0)" = "$nodes" ]
head -c 1000 "$program" >"$program.new" && chmod 755 "$program.new" && mv "$program.new" "$program"
refuse "an upgrade to what does not run" xstore control upgrade
check "it goes on" xstore rm /u
kill $watcher

# ---- the end
refuse "t saw something wrong" said t "STORE wrong"
check "destroy t" $XL destroy t
fails
