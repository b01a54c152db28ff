import { subnet } from "../ip.ts";
import { formatPath, type Problem } from "../problem.ts";
import { type Config, type DraftPair, itemsOf, nameOf, type Path, pairs } from "./draft.ts";
import { ofPairs, type Rule, twice } from "./rule.ts";

/** Routes of a pair: what they need, where they are kept, where they may lead. */
export const routesRules: readonly Rule[] = [
  ...[needsEdge, needsDatabase, ownDatabase, targets, tokens].map(ofPairs),
  givenPassword,
];

function* needsEdge(pair: DraftPair, path: Path): Iterable<Problem> {
  if (pair.routes !== undefined && !("edge" in pair))
    yield {
      path: [...path, "routes"],
      message: "has no edge whose host names it could lead anywhere: add `edge: {}` to the pair",
    };
}

/** Where the database of the routes is not set, it is the pair's own PostgreSQL. */
function* needsDatabase(pair: DraftPair, path: Path): Iterable<Problem> {
  if (pair.routes === undefined || "database" in pair.routes) return;
  const { pool } = pair;
  const reason = !("pool" in pair)
    ? "the pair has no pool"
    : pool?.on === "laptop"
      ? "the pool is on the laptop, whose PostgreSQL serves its poolers alone"
      : pool?.database?.external !== undefined
        ? "the pool's database is external, in which hapair makes no role"
        : undefined;
  if (reason !== undefined)
    yield {
      path: [...path, "routes", "database"],
      message: `is missing: ${reason}: set the address of a PostgreSQL with a role for the routes`,
    };
}

function* ownDatabase({ routes, vip }: DraftPair, path: Path): Iterable<Problem> {
  const { address, tls, ca } = routes?.database ?? {};
  const at = [...path, "routes", "database"];
  if (address !== undefined && address === vip?.address)
    yield {
      path: [...at, "address"],
      message: `${address} is the pair's own virtual address, which leads to poolers, and LISTEN needs the database itself: set the database's own, or remove routes.database for the pair's PostgreSQL`,
    };
  if (ca !== undefined && tls === "off")
    yield {
      path: [...at, "ca"],
      message: "is read with tls: verify-full alone, and tls is off: remove it, or set tls to verify-full",
    };
}

/** A larger network would also allow what nobody has in mind: loopback, or the metadata of a cloud. */
const widestPrefix = 8;

function* targets({ routes }: DraftPair, path: Path): Iterable<Problem> {
  for (const { item, path: at } of itemsOf(routes?.allowedTargets, [...path, "routes", "allowedTargets"]))
    if ((subnet(item)?.prefixLength ?? widestPrefix) < widestPrefix)
      yield {
        path: at,
        message: `${item} would allow loopback and the metadata of a cloud as well: name the networks of the targets; those that are not forbidden need no entry`,
      };
  for (const key of ["allowedTargets", "deniedTargets"] as const)
    yield* twice(
      itemsOf(routes?.[key], [...path, "routes", key]).map(({ item, path }) => ({ value: item, path })),
      "is in the list already: remove one",
    );
}

function* tokens({ routes }: DraftPair, path: Path): Iterable<Problem> {
  yield* twice(
    itemsOf(routes?.tokens, [...path, "routes", "tokens"]).map(({ item, path }) => ({
      value: item.name,
      path: [...path, "name"],
    })),
    "has this name already",
  );
}

/** Nobody else than its owner knows the password of a role that exists already. */
function* givenPassword(config: Config): Iterable<Problem> {
  if (config.secrets !== "generated") return;
  const [first] = pairs(config).filter(({ pair }) => pair.routes?.database !== undefined);
  if (first === undefined) return;
  yield {
    path: ["secrets"],
    message: `generated passwords do not fit ${formatPath([...first.path, "routes", "database"])}: set it to config, and the role's password as the secret routes.${nameOf(first)}.database`,
  };
}
