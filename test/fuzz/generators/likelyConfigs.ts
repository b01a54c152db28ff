import fc from "fast-check";
import * as z from "zod";
import { StackConfig } from "../../../topology/schema/stack.ts";
import { authority } from "../../unit/topology/poolFixtures.ts";
import { withValue } from "./changes.ts";
import { goodConfigs } from "./goodConfigs.ts";
import { anyOf, type Schema } from "./schemaValues.ts";
import { awkwardText } from "./values.ts";

/** Configs that the schema takes, so that many of them pass the rules too: what hapair accepts the daemons have to take. */

const schema = z.toJSONSchema(StackConfig, { io: "input", unrepresentable: "any" }) as Schema;

const name = fc.oneof(
  fc.constantFrom(
    "a",
    "wg1",
    "db1",
    "haproxy1",
    "haproxy2",
    "default",
    "all",
    "none",
    "admin",
    "global",
    "listen",
    "x".repeat(32),
  ),
  fc.stringMatching(/^[a-z]([a-z0-9-]{0,30}[a-z0-9])?$/),
);
const network = fc.constantFrom(
  "10.0.1.0/24",
  "10.0.1.5/32",
  "192.168.0.0/16",
  "0.0.0.0/0",
  "203.0.113.0/24",
  "10.0.9.0/24",
);
const host = fc.oneof(
  fc.constantFrom(
    "10.0.1.200",
    "db.example.com",
    "a",
    "xn--e1afmkfd.example",
    `${"a".repeat(63)}.example.com`,
  ),
  fc.domain(),
);
const pages = fc.oneof(
  fc.constantFrom(
    "https://1.1.1.1",
    "http://10.0.1.40:8443/a?b=c#d",
    "https://example.com/%20",
    "https://EXAMPLE.com/",
    "http://a/{b}",
  ),
  fc.webUrl({ withQueryParameters: true, withFragments: true }),
);

/** What stands where the schema has no pattern, but a check of its own. */
const texts: Readonly<Record<string, fc.Arbitrary<string>>> = {
  ...{ name: fc.oneof(name, awkwardText), user: fc.oneof(name, awkwardText), names: host, domains: host },
  address: fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: 1, max: 254 }).map((last) => `10.0.1.${last}`) },
    { weight: 2, arbitrary: fc.integer({ min: 1, max: 254 }).map((last) => `192.0.2.${last}`) },
    { weight: 1, arbitrary: host },
  ),
  ca: fc.constant(authority),
  ...{
    app: fc.constant("10.0.1.11"),
    internet: fc.constant("10.0.1.240"),
    laptop: fc.constant("192.168.1.6"),
  },
  ...{
    cidr: network,
    management: network,
    clients: network,
    monitoring: network,
    ssh: network,
    admin: network,
  },
  ...{
    allow: network,
    deny: network,
    directClients: network,
    allowedTargets: network,
    deniedTargets: network,
  },
  ...{ application: network, targets: pages, warpTrace: pages },
};
const textOf = (key: string) => texts[key] ?? awkwardText;

type Path = readonly (string | number)[];

interface Place {
  readonly path: Path;
  readonly schema: Schema;
}

/** Each key that a config may have: those of the sections that are there, down to their values, and of others the whole. */
function placesOf(part: Schema, value: unknown, path: Path): readonly Place[] {
  const here: Place = { path, schema: part };
  if (part.type === "object" && part.properties && (typeof value === "object" || "default" in part))
    return Object.entries(part.properties).flatMap(([key, inner]) =>
      placesOf(inner, member(value, key), [...path, key]),
    );
  const { items } = part;
  if (items && Array.isArray(value))
    return [here, ...value.flatMap((item, index) => placesOf(items, item, [...path, index]))];
  return [here];
}

function member(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}

const aside = new Set<string | number | undefined>(["target", "secrets"]);

const generators = goodConfigs.map((good) => {
  const all = placesOf(schema, good, []).filter(({ path: [first] }) => !aside.has(first));
  // The sections of other targets change no file.
  const own = all.filter(({ path: [first] }) =>
    ["network", "pairs", "firewall", "syslog", good.target].includes(first),
  );
  const change = fc.oneof(
    ...own.map(({ path, schema: part }) =>
      anyOf(part, nameOf(path), textOf).map((value) => ({ path, value })),
    ),
  );
  return fc
    .array(change, { minLength: 1, maxLength: 6 })
    .map((changes) =>
      changes.reduce<unknown>((config, { path, value }) => withValue(config, path, value), good),
    );
});

function nameOf(path: Path): string {
  return String(path.findLast((part) => typeof part === "string") ?? "");
}

export const likelyConfigs = fc
  .integer({ min: 0, max: generators.length - 1 })
  .chain((index) => generators[index] ?? fc.constant({}))
  .map((config) => config as Readonly<Record<string, unknown>>);
