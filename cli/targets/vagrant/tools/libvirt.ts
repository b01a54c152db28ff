import { createConnection } from "node:net";

/** Sockets of libvirt's daemon: the one of old, and that of its modular daemons. */
const sockets = ["/run/libvirt/libvirt-sock", "/run/libvirt/virtqemud-sock"];

/** Why this user does not reach libvirt's daemon, a sentence; undefined where it answers. */
export async function libvirtTrouble(paths: readonly string[] = sockets): Promise<string | undefined> {
  const codes = await Promise.all(paths.map(codeOf));
  if (codes.includes(undefined)) return undefined;
  if (codes.some((code) => code === "EACCES" || code === "EPERM"))
    return "this user may not use libvirt: sudo usermod -aG libvirt $USER, then log in again";
  const qemu = process.arch === "arm64" ? "qemu-system-arm" : "qemu-system-x86";
  return `libvirt's daemon does not run: install libvirt-daemon-system and ${qemu}, then sudo systemctl enable --now libvirtd`;
}

/** The system's code for why a connection fails; undefined where it does not. */
function codeOf(path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createConnection(path, () => {
      socket.destroy();
      resolve(undefined);
    });
    socket.on("error", (error) => resolve("code" in error ? String(error.code) : error.message));
  });
}
