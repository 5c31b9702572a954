# SPDX-License-Identifier: GPL-2.0-only
# Guests with each kernel in /bench/kernels, one after the other: from the toolstack's `unpause` to
# their first program, and what Linux operations cost in them.
. /usr/lib/scenario.sh
PATH=$PATH:/bench
for kernel in /bench/kernels/*; do
    name=${kernel##*/}
    config_memory=192 config_extra="rdinit=/bench/timed figures=$name" config "$name" \
        "kernel = \"$kernel\"" 'ramdisk = "/bench/guest-initrd"' 'tsc_mode = "native"'
    check "create $name" $XL create -p "/tmp/$name.cfg"
    check "unpause $name" timed "unpause_$name" $XL unpause "$name"
    wait_for 400 "$name has done its work" said "$name" "BENCH-DONE 0"
    grep -E '^BENCH|^Linux' "$(console_log "$name")"
    check "destroy $name" $XL destroy "$name"
done
fails
