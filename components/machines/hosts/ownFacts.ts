import { dirname } from "node:path";
import type { HostFile } from "../../../contract/ownership/hostFiles.ts";
import { filesLookedAt, unitsLookedAt } from "../../../contract/ownership/ownConfiguration.ts";
import type { OwnershipFacts, Taking, UnitLook } from "../../../contract/ownership/ownershipFacts.ts";
import { outlineOf } from "../../../render/bundle.ts";
import type { Host } from "../../../topology/hosts.ts";
import type { Topology } from "../../../topology/topology.ts";
import { neededPorts } from "./neededPorts.ts";

/** What tells whose a host's configuration is, before anything of hapair's is there. Plain data: it travels as an Output. */
export interface OwnFacts {
  /** By path, relative to `/`; so are the MD5 of configuration files as their packages have them. */
  readonly files: Readonly<Record<string, HostFile>>;
  readonly conffiles: Readonly<Record<string, string>>;
  readonly units: Readonly<Record<string, UnitLook>>;
  /** Rules for incoming packets, as `iptables-save` prints them. */
  readonly rules: string;
  /** Tables and hooks, out of what `nft list ruleset` prints. */
  readonly ruleset: string;
  /** Who listens on the pair's ports: output of `ss -Hltnp`. */
  readonly listeners: string;
}

/** A first bundle takes everything that it has. */
export function takingOf(topology: Topology, host: Host): Taking {
  const { paths, units } = outlineOf(topology, host);
  return { paths, declared: paths, runs: units.enabled, stops: units.disabled, firewall: true };
}

/** What own.sh is to look at. */
export function ownArguments(topology: Topology, host: Host): readonly string[] {
  const taking = takingOf(topology, host);
  const ports = host.role === "internet" ? [] : neededPorts(host).map(({ port }) => `sport = :${port}`);
  return [unitsLookedAt(taking).join(" "), [...new Set(ports)].join(" or "), ...filesLookedAt(taking)];
}

/** Reads what own.sh prints, among other facts. */
export function parseOwn(text: string): OwnFacts {
  const lines = text.split("\n").map((line) => {
    const space = line.indexOf(" ");
    return { key: line.slice(0, space), value: line.slice(space + 1) };
  });
  const all = (name: string) => lines.flatMap(({ key, value }) => (key === name ? [value] : []));
  return {
    files: Object.fromEntries([
      ...all("file").map(fileOf),
      ...all("symlink").map(linkOf),
      ...all("other").map((path) => [path, { kind: "other" }] as const),
    ]),
    conffiles: Object.fromEntries(all("conffile").map((value) => [value.slice(33), value.slice(0, 32)])),
    units: Object.fromEntries(all("unit").map(unitOf)),
    rules: all("rule").join("\n"),
    ruleset: all("ruleset").join("\n"),
    listeners: all("listener").join("\n"),
  };
}

/** Own facts as the decision takes them. */
export function ownershipFactsIn({ files, conffiles, units }: OwnFacts): OwnershipFacts {
  return {
    files: {
      conffiles: new Map(Object.entries(conffiles)),
      at: (path) => files[path],
      in: (folder) => Object.keys(files).filter((path) => dirname(path) === folder),
    },
    units: new Map(Object.entries(units)),
  };
}

function fileOf(value: string): readonly [string, HostFile] {
  const [md5 = "", generated, rules, executable, ...path] = value.split(" ");
  const known = (sum: string | undefined) => (sum === "-" ? undefined : sum);
  const isExecutable = executable === "x";
  return [
    path.join(" "),
    { kind: "file", md5, generated: known(generated), rules: known(rules), isExecutable },
  ];
}

function linkOf(value: string): readonly [string, HostFile] {
  const [path = "", target = ""] = value.split(" -> ");
  return [path, { kind: "link", target }];
}

/** `Id=haproxy.service ActiveState=active UnitFileState=enabled`, in systemd's order. */
function unitOf(value: string): readonly [string, UnitLook] {
  const properties = new Map(value.split(" ").map((word) => word.split("=") as [string, string]));
  return [
    properties.get("Id") ?? "",
    {
      isActive: properties.get("ActiveState") === "active",
      isEnabled: properties.get("UnitFileState") === "enabled",
    },
  ];
}
