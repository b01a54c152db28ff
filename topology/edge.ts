import type { Edge } from "./schema/edge.ts";

/** Names that a given certificate of the edge has to be for. */
export function certifiedNames({ tls, domains }: Pick<Edge, "tls" | "domains">): readonly string[] {
  return tls.names.length > 0 ? tls.names : domains.map((domain) => `*.${domain}`);
}
