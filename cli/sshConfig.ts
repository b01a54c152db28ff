import { clientFile } from "./clientFile.ts";
import type { Home } from "./home.ts";
import type { StackOutputs } from "./outputs.ts";

/**
 * A config for OpenSSH's client, by which it reaches each host of a stack under its name, with its key, and takes no
 * other host for it. @returns its path, for `ssh -F`
 */
export function sshConfig(home: Home, stack: string, hosts: StackOutputs["ssh"]): string {
  const entries = Object.entries(hosts);
  const write = (name: string, lines: readonly string[]) =>
    clientFile(home, stack, name, `${lines.join("\n")}\n`);
  const known = write(
    "known_hosts",
    entries.map(([name, { hostKey }]) => `${name} ${hostKey}`),
  );
  const sections = entries.flatMap(([name, { host, port, user, privateKey }]) => {
    // ssh takes no key whose last line has no end.
    const key = write(`${name}.key`, [privateKey.trimEnd()]);
    const options = [`HostName ${host}`, `Port ${port}`, `User ${user}`, `IdentityFile ${quoted(key)}`];
    return [`Host ${name}`, ...[...options, `HostKeyAlias ${name}`].map((option) => `  ${option}`)];
  });
  const all = ["IdentitiesOnly yes", "StrictHostKeyChecking yes", `UserKnownHostsFile ${quoted(known)}`];
  return write("ssh_config", [...all, ...sections]);
}

/** ssh_config(5): spaces want quotes, and `%` begins a token. */
function quoted(path: string): string {
  return `"${path.replaceAll("%", "%%")}"`;
}
