import { formatPath, type Problem } from "../problem.ts";
import { type Claim, type Config, type DraftPair, type Path, pairs } from "./draft.ts";

export type Rule = (config: Config) => Iterable<Problem>;

/** What a target adds to the rules of every config. */
export interface TargetRules {
  /** Rules of its own. */
  readonly rules: readonly Rule[];
  /** Hosts that it has beside those of the pairs. */
  readonly hosts: (
    config: Config,
  ) => readonly { readonly name: Claim<string>; readonly address: Claim<string> }[];
  /** Addresses of the network that it takes for other things. */
  readonly addresses: (config: Config) => readonly Claim<string>[];
  /** Loopback ports that it takes where the commands run. */
  readonly loopbackPorts: (config: Config) => readonly PortRow[];
}

/** Ports in a row: the first is set at `path`, each further one is one more. */
export interface PortRow {
  readonly first: number;
  readonly count: number;
  readonly path: Path;
}

/** A problem for each claim whose value an earlier claim has; it names that earlier one. */
export function twice<Value extends string | number>(
  claims: readonly Claim<Value>[],
  complaint: string,
): Problem[] {
  const first = new Map<Value, Path>();
  return claims.flatMap(({ value, path }) => {
    if (value === undefined) return [];
    const owner = first.get(value);
    if (owner === undefined) {
      first.set(value, path);
      return [];
    }
    return [{ path, message: `${value}: ${formatPath(owner)} ${complaint}` }];
  });
}

/** A rule for each pair. */
export function ofPairs(rule: (pair: DraftPair, path: Path) => Iterable<Problem>): Rule {
  return (config) => pairs(config).flatMap(({ pair, path }) => [...rule(pair, path)]);
}
