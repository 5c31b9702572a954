# SPDX-License-Identifier: GPL-2.0-only
# What bench/run measures of everyday verbs, with either toolstack: a list and a sample of the monitor, of
# 20 guests, or as many as many=N says; then, of a stock guest, save and restore.
. /usr/lib/scenario.sh
PATH=$PATH:/bench
many=20 only=
for word in $(cat /proc/cmdline); do case $word in many=* | only=*) eval "$word" ;; esac; done

if [ $XL = xl ]; then
    once="xentop -b -i 1"
    samples() { :; }
else
    once="$XL top --once -d 0.1"
    samples() { measure "$1" $XL top --batch -d 0.1 -n "$2"; }
fi
# measure NAME COMMAND...: what it prints is not shown
measure() {
    timed "$@" >/tmp/measured 2>&1 || { echo "FAILED $*"; tail -n 5 /tmp/measured; }
    grep ^BENCH /tmp/measured
}

for n in $(seq "$many"); do
    printf 'name="g%s"\ntype="pv"\nkernel="/guest/tiny.elf"\nmemory=4\nvcpus=1\n' "$n" >/tmp/g.cfg
    $XL create -q -p /tmp/g.cfg || { echo "FAILED create g$n"; break; }
done
check "guests are there" domains_are $((many + 1))
for round in 1 2 3; do
    measure "list_$many" $XL list
    measure "top_$many" $once
done
samples "top_1x_$many" 1
samples "top_11x_$many" 11
[ -z "$only" ] || exit $failed
for n in $(seq "$many"); do $XL destroy "g$n"; done

config_memory=192 config g 'ramdisk = "/bench/guest-initrd"' 'tsc_mode = "native"'
check "create a guest" $XL create /tmp/g.cfg
wait_for 400 "its memory is in use" said g SAVE-ME
sleep 2 # what it writes to its console is read
measure save $XL save g /tmp/g.saved
check "it is gone" domains_are 1
echo "SIZE save_file $(stat -c %s /tmp/g.saved)"
measure restore $XL restore /tmp/g.saved
check "it is there again" there g
check "destroy it" $XL destroy g
fails
