# SPDX-License-Identifier: GPL-2.0-only
# For scenarios that run in Dom0:  . /usr/lib/scenario.sh
#   check TEXT COMMAND...        runs it; says "ok TEXT", or "FAILED TEXT" with the output
#   refuse TEXT COMMAND...       the same for a command that has to fail
#   refusal_says PATTERN         the last command refused said this
#   wait_for SECONDS TEXT COMMAND...   tries until it succeeds; SECONDS is what that takes at most on
#                                a quiet machine: four times as long, and five minutes at least, is
#                                waited, then the state is shown
#   fails                        the scenario's result: 0 if nothing failed and nothing was left behind
#                                (last line: `fails`)
failed=0

check() {
    text=$1
    shift
    if output=$("$@" 2>&1); then
        echo "ok $text"
    else
        echo "FAILED $text (exit $?): $*"
        printf '%s\n' "$output" | tail -n 20
        failed=$((failed + 1))
    fi
}

refuse() {
    text=$1
    shift
    if output=$("$@" 2>&1); then
        echo "FAILED $text: succeeded, but should not: $*"
        failed=$((failed + 1))
    else
        echo "ok $text: $(printf '%s\n' "$output" | tail -n 1)"
    fi
    refusal=$output
}
refusal_says() { printf '%s\n' "$refusal" | grep -e "$1"; }

seconds_up() { cut -d. -f1 /proc/uptime; }

wait_for() {
    patience=$(($1 > 75 ? $1 * 4 : 300))
    text=$2
    shift 2
    began=$(seconds_up)
    until output=$("$@" 2>&1); do
        if [ $(($(seconds_up) - began)) -ge $patience ]; then
            echo "FAILED $text: not within $patience s: $*"
            printf '%s\n' "$output" | tail -n 5
            show_state
            failed=$((failed + 1))
            return 1
        fi
        usleep 500000
    done
    echo "ok $text"
}

# await COMMAND...: the same without a word, and looking oftener: false if it does not come to pass
await() {
    tries=0
    until "$@" >/dev/null 2>&1; do
        [ $((tries += 1)) -lt 12000 ] || return 1
        usleep 20000
    done
}

# option NAME DEFAULT: its value on Dom0's command line (dom0args="NAME=VALUE" of a test's boot)
option() {
    value=$(sed -n "s/.* $1=\([^ ]*\).*/\1/p" /proc/cmdline)
    echo "${value:-$2}"
}

