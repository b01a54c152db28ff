import { join } from "node:path";
import type { Finding } from "../../contract/ownership/finding.ts";
import { ownConfiguration, unitsLookedAt } from "../../contract/ownership/ownConfiguration.ts";
import type { System } from "../host/system.ts";
import { runs, unitStates } from "../host/systemctl.ts";
import { readBefore, takenBefore } from "../store/before.ts";
import { lookAt } from "../store/found.ts";
import { isOurs, type Layout } from "../store/layout.ts";
import type { KnownBundle } from "../store/readBundle.ts";
import { filesOf, lookAtUnits } from "./look.ts";
import { looseRulesOn } from "./looseRules.ts";
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
  const { files, units } = known.bundle;
  const newFiles = files.filter(
    ({ path }) => before.files[path] === undefined && !isOurs(lookAt(join(root, path)), path),
  );
  const paths = newFiles.map(({ path }) => path);
  // A program without the record has bundles live all the same.
  const taken = [...Object.keys(before.units), ...(live?.bundle.units.enabled ?? [])];
  const isNew = (unit: string): boolean => !taken.includes(unit);
  const run = units.enabled.filter(isNew);
  const taking = {
    paths: newFiles.filter((file) => !holds(root, file)).map(({ path }) => path),
    declared: files.map(({ path }) => path),
    runs: run,
    stops: units.disabled.filter(isNew),
    firewall: paths.some((path) => path.startsWith("etc/ufw/")),
  };
  const look = { files: filesOf(root), units: await lookAtUnits(host, unitsLookedAt(taking)) };
  return [
    ...ownConfiguration(look, taking),
    ...(await ownPostgresql(host, postgresqlCheck(known, live, run))),
    ...(taking.firewall ? await looseRulesOn(host) : []),
    ...(paths.includes("etc/keepalived/keepalived.conf") ? await ownAddress(host, known) : []),
  ];
}

/** Whether a path has the file already, byte by byte. */
function holds(root: string, { path, text }: KnownBundle["bundle"]["files"][number]): boolean {
  const found = lookAt(join(root, path));
  return found.kind === "file" && found.content.toString() === text;
}

/** The virtual address on this host, which its peers would have too. */
async function ownAddress(host: System, { config }: KnownBundle): Promise<readonly Finding[]> {
  const address = config?.node?.virtualAddress;
  if (address === undefined || !host.addresses().includes(address)) return [];
  const [state] = await unitStates(host, ["keepalived.service"]);
  const moves = runs(state);
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
