import { execFileSync } from "node:child_process";
import { messageOf } from "../../../base/failure.ts";
import type { Connection } from "../../../contract/stackOutputs.ts";
import type { Host } from "../../../topology/hosts.ts";
import { ConfigError } from "../../../topology/problem.ts";
import type { Target } from "../../../topology/topology.ts";
import { contentOf, expanded, privateKeyOf } from "./privateKey.ts";

type Login = Omit<Connection, "proxy">;

/**
 * How each host is reached, by name. Reads the operator's own files: the private key, and known host keys.
 * @throws ConfigError with everything that is missing, by its path in the config
 */
export function connectionsOf(
  target: Target<"hosts">,
  hosts: readonly Host[],
): Readonly<Record<string, Connection>> {
  const problems: string[] = [];
  const found = <Value>(read: () => Value, otherwise: Value): Value => {
    try {
      return read();
    } catch (error) {
      problems.push(messageOf(error));
      return otherwise;
    }
  };
  const privateKey = found(() => privateKeyOf("hosts", target), undefined);
  const login = (
    path: string,
    entry: Omit<Login, "hostKey" | "privateKey">,
    hostKey: string | undefined,
  ) => ({
    ...entry,
    hostKey: found(() => hostKey ?? knownKey(target.knownHosts, path, entry), ""),
    ...(privateKey !== undefined && { privateKey }),
  });
  const { bastion } = target;
  const proxy =
    bastion &&
    login(
      "hosts.bastion",
      { host: bastion.host, port: bastion.port, user: bastion.user ?? target.user },
      bastion.hostKey,
    );
  const connections = hosts.map(({ name, address }) => {
    const entry = target.machines[name];
    const place = {
      host: entry?.address ?? address,
      port: entry?.port ?? target.port,
      user: entry?.user ?? target.user,
    };
    return [
      name,
      { ...login(`hosts.machines.${name}`, place, entry?.hostKey), ...(proxy && { proxy }) },
    ] as const;
  });
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.fromEntries(connections);
}

/** The key that a file of known hosts has, as `ssh` itself finds it; that file may have hashed names. */
function knownKey(
  knownHosts: string | undefined,
  path: string,
  { host, port }: Pick<Login, "host" | "port">,
): string {
  const file = expanded(knownHosts ?? "");
  contentOf("hosts.knownHosts", file);
  const known = knownHostKey(knownHosts, { host, port });
  if (known !== undefined) return known;
  throw new Error(
    `${path}.hostKey: is missing, and ${file} has no key of ${nameOf(host, port)} either: npm run hostkeys prints it`,
  );
}

/** The key of a place in a file of known hosts; undefined where it has none, or there is no file. */
export function knownHostKey(
  knownHosts: string | undefined,
  { host, port }: Pick<Login, "host" | "port">,
): string | undefined {
  if (knownHosts === undefined) return undefined;
  const lines = keygen(["-F", nameOf(host, port), "-f", expanded(knownHosts)])
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#") && !line.startsWith("@"))
    .map((line) => line.split(" ").slice(1, 3).join(" "));
  return lines.find((line) => line.startsWith("ssh-ed25519 ")) ?? lines[0];
}

function nameOf(host: string, port: number): string {
  return port === 22 ? host : `[${host}]:${port}`;
}

/** ssh-keygen ends with 1 where it finds nothing. */
function keygen(args: readonly string[]): string {
  try {
    return execFileSync("ssh-keygen", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  } catch {
    return "";
  }
}
