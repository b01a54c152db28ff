import { formatPath, type Problem } from "../problem.ts";
import { type Config, type DraftPair, itemsOf, nameOf, type Path, pairs } from "./draft.ts";
import { ofPairs, type Rule } from "./rule.ts";

/** Where a pool's parts may be. */
export const poolRules: readonly Rule[] = [
  ofPairs(machines),
  laptopPools,
  ofPairs(external),
  ofPairs(databaseNames),
  givenPassword,
];

function* machines({ pool }: DraftPair, path: Path): Iterable<Problem> {
  if (pool?.machines === undefined || pool.on === undefined) return;
  const at = [...path, "pool", "machines"];
  const isExternal = pool.database?.external !== undefined;
  if (pool.on === "nodes") {
    const reason = isExternal
      ? "the poolers run on the nodes and the database is external"
      : "the poolers run on the nodes, and PostgreSQL on the first machine";
    for (const { path, index } of itemsOf(pool.machines, at))
      if (isExternal || index > 0)
        yield {
          path,
          message: `has nothing to run: ${reason}: remove it, or set pool.on to machines`,
        };
  }
  if (pool.on === "laptop")
    for (const { path } of itemsOf(pool.machines, at))
      yield {
        path,
        message: "has nothing to run: the pool is on the laptop: remove it, or set pool.on to machines",
      };
  if (pool.machines.length > 0 || pool.on === "laptop") return;
  if (pool.on === "machines")
    yield { path: at, message: "has no machine for the poolers: add its name and address" };
  else if (!isExternal)
    yield {
      path: at,
      message:
        "has no machine for PostgreSQL: add its name and address, or set pool.database.external to one that exists",
    };
}

/** The machine where Vagrant runs has one pool, at an address that the nodes reach. */
function* laptopPools(config: Config): Iterable<Problem> {
  const [first, ...more] = pairs(config)
    .filter(({ pair }) => pair.pool?.on === "laptop")
    .map(({ path }) => [...path, "pool", "on"]);
  if (first === undefined) return;
  const { target, vagrant } = config;
  if (target !== undefined && target !== "vagrant")
    yield {
      path: first,
      message: `laptop: the target ${target} has no laptop that its nodes reach: use the target vagrant, or set it to machines or nodes`,
    };
  else if (vagrant !== undefined && !("laptop" in vagrant))
    yield {
      path: ["vagrant", "laptop"],
      message: `is missing: ${formatPath(first)} is laptop, so that the nodes need this machine's own address on their network: set it (ip -4 address)`,
    };
  for (const path of more)
    yield {
      path,
      message: `laptop: ${formatPath(first)} has the laptop already, which carries one pool: set this one to machines or nodes`,
    };
}

function* external({ pool, vip }: DraftPair, path: Path): Iterable<Problem> {
  const { address, tls, ca } = pool?.database?.external ?? {};
  const at = [...path, "pool", "database", "external"];
  if (address !== undefined && address === vip?.address)
    yield {
      path: [...at, "address"],
      message: `${address} is the pair's own virtual address, which leads to the poolers: set the database's own`,
    };
  if (ca !== undefined && tls !== undefined && tls !== "verify-full")
    yield {
      path: [...at, "ca"],
      message: `is read with tls: verify-full alone, and tls is ${tls}: remove it, or set tls to verify-full`,
    };
}

function* databaseNames({ pool }: DraftPair, path: Path): Iterable<Problem> {
  const { name, user, external } = pool?.database ?? {};
  for (const [key, text] of [
    ["name", name],
    ["user", user],
  ] as const) {
    const message = text === undefined ? undefined : nameFault(key, text, external !== undefined);
    if (message !== undefined) yield { path: [...path, "pool", "database", key], message };
  }
}

/** In bytes of UTF-8 (PostgreSQL's NAMEDATALEN - 1). */
const longestName = 63;

/**
 * What is wrong with a database's name or a role's. Names of a database that exists already are any that PostgreSQL allows
 * (for `unsafeStrings`, without quotes and control characters); for one that hapair makes, those that need no quoting.
 * SQL's keywords are allowed: names are quoted wherever they stand in SQL.
 */
function nameFault(key: "name" | "user", text: string, isExternal: boolean): string | undefined {
  const whose = "PostgreSQL, PgBouncer or hapair keeps for itself: choose another, such as app";
  if (isExternal) {
    const bytes = Buffer.byteLength(text);
    if (bytes < 1 || bytes > longestName) return `expected 1 to ${longestName} bytes`;
    if (key === "name" && /^\.\.?$/.test(text))
      return `${text} is no name that a URL can have, such as databaseUrl: choose another database`;
    const kept = key === "name" ? /^pgbouncer$/ : /^(pgbouncer|public|none|pg_.*)$/;
    if (!kept.test(text)) return undefined;
  } else {
    if (!/^[a-z_][a-z0-9_]{0,62}$/.test(text))
      return "expected lower-case letters, digits and underscores, at most 63";
    const kept =
      key === "name" ? /^(pgbouncer|template[01])$/ : /^(postgres|pgbouncer|public|none|(pg|hapair)_.*)$/;
    if (!kept.test(text)) return undefined;
  }
  if (key === "user") return `${text} is a name that ${whose}`;
  const owner = text === "pgbouncer" ? "PgBouncer's admin console" : "one of PostgreSQL's own templates";
  return `${text} is ${owner}: choose another name`;
}

/** Nobody else than its owner knows the password of a role that exists already. */
function* givenPassword(config: Config): Iterable<Problem> {
  if (config.secrets !== "generated") return;
  const [first] = pairs(config).filter(({ pair }) => pair.pool?.database?.external !== undefined);
  if (first === undefined) return;
  yield {
    path: ["secrets"],
    message: `generated passwords do not fit the external database of ${nameOf(first)}: set it to config, and the role's password as the secret passwords.${nameOf(first)}.database`,
  };
}
