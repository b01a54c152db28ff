#!/bin/sh
# buildBox.sh FOLDER ARGUMENT…: makes a folder with Vagrant's boxes for virtualbox and libvirt. The arguments are
# mmdebstrap's. Needs no loop device. $BOX has what both boxes have besides the disk and the kernel, $BOX_INIT is the first
# program that the kernel starts.
set -eu
folder=$1
shift
mkdir -p "$folder/files"
cd "$folder/files"
mmdebstrap "$@" "$folder/root"

# Unpacked beforehand, as an emulated processor takes ten seconds for it. Offsets: Documentation/arch/x86/boot.rst.
packed=$(echo "$folder"/root/boot/vmlinuz-*)
number() { od -An -j "$1" -N "$2" -t "u$2" "$packed" | tr -d ' '; }
start=$((($(number 497 1) + 1) * 512 + $(number 584 4)))
# The last four bytes are the length of what is unpacked.
payload() { tail -c "+$((start + 1))" "$packed" | head -c "$(($(number 588 4) - 4))"; }
case $(payload | od -An -N 4 -t x1 | tr -d ' ') in
  fd377a58) payload | xz --decompress --stdout > vmlinux ;;
  28b52ffd) payload | zstd --decompress --stdout --quiet > vmlinux ;;
  *) echo "buildBox.sh: $packed is packed in an unknown way" >&2; exit 1 ;;
esac
rm -rf "$folder"/root/boot/*

# Debian's own initramfs costs an emulated processor four seconds: udev, and libraries to unpack.
first=$folder/first
mkdir -p "$first/dev" "$first/root"
cp "$BOX_INIT" "$first/init"
chmod 755 "$first/init"
cp "$folder/root/usr/bin/busybox" "$first/busybox"
for module in virtio_blk failover net_failover virtio_net button evdev; do
  find "$folder"/root/usr/lib/modules/*/kernel -name "$module.ko.xz" -exec xz --decompress --stdout {} + > "$first/$module.ko"
done
(cd "$first" && find . | ./busybox cpio -o -H newc) > initrd.img
rm -rf "$first"

truncate -s 4G "$folder/disk.raw"
mke2fs -q -F -t ext4 -O '^has_journal,^metadata_csum' -E lazy_itable_init=1,root_owner=0:0 -m 0 -L root \
  -d "$folder/root" "$folder/disk.raw"
rm -rf --one-file-system "$folder/root"
qemu-img convert -c -f raw -O qcow2 -o compression_type=zstd "$folder/disk.raw" box.img
rm "$folder/disk.raw"

box() {
  provider=$1
  cp -R "$BOX/$provider/." .
  tar --create --file "$folder/$provider.box" --sparse metadata.json Vagrantfile vmlinux initrd.img box.img \
    $(cd "$BOX/$provider" && ls *.ovf 2>/dev/null || true)
}
box virtualbox
rm -f ./*.ovf
box libvirt
rm -rf "$folder/files"
# Boxes of earlier recipes; whoever runs machines of theirs has copies of them.
find "$(dirname "$folder")" -maxdepth 1 -name 'box-*' ! -name "$(basename "$folder")" -exec rm -rf --one-file-system {} +
