import type { Problem } from "../problem.ts";
import { type Config, type DraftPair, itemsOf, type Path, pairs } from "./draft.ts";
import { ofPairs, type Rule } from "./rule.ts";

/** Where a pool's parts may be. */
export const poolRules: readonly Rule[] = [ofPairs(machines), ofPairs(external), givenPassword];

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
  if (pool.machines.length > 0) return;
  if (pool.on === "machines")
    yield { path: at, message: "has no machine for the poolers: add its name and address" };
  else if (!isExternal)
    yield {
      path: at,
      message:
        "has no machine for PostgreSQL: add its name and address, or set pool.database.external to one that exists",
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

/** Nobody else than its owner knows the password of a role that exists already. */
function* givenPassword(config: Config): Iterable<Problem> {
  if (config.secrets !== "generated") return;
  const [first] = pairs(config).filter(({ pair }) => pair.pool?.database?.external !== undefined);
  if (first === undefined) return;
  yield {
    path: ["secrets"],
    message: `generated passwords do not fit the external database of ${first.pair.name}: set it to config, and the role's password as the secret passwords.${first.pair.name}.database`,
  };
}
