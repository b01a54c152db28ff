import { bring } from "./bring.ts";
import type { Candidate, Change, Deed, Service } from "./service.ts";
import { words } from "./words.ts";

/** The host firewall. Its rule files are iptables-restore's format, so the kernel's own parser judges them. */
export const ufw: Service = {
  name: "ufw",
  owns: (path) => path.startsWith("etc/ufw/") || path === "etc/default/ufw",
  runs: (unit) => unit === "ufw.service",
  complaint,
  activate,
};

const checkers = new Map([
  ["etc/ufw/user.rules", "iptables-restore"],
  ["etc/ufw/user6.rules", "ip6tables-restore"],
]);

async function complaint(candidate: Candidate): Promise<string | undefined> {
  for (const { path, text } of candidate.files) {
    const checker = checkers.get(path);
    if (checker === undefined) continue;
    const found = words(candidate, await candidate.host.run(checker, ["--test"], { input: text }));
    if (found !== undefined) return `/${path}: ${found}`;
  }
  return undefined;
}

async function activate({ host, units, restart }: Change): Promise<readonly Deed[]> {
  const deeds: Deed[] = [];
  for (const unit of units) {
    const deed = await bring(host, unit, restart.has(unit) ? "restart" : "reload");
    deeds.push(deed);
  }
  return deeds;
}
