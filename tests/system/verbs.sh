# SPDX-License-Identifier: GPL-2.0-only
# Every verb of xl-like: what it prints, as text and as JSON, --help, and the exit status of what goes
# wrong; create's options and the settings behind its file; what on_poweroff and on_reboot lead to; the
# manual page's examples. The hypervisor's log names the option that it does not know.
#
# boot: our-tools tools=our hvargs="dom0_mem=512M,max:512M nosuch=1 noreboot" timeout=1500
#       file=docs/man/xl-like.1=usr/share/man/xl-like.1
. /usr/lib/scenario.sh

# status N TEXT COMMAND...: it ends with this exit status
status() {
    wanted=$1 what=$2
    shift 2
    answer=$("$@" 2>&1)
    check "$what: exit status $wanted" [ $? = "$wanted" ]
}
# prints PATTERN TEXT COMMAND...: a line of its output matches
prints() {
    wanted=$1 what=$2
    shift 2
    answer=$("$@" 2>&1)
    check "$what" sh -c 'echo "$0"; echo "$0" | grep -qE -- "$1"' "$answer" "$wanted"
}
# json PATTERN COMMAND...: all of its output, without blanks, matches
json() {
    wanted=$1
    shift
    answer=$("$@" | tr -d ' \n')
    check "JSON of '$*'" sh -c 'echo "$0"; echo "$0" | grep -qE -- "^$1\$"' "$answer" "$wanted"
}

prints 'unknown option "nosuch"' "the hypervisor's log names an unknown option" $XL dmesg

# ---- help
verbs=$($XL help | sed -n 's/^  \([a-z-]*\) .*/\1/p')
check "help lists 44 verbs" [ "$(echo "$verbs" | wc -l)" = 44 ]
for verb in $verbs; do
    prints "^Usage: xl-like $verb" "$verb --help" $XL "$verb" --help
    check "help $verb says the same" [ "$($XL help "$verb")" = "$($XL "$verb" --help)" ]
done
prints '^ *on_reboot' "help keys" $XL help keys

# ---- create: dry, with settings behind the file, paused, with its console
tiny g
prints '^g: the configuration is good: 24 MiB, 2 vcpus' "a dry run" \
    $XL create -n /tmp/g.cfg memory=24 vcpus=2
check "and nothing was made" domains_are 1
prints '^two: domain [0-9]*, paused' "settings behind the file" \
    $XL create -p /tmp/g.cfg name=two memory=24 vcpus=2 'extra="one word"' cpu_weight=512
id=$($XL domid two)
prints "^two +$id +24 +1 +--p--- +0.0$" "list" $XL list two
check "domname" [ "$($XL domname "$id")" = two ]
check "unpause" $XL unpause two
wait_for 20 "its command line is the one from there" said two "one word"
check "-q prints nothing" [ -z "$($XL create -q /tmp/g.cfg)" ]
: >/tmp/seen
{ until grep -q "tiny" /tmp/seen; do usleep 200000; done; printf '\035'; } |
    timeout 600 $XL create -c /tmp/g.cfg name=three >/tmp/seen 2>&1
check "create -c shows the console until Ctrl-]" [ $? = 0 ]
check "three goes on" there three

# ---- what is shown, as text and as JSON
any='[0-9]+(\.[0-9]+)?'
row="\"memory_mib\":$any,\"max_memory_mib\":$any,\"claimed_mib\":0,\"vcpus\":1,\"state\":\"[a-z]*\",\"cpu_seconds\":$any"
json "\[\{\"domid\":$id,\"name\":\"two\",$row\}\]" $XL list --json two
json "\[\{\"domid\":$id,\"name\":\"two\",$row,\"config\":\{\"name\":\"two\",.*\"memory\":24,.*\}\}\]" $XL list --long two
prints "^two +$id +24 +1 +[a-z-]{6} +[0-9.]+ +0$" "claims" $XL claims two
vcpu() { echo "\{\"name\":\"two\",\"domid\":$id,\"vcpu\":$1"; }
where="\"cpu\":[01],\"cpu_seconds\":$any,\"affinity\":\"all\""
json "\[$(vcpu 0),\"online\":true,\"state\":\"[a-z]*\",$where\},$(vcpu 1),\"online\":false.*\}\]" \
    $XL vcpu-list --json two
