import { join } from "node:path";
import type { System } from "../host/system.ts";
import { unitStates } from "../host/systemctl.ts";
import { readBefore, takenBefore } from "../store/before.ts";
import { lookAt } from "../store/found.ts";
import { isOurs, type Layout } from "../store/layout.ts";
import type { KnownBundle } from "../store/readBundle.ts";
import { packageFiles } from "./defaults.ts";
import type { Finding } from "./finding.ts";
import { ownDaemons } from "./ownDaemons.ts";
import { ownFiles, ownUfwRules, ownUnitFiles } from "./ownFiles.ts";
import { ownFirewall } from "./ownFirewall.ts";
import { ownPostgresql, postgresqlCheck } from "./ownPostgresql.ts";

/** Everything of somebody's own at what a bundle would newly take over. Changes nothing. */
export async function findOwn(
  host: System,
  layout: Layout,
  known: KnownBundle,
  live: KnownBundle | undefined,
): Promise<readonly Finding[]> {
  const { root } = layout;
  const before = takenBefore(readBefore(layout));
  const packages = packageFiles(root);
  const { files, units } = known.bundle;
  const paths = files
    .map(({ path }) => path)
    .filter((path) => before.files[path] === undefined && !isOurs(lookAt(join(root, path)), path));
  // A program without the record has bundles live all the same.
  const taken = [...Object.keys(before.units), ...(live?.bundle.units.enabled ?? [])];
  const isNew = (unit: string): boolean => !taken.includes(unit);
  const run = units.enabled.filter(isNew);
  const takesFirewall = paths.some((path) => path.startsWith("etc/ufw/"));
  return [
    ...ownFiles(root, packages, known, paths),
    ...(takesFirewall ? ownUfwRules(root, packages) : []),
    ...ownUnitFiles(root, known, run),
    ...(await ownDaemons(host, packages, known, [...run, ...units.disabled.filter(isNew)])),
    ...(await ownPostgresql(host, postgresqlCheck(known, live, run))),
    ...(takesFirewall ? await ownFirewall(host) : []),
    ...(paths.includes("etc/keepalived/keepalived.conf") ? await ownAddress(host, known) : []),
  ];
}

/** The virtual address on this host, which its peers would have too. */
async function ownAddress(host: System, { config }: KnownBundle): Promise<readonly Finding[]> {
  const address = config?.node?.virtualAddress;
  if (address === undefined || !host.addresses().includes(address)) return [];
  const [state] = await unitStates(host, ["keepalived.service"]);
  const moves = state?.active === "active";
  return [
    {
      service: moves ? "keepalived" : undefined,
      found: `the virtual address ${address} is on this host already${moves ? ", held by keepalived with a configuration of somebody's own" : ", and no keepalived moves it"}`,
      remedy: moves ? "systemctl disable --now keepalived.service" : "remove it from its interface",
    },
  ];
}

/** What is not allowed to be taken over, a line for each; undefined where nothing is. */
export function refusal(findings: readonly Finding[], allowed: readonly string[]): string | undefined {
  const refused = findings.filter(({ service }) => service === undefined || !allowed.includes(service));
  if (refused.length === 0) return undefined;
  const lines = refused.map(
    ({ service, found, remedy }) =>
      `  ${found}: ${remedy}${service ? `, or take it over with --take-over ${service}` : ""}`,
  );
  const names = [...new Set([...allowed, ...refused.flatMap(({ service }) => service ?? [])])];
  return [
    "this host has a configuration of its own, nothing was changed:",
    ...lines,
    `What is taken over is kept, and \`hapair give-back\` restores it. By hand: hapair stage --take-over ${names.join(",")}; in a stack's config: hapair:hosts.takeOver: [${names.join(", ")}]`,
  ].join("\n");
}
