import { closest, distance } from "fastest-levenshtein";
import * as z from "zod";
import { laptopName } from "../contract/laptop.ts";
import { defaultVipMode, ec2Firewall } from "./ec2.ts";
import { subnet } from "./ip.ts";
import { ConfigError, formatPath } from "./problem.ts";
import { checkRules } from "./rules/rules.ts";
import { movedPoolKeys } from "./schema/pool.ts";
import { StackConfig } from "./schema/stack.ts";
import {
  defaultAdvertIntervalMs,
  defaultInterface,
  defaultTlsMode,
  type TargetKind,
} from "./schema/targets.ts";
import { publicAuthorities, type Tls as TlsConfig } from "./schema/tls.ts";
import { firstNetworks } from "./schema/vagrant.ts";
import { splitSecrets } from "./secrets/givenSecrets.ts";
import type { Pool, Target, Tls, Topology, Vip } from "./topology.ts";
import { defaultPriority } from "./topology.ts";

const CheckedConfig = StackConfig.check(checkRules);

/**
 * A stack's config as the plain, frozen topology that everything else works from.
 * @throws ConfigError with every problem at once.
 */
export function parseTopology(config: unknown): Topology {
  const result = CheckedConfig.safeParse(config, { reportInput: true });
  if (!result.success) throw new ConfigError(result.error.issues.flatMap(describeIssue).sort());
  return deepFreeze(normalise(result.data));
}

/** Keys of a stack's secrets: allowed in its config, but not part of the topology. */
const secretKeys = Object.keys(splitSecrets({}).secrets);

/** Fills in what depends on other parts of the config. */
function normalise(config: StackConfig): Topology {
  const { target, network, firewall, pairs, syslog, secrets } = config;
  const everybody = [network.cidr];
  return {
    target: targetOf(target, config),
    network: {
      cidr: network.cidr,
      prefixLength: subnet(network.cidr)?.prefixLength ?? 32,
      interface: network.interface ?? defaultInterface[target],
      management:
        network.management ?? (target === "vagrant" ? [firstNetworks[config.vagrant.provider]] : []),
    },
    firewall:
      target === "ec2"
        ? ec2Firewall(config.ec2, network.cidr)
        : {
            clients: firewall.clients ?? everybody,
            monitoring: firewall.monitoring ?? everybody,
            ssh: firewall.ssh ?? everybody,
            admin: firewall.admin ?? everybody,
          },
    pairs: pairs.map((pair) => ({
      ...pair,
      vip: vipOf(pair.vip, target),
      vrrp: {
        ...pair.vrrp,
        advertIntervalMs: pair.vrrp.advertIntervalMs ?? defaultAdvertIntervalMs[target],
      },
      pool: pair.pool && {
        ...pair.pool,
        machines: pair.pool.on === "laptop" ? laptopOf(config) : pair.pool.machines,
        tls: tlsOf(pair.name, pair.pool.tls, target),
      },
      nodes: pair.nodes.map((node, index) => ({
        ...node,
        priority: node.priority ?? defaultPriority(index),
      })),
    })),
    syslog,
    secrets,
  };
}

function vipOf({ address, mode, elasticIp }: StackConfig["pairs"][number]["vip"], target: TargetKind): Vip {
  if (target !== "ec2") return { address };
  return { address, aws: { mode: mode ?? defaultVipMode, elasticIp: elasticIp ?? "none" } };
}

/** The rules require its address. */
function laptopOf({ vagrant: { laptop } }: StackConfig): Pool["machines"] {
  return laptop === undefined ? [] : [{ name: laptopName, address: laptop }];
}

function tlsOf(pair: string, tls: TlsConfig, target: TargetKind): Tls {
  const own = tls.certificate === "public" ? publicAuthorities : `/etc/ssl/certs/hapair-${pair}.pem`;
  return {
    ...tls,
    mode: tls.mode ?? defaultTlsMode[target],
    authorityFile: tls.authorityFile ?? own,
  };
}

function targetOf<Kind extends TargetKind>(kind: Kind, sections: Pick<StackConfig, Kind>): Target<Kind> {
  return { kind, ...sections[kind] };
}

function describeIssue(issue: z.core.$ZodIssue): string[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => {
      const moved =
        issue.path.at(-1) === "pool" && Object.hasOwn(movedPoolKeys, key) ? movedPoolKeys[key] : undefined;
      const remedy = moved ? `: it is ${moved} now` : suggestion(key, issue.path);
      return `${formatPath([...issue.path, key])}: unknown key${remedy}`;
    });
  }
  const missing = issue.code === "invalid_type" && issue.input === undefined;
  return [`${formatPath(issue.path) || "config"}: ${missing ? "is missing" : lowerFirst(issue.message)}`];
}

function suggestion(key: string, path: readonly PropertyKey[]): string {
  const all = path.length === 0 ? [...keysAt(StackConfig, path), ...secretKeys] : keysAt(StackConfig, path);
  const known = all.map((name) => (key.includes(":") ? `hapair:${name}` : name));
  if (known.length === 0) return "";
  const nearest = closest(key, known);
  return distance(key, nearest) <= Math.max(2, key.length / 3)
    ? `; did you mean ${nearest}?`
    : `; known keys: ${known.join(", ")}`;
}

/** The keys that the schema knows at `path`. */
function keysAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): string[] {
  const inner = unwrap(schema);
  const [head, ...tail] = path;
  if (inner instanceof z.ZodObject) {
    if (head === undefined) return Object.keys(inner.shape);
    const child: z.core.$ZodType | undefined = inner.shape[String(head)];
    return child ? keysAt(child, tail) : [];
  }
  return inner instanceof z.ZodArray && head !== undefined ? keysAt(inner.element, tail) : [];
}

function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return unwrap(schema.unwrap());
  }
  return schema;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) Object.values(value).forEach(deepFreeze);
  return Object.freeze(value);
}