json "\[\{\"name\":\"two\",\"domid\":$id,\"weight\":512,\"cap\":0\}\]" $XL sched --json two
prints '^virt_caps *: pv \(no pvh: the processor has no VT-x\)$' "info says why there is no PVH" $XL info
config pvh 'type = "pvh"'
refuse "a PVH guest" $XL create /tmp/pvh.cfg
check "with the reason" refusal_says "no PVH guests on this machine: the processor has no VT-x"
json '\{"host":.*"nr_cpus":2,.*"xen_version":"4\.17[^"]*",.*"xen_scheduler":"credit2",.*\}' $XL info --json
check "weight and cap" $XL sched two -w 300 -c 50
prints "^two +$id +300 +50$" "are shown" $XL sched two
prints '^Domain-0 +0 +256 +0$' "and Dom0's in the list of all" $XL sched
prints "^two +$id +0 +[01] " "vcpu-list" $XL vcpu-list
check "all four in the list" domains_are 4

# ---- doctor: this host is well; a guest of a name that is taken, with a disk and a bridge that are not there
check "doctor finds nothing that keeps guests from running" $XL doctor
prints "^warning +vt-x +no PVH guests: the processor has no VT-x$" "and says why there is no PVH" $XL doctor
prints "^ok +guest +/etc/xen-like/auto/g.cfg: 'g' runs as domain [0-9]+$" "a guest that starts with the host may run" \
    sh -c "mkdir -p /etc/xen-like/auto; ln -s /tmp/g.cfg /etc/xen-like/auto; $XL doctor; rm /etc/xen-like/auto/g.cfg"
tiny sick
printf '%s\n' 'disk = [ "/nosuch.img,raw,xvda,rw" ]' 'vif = [ "bridge=nosuch" ]' >>/tmp/sick.cfg
status 1 "a guest that cannot be started" $XL doctor /tmp/sick.cfg
for found in "disk +/tmp/sick.cfg:[0-9]+: disk xvda: /nosuch.img: No such file" "vif +Dom0 has no bridge nosuch "; do
    prints "^failed +$found" "doctor: $found" $XL doctor /tmp/sick.cfg
done
prints "^failed +name +/tmp/g.cfg: the name 'g' is taken by domain [0-9]+$" "a name that is taken" $XL doctor /tmp/g.cfg
json '\{"schema":1,"good":false,"checks":\[.*"check":"name","verdict":"failed",.*"fix":.*\]\}' $XL doctor --json /tmp/g.cfg

# ---- memory, vcpus, names, keys: what the guest is asked for, and what holds for it
node() { [ "$(xstore read "/local/domain/$id/$1")" = "$2" ]; }
limit="\"max_memory_mib\":21,"
check "mem-set" $XL mem-set two 20
check "the guest is told" node memory/target 20480
check "and has no more than that, and a MiB" sh -c "$XL list --json two | tr -d ' ' | grep -q '$limit'"
status 1 "more than its largest memory" $XL mem-set two 25M
check "mem-max" $XL mem-max two 32M
check "and then more" $XL mem-set two 25M
status 1 "a largest memory below what it has" $XL mem-max two 24
for size in 0 1K 5X many; do status 2 "a memory of $size" $XL mem-set two $size; done
check "vcpu-set" $XL vcpu-set two 1
check "the second vcpu is to go" node cpu/1/availability offline
check "the first is not" node cpu/0/availability online
for vcpus in 0 3 x; do status 2 "$vcpus of two vcpus" $XL vcpu-set two $vcpus; done
check "vcpu-pin" $XL vcpu-pin two 1 1
prints '^two .*  1$' "is shown" $XL vcpu-list two
check "vcpu-pin of all" $XL vcpu-pin two all 0-1
status 2 "a vcpu that there is not" $XL vcpu-pin two 2 0
status 2 "CPUs that are none" $XL vcpu-pin two 0 zero
check "rename" $XL rename two zwei
check "it has that name" [ "$($XL domname "$id")" = zwei ]
check "the old one is free" gone two
status 1 "a name that another one has" $XL rename zwei three
status 2 "a name that is none" $XL rename zwei 77
check "rename back" $XL rename zwei two
prints "^two +$id [0-9]+:[0-9]{2}:[0-9]{2}$" "uptime" $XL uptime two
json "\[\{\"name\":\"Domain-0\",\"domid\":0,\"seconds\":$any\}\]" $XL uptime --json 0
prints "^three " "uptime of all" $XL uptime
check "sysrq" $XL sysrq two s
check "the guest is told" node control/sysrq s
status 2 "two letters" $XL sysrq two st
for button in reset init power sleep; do status 1 "$button of a PV guest" $XL trigger two $button; done
prints "a PV guest has no such button" "says why" $XL trigger two reset
prints "its kernel takes no such interrupts" "no handler of NMIs" $XL trigger two nmi
prints "there is no such domain or vcpu" "an NMI of a vcpu that there is not" $XL trigger two nmi 7
for wrong in push "nmi x" "nmi 0 0"; do status 2 "trigger $wrong" $XL trigger two $wrong; done
check "debug-keys" $XL debug-keys h
prints "key 'q': domains and vcpus" "the hypervisor answers" $XL dmesg

