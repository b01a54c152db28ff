#!/busybox sh
# init.sh: the first program of an emulated machine. Loads what Debian's kernel does not have built in for disk, network
# and power button, then starts the system on the disk.
for module in virtio_blk failover net_failover virtio_net button evdev; do
  /busybox insmod "/$module.ko"
done
/busybox mount -t devtmpfs devtmpfs /dev
/busybox mount -t ext4 /dev/vda /root
/busybox umount /dev
exec /busybox switch_root /root /sbin/init
