import type { Edge } from "./schema/edge.ts";

/** Names that the edge's certificate has to be for where somebody else makes it. */
export function certifiedNames({ tls, domains }: Pick<Edge, "tls" | "domains">): readonly string[] {
  return tls.names.length > 0 ? tls.names : domains.map((domain) => `*.${domain}`);
}