# ---- the monitor
prints "^two +$id +[r-][b-]---- +[0-9]+\.[0-9] +[0-9]+\.[0-9] +[0-9]+ +1( +0){6}( +[0-9.]+){3}$" "top --once" $XL top --once -d 0.1
check "two samples" [ "$($XL top --batch -n 2 -d 0.1 | grep -c '^Domain-0 .* [1-9][0-9]*\.[0-9] ')" = 2 ]
usage="\"state\":\"[a-z]*\",\"vcpus\":1,\"memory_mib\":$any,\"cpu_seconds\":$any,\"cpu_percent\":$any"
json "\{\"schema\":1,\"seconds\":$any,\"host\":\{\"cpus\":2,.*\},\"cpus\":\[\{.*\"switches\":[1-9].*\],\"domains\":\[\{\"domid\":0,.*\"domid\":$id,\"name\":\"two\",$usage,\"waiting_ns\":$any,.*\"hypercalls\":[1-9].*\"events\":[1-9].*\"rx_bytes\":0,\"rx_bytes_per_second\":0\.0,.*\}\]\}" \
    $XL top --once --json -d 0.1
check "one line a sample" [ "$($XL top --json -n 3 -d 0.1 | grep -c '^{.*}$')" = 3 ]
# the kernel's first terminal, whose screen can be read
on_terminal() { TERM=linux $XL top -d 0.1 "$@" </dev/tty1 >/dev/tty1; }
check "top on a terminal" on_terminal -n 2
check "shows domains there" sh -c "fold -w 80 /dev/vcs1 | grep -E '^two +$id [r-][b-]---- +[0-9.]+ +[0-9]+ +1( +0){4}'"
status 1 "top without a terminal" $XL top
prints "^xen_like_domain_hypercalls_total\{domid=\"$id\",name=\"two\"\} [1-9][0-9]*$" "stats" $XL stats --prometheus
status 2 "stats in no format" $XL stats
for wrong in "-d 0" "-d x" "-n 0" "-n 1x" "--once two"; do status 2 "top $wrong" $XL top --batch $wrong; done

# ---- disks; this guest has no driver for them
truncate -s 64k /tmp/disk
check "block-attach" $XL block-attach two format=raw vdev=xvda,access=ro target=/tmp/disk
check "block-resize" $XL block-resize two xvda 1M
backend=/local/domain/0/backend/blockd
prints "^xvda +0 +51712 +2 +-1 +-1 +$backend/$id/51712$" "block-list" $XL block-list two
disk='"vdev":"xvda","type":"disk","mode":"r","target":"/tmp/disk","state":2,"sectors":2048'
disk="$disk,\"reads\":0,\"writes\":0,\"flushes\":0,\"discards\":0,\"failed\":0"
disk="$disk,\"read_sectors\":0,\"written_sectors\":0"
json "\[\{\"domid\":$id,\"devid\":51712,$disk\}\]" $XL block-list --json two
status 1 "a disk twice" $XL block-attach two /tmp/disk,raw,xvda,r
status 1 "a disk whose file there is not" $XL block-attach two /tmp/nosuch,raw,xvdb
status 3 "a disk without vdev" $XL block-attach two target=/tmp/disk
prints 'command line:2:5: disk: "b" is no virtual' "and where" $XL block-attach two /tmp/disk raw,b
status 1 "a smaller size" $XL block-resize two xvda 512K
check "--shrink" $XL block-resize --shrink two xvda 512K
status 2 "a size that is none" $XL block-resize two xvda 5X
status 2 "half a sector" $XL block-resize two xvda 1280
status 1 "a disk that it has not" $XL block-detach two xvdb
check "block-detach, by number" $XL block-detach two 51712
check "no disk is left" [ "$($XL block-list two | wc -l)" = 1 ]

