#!/bin/sh
# customizeBase.sh ROOT: what the image needs beyond its packages; LAB_USER is the login on every machine.
set -eu
root=$1

# Who delivers software also enables it: no package enables its own units.
mkdir -p "$root/etc/systemd/system-preset"
cat > "$root/etc/systemd/system-preset/00-lab.preset" <<'PRESET'
enable ssh.service
enable systemd-networkd.service
enable dbus.socket
disable *
PRESET
systemctl --quiet --root="$root" preset-all
for unit in getty@.service console-getty.service systemd-networkd-wait-online.service; do
  ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
rm -f "$root/usr/sbin/policy-rc.d"

chroot "$root" useradd --create-home --shell /bin/bash "$LAB_USER"
echo "$LAB_USER ALL=(ALL) NOPASSWD:ALL" > "$root/etc/sudoers.d/lab"
chmod 0440 "$root/etc/sudoers.d/lab"

# Each machine gets an identity of its own.
rm -f "$root"/etc/ssh/ssh_host_*
: > "$root/etc/machine-id"
cat > "$root/etc/ssh/sshd_config.d/lab.conf" <<'SSHD'
HostKey /etc/ssh/ssh_host_ed25519_key
AuthorizedKeysFile /etc/ssh/authorized_keys/%u
PasswordAuthentication no
SSHD
# Earlier, pam_nologin refuses every login.
mkdir -p "$root/etc/systemd/system/ssh.service.d"
printf '[Unit]\nAfter=systemd-user-sessions.service\n' > "$root/etc/systemd/system/ssh.service.d/lab.conf"

mkdir -p "$root/var/log/journal" "$root/etc/systemd/journald.conf.d" "$root/etc/systemd/networkd.conf.d"
printf '[Journal]\nStorage=persistent\n' > "$root/etc/systemd/journald.conf.d/lab.conf"
# networkd would remove routes and rules that others add.
printf '[Network]\nManageForeignRoutes=no\nManageForeignRoutingPolicyRules=no\n' > "$root/etc/systemd/networkd.conf.d/lab.conf"
# The lab has no DNS: look-ups fail at once.
: > "$root/etc/resolv.conf"