# what helps to find why something does not come to pass
show_state() {
    $XL list
    tail -n 2 /var/log/xen-like/*.log /var/log/xen/xl-*.log 2>/dev/null | grep -v '^$'
    dmesg | grep -E 'segfault|general protection' | tail -n 3
}

fails() {
    [ ! -e /tmp/inventory ] || wait_for 20 "all is as it was before" as_found
    [ $failed = 0 ] && return 0
    echo "$failed checks failed"
    return 1
}

# The toolstack of this image: $XL is its command; console_log NAME is where a guest's console goes
if command -v xl-like >/dev/null; then
    XL=xl-like
    console_log() { echo "/var/log/xen-like/console/$1.log"; }
else
    XL=xl
    console_log() { echo "/var/log/xen/console/guest-$1.log"; }
fi

# one field of `info`
info_field() { $XL info | sed -n "s/^$1 *: *\\([^ ]*\\).*/\\1/p"; }

# domains there are, Domain-0 among them
domains() { $XL list | tail -n +2 | wc -l; }
domains_are() { [ "$(domains)" = "$1" ]; }
there() { $XL list "$1" >/dev/null 2>&1; }
gone() { ! there "$1"; }
paused() { $XL list "$1" | grep -qE "[[:space:]][r-][b-]p---[[:space:]]"; }

# config NAME [LINE...]: writes /tmp/NAME.cfg, a small stock guest, which does not test its ciphers when
# it boots (a quarter of that time); later lines win
config() {
    config_name=$1
    shift
    cat >"/tmp/$config_name.cfg" <<E
name = "$config_name"
type = "pv"
kernel = "/guest/vmlinuz"
ramdisk = "/guest/initrd"
memory = ${config_memory:-128}
vcpus = ${config_vcpus:-1}
extra = "console=hvc0 loglevel=4 cryptomgr.notests ${config_extra:-}"
E
    for config_line in "$@"; do echo "$config_line" >>"/tmp/$config_name.cfg"; done
}

# tiny NAME [RUN]: the same for the tiny guest, which is up at once and does what RUN says
tiny() {
    cat >"/tmp/$1.cfg" <<E
name = "$1"
type = "pv"
kernel = "/guest/tiny.elf"
memory = 16
extra = "${2:-}"
on_crash = "destroy"
E
}

# type_in NAME COMMAND TEXT: typed on the guest's console (or the one of $number), which is left when
# it has shown TEXT, as /tmp/seen does then
type_in() {
    : >/tmp/seen
    { printf '\n%s\n' "$2"; await_text "$3"; printf '\035'; } |
        $XL console -n "${number:-0}" "$1" >/tmp/seen 2>&1
}
await_text() {
    tries=6000
    until grep -q "$1" /tmp/seen || [ $((tries -= 1)) = 0 ]; do usleep 200000; done
}

# said NAME TEXT [TIMES]: the guest's console log holds TEXT (so often, or oftener)
said() { [ "$(grep -c "$2" "$(console_log "$1")" 2>/dev/null)" -ge "${3:-1}" ]; }

# kill_store TIMES MICROSECONDS: kills our store's daemon, each time when the next one is there; it may
# run beside something else. store_was_killed TIMES: it has done so
kill_store() {
    killed=0 tries=0
    while [ $killed -lt "$1" ] && [ $tries -lt 6000 ]; do
        tries=$((tries + 1))
        daemon=$(pidof xstored) && kill -9 "$daemon" || { usleep 20000; continue; }
        while [ "$(pidof xstored)" = "$daemon" ]; do usleep 20000; done
        killed=$((killed + 1)) tries=0
        usleep "$2"
    done
    until pidof xstored >/dev/null || [ $tries = 6000 ]; do usleep 20000; tries=$((tries + 1)); done
    echo $killed >/tmp/store-killed.new
    mv /tmp/store-killed.new /tmp/store-killed
}
store_was_killed() { [ "$(cat /tmp/store-killed)" = "$1" ] && rm /tmp/store-killed; }

# kill_daemon NAME: kills a backend; the supervisor has started the next one when this ends
kill_daemon() {
    pid_file=/run/xen-like/$1.pid
    killed=$(cat "$pid_file")
    killall -9 "$1"
    for try in $(seq 6000); do
        next=$(cat "$pid_file")
        [ -z "$next" ] || [ "$next" = "$killed" ] || return 0
        usleep 20000
    done
    return 1
}

# save_killed NAME: a checkpoint of a guest into /tmp/NAME.killed, killed when it has written a part; false if
# it was whole before, and is removed: another try may come in time
save_killed() {
    $XL save -t 600 -c "$1" "/tmp/$1.killed" &
    saving=$!
    until [ -s "$(echo "/tmp/$1.killed.partial-"*)" ]; do kill -0 $saving || break; usleep 5000; done
    kill -9 $saving
    wait $saving
    [ -e "/tmp/$1.killed" ] || return 0
    rm "/tmp/$1.killed"
    return 1
}

# memory_is PAGES: so many pages of the machine are free, within a MiB, which is what Debian's `xl info`
# counts in: the first guests make the hypervisor's heap some pages larger for good
if [ $XL = xl-like ]; then
    free_pages() { info_field free_pages; }
else
    free_pages() { echo $(($(info_field free_memory) * 256)); }
fi
memory_is() {
    free_now=$(free_pages)
    echo "free pages: $1 before, $free_now now"
    [ $((free_now - $1)) -le 256 ] && [ $(($1 - free_now)) -le 256 ]
}

# what a scenario finds, line by line, and has to leave: domains, store, Dom0's event channels; and memory
store_nodes() {
    if [ $XL = xl-like ]; then
        xstore ls | sed 's/ = .*//; /^ *vm$/d' # the parent of what is kept by UUID stays
    else
        xenstore-list /local/domain
        xenstore-list /vm
    fi
}
# account DAEMON...: what guests have left in Dom0 when there are none, and what those daemons hold
account() {
    echo "domains $(domains), monitors $(pidof xl-like | wc -w)"
    echo "store nodes $(xstore ls | wc -l), files $(find /run /var/lib | wc -l)"
    echo "event channels of Dom0 $(grep -c xen-dyn /proc/interrupts)"
    for daemon in "$@"; do
        pid=$(pidof "$daemon")
        echo "$daemon: files $(ls "/proc/$pid/fd" | wc -l), pages $(grep -c /dev/xen/ "/proc/$pid/maps")"
    done
}
inventory() {
    echo "event channels of Dom0: $(grep -c xen /proc/interrupts)"
    $XL list | awk '{ print "domain:", $1 }'
    store_nodes
}
as_found() { memory_is "$(cat /tmp/free-pages)" && inventory | diff /tmp/inventory -; }
if [ -S /run/xenstored/socket ]; then
    free_pages >/tmp/free-pages
    inventory >/tmp/inventory
fi
