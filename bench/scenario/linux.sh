# SPDX-License-Identifier: GPL-2.0-only
# What bench/run measures in Dom0, with either toolstack: Linux operations, the store, creation and
# destruction of guests, their growth to 20, memory, and Linux operations in a guest.
. /usr/lib/scenario.sh
echo 0 >/proc/sys/kernel/randomize_va_space # where pages begin is no luck, on any system
PATH=$PATH:/bench

small() {
    printf 'name="%s"\ntype="pv"\nkernel="/guest/tiny.elf"\nmemory=32\nvcpus=1\n' "$1" \
        >"/tmp/$1.cfg"
}

operations dom0 || exit 1
store || exit 1

small s
for round in 1 2 3; do
    check "create s" timed create_paused $XL create -q -p /tmp/s.cfg
    echo "$output"
    check "destroy s" timed destroy $XL destroy s
    echo "$output"
done

pages alone
i=1
while [ $i -le 20 ]; do
    small g$i
    check "create g$i" timed create_$i $XL create -q -p /tmp/g$i.cfg
    echo "$output"
    i=$((i + 1))
done
pages with-20
while [ $i -gt 1 ]; do
    i=$((i - 1))
    check "destroy g$i" timed destroy_$i $XL destroy g$i
    echo "$output"
done

config_memory=192 config g 'ramdisk = "/bench/guest-initrd"' 'tsc_mode = "native"'
check "create a Linux guest" timed create_linux $XL create /tmp/g.cfg
echo "$output"
wait_for 400 "the guest has done its work" said g BENCH-DONE
grep -E '^BENCH' "$(console_log g)"
check "destroy a Linux guest" timed destroy_linux $XL destroy g
echo "$output"
fails
