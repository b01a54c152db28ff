import { readIfThere } from "../../../base/files.ts";
import type { PoolHost } from "../../../topology/hosts.ts";
import { type Finding, later } from "../../doctor/finding.ts";
import { output } from "./tools/output.ts";

type Firewall = "ufw" | "firewalld";

/** The firewall that guards this machine; its rules only root may read, so that they are not known here. */
export async function firewallHere(ufwSettings = "/etc/ufw/ufw.conf"): Promise<Firewall | undefined> {
  if (/^ENABLED=yes/m.test(readIfThere(ufwSettings) ?? "")) return "ufw";
  // Its unit starts it without a file that has its process id.
  const isActive = output("systemctl", ["is-active", "firewalld"]).then(
    () => true,
    () => false,
  );
  return (await isActive) ? "firewalld" : undefined;
}

/** How nodes and direct clients are let in to the pool by a firewall that this machine has. */
export function firewallFindings(
  { address, pair, pool }: Pick<PoolHost, "address" | "pair" | "pool">,
  firewall: Firewall | undefined,
): readonly Finding[] {
  if (firewall === undefined) return [];
  const poolers = [...pool.ports, ...(pool.session?.ports ?? [])];
  const postgres = pool.database.external === undefined ? [pool.postgres.port] : [];
  const commands = [
    ...pair.nodes.map((node) => command(firewall, node.address, address, poolers)),
    ...pool.directClients.map((from) => command(firewall, from, address, [...poolers, ...postgres])),
  ];
  const reload = firewall === "firewalld" ? ["sudo firewall-cmd --reload"] : [];
  const who = pool.directClients.length > 0 ? "the nodes and pool.directClients" : "the nodes";
  return [
    later(
      `${firewall} guards this machine, and ${who} have to reach its pool: where they do not yet, ${[...commands, ...reload].join("; ")}`,
    ),
  ];
}

function command(firewall: Firewall, from: string, to: string, ports: readonly number[]): string {
  if (firewall === "ufw") return `sudo ufw allow proto tcp from ${from} to ${to} port ${ports.join(",")}`;
  const rules = ports.map(
    (port) =>
      `--add-rich-rule='rule family=ipv4 source address=${from} port port=${port} protocol=tcp accept'`,
  );
  return `sudo firewall-cmd --permanent ${rules.join(" ")}`;
}
