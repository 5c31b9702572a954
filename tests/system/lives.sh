# SPDX-License-Identifier: GPL-2.0-only
# Twenty guests live at random: they are created, paused, resized, saved, checkpointed, restored,
# rebooted, shut down and destroyed, four of them with a disk that they use all the time. After each
# step the guest is what it should be, and its memory has survived. At the end all of them go, and
# pages, ports, grants, nodes, files and processes are what they were. The log has the seed, and each
# step: the same seed gives the same steps.
#
# boot: two-hours tools=our hvargs="dom0_mem=512M,max:512M dom0_max_vcpus=1" icount=5 timeout=1800
. /usr/lib/scenario.sh
seed=2 minutes=120 idle=32768 # between steps, in milliseconds: as long as rnd can say
for word in $(cat /proc/cmdline); do
    case $word in seed=* | minutes=* | idle=*) eval "$word" ;; esac
done
echo "seed=$seed minutes=$minutes"
guests=$(seq 20)

# rnd N: $r is from 0 to N-1, N at most 32768
rnd() {
    seed=$(((seed * 1103515245 + 12345) & 0x7fffffff))
    r=$(((seed >> 16) % $1))
}
# get WHAT and set WHAT VALUE, of guest $n
get() { eval "echo \"\$$1_$n\""; }
set_() { eval "$1_$n=\$2"; }

uses_disk() { [ $((n % 5)) = 0 ]; }
since() { echo $(($(seconds_up) - $(get born))); }
listed() { $XL list --json "g$n" | tr -d ' \n'; }
memory_of() { listed | sed 's/.*"memory_mib":\([0-9]*\).*/\1/'; }
has_memory() { [ "$(memory_of)" = "$1" ]; }
times_said() { grep -c "$1" "$(console_log "g$n")" 2>/dev/null || true; }
said_again() { [ "$(times_said "$1")" -gt "$2" ]; }
runs() { listed | grep -qE '"state":"(running|blocked|runnable)"'; }
lost() { said "g$n" "MEMORY WRONG\|disk: WRONG"; }

wrong=0 steps=0
# ok COMMAND...: one that has to succeed
ok() {
    "$@" >/tmp/said 2>&1 && return
    echo "FAILED step $steps: g$n: $*"
    tail -n 5 /tmp/said
    wrong=$((wrong + 1))
}
# soon COMMAND...: one that has to succeed before long
soon() {
    tries=600
    until "$@" >/tmp/said 2>&1; do
        tries=$((tries - 1))
        [ $tries != 0 ] || break
        usleep 50000
    done
    [ $tries != 0 ] && return
    echo "FAILED step $steps: g$n: not before long: $*"
    $XL list "g$n"
    tail -n 3 "$(console_log "g$n")" "/var/log/xen-like/g$n.log"
    wrong=$((wrong + 1))
}

# what it is built with is the most it can have: after a restore and a reboot, what it had when it was saved
built() { set_ most "$(memory_of)"; }
born() {
    set_ state "$1"
    set_ born "$(seconds_up)"
}
do_create() {
    before=$(times_said GUEST-IS-UP)
    ok $XL create -q "/tmp/g$n.cfg"
    soon said_again GUEST-IS-UP "${before:-0}"
    built
    born runs
}
do_create_paused() {
    ok $XL create -q -p "/tmp/g$n.cfg"
    ok paused "g$n"
    built
    born paused
}
do_pause() {
    ok $XL pause "g$n"
    ok paused "g$n"
    set_ state paused
}
do_unpause() {
    ok $XL unpause "g$n"
    ok runs
    set_ state runs
}
do_resize() {
    rnd $(($(get most) - 3))
    ok $XL mem-set "g$n" $((r + 4))
    soon has_memory $((r + 4))
}
do_save() {
    ok $XL save "g$n" "/tmp/g$n.saved"
    ok gone "g$n"
    set_ state saved
}
do_checkpoint() {
    before=$(times_said "goes on")
    ok $XL save -c "g$n" "/tmp/g$n.saved"
    soon said_again "goes on" "$before"
    rm -f "/tmp/g$n.saved"
}
do_restore() {
    before=$(times_said restored)
    ok $XL restore -q "/tmp/g$n.saved"
    soon said_again restored "$before"
    rm -f "/tmp/g$n.saved"
    born runs
}
do_forget() {
    rm -f "/tmp/g$n.saved"
    set_ state none
}
do_reboot() {
    before=$(times_said GUEST-IS-UP)
    ok $XL reboot "g$n"
    soon said_again GUEST-IS-UP "$before"
    soon runs
    built
    born runs
}
do_shutdown() {
    ok $XL shutdown "g$n"
    soon gone "g$n"
    set_ state none
}
do_destroy() {
    ok $XL destroy "g$n"
    ok gone "g$n"
    set_ state none
}

# what may be done with a guest in its state; those that are there twice are done twice as often
choices() {
    case $(get state) in
        none) echo create create create_paused ;;
        paused) echo unpause unpause destroy ;;
        saved) echo restore restore restore forget ;;
        runs)
            echo pause destroy
            uses_disk && return
            echo resize resize save save checkpoint shutdown
            # one that ends sooner is not started again
            [ "$(since)" -lt 3 ] || echo reboot reboot
            ;;
    esac
}
step() {
    rnd 20
    n=$((r + 1))
    all=$(choices)
    rnd "$(echo $all | wc -w)"
    did=$(echo $all | cut -d ' ' -f $((r + 1)))
    steps=$((steps + 1))
    echo "step $steps: g$n $did"
    "do_$did"
    eval "count_$did=\$((count_$did + 1))"
    case $(get state) in
        runs) ok runs ;;
        paused) ok paused "g$n" ;;
        *) ok gone "g$n" ;;
    esac
    ! lost || { echo "FAILED step $steps: g$n"; wrong=$((wrong + 1)); }
}
end_all() { for n in $guests; do ! there "g$n" || do_destroy; rm -f "/tmp/g$n.saved"; set_ state none; done; }

# ---- the guests; all of them once, so that what is made once and stays is there
for n in $guests; do
    tiny "g$n"
    set_ state none
    uses_disk || continue
    truncate -s 1M "/tmp/disk.$n"
    printf '%s\n' 'extra = "disk=work"' 'cap = 1' "disk = [ '/tmp/disk.$n,raw,xvda,rw' ]" >>"/tmp/g$n.cfg"
done
for n in $guests; do do_create; done
check "twenty guests" domains_are 21
n=1
do_save
do_restore
end_all
wait_for 60 "they have ended" sh -c '[ -z "$(pidof xl-like)" ]'
account xstored consoled blockd >/tmp/account
cat /tmp/account
pages=$(free_pages)

# ---- their lives
end=$(($(seconds_up) + minutes * 60))
while [ "$(seconds_up)" -lt $end ]; do
    step
    rnd $idle
    usleep ${r}000
done
echo "$steps steps: $(set | sed -n "s/^count_\([a-z_]*\)='*\([0-9]*\)'*$/\1 \2/p" | tr '\n' ' ')"
check "nothing was wrong in $steps steps" [ $wrong = 0 ]
check "many were done" [ $steps -ge $((minutes * 40000 / idle)) ]
n=0
for did in create create_paused pause unpause resize save checkpoint restore reboot shutdown destroy; do
    eval "[ \"\${count_$did:-0}\" != 0 ]" || { echo "not once: $did"; n=$((n + 1)); }
done
check "everything was done" [ $n = 0 ]

# ---- the account
end_all
as_before() { account xstored consoled blockd | diff /tmp/account - && memory_is "$pages"; }
wait_for 60 "all is as before" as_before
fails
