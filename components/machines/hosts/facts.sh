# facts.sh ADDRESS 'VIRTUAL-ADDRESS…' [ARGUMENT…]: prints what is known only on this host, one fact a line: its name and its
# value. It runs as the login user, changes nothing but an entry of the neighbour table, and ends with 0 whatever it finds.
# own.sh follows it, and gets the further arguments.
# What programs say is parsed.
export LC_ALL=C.UTF-8 LANGUAGE=
address=$1 virtuals=$2
shift 2

fact() { printf '%s\n' "$*"; }

. /etc/os-release
fact distribution "${ID:-unknown}" "${VERSION_ID:-unknown}" "${PRETTY_NAME:-an unknown distribution}"
fact machine "$(cat /etc/machine-id 2>/dev/null || echo none)" "$(cat /proc/sys/kernel/random/boot_id)"
fact login "${SSH_CONNECTION:-}"

root='' delivered=''
if [ "$(id -u)" = 0 ]; then
  fact root yes
elif words=$(sudo -n true 2>&1); then
  fact root yes
  root='sudo -n'
else
  fact root no "$(echo "$words" | head -n 1)"
  delivered=unknown
fi
# The live bundle's folder is root's alone.
if $root test -e /var/lib/hapair/current 2>/dev/null; then
  delivered=yes
  fact delivered yes
fi

command -v ip >/dev/null || PATH=$PATH:/usr/sbin:/sbin
command -v ip >/dev/null || { fact missing iproute2; exit 0; }

on_device() { ip -o -4 address show to "$1/32" | while read -r _ device _; do fact "$2" "$device"; done; }
on_device "$address" interface
device=$(ip -o -4 address show to "$address/32" | { read -r _ device _ && echo "$device"; }) || device=
# Where networkd keeps which of its files an interface has; `networkctl` prints it from there.
link=/run/systemd/netif/links/$(cat "/sys/class/net/$device/ifindex" 2>/dev/null)
file=$([ ! -f "$link" ] || sed -n 's/^NETWORK_FILE=//p' "$link")
[ -z "$file" ] || fact networkFile "${file##*/}"
for each in /sys/class/net/*/address; do fact link "$(cat "$each" 2>/dev/null)"; done

# Who answers for a virtual address: a fresh entry of the neighbour table makes the kernel ask by ARP.
for virtual in $virtuals; do
  if [ -n "$(ip -o -4 address show to "$virtual/32")" ]; then fact holds "$virtual"; continue; fi
  [ -n "$device" ] || continue
  $root ip neighbour flush to "$virtual" dev "$device" 2>/dev/null || continue
  $root ip neighbour replace "$virtual" dev "$device" use nud none 2>/dev/null || continue
  tries=0
  while [ $tries -lt 40 ]; do
    entry=$(ip neighbour show to "$virtual" dev "$device")
    case $entry in
    *lladdr*) fact answers "$virtual" "${entry##*lladdr }"; break ;;
    *FAILED*) break ;;
    esac
    tries=$((tries + 1))
    sleep 0.1
  done
done

# Where this login arrived: client's address and port, own address and port.
arrived() { if [ $# -eq 4 ]; then on_device "$3" loginInterface; fi; }
arrived ${SSH_CONNECTION:-}

# Runs own.sh, its input, as root. Whose the configuration is matters until hapair has a bundle there.
look_for_own() { if [ -z "$delivered" ] && [ $# -gt 0 ]; then $root sh -u -s -- "$@"; fi; }
