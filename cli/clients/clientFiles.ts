import { join } from "node:path";
import { shellWord } from "../../base/commands.ts";
import { writeAtomically } from "../../base/files.ts";
import type { StackOutputs } from "../../contract/stackOutputs.ts";
import type { Home } from "../session/home.ts";

/** How to run psql against a URL without its password on a command line or in an environment. */
export interface PsqlAccess {
  /** The URL without its password. */
  readonly url: string;
  /** A libpq password file, mode 0600. */
  readonly passFile: string;
}

/** For one port of a pair, under a name of its own; the password file stays until the stack is destroyed. */
export function psqlAccess(
  home: Home,
  { stack, name }: { readonly stack: string; readonly name: string },
  databaseUrl: string,
): PsqlAccess {
  const url = new URL(databaseUrl);
  const password = decodeURIComponent(url.password);
  const line = passFileLine(url.hostname, url.port, "*", decodeURIComponent(url.username), password);
  const passFile = clientFile(home, stack, `${name}.pgpass`, line);
  url.password = "";
  return { url: url.toString(), passFile };
}

/** A line of a libpq password file: host, port, database, user, password; `*` stands for any. */
export function passFileLine(...fields: readonly string[]): string {
  return `${fields.map(escapeField).join(":")}\n`;
}

/** libpq: `:` and `\` in a field are escaped by a backslash. */
function escapeField(text: string): string {
  return text.replaceAll(/[\\:]/g, "\\$&");
}

/** Writes a file for clients of the stack, mode 0600. @returns its path */
export function clientFile(home: Home, stackName: string, name: string, text: string): string {
  const path = join(home.clients, stackName, name);
  writeAtomically(path, text);
  return path;
}

type Login = Omit<StackOutputs["ssh"][string], "proxy">;

/** Its name in that config; no host's can have a dot. */
const bastion = "hapair.bastion";

/**
 * A config for OpenSSH's client: each host of a stack under its name, with the login's key and the host's own key
 * pinned. @returns its path, for `ssh -F`
 */
export function sshConfig(home: Home, stack: string, hosts: StackOutputs["ssh"]): string {
  const entries = Object.entries(hosts);
  const proxy = entries[0]?.[1].proxy;
  const write = (name: string, lines: readonly string[]) =>
    clientFile(home, stack, name, `${lines.join("\n")}\n`);
  const known = write(
    "known_hosts",
    [...entries, ...(proxy ? [[bastion, proxy] as const] : [])].map(
      ([name, { hostKey }]) => `${name} ${hostKey}`,
    ),
  );
  const section = (name: string, { host, port, user, privateKey }: Login, more: readonly string[] = []) => {
    // ssh refuses a key without a newline at its end. Without a key of its own it asks the agent.
    const key = privateKey && write(`${name}.key`, [privateKey.trimEnd()]);
    const identity = key ? [`IdentityFile ${quoted(key)}`, "IdentitiesOnly yes"] : [];
    const options = [`HostName ${host}`, `Port ${port}`, `User ${user}`, ...identity, ...more];
    return [`Host ${name}`, ...[...options, `HostKeyAlias ${name}`].map((option) => `  ${option}`)];
  };
  const sections = [
    ...entries.flatMap(([name, { proxy, ...login }]) =>
      section(name, login, proxy ? [`ProxyJump ${bastion}`] : []),
    ),
    ...(proxy ? section(bastion, proxy) : []),
  ];
  const all = ["StrictHostKeyChecking yes", `UserKnownHostsFile ${quoted(known)}`];
  return write("ssh_config", [...all, ...sections]);
}

/** A command with which a person logs in to a host of a stack by its name, `HOST`: nothing has to be known or set before. */
export function loginLine(home: Home, stack: string, hosts: StackOutputs["ssh"]): string {
  return `ssh -F ${shellWord(sshConfig(home, stack, hosts))} HOST`;
}

/** ssh_config(5): a path with spaces needs quotes, and `%` begins a token. */
function quoted(path: string): string {
  return `"${path.replaceAll("%", "%%")}"`;
}
