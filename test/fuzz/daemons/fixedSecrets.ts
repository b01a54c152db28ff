import { type Secrets, secretsOf } from "../../../render/secrets.ts";
import type { PasswordName } from "../../../topology/secrets/passwords.ts";
import { wireproxiesOf } from "../../../topology/secrets/wireproxy.ts";
import type { Pair } from "../../../topology/topology.ts";
import { signed } from "../../harness/certificates.ts";

const authority = signed("authority");
const { key, certificate } = signed("server", authority, "DNS:server.example.com");
const server = { key, certificate, authority: authority.certificate };

export type Passwords = Readonly<Record<PasswordName, string>>;
const usual: Passwords = { database: "database-word", probe: "probe-word", stats: "stats-word" };

/** Secrets of a pair that daemons can read, as a stack would have made them. */
export function fixedSecrets(pair: Pair, passwords: Passwords = usual): Secrets {
  const { egress, nodes, routes } = pair;
  const texts = Object.fromEntries(nodes.map((node) => [node.name, "[Interface]\n"]));
  return {
    ...secretsOf(passwords, {
      lookup: "lookup-word",
      egressAuthority: authority.certificate,
      certificates: { poolers: server, postgres: server, edge: server, routes: server },
      wireproxies: Object.fromEntries(wireproxiesOf(egress).map((proxy) => [proxy, texts])),
      routes: routes && {
        ...{ database: "routes-word", adminKey: "admin-key" },
        tokens: Object.fromEntries(routes.tokens.map(({ name }) => [name, `token-of-${name}`])),
      },
    }),
    internet: { key, certificate },
  };
}
