import { join } from "node:path";
import type { System } from "../host/system.ts";
import { unitStates } from "../host/systemctl.ts";
import { services } from "../services/services.ts";
import { type Before, readBefore } from "../store/before.ts";
import { lookAt } from "../store/found.ts";
import { isOurs, type Layout } from "../store/layout.ts";
import type { KnownBundle } from "../store/readBundle.ts";
import { isDefault, packageFiles } from "./defaults.ts";
import { foreignRules, foreignTables } from "./netfilter.ts";
import { looseRules, otherFirewalls } from "./takeOver.ts";

/** Something on the host that is somebody's own, and that the bundle would replace. */
export interface Finding {
  /** Whose configuration it is, as `--take-over` takes it; undefined where it cannot be taken over. */
  readonly service: string | undefined;
  /** What was found and where. */
  readonly found: string;
  /** What to do instead of taking it over. */
  readonly remedy: string;
}

/** Everything of somebody's own at what a bundle would newly take over. Changes nothing. */
export async function findOwn(host: System, layout: Layout, known: KnownBundle): Promise<readonly Finding[]> {
  const before = readBefore(layout);
  const isNew = (path: string): boolean =>
    before.files[path] === undefined && !isOurs(lookAt(join(layout.root, path)), path);
  const paths = known.bundle.files.map(({ path }) => path).filter(isNew);
  return [
    ...ownFiles(layout.root, known, paths),
    ...maskedUnits(layout.root, known, before),
    ...(await ownDaemons(host, known, before)),
    ...(paths.some((path) => path.startsWith("etc/ufw/")) ? await ownFirewall(host) : []),
    ...(paths.includes("etc/keepalived/keepalived.conf") ? await ownAddress(host, known) : []),
  ];
}

function ownFiles(root: string, known: KnownBundle, paths: readonly string[]): readonly Finding[] {
  const packages = packageFiles(root);
  return known.bundle.files
    .filter(({ path }) => paths.includes(path))
    .flatMap(({ path, text }): Finding[] => {
      const found = lookAt(join(root, path));
      if (found.kind !== "file" && found.kind !== "link") return [];
      if (found.kind === "file") {
        if (found.content.toString() === text || isDefault(root, packages, path, found.content)) return [];
      }
      const what = packages.has(path) ? "was changed since its package was installed" : "is somebody's own";
      return [
        {
          service: serviceOf(path, known),
          found: `/${path} ${what}`,
          remedy: "move it away",
        },
      ];
    });
}

function serviceOf(path: string, { config }: KnownBundle): string {
  return services.find((service) => service.owns(path, config))?.name ?? "hapair";
}

function maskedUnits(root: string, { bundle }: KnownBundle, before: Before): readonly Finding[] {
  return bundle.units.enabled
    .filter((unit) => before.units[unit] === undefined)
    .flatMap((unit): Finding[] => {
      const found = lookAt(join(root, "etc/systemd/system", unit));
      if (found.kind !== "link" || found.target !== "/dev/null") return [];
      const service = services.find((one) => one.runs(unit))?.name ?? "systemd";
      return [
        {
          service,
          found: `/etc/systemd/system/${unit} masks ${unit}: somebody decided that it must not run`,
          remedy: `systemctl unmask ${unit}`,
        },
      ];
    });
}

/** A daemon that the bundle stops, and that runs with a configuration of its own: the one at `etc/NAME/` counts. */
async function ownDaemons(
  host: System,
  { bundle }: KnownBundle,
  before: Before,
): Promise<readonly Finding[]> {
  const { root } = host;
  const packages = packageFiles(root);
  const stopped = bundle.units.disabled.filter((unit) => before.units[unit] === undefined);
  const states = await unitStates(host, stopped);
  return states
    .filter(({ active }) => active === "active")
    .flatMap(({ unit }): Finding[] => {
      const service = unit.replace(/\.[a-z]+$/, "");
      const changed = [...packages.keys()]
        .filter((path) => path.startsWith(`etc/${service}/`))
        .find((path) => {
          const found = lookAt(join(root, path));
          return found.kind === "file" && !isDefault(root, packages, path, found.content);
        });
      if (changed === undefined) return [];
      return [
        {
          service,
          found: `${unit} runs with a configuration of somebody's own, /${changed}`,
          remedy: `systemctl disable --now ${unit}`,
        },
      ];
    });
}

async function ownFirewall(host: System): Promise<readonly Finding[]> {
  const units = otherFirewalls.map((name) => `${name}.service`);
  const states = await unitStates(host, units);
  const active = otherFirewalls.filter((_, at) => states[at]?.active === "active");
  if (active.length > 0)
    return active.map((name) => ({
      service: name,
      found: `${name}.service, another firewall, is active`,
      remedy: `systemctl disable --now ${name}.service`,
    }));
  const saved = await Promise.all(
    ["iptables-save", "ip6tables-save"].map((program) => host.run(program, ["-t", "filter"])),
  );
  const rules = saved.flatMap(({ stdout }) => foreignRules(stdout));
  const tables = foreignTables((await host.run("nft", ["list", "ruleset"])).stdout);
  const found = [
    ...(rules.length > 0 ? [`${rules.length} rules of iptables, such as ${rules[0]}`] : []),
    ...tables.map((table) => `nftables' table ${table}`),
  ];
  return found.map((what) => ({
    service: looseRules,
    found: `${what} of no firewall that hapair knows decides on incoming packets`,
    remedy: "remove it; taken over, it stays beside hapair's rules",
  }));
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
