# SPDX-License-Identifier: GPL-2.0-only
# The store's clients at the store of the other side: the store is as both say, whichever of them has
# written, removed, protected or watched something. Here Debian's daemon serves Debian's clients
# (xenstore-utils) and our xstore; tests/system/store_clients.py runs this with our daemon, on the host.
#
# boot: debian-xenstored tools=debian hvargs="dom0_mem=512M,max:512M" timeout=600 file=build/tools/xstore/xstore=usr/bin/xstore
. "${SCENARIO:-/usr/lib/scenario.sh}"

is() { # is VALUE COMMAND...: this is all that it prints
    expected=$1
    shift
    [ "$("$@")" = "$expected" ] || { "$@"; return 1; }
}
lines_are() { [ "$(wc -l <"$1")" = "$2" ]; }
files=$(mktemp -d)
seq 8 >"$files/numbers"

# ---- what one writes, the other reads; several at once; a value of several words, or none
check "xenstore-write" xenstore-write /t/a one /t/b 'two words' /t/c ''
check "xstore reads it" is 'one
two words' xstore read /t/a /t/b
check "xstore write" xstore write /t/d/e three /t/a four
check "xenstore-read reads it" is 'four
three' xenstore-read /t/a /t/d/e
for list in "xstore list" "xenstore-list"; do
    check "$list" is 'a
b
c
d' $list /t
done
check "xenstore-ls" is '/t/a = "four"
/t/b = "two words"
/t/c = ""
/t/d = ""
/t/d/e = "three"' xenstore-ls -f /t
check "xstore ls" is '/t = ""
 a = "four"
 b = "two words"
 c = ""
 d = ""
  e = "three"' xstore ls /t

# ---- permissions
check "xenstore-chmod" xenstore-chmod -r /t/d n0 r1 b2
check "xstore shows them" is '/t/d = ""  (n0,r1,b2)
 e = "three"  (n0,r1,b2)' xstore ls -p /t/d
check "xstore chmod" xstore chmod /t/d/e w0 r4
check "xenstore-ls shows them" sh -c 'xenstore-ls -p /t/d | grep -q "^e = \"three\".*(w0,r4)$"'

# ---- what is not there; and going away
for client in "xstore " "xenstore-"; do
    check "${client}exists" ${client}exists /t/a
    refuse "${client}exists of nothing" ${client}exists /t/none
    refuse "${client}read of nothing" ${client}read /t/none
    refuse "${client}list of nothing" ${client}list /t/none
done
check "xenstore-rm" xenstore-rm /t/d
refuse "xstore does not find it" xstore exists /t/d/e
check "xstore rm" xstore rm /t/b
refuse "xenstore-exists does not find it" xenstore-exists /t/b

# ---- watches of one see the changes of the other
xenstore-watch -n 3 /t/w >"$files/debian" &
xstore watch -n 3 /t/w >"$files/ours" &
for watcher in debian ours; do wait_for 20 "$watcher watches" lines_are "$files/$watcher" 1; done
check "xstore write" xstore write /t/w/x 1
for watcher in debian ours; do
    wait_for 20 "$watcher sees it" lines_are "$files/$watcher" 2
done
check "xenstore-rm" xenstore-rm /t/w/x
wait
for watcher in debian ours; do
    check "$watcher saw all, in order" is '/t/w
/t/w/x
/t/w/x' cat "$files/$watcher"
done

# ---- a directory that takes several messages, and a value that takes one
name=a-name-of-which-there-are-many-so-that-the-list-of-all-of-them-does-not-fit-into-one-message
for i in $(seq 60); do echo "/t/many/$name-$i $i"; done >"$files/many"
check "many nodes" xargs xenstore-write <"$files/many"
for list in "xstore list" "xenstore-list"; do
    $list /t/many | sort >"$files/listed"
    check "$list has all of them" sh -c "sed 's,/t/many/,,; s/ .*//' $files/many | sort | cmp - $files/listed"
done
long=$(seq 2000 | tr -d '\n' | head -c 1900)
check "a long value" xstore write /t/long "$long"
check "is read" is "$long" xenstore-read /t/long

# ---- both at the same time, each in one transaction after the other or without: none is lost
xargs -I N xstore write /t/sum/ours-N x <"$files/numbers" &
xargs -I N xenstore-write /t/sum/debian-N x <"$files/numbers"
wait
check "sixteen children" sh -c '[ "$(xstore list /t/sum | wc -l)" = 16 ]'

# ---- the daemon itself
check "xstore control help" sh -c 'xstore control help | grep -q .'
check "the end" xstore rm /t
refuse "nothing is left" xenstore-exists /t
rm -r "$files"
fails