# ---- network devices, for which it has no driver either
check "setup-bridge" $XL setup-bridge br9
check "network-attach" $XL network-attach two mac=00:16:3e:00:00:09 bridge=br9,vifname=two9,mtu=1400
check "it has the MTU it was given" grep -qx 1400 /sys/class/net/two9/mtu
check "another one" $XL network-attach two bridge=br9 rate=10Mb/s devid=5
check "which has the bridge's" diff /sys/class/net/br9/mtu "/sys/class/net/vif$id.5/mtu"
backend=/local/domain/0/backend/netd
prints "^0 +0 +00:16:3e:00:00:09 +0 +2 +-1 +-1/-1 +$backend/$id/0$" "network-list" \
    $XL network-list two
counts='"tx_packets":0,"tx_bytes":0,"tx_errors":0,"rx_packets":0,"rx_bytes":0,"rx_dropped":0'
device="\"mac\":\"[0-9a-f:]*\",\"bridge\":\"br9\",\"vifname\":\"[a-z0-9.]*\""
json "\[\{\"domid\":$id,\"devid\":0,$device,\"mtu\":\"1400\",\"state\":2,$counts\},\{\"domid\":$id,\"devid\":5,$device,\"rate\":\"62500,50000\",\"state\":2,$counts\}\]" \
    $XL network-list --json two
status 1 "a device of the same number" $XL network-attach two bridge=br9 devid=5
status 1 "a device of the same name" $XL network-attach two bridge=br9 vifname=two9
status 1 "a device on a bridge there is not" $XL network-attach two bridge=nobr9
status 3 "a device described wrongly" $XL network-attach two mac=1
prints 'command line:2:1: vif: "b/" is no name' "and where" $XL network-attach two rate=1Mb/s bridge=b/
status 1 "a device that it has not" $XL network-detach two 7
status 2 "an address that it has not" $XL network-detach two 00:16:3e:00:00:99
check "network-detach, by address" $XL network-detach two 00:16:3e:00:00:09
check "and by number" $XL network-detach two 5
check "no network device is left" [ "$($XL network-list two | wc -l)" = 1 ]
wait_for 20 "nor on the bridge" sh -c '[ -z "$(ls /sys/class/net/br9/brif)" ]'
ip link set br9 down
brctl delbr br9

# ---- a bridge with an uplink that has addresses and routes, which it gets; or nothing is changed
host() {
    { ip -o address; ip route; ip -6 route; } | grep -E ' (up0|br8)' | grep -v '^multicast' |
        sed 's/^[0-9]*: //; s/ tentative//; s/ linkdown//'
}
as_it_was() { host | diff /tmp/host -; }
tunctl -t up0
ip address add 192.0.2.5/24 dev up0
ip address add 192.0.2.6/24 dev up0
ip address add fd01::5/64 dev up0
ip link set up0 up
ip route add 198.51.100.0/24 dev up0
ip route add 203.0.113.0/24 via 198.51.100.7
ip -6 route add fd02::/64 via fd01::1
host >/tmp/host
prints "^would set address 192.0.2.6/24 on br8" "setup-bridge -n" \
    $XL setup-bridge -n --uplink up0 --move br8
status 1 "an uplink with addresses" $XL setup-bridge --uplink up0 br8
check "and nothing is changed" as_it_was
echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6
prints "cannot set address fd01::5/64 on br8: Permission" "an address that the bridge cannot have" \
    $XL setup-bridge --uplink up0 --move br8
wait_for 20 "and all is as it was" as_it_was
echo 0 >/proc/sys/net/ipv6/conf/default/disable_ipv6
prints "^set route 203.0.113.0/24 on br8" "setup-bridge says what it did" \
    $XL setup-bridge --uplink up0 --move --address 10.8.0.1/24 br8
check "the uplink is its port" test -e /sys/class/net/br8/brif/up0
check "with its hardware address" diff /sys/class/net/br8/address /sys/class/net/up0/address
sed 's/up0/br8/g' /tmp/host | grep -E '(192|198|203|fd0)' >/tmp/moved
host >/tmp/now
check "it has all that the uplink had" sh -c \
    'while read -r line; do grep -qF -- "$line" /tmp/now || { echo "$line"; exit 1; }; done </tmp/moved'
check "and one more address" ip route get 10.8.0.9
json '\{"bridge":"br8","uplink":"up0","done":true,"changes":\[\]\}' \
    $XL setup-bridge --json --uplink up0 --move --address 10.8.0.1/24 br8
