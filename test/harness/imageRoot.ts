/**
 * Shell that mounts a root of its own over the layers of an image, with devices, and goes there; in a mount namespace of
 * the caller's. `$0` is a folder, `$1` the layers.
 */
export const mountImageRoot = `mkdir -p "$0/upper" "$0/work" "$0/root"
mount -t overlay overlay -o "lowerdir=$1,upperdir=$0/upper,workdir=$0/work" "$0/root"
cd "$0/root"
mount -t proc proc proc
mount -t tmpfs tmpfs dev
for device in null zero random urandom; do : > "dev/$device"; mount --bind "/dev/$device" "dev/$device"; done`;
