# packages.sh PACKAGE…: installs what is missing, as root. No daemon starts, neither now nor at the next boot: who delivers
# its config also enables and starts it.
# What programs say is parsed.
export LC_ALL=C.UTF-8 LANGUAGE=
folder=/run/hapair-install
policy=/usr/sbin/policy-rc.d

# An interrupted roll-out leaves its run here. apt inherits the lock, which lasts as long as apt does.
exec 9>"$folder.lock"
if ! flock --timeout 600 9; then
  echo "another installation by hapair still runs on this host (fuser $folder.lock shows it): wait for its end, or end it" >&2
  exit 1
fi

is_installed() { [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }
installed() { dpkg-query --show --showformat='${db:Status-Status} ${binary:Package}\n' | sed -n 's/^installed //p' | sort -u; }
# Disables the units of packages that are new since the list was made. Those that were there are somebody's own.
retire() {
  [ -s "$folder/before" ] || return 0
  units=$(installed | comm -13 "$folder/before" - | xargs -r dpkg-query --listfiles |
    sed -nE 's#^(/usr)?/lib/systemd/system/([^/@]+\.(service|socket|timer|path))$#\2#p')
  for unit in $units; do
    if [ "$(systemctl is-enabled "$unit" 2>/dev/null)" = enabled ]; then systemctl disable "$unit" >/dev/null 2>&1; fi
  done
}
# The policy is a link below /run: after a power failure it leads nowhere. A policy of the host's own comes back.
finish() {
  retire
  if [ "$(readlink "$policy")" = "$folder/policy-rc.d" ]; then rm -f "$policy"; fi
  if [ -e "$policy.hapair" ] || [ -L "$policy.hapair" ]; then mv "$policy.hapair" "$policy"; fi
  rm -rf "$folder"
}
# What a killed run has left.
finish

for package in "$@"; do
  shift
  is_installed "$package" || set -- "$@" "$package"
done
[ $# -gt 0 ] || exit 0

. /etc/os-release
if [ "${ID:-} ${VERSION_ID:-}" != 'debian 13' ]; then
  echo "this host has ${PRETTY_NAME:-an unknown distribution}, and hapair needs Debian 13" >&2
  exit 1
fi

trap finish EXIT
trap 'exit 143' TERM INT HUP
mkdir -p "$folder"
installed >"$folder/before"
# Forbids starts to this run's apt alone; another apt on the host has the host's own policy meanwhile.
cat >"$folder/policy-rc.d" <<POLICY
#!/bin/sh
[ -z "\${HAPAIR_INSTALL:-}" ] || exit 101
[ ! -x $policy.hapair ] || exec $policy.hapair "\$@"
exit 0
POLICY
chmod 755 "$folder/policy-rc.d"
export HAPAIR_INSTALL=1
if [ -e "$policy" ] || [ -L "$policy" ]; then mv "$policy" "$policy.hapair"; fi
ln -s "$folder/policy-rc.d" "$policy"

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