status 1 "a port of another bridge" $XL setup-bridge --uplink up0 br7
status 1 "an uplink that is not there" $XL setup-bridge --uplink nosuch br7
status 1 "a device that is no bridge" $XL setup-bridge up0
status 2 "an address without bits" $XL setup-bridge --address 192.0.2.1 br7
status 2 "an address that is none" $XL setup-bridge --address 192.0.2.1/33 br7
status 2 "--move without an uplink" $XL setup-bridge --move br7
status 2 "a name that is none" $XL setup-bridge a/b
check "and no bridge was made" [ ! -e /sys/class/net/br7 ]
ip link set br8 down
brctl delbr br8
tunctl -d up0

# ---- what goes wrong
status 2 "no verb" $XL
status 2 "a verb that there is not" $XL lits
prints "did you mean 'list'" "with a suggestion" $XL lits
for verb in create config-update destroy shutdown reboot pause unpause console domid domname \
    block-attach block-detach block-list block-resize network-attach network-detach network-list \
    mem-set mem-max vcpu-set vcpu-pin rename sysrq trigger debug-keys; do
    status 2 "$verb without an argument" $XL $verb
done
for verb in list vcpu-list info dmesg sched create config-update block-detach block-list block-resize \
    network-attach network-detach network-list mem-set vcpu-pin rename uptime sysrq debug-keys top stats doctor; do
    status 2 "$verb with an unknown option" $XL $verb --nosuch
done
for verb in destroy shutdown reboot pause unpause console domid list vcpu-list sched block-list \
    network-list; do
    status 1 "$verb of a domain that there is not" $XL $verb nosuch
done
for verb in destroy shutdown reboot pause unpause console; do
    status 1 "$verb of Dom0" $XL $verb 0
done
status 1 "a disk for Dom0" $XL block-attach 0 /tmp/disk,raw,xvda
status 1 "a disk for a domain that there is not" $XL block-attach nosuch /tmp/disk,raw,xvda
prints "did you mean 'two'" "a name nearly right" $XL domid twoo
status 2 "a weight out of range" $XL sched two -w 70000
tiny bad
echo 'memmory = 64' >>/tmp/bad.cfg
status 3 "a misspelt key" $XL create /tmp/bad.cfg
prints '/tmp/bad.cfg:7:1: .*memmory.*' "by file, line and column" $XL create /tmp/bad.cfg
prints "memory" "and the nearest key" $XL create /tmp/bad.cfg
status 3 "a wrong setting behind the file" $XL create -n /tmp/g.cfg vcpus=many
prints 'command line:1:' "which is told by its place, too" $XL create -n /tmp/g.cfg vcpus=many
tiny later
echo 'usbdev = [ "x" ]' >>/tmp/later.cfg
prints 'usbdev.*not' "a key of xl's that is not served says so" $XL create -n /tmp/later.cfg
status 1 "no kernel" $XL create /tmp/g.cfg name=four kernel=/no/such
status 4 "no store" env XENSTORED_PATH=/tmp/nosuch $XL domid two
wait_for 20 "four domains as before" domains_are 4

# ---- how a guest ends, and what then
ended() { grep -q "has shut down ($2): $3" "/var/log/xen-like/$1.log"; }
check "create p" $XL create -q /tmp/g.cfg name=p extra=run=poweroff on_poweroff=preserve
wait_for 30 "p has powered off" ended p "power off" preserve
check "p is kept" sh -c "$XL list p | grep -qE ' ---s-- | -b-s-- '"
check "create r" $XL create -q /tmp/g.cfg name=r extra=run=reboot on_reboot=destroy
wait_for 30 "r has ended to reboot" ended r reboot destroy
wait_for 20 "r is gone" gone r
first=$($XL domid three)
check "reboot three" $XL reboot three
wait_for 60 "three is there again" said three tiny 2
check "as another domain" [ "$($XL domid three)" != "$first" ]
check "destroy p" $XL destroy p

# ---- another configuration for the next start
uuid() { xstore read "/local/domain/$($XL domid three)/vm"; }
memory() { $XL list --json three | tr -d ' \n' | grep -o '"memory_mib":[0-9]*'; }
before=$(uuid)
cp /tmp/g.cfg /tmp/three.cfg
prints '^  memory = 24 \(now 16\)$' "config-update says what changes" \
    $XL config-update three /tmp/three.cfg name=three memory=24 'extra="next time"'
