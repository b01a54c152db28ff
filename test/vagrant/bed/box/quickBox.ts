import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { baseImage } from "../../../../lab/image/baseImage.ts";
import { hostPackages } from "../../../../render/roles/roles.ts";
import { vagrantKeys } from "./box.ts";

/** The login of the box, which is that of a lab's image. */
export const quickUser = "admin";

interface QuickBox {
  readonly path: string;
  /** The SSH host key that it brings: type, key and comment. */
  readonly hostKey: string;
}

/**
 * Makes a box for VirtualBox whose machines are containers over a lab's image: they boot in seconds, with this host's
 * kernel. Like some published boxes it brings SSH host keys.
 * @param folder where it is made
 */
export async function quickBox(folder: string): Promise<QuickBox> {
  const image = await baseImage({ packages: [...hostPackages], user: quickUser });
  const layer = join(folder, "layer");
  const put = (path: string, text: string) => {
    mkdirSync(join(layer, path, ".."), { recursive: true });
    writeFileSync(join(layer, path), text);
  };
  put("etc/hostname", "debian\n");
  put("etc/hosts", "127.0.0.1 localhost\n127.0.1.1 debian\n");
  put(
    "etc/ssh/sshd_config.d/lab.conf",
    "HostKey /etc/ssh/ssh_host_ed25519_key\nPasswordAuthentication no\nUseDNS no\n",
  );
  execFileSync("ssh-keygen", ["-A", "-f", layer], { stdio: "ignore" });
  put("etc/systemd/network/99-dhcp.network", dhcp);
  put(`home/${quickUser}/.ssh/authorized_keys`, `${vagrantKeys()}\n`);
  execFileSync("chown", ["-R", "1000:1000", join(layer, "home", quickUser)]);
  // Vagrant unpacks a box without its files' owners.
  execFileSync("tar", ["-C", layer, "-cf", join(folder, "layer.tar"), "etc", "home"]);
  writeFileSync(join(folder, "image"), `${image}\n`);
  writeFileSync(join(folder, "Vagrantfile"), vagrantfile);
  const files = join(import.meta.dirname, "files/virtualbox");
  for (const name of ["box.ovf", "metadata.json"]) copyFileSync(join(files, name), join(folder, name));
  const path = join(folder, "quick.box");
  const content = ["box.ovf", "metadata.json", "Vagrantfile", "image", "layer.tar"];
  execFileSync("tar", ["-C", folder, "-cf", path, ...content]);
  return { path, hostKey: readFileSync(join(layer, "etc/ssh/ssh_host_ed25519_key.pub"), "utf8") };
}

/** What the guest is takes Vagrant about a hundred questions, one login each. */
const vagrantfile = `Vagrant.configure("2") do |config|
  config.vm.base_mac = "080027D14C66"
  config.vm.guest = :debian
end
`;

const dhcp = `[Match]
Name=en*
[Network]
DHCP=ipv4
LinkLocalAddressing=no
IPv6AcceptRA=no
[DHCPv4]
ClientIdentifier=mac
`;
