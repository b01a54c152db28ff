import * as z from "zod";
import { type Draft, withoutPaths } from "./draft.ts";
import { subnet } from "./ip.ts";
import { defaultPriority } from "./priority.ts";
import type { Problem } from "./problem.ts";
import type { StackConfig } from "./schema.ts";

type Config = Draft<StackConfig>;
type Rule = (config: Config) => Iterable<Problem>;
type Path = readonly PropertyKey[];

/** Something that must be one of a kind, with the path at which a person set it. */
interface Claim<Value> {
  readonly value: Value | undefined;
  readonly path: Path;
}

/** Below this a pause of a busy host looks like its death. */
const shortestDownTimerMs = 150;

/** The cross-field rules; each line is one promise about the config. */
const rules: readonly Rule[] = [
  (config) => hostClaims(config).flatMap((claim) => [...insideNetwork(config, claim)]),
  (config) => vipClaims(config).flatMap((claim) => [...insideNetwork(config, claim)]),
  (config) =>
    twice([...hostClaims(config), ...appClaims(config), ...vipClaims(config)], "has this address already"),
  (config) => twice(nameClaims(config), "has this name already"),
  (config) =>
    twice(
      pairs(config).map(({ pair, path }) => ({ value: pair.name, path: [...path, "name"] })),
      "has this name already",
    ),
  (config) =>
    twice(
      pairs(config).map(({ pair, path }) => ({
        value: pair.vrrp?.routerId,
        path: [...path, "vrrp", "routerId"],
      })),
      "has this router id already: choose another from 1 to 255",
    ),
  (config) =>
    pairs(config).flatMap(({ pair, path }) =>
      twice(
        priorityClaims(pair, path),
        "has this priority already: peers of one priority fight over the address",
      ),
    ),
  (config) => pairs(config).flatMap(({ pair, path }) => [...vrrpTiming(pair, path)]),
  (config) =>
    pairs(config).flatMap(({ pair, path }) => twice(nodePortClaims(pair, path), "uses this port already")),
  (config) =>
    pairs(config).flatMap(({ pair, path }) => twice(poolPortClaims(pair, path), "uses this port already")),
  (config) => pairs(config).flatMap(({ pair, path }) => [...checkTiming(pair, path)]),
  (config) => pairs(config).flatMap(({ pair, path }) => [...connectionBudget(pair, path)]),
  (config) => twice(forwardClaims(config), "is forwarded to this port already"),
  (config) => appClaims(config).flatMap((claim) => [...insideNetwork(config, claim)]),
  (config) => nameClaims(config).flatMap((claim) => [...labName(config, claim)]),
  unsafeStrings,
];

/** Runs every rule, also beside the schema's own complaints (`when`: the default is to stop at those). */
export const checkRules = z.core._check<StackConfig>(runRules, { when: () => true });

function runRules(payload: z.core.ParsePayload<StackConfig>): void {
  const broken = payload.issues.filter((issue) => issue.code !== "unrecognized_keys");
  const config = withoutPaths(
    payload.value,
    broken.map((issue) => issue.path ?? []),
  ) as Config;
  for (const { path, message } of rules.flatMap((rule) => [...rule(config)])) {
    payload.issues.push({ code: "custom", path: [...path], message, input: payload.value });
  }
}

function pairs(config: Config) {
  return (config.pairs ?? []).flatMap((pair, index) =>
    pair ? [{ pair, path: ["pairs", index] as Path }] : [],
  );
}

type DraftPair = ReturnType<typeof pairs>[number]["pair"];

function nodes(pair: DraftPair, path: Path) {
  return (pair.nodes ?? []).flatMap((node, index) =>
    node ? [{ node, index, path: [...path, "nodes", index] }] : [],
  );
}

function hostClaims(config: Config): Claim<string>[] {
  return pairs(config).flatMap(({ pair, path }) => [
    ...nodes(pair, path).map(({ node, path }) => ({ value: node.address, path: [...path, "address"] })),
    { value: pair.pool?.address, path: [...path, "pool", "address"] },
  ]);
}

function vipClaims(config: Config): Claim<string>[] {
  return pairs(config).map(({ pair, path }) => ({
    value: pair.vip?.address,
    path: [...path, "vip", "address"],
  }));
}

function appClaims(config: Config): Claim<string>[] {
  return config.target === "lab" ? [{ value: config.lab?.app, path: ["lab", "app"] }] : [];
}

function nameClaims(config: Config): Claim<string>[] {
  return pairs(config).flatMap(({ pair, path }) => [
    ...nodes(pair, path).map(({ node, path }) => ({ value: node.name, path: [...path, "name"] })),
    { value: pair.pool?.name, path: [...path, "pool", "name"] },
  ]);
}

function priorityClaims(pair: DraftPair, path: Path): Claim<number>[] {
  return nodes(pair, path).map(({ node, index, path }) => ({
    value: node.priority ?? defaultPriority(index),
    path: [...path, "priority"],
  }));
}

function nodePortClaims(pair: DraftPair, path: Path): Claim<number>[] {
  return [
    { value: 22, path: ["the SSH server"] },
    { value: pair.haproxy?.port, path: [...path, "haproxy", "port"] },
    { value: pair.haproxy?.statsPort, path: [...path, "haproxy", "statsPort"] },
  ];
}