prints '^  extra = "next time" \(now ""\)$' "all of it" \
    $XL config-update three /tmp/three.cfg name=three memory=24 'extra="next time"'
json '.*"config":\{[^}]*"memory":16[^}]*\},"next_config":\{[^}]*"memory":24[^}]*\}\}\]' $XL list --long three
check "the guest goes on as it is" [ "$(memory)" = '"memory_mib":16' ]
status 3 "another name" $XL config-update three /tmp/three.cfg
prints "'g', and the domain is 'three'" "says so" $XL config-update three /tmp/three.cfg
status 3 "another type" $XL config-update three /tmp/three.cfg name=three type=pvh
status 3 "another UUID" $XL config-update three /tmp/three.cfg name=three uuid=00000000-0000-4000-8000-000000000001
prints "has the UUID ${before#/vm/}:" "says so" \
    $XL config-update three /tmp/three.cfg name=three uuid=00000000-0000-4000-8000-000000000001
status 3 "a configuration with mistakes" $XL config-update three /tmp/bad.cfg name=three
status 1 "one that cannot be started" $XL config-update three /tmp/three.cfg name=three kernel=/no/such
status 1 "of Dom0" $XL config-update 0 /tmp/three.cfg
json '.*"next_config":\{[^}]*"memory":24[^}]*\}\}\]' $XL list --long three
check "rename three" $XL rename three drei
status 3 "and the configuration of what it was called" $XL config-update drei /tmp/three.cfg name=three
check "rename back" $XL rename drei three
sleep 3 # one that lived for less than two is not started again
check "reboot three" $XL reboot three
wait_for 60 "it has the new command line" said three "next time"
check "and the new memory" [ "$(memory)" = '"memory_mib":24' ]
check "and its UUID" [ "$(uuid)" = "$before" ]
prints "^three: its next start is as the last one$" "the same configuration" \
    $XL config-update three /tmp/three.cfg name=three memory=24 'extra="next time"'
check "no other is kept" sh -c "! ls /run/xen-like/next*"
check "an update, and one that takes it back" $XL config-update three /tmp/three.cfg name=three memory=20
check "which is none" $XL config-update three /tmp/three.cfg name=three memory=24 'extra="next time"'
check "no other is kept then" sh -c "! ls /run/xen-like/next*"
check "create r" $XL create -q /tmp/g.cfg name=r on_reboot=destroy
prints "'r' is not started again when it reboots: on_reboot is \"destroy\" now" "a guest that has no next start" \
    $XL config-update r /tmp/g.cfg name=r memory=24
check "shutdown r" $XL shutdown -w -t 100 r
wait_for 20 "r is gone" gone r
wait_for 20 "and nothing is kept of it" sh -c "! ls /run/xen-like/next*"
check "a guest under another name" $XL rename three drei
check "with one more disk" $XL block-attach drei /tmp/disk,raw,xvda
sleep 3
check "reboots" $XL reboot drei
wait_for 60 "and is there again" said drei "next time"
check "with that name" $XL domid drei
prints "^xvda .* /local/domain/0/backend/blockd/$($XL domid drei)/51712$" "and that disk" $XL block-list drei
check "detach it" $XL block-detach drei xvda
check "rename it back" $XL rename drei three

check "shutdown of one that heeds" $XL shutdown -w -t 100 three
wait_for 20 "three is gone" gone three
for n in g two; do check "pause $n" $XL pause $n; done
refuse "the shutdown of two that are paused" $XL shutdown -a -w -t 1
check "g is named" refusal_says "domain $($XL domid g) still runs after 1 seconds"
check "two is named" refusal_says "domain $($XL domid two) still runs after 1 seconds"
for n in g two; do check "unpause $n" $XL unpause $n; done
check "shutdown of all" $XL shutdown -a -w
wait_for 20 "g is gone" gone g
wait_for 20 "two is gone" gone two

# ---- the manual page's examples, as they stand there
tiny guest
mkdir -p /etc/xen-like
cp /tmp/guest.cfg /etc/xen-like
cd /tmp
sed -n '/^\.SH EXAMPLES/,/^\.fi/s/^xl-like //p' /usr/share/man/xl-like.1 >/tmp/examples
while read -r words; do
    check "xl-like $words" sh -c "printf '\035' | $XL $words" # Ctrl-]: leaves a console
done </tmp/examples
for n in guest second; do check "destroy $n" $XL destroy $n; done
rm /etc/xen-like/guest.cfg
fails
