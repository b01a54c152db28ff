#!/bin/sh
# Declared by hapair: writes keepalived's state to /run/hapair/vrrp. keepalived starts it once, with a FIFO of its events as
# the argument. One reader keeps them in order: commands of notify_master and notify_backup could overtake each other.

# keepalived's own files are for root alone, and the agent, which is not root, reads this one.
umask 022

# keepalived ends it by a signal before it has read the last event; it ends by itself when keepalived closes the FIFO.
trap '' TERM
# A reader sees the old state or the new one whole. A state that cannot be written is none: this node then holds nothing.
while read -r kind _ state _; do
  case "$kind $state" in
  'INSTANCE MASTER' | 'INSTANCE BACKUP' | 'INSTANCE FAULT')
    { echo "$state" >/run/hapair/vrrp.new && mv /run/hapair/vrrp.new /run/hapair/vrrp; } ||
      rm -f /run/hapair/vrrp /run/hapair/vrrp.new
    ;;
  'INSTANCE STOP') rm -f /run/hapair/vrrp ;;
  esac
done <"$1"
