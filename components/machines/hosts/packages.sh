# packages.sh PACKAGE…: installs what is missing, as root. No daemon starts: who delivers its config also starts it.
installed() {
  [ "$(dpkg-query --show --showformat='${db:Status-Status}\n' "$@" 2>/dev/null | grep -cx installed)" = $# ]
}
installed "$@" && exit 0

. /etc/os-release
if [ "${ID:-} ${VERSION_ID:-}" != 'debian 13' ]; then
  echo "this host has ${PRETTY_NAME:-an unknown distribution}, and hapair needs Debian 13" >&2
  exit 1
fi

folder=/run/hapair-install
mkdir -p "$folder"
printf '#!/bin/sh\nexit 101\n' >"$folder/policy-rc.d"
chmod 755 "$folder/policy-rc.d"
policy=/usr/sbin/policy-rc.d
# A link below /run: after a power failure it leads nowhere and forbids nothing. A policy of the host's own comes back.
finish() {
  if [ "$(readlink "$policy")" = "$folder/policy-rc.d" ]; then rm -f "$policy"; fi
  if [ -e "$policy.hapair" ] || [ -L "$policy.hapair" ]; then mv "$policy.hapair" "$policy"; fi
  rm -rf "$folder"
}
trap finish EXIT
trap 'exit 143' TERM INT HUP
if [ "$(readlink "$policy")" != "$folder/policy-rc.d" ]; then
  if [ -e "$policy" ] || [ -L "$policy" ]; then mv "$policy" "$policy.hapair"; fi
  ln -s "$folder/policy-rc.d" "$policy"
fi

# Debian's own updates run at boot and hold apt's locks for minutes.
waitS=300
apt() {
  DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 apt-get --yes --quiet=2 \
    -o "DPkg::Lock::Timeout=$waitS" -o Dpkg::Options::=--force-confold -o APT::Install-Recommends=false \
    "$@" >"$folder/log" 2>&1 </dev/null
}
# The lock of the package lists has no timeout of apt's own.
update() {
  until apt update; do
    grep -q 'Could not get lock' "$folder/log" && [ "$waitS" -gt 0 ] || return 1
    sleep 2
    waitS=$((waitS - 2))
  done
}
# A package that would have to go is somebody's own, such as another syslog daemon, or netfilter-persistent.
refuse_removals() {
  mv "$folder/log" "$folder/failed"
  apt install --simulate -- "$@"
  gone=$(sed -n 's/^Remv \([^ ]*\).*/\1/p' "$folder/log" | sort -u | paste -s -d ' ' -)
  mv "$folder/failed" "$folder/log"
  [ -n "$gone" ] || return 0
  echo "this host has $gone, which conflicts with the packages that it needs, and nothing was removed: remove it (sudo apt-get remove $gone), or choose another machine" >&2
  exit 1
}
tell() {
  echo "apt-get $1 failed:" >&2
  grep '^[EW]:' "$folder/log" >&2 || tail -n 12 "$folder/log" >&2
  exit 1
}
# An interrupted installation has to be finished first.
dpkg --audit | grep -q . && dpkg --configure -a >"$folder/log" 2>&1 </dev/null
update || tell update
apt install --no-remove -- "$@" || { refuse_removals "$@"; tell install; }
