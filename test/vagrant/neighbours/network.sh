# network.sh COMMAND…: a network of its own with this machine at 10.99.0.1 and another at 10.99.0.2, .4, .6 and .8, whose
# firewall drops what comes to .4 and .6, and prohibits what comes to .8. A bridge without a carrier takes what is sent to
# .192 to .255. Runs COMMAND with addresses, then again once .4 is gone.
set -eu
ip link set lo up
ip link add laptop type veth peer name other
unshare --net sleep 300 &
other=$!
trap 'kill $other' EXIT
until [ "$(readlink /proc/$other/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.05; done
ip link set other netns $other
ip address add 10.99.0.1/24 dev laptop
ip link set laptop up
ip link add br-0a1b2c3d4e5f type bridge
ip address add 10.99.0.193/26 dev br-0a1b2c3d4e5f
ip link set br-0a1b2c3d4e5f up
# The kernel keeps an answer for half to one and a half times this.
echo 4000 > /proc/sys/net/ipv4/neigh/laptop/base_reachable_time_ms
nsenter --target $other --net sh -euc '
for end in 2 4 6 8; do ip address add 10.99.0.$end/24 dev other; done
ip link set other up
nft add table ip t
nft add chain ip t in "{ type filter hook input priority 0; }"
nft add rule ip t in ip daddr { 10.99.0.4, 10.99.0.6 } drop
nft add rule ip t in ip daddr 10.99.0.8 reject with icmp type admin-prohibited'
"$@" 10.99.0.1 10.99.0.2 10.99.0.3 10.99.0.4 10.99.0.8 10.99.0.200
# On a busy machine the answer from before may be about to go.
ip neighbour flush to 10.99.0.4 dev laptop
ip neighbour replace 10.99.0.4 dev laptop use nud none
until ip -4 neighbour show to 10.99.0.4 nud reachable | grep -q lladdr; do sleep 0.05; done
nsenter --target $other --net ip address del 10.99.0.4/24 dev other
# Answers are told by whole seconds.
sleep 1
ip -4 neighbour show to 10.99.0.4
"$@" 10.99.0.4 10.99.0.6
