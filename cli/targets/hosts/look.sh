# look.sh HOST:PORT…: prints what a roll-out will need of this host besides its facts, one line each, and whether each
# place is reached from here. It runs as the login user, changes nothing, and ends with 0 whatever it finds.
# What programs say is parsed.
export LC_ALL=C.UTF-8 LANGUAGE=
say() { printf '%s\n' "$*"; }

say time "$(date +%s.%N)"
say memory "$(awk '/^MemAvailable:/ { print $2 }' /proc/meminfo)"
# Device and free kB of the file systems that packages and data fill.
for folder in /usr /var; do say disk "$folder" "$(df --output=source,avail -k "$folder" | tail -n 1)"; done

reach() {
  words=$(timeout 4 bash -c 'exec 3<>"/dev/tcp/$1/$2"' reach "${1%:*}" "${1##*:}" 2>&1)
  case $? in
  0) say reached "$1" ;;
  124) say unreached "$1" "no answer within 4 s" ;;
  *) words=$(printf '%s\n' "$words" | head -n 1) && say unreached "$1" "${words##*: }" ;;
  esac
}
for place in "$@"; do reach "$place" & done
wait
