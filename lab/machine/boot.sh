#!/bin/sh
# boot.sh NAME FOLDER BASE BRIDGE: boots the machine, and boots it again after each reboot from inside.
# Runs in the machine's own cgroup, in the lab's network namespace and in a mount namespace of its own: the
# kernel unmounts the machine's disk when the last process ends, however it ends.
set -eu
name=$1 folder=$2 base=$3 bridge=$4
group=$(sed -n 's/^0:://p' /proc/self/cgroup)

# nspawn needs a pure cgroup v2 hierarchy, even where the host mounts v1 too.
if [ "$(stat -f -c %T /sys/fs/cgroup)" != cgroup2fs ]; then
  umount -l -R /sys/fs/cgroup
  mount -t cgroup2 cgroup2 /sys/fs/cgroup
fi
# A cgroup that passes controllers on to its children may not contain processes itself.
mkdir -p "/sys/fs/cgroup$group/boot" "/sys/fs/cgroup$group/machine"
echo 0 > "/sys/fs/cgroup$group/boot/cgroup.procs"

# nspawn keeps files by machine name here, and two labs may use the same name.
mkdir -p /run/systemd/nspawn
mount -t tmpfs -o mode=755 tmpfs /run/systemd/nspawn

mount -t overlay "lab-$name" -o "lowerdir=$base,upperdir=$folder/upper,workdir=$folder/work" "$folder/root"

while :; do
  status=0
  sh -c 'echo 0 > "$0/cgroup.procs" && exec "$@"' "/sys/fs/cgroup$group/machine" \
    systemd-nspawn --quiet --boot --register=no --keep-unit --link-journal=no --resolv-conf=off --timezone=off \
    --console=read-only --settings=no "--machine=$name" "--directory=$folder/root" "--network-bridge=$bridge" || status=$?
  # With --keep-unit a reboot from inside ends nspawn with status 133.
  [ "$status" = 133 ] || exit "$status"
done
