# collectPackages.sh IMAGE FOLDER PACKAGE…: an apt source with everything that the image lacks of these packages. Runs in
# a mount namespace of its own, so that nothing stays mounted.
set -eu
image=$1 folder=$2
shift 2
[ -e "$folder/Packages" ] && exit
work=$(mktemp -d)
mount -t tmpfs tmpfs "$work"
mkdir "$work/upper" "$work/work" "$work/root"
mount -t overlay overlay -o "lowerdir=$image,upperdir=$work/upper,workdir=$work/work" "$work/root"
cp /etc/resolv.conf "$work/root/etc/resolv.conf"
inside() { chroot "$work/root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive "$@" </dev/null; }
inside apt-get --quiet=2 update
inside apt-get --quiet=2 --yes --no-install-recommends --download-only -o APT::Keep-Downloaded-Packages=true install "$@"
rm -rf "$folder.partial"
mkdir -p "$folder.partial"
cp "$work"/root/var/cache/apt/archives/*.deb "$folder.partial/"
cd "$folder.partial"
for archive in *.deb; do
  dpkg-deb --field "$archive"
  echo "Filename: ./$archive"
  echo "Size: $(stat --format=%s "$archive")"
  echo "SHA256: $(sha256sum "$archive" | cut -d ' ' -f 1)"
  echo
done >Packages
rm -rf "$folder"
mv "$folder.partial" "$folder"