function poolPortClaims(pair: DraftPair, path: Path): Claim<number>[] {
  return [
    { value: 22, path: ["the SSH server"] },
    { value: pair.pool?.postgres?.port, path: [...path, "pool", "postgres", "port"] },
    ...(pair.pool?.ports ?? []).map((value, index) => ({ value, path: [...path, "pool", "ports", index] })),
  ];
}

function forwardClaims(config: Config): Claim<number>[] {
  const { lab } = config;
  if (config.target !== "lab" || lab === undefined) return [];
  const from = (base: number | undefined, key: string, count: number): Claim<number>[] =>
    Array.from({ length: base === undefined ? 0 : count }, (_, index) => ({
      value: (base ?? 0) + index,
      path: ["lab", key],
    }));
  const machines = nameClaims(config).filter((claim) => claim.value !== undefined).length;
  const count = pairs(config).length;
  return [
    ...from(lab.sshPort, "sshPort", machines),
    ...from(lab.sqlPort, "sqlPort", count),
    ...from(lab.statsPort, "statsPort", count),
  ];
}

/** Complains of every claim whose value an earlier one has, naming that earlier one. */
function twice<Value extends string | number>(claims: readonly Claim<Value>[], complaint: string): Problem[] {
  const first = new Map<Value, Path>();
  return claims.flatMap(({ value, path }) => {
    if (value === undefined) return [];
    const owner = first.get(value);
    if (owner === undefined) {
      first.set(value, path);
      return [];
    }
    return [{ path, message: `${value}: ${ownerName(owner)} ${complaint}` }];
  });
}

function ownerName(path: Path): string {
  return path
    .map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`))
    .join("")
    .replace(/^\./, "");
}

function* insideNetwork(config: Config, { value, path }: Claim<string>): Iterable<Problem> {
  const range = subnet(config.network?.cidr);
  if (value === undefined || range === undefined) return;
  if (!range.contains(value)) {
    yield { path, message: `${value} is outside ${range.cidr}: choose a free address of that network` };
  } else if (value === range.network || value === range.broadcast) {
    const role = value === range.network ? "network" : "broadcast";
    yield {
      path,
      message: `${value} is the ${role} address of ${range.cidr}: choose a free address of that network`,
    };
  }
}

function* vrrpTiming(pair: DraftPair, path: Path): Iterable<Problem> {
  const { version, advertIntervalMs, downTimerAdverts } = pair.vrrp ?? {};
  if (advertIntervalMs === undefined) return;
  const at = [...path, "vrrp", "advertIntervalMs"];
  if (version === 2 && advertIntervalMs % 1000 !== 0) {
    yield {
      path: at,
      message: `${advertIntervalMs} ms: VRRPv2 knows whole seconds only; use version 3 or a multiple of 1000`,
    };
  }
  if (downTimerAdverts !== undefined && advertIntervalMs * downTimerAdverts < shortestDownTimerMs) {
    const message = `${downTimerAdverts} adverts of ${advertIntervalMs} ms are shorter than a busy host's pauses: make advertIntervalMs × downTimerAdverts at least ${shortestDownTimerMs} ms`;
    yield { path: at, message };
  }
}

function* checkTiming(pair: DraftPair, path: Path): Iterable<Problem> {
  const { checkIntervalMs, checkTimeoutMs } = pair.haproxy ?? {};
  if (checkIntervalMs === undefined || checkTimeoutMs === undefined || checkTimeoutMs < checkIntervalMs)
    return;
  yield {
    path: [...path, "haproxy", "checkTimeoutMs"],
    message: `${checkTimeoutMs} ms is not shorter than checkIntervalMs (${checkIntervalMs} ms)`,
  };
}

function* connectionBudget(pair: DraftPair, path: Path): Iterable<Problem> {
  const { pool } = pair;
  const limit = pool?.postgres?.maxConnections;
  if (pool?.ports === undefined || pool.size === undefined || limit === undefined) return;
  const wanted = pool.ports.length * pool.size;
  // PostgreSQL keeps three connections for superusers, and the poolers look passwords up through their own.
  const free = limit - 3 - pool.ports.length * 2;
  if (wanted <= free) return;
  yield {
    path: [...path, "pool", "size"],
    message: `${pool.ports.length} poolers of ${pool.size} connections want ${wanted}, PostgreSQL has ${free} free: lower size or raise postgres.maxConnections`,
  };
}

/** The lab's end of a machine's cable is `vb-NAME`, and the kernel allows fifteen characters. */
function* labName({ target }: Config, { value, path }: Claim<string>): Iterable<Problem> {
  if (target !== "lab" || value === undefined) return;
  if (value.length > 12)
    yield { path, message: `${value} is too long for a lab machine: at most 12 characters` };
  if (value === "app") yield { path, message: "app is the application server's name: choose another" };
}

/** Strings reach templates as they are: what could end a quoted word or a line never gets that far. */
function* unsafeStrings(value: unknown, path: Path = []): Iterable<Problem> {
  if (typeof value === "string") {
    if (/[\p{Cc}"'`\\]/u.test(value))
      yield { path, message: "has a control character, quote, backslash or newline: remove it" };
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* unsafeStrings(item, [...path, index]);
  } else if (typeof value === "object" && value !== null) {
    for (const [key, item] of Object.entries(value)) yield* unsafeStrings(item, [...path, key]);
  }
}
