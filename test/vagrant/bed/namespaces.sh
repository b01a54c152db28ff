# namespaces.sh FOLDER [LINK…]: the first process of namespaces of their own, in which this host is a laptop at
# 192.168.1.5. Ends, and all in it with it, when its standard input does. A LINK is NAME=ADDRESS/LENGTH, or a bridge as
# NAME+PORT=ADDRESS/LENGTH; the first has the default route.
set -eu
folder=$1
shift
# The shell reaps whatever its children leave: libvirt waits long for a process that nobody reaps.
mount -t tmpfs -o mode=755 tmpfs /run
mkdir /run/lock /run/libvirt
# Sockets of System V's and POSIX's shared memory stay inside.
mount -t tmpfs tmpfs /dev/shm
mount -t sysfs sysfs /sys
for part in etc/libvirt var/lib/libvirt var/cache/libvirt var/log/libvirt; do
  mkdir -p "$folder/system/$part" "/$part"
  mount --bind "$folder/system/$part" "/$part"
done
if [ ! -e /dev/net/tun ]; then
  mkdir -p /dev/net
  mknod /dev/net/tun c 10 200
fi

ip link set lo up
# An adapter with a cable: one of a pair of which nobody sees the other end.
adapter() {
  ip link add "$1" type veth peer name "vb-$1"
  ip link set "vb-$1" up
  ip link set "$1" up
}
via=192.168.1.1
for link in "$@"; do
  names=${link%%=*}
  name=${names%%+*}
  port=${names#"$name"}
  if [ -n "$port" ]; then
    adapter "${port#+}"
    # A fixed hardware address: a bridge has otherwise one of its ports', which come and go.
    ip link add "$name" address 02:00:00:00:00:05 type bridge stp_state 0 forward_delay 0 mcast_snooping 0
    ip link set "${port#+}" master "$name"
  else
    adapter "$name"
  fi
  ip address add "${link#*=}" dev "$name"
  ip link set "$name" up
  [ -z "$via" ] || ip route add default via "$via" dev "$name"
  via=
done
# A plain switch: packets on the bridge pass no packet filter. Without br_netfilter there are no such keys.
for key in /proc/sys/net/bridge/bridge-nf-call-*tables; do
  [ ! -e "$key" ] || echo 0 > "$key"
done
echo ready
read -r _ || true
