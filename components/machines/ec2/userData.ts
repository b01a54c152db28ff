/**
 * What cloud-init does at an instance's first boot: its name, and the host key that the stack has made, so that the very
 * first login is to a known key. Everything else comes by SSH. Contains a secret.
 */
export function userData(
  host: string,
  hostKey: { readonly private: string; readonly public: string },
): string {
  const config = {
    hostname: host,
    manage_etc_hosts: "localhost",
    ssh_deletekeys: true,
    ssh_keys: { ed25519_private: hostKey.private, ed25519_public: hostKey.public },
  };
  // JSON is YAML too, and needs no quoting of its own.
  return `#cloud-config\n${JSON.stringify(config)}\n`;
}
