#!/bin/sh
# customizeBox.sh ROOT: what a Vagrant box needs beyond its packages; VAGRANT_KEYS are the public keys that Vagrant
# logs in with first.
set -eu
root=$1
rm -f "$root/usr/sbin/policy-rc.d"

# Emulated, each unit costs time: only what a login and the network need starts by itself.
mkdir -p "$root/etc/systemd/system-preset"
cat > "$root/etc/systemd/system-preset/00-box.preset" <<'PRESET'
enable ssh.service
enable systemd-networkd.service
enable dbus.socket
disable *
PRESET
systemctl --quiet --root="$root" preset-all
for unit in getty@ console-getty serial-getty@ systemd-networkd-wait-online systemd-random-seed systemd-hwdb-update \
  systemd-journal-catalog-update ldconfig; do
  ln -sf /dev/null "$root/etc/systemd/system/$unit.service"
done
for timer in apt-daily apt-daily-upgrade e2scrub_all fstrim dpkg-db-backup; do
  ln -sf /dev/null "$root/etc/systemd/system/$timer.timer"
done

chroot "$root" useradd --create-home --shell /bin/bash vagrant
echo 'vagrant ALL=(ALL) NOPASSWD:ALL' > "$root/etc/sudoers.d/vagrant"
chmod 0440 "$root/etc/sudoers.d/vagrant"
install -d -m 700 "$root/home/vagrant/.ssh"
printf '%s\n' "$VAGRANT_KEYS" > "$root/home/vagrant/.ssh/authorized_keys"
chmod 600 "$root/home/vagrant/.ssh/authorized_keys"
chroot "$root" chown -R vagrant:vagrant /home/vagrant/.ssh

# Each machine makes an identity of its own when it boots first.
rm -f "$root"/etc/ssh/ssh_host_*
: > "$root/etc/machine-id"
printf 'HostKey /etc/ssh/ssh_host_ed25519_key\nPasswordAuthentication no\nUseDNS no\n' \
  > "$root/etc/ssh/sshd_config.d/box.conf"
mkdir -p "$root/etc/systemd/system/ssh.service.d"
cat > "$root/etc/systemd/system/ssh.service.d/box.conf" <<'UNIT'
[Service]
ExecStartPre=
ExecStartPre=/bin/sh -c "test -s /etc/ssh/ssh_host_ed25519_key || ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key"
ExecStartPre=/usr/sbin/sshd -t
UNIT

cat > "$root/etc/systemd/network/99-dhcp.network" <<'NETWORK'
[Match]
Name=en* eth*
Type=ether
[Network]
DHCP=ipv4
LinkLocalAddressing=no
IPv6AcceptRA=no
[DHCPv4]
ClientIdentifier=mac
NETWORK
echo debian > "$root/etc/hostname"
printf '127.0.0.1 localhost\n127.0.1.1 debian\n' > "$root/etc/hosts"
: > "$root/etc/fstab"
: > "$root/etc/resolv.conf"
