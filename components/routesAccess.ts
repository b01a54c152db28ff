import * as pulumi from "@pulumi/pulumi";
import type { RoutesSecrets } from "../topology/secrets/routes.ts";
import type { Pair } from "../topology/topology.ts";
import { generator, madeOnce } from "./madeOnce.ts";

/** What opens the routes of one pair, each a secret output. */
export interface RoutesAccess {
  /** Password of the role in their database. */
  readonly database: pulumi.Output<string>;
  /** What a restart of HAProxy by the API asks for beside a token. */
  readonly adminKey: pulumi.Output<string>;
  /** By name. */
  readonly tokens: Readonly<Record<string, pulumi.Output<string>>>;
}

/**
 * Those that a person has set in the stack's config, or else made once; undefined without routes. A token of another name
 * is another one, so that both are valid while callers change from the one to the other.
 */
export function routesAccessOf(
  { name, routes }: Pair,
  given: RoutesSecrets | undefined,
): RoutesAccess | undefined {
  if (routes === undefined) return undefined;
  const one = (set: string | undefined, made: string) =>
    given ? pulumi.secret(set ?? "") : madeOnce(`${name}-routes-${made}`, generator);
  return {
    database: one(given?.database, "password"),
    adminKey: one(given?.adminKey, "admin-key"),
    tokens: Object.fromEntries(
      routes.tokens.map((token) => [token.name, one(given?.tokens[token.name], `token-${token.name}`)]),
    ),
  };
}
