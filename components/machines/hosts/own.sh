# own.sh 'UNIT…' 'PORT…' PATTERN…: prints what tells whose this host's configuration is, one fact a line. Patterns are those of
# files, relative to /. It runs as root, changes nothing, and ends with 0 whatever it finds.
# What programs say is parsed.
export LC_ALL=C.UTF-8 LANGUAGE=
units=$1 ports=$2
shift 2
cd /

fact() { printf '%s\n' "$*"; }
# Of a file, into `hash`. One process, as there may be a hundred files, and an emulated host takes a tenth of a second for it.
sum() { hash=$(md5sum <"$1"); hash=${hash%% *}; }
# A rule a line, without comments and with one space between words.
rules() { awk '{ sub(/#.*/, "") } NF { $1 = $1; print }'; }

# An installation that an interrupted roll-out has left makes such files as this looks at them. The check before the first
# apply comes after it.
lock=run/hapair-install.lock
if [ -e $lock ] && ! flock --nonblock $lock true; then exit 0; fi

looked=' '
look_at() {
  if [ -L "$1" ]; then
    fact symlink "$1 -> $(readlink "$1")"
  elif [ -f "$1" ]; then
    generated=- rules=- executable=-
    case $1 in
    etc/ufw/*) if [ -f "usr/share/ufw/${1##*/}" ]; then sum "usr/share/ufw/${1##*/}" && generated=$hash; fi ;;
    etc/postgresql/*/*/pg_hba.conf | etc/postgresql/*/*/pg_ident.conf) rules=$(rules <"$1" | md5sum | cut -d ' ' -f 1) ;;
    esac
    [ ! -x "$1" ] || executable=x
    sum "$1"
    fact file "$hash" "$generated" "$rules" "$executable" "$1"
  elif [ -e "$1" ]; then
    fact other "$1"
  else
    return 0
  fi
  looked="$looked/$1 "
}
for pattern in "$@"; do
  for path in $pattern; do look_at "$path"; done
done
# ' /etc/haproxy/haproxy.cfg MD5', with 'obsolete' behind it where the package has dropped the file.
dpkg-query --show --showformat='${Conffiles}\n' 2>/dev/null |
  looked=$looked awk 'NF > 1 && index(ENVIRON["looked"], " " $1 " ") && !told[$1]++ { print "conffile", $2, substr($1, 2) }'

systemctl show --property=Id,ActiveState,UnitFileState $units 2>/dev/null | awk -v RS= '{ $1 = $1; print "unit", $0 }'

each() { while IFS= read -r line; do fact "$1" "$line"; done; }
for family in iptables ip6tables; do
  ! command -v $family-save >/dev/null || $family-save -t filter 2>/dev/null | grep '^-A INPUT ' | each rule
done
! command -v nft >/dev/null || nft --terse list ruleset 2>/dev/null | grep -E '^table |hook ' | each ruleset
[ -z "$ports" ] || ss -Hltnp "$ports" | each listener
exit 0
