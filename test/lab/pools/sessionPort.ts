import { expect, it } from "vitest";
import { cancelledQueries, connections, type PoolLab, poolerOf } from "./poolLab.ts";

/**
 * The port for sessions of a pool of any kind.
 * @param hosts addresses of the hosts whose poolers serve it, as PostgreSQL sees them; null for its own host
 */
export function sessionPortTests(lab: () => PoolLab, hosts: () => Promise<readonly (string | null)[]>): void {
  it("keeps what a session sets, on the port for sessions", async () => {
    const clients = await connections(await lab().sessionUrl(), 4);
    try {
      await Promise.all(clients.map((client, at) => client.query(`set statement_timeout = ${1000 + at}`)));
      for (const [at, client] of clients.entries()) {
        const { rows } = await client.query(
          "select setting from pg_settings where name = 'statement_timeout'",
        );
        expect(rows).toEqual([{ setting: String(1000 + at) }]);
      }
      expect(new Set(await Promise.all(clients.map(poolerOf)))).toEqual(new Set(await hosts()));
    } finally {
      await Promise.all(clients.map((client) => client.end()));
    }
  });

  it("cancels a query of the port for sessions, whichever pooler receives the request", async () => {
    const errors = await cancelledQueries(await lab().sessionUrl(), 4);
    expect(errors).toHaveLength(3);
    for (const error of errors) expect(error).toContain("canceling statement due to user request");
  });
}
