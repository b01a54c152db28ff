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
mask() { ln -sf /dev/null "$root/etc/systemd/system/$1"; }
for service in getty@ console-getty serial-getty@ kmod-static-nodes ldconfig modprobe@ systemd-binfmt systemd-hwdb-update \
  systemd-journal-catalog-update systemd-journal-flush systemd-network-generator systemd-networkd-persistent-storage \
  systemd-networkd-wait-online systemd-random-seed systemd-remount-fs systemd-sysusers systemd-tmpfiles-setup-dev-early \
  systemd-udev-load-credentials systemd-update-done; do
  mask "$service.service"
done
for timer in apt-daily apt-daily-upgrade e2scrub_all fstrim dpkg-db-backup systemd-tmpfiles-clean; do
  mask "$timer.timer"
done
for unit in dev-hugepages.mount dev-mqueue.mount proc-sys-fs-binfmt_misc.automount sys-fs-fuse-connections.mount \
  sys-kernel-config.mount sys-kernel-debug.mount sys-kernel-tracing.mount systemd-ask-password-console.path \
  systemd-ask-password-wall.path systemd-creds.socket systemd-initctl.socket systemd-sysext.socket tmp.mount; do
  mask "$unit"
done
systemctl --quiet --root="$root" set-default multi-user.target
# With a script of System V beside a unit, systemctl has perl keep its links, which reloads systemd twice for each
# "enable": two seconds each.
rm -f "$root"/etc/init.d/*
# What generators look for is not there: the disk is the kernel's argument, and no unit comes from fstab, System V or a
# cluster of PostgreSQL. They run at each reload too.
mkdir -p "$root/etc/systemd/system-generators"
for generator in "$root"/usr/lib/systemd/system-generators/*; do
  ln -s /dev/null "$root/etc/systemd/system-generators/${generator##*/}"
done
# Devices that something here uses: the others cost a process and often a module each.
mkdir -p "$root/etc/systemd/system/systemd-udev-trigger.service.d"
cat > "$root/etc/systemd/system/systemd-udev-trigger.service.d/box.conf" <<'UNIT'
[Service]
ExecStart=
ExecStart=udevadm trigger --action=add --subsystem-match=net --subsystem-match=block --subsystem-match=input
UNIT
# The journal of a machine ends with it.
mkdir -p "$root/etc/systemd/journald.conf.d"
printf '[Journal]\nStorage=volatile\nReadKMsg=no\nAudit=no\n' > "$root/etc/systemd/journald.conf.d/box.conf"

# Without a password, but not locked: sshd lets nobody in who is.
chroot "$root" useradd --create-home --shell /bin/bash --password '*' vagrant
# PAM costs an emulated machine half of each login and of each sudo: its libraries and modules.
printf 'Defaults !pam_session, !pam_setcred, !use_pty\nvagrant ALL=(ALL) NOPASSWD:ALL\n' > "$root/etc/sudoers.d/vagrant"
chmod 0440 "$root/etc/sudoers.d/vagrant"
install -d -m 700 "$root/home/vagrant/.ssh"
printf '%s\n' "$VAGRANT_KEYS" > "$root/home/vagrant/.ssh/authorized_keys"
chmod 600 "$root/home/vagrant/.ssh/authorized_keys"
chroot "$root" chown -R vagrant:vagrant /home/vagrant/.ssh

# Each machine makes an identity of its own when it boots first.
rm -f "$root"/etc/ssh/ssh_host_*
: > "$root/etc/machine-id"
printf 'HostKey /etc/ssh/ssh_host_ed25519_key\nPasswordAuthentication no\nUseDNS no\nUsePAM no\n' \
  > "$root/etc/ssh/sshd_config.d/box.conf"
mkdir -p "$root/etc/systemd/system/ssh.service.d"
cat > "$root/etc/systemd/system/ssh.service.d/box.conf" <<'UNIT'
[Service]
ExecStartPre=
ExecStartPre=/bin/sh -c "test -s /etc/ssh/ssh_host_ed25519_key || ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key"
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
