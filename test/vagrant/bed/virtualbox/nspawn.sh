#!/bin/sh
# nspawn.sh UUID FOLDER IMAGE NAT ADAPTERS NETWORK FORWARD…: runs a machine as a container over a lab's image until it is
# off. It boots in a second, where an emulated one takes a minute. The network namespace NAT has the machine's ADAPTERS,
# which it takes, and is what VirtualBox's NAT is to a guest. NETWORK is that network without its last part, such as
# 10.0.2; a FORWARD is HOST:PORT:GUESTPORT.
set -eu
uuid=$1 folder=$2 image=$3 nat=$4 adapters=$5 network=$6
shift 6
inNat() { nsenter "--net=/run/netns/$nat" "$@"; }

# VirtualBox's own DHCP server gives a machine this address always.
inNat dnsmasq --keep-in-foreground --conf-file=/dev/null --port=0 --no-ping --bind-interfaces --interface=nat \
  --dhcp-range="$network.15,$network.15" --dhcp-option="3,$network.2" --dhcp-leasefile="$folder/leases" \
  --user=root --pid-file= --log-facility=/dev/null &
ends=$!
for forward in "$@"; do
  # It listens on the laptop, and connects from within NAT.
  systemd-socket-activate --listen="${forward%:*}" nsenter "--net=/run/netns/$nat" \
    /lib/systemd/systemd-socket-proxyd "$network.15:${forward##*:}" &
  ends="$ends $!"
done

# nspawn asks udev about adapters where /sys can be written to.
mount -o remount,bind,ro /sys
# It wants a pure hierarchy of control groups, and one of its own that has no other processes.
mount -t cgroup2 cgroup2 /sys/fs/cgroup
group="/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)/hapair-$uuid"
mkdir -p "$group" /run/systemd/nspawn
mount -t tmpfs -o mode=755 tmpfs /run/systemd/nspawn
mount -t overlay overlay -o "lowerdir=$image,upperdir=$folder/upper,workdir=$folder/work" "$folder/root"
inNat sh -c 'echo $$ > "$0/nspawn.pid"; echo 0 > "$1/cgroup.procs"; shift; exec "$@"' "$folder" "$group" \
  systemd-nspawn --quiet --boot --register=no --keep-unit --link-journal=no --resolv-conf=off --timezone=off \
  --console=read-only --settings=no "--uuid=$uuid" "--machine=$nat" "--directory=$folder/root" \
  $(printf -- '--network-interface=%s ' $adapters) || true

kill $ends || true
while grep -q '^populated 1' "$group/cgroup.events"; do sleep 0.05; done
find "$group" -depth -type d -exec rmdir {} +
ip netns delete "$nat" || true
