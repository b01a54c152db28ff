import pg from "pg";

/** Clients of PostgreSQL that have logged in and stay. */
export interface Clients {
  add(): Promise<void>;
  /** How many of them still get an answer. */
  served(): Promise<number>;
  leave(): Promise<void>;
}

export function clientsOf(connectionString: string): Clients {
  const clients: pg.Client[] = [];
  return {
    add: async () => {
      const client = new pg.Client({
        connectionString,
        connectionTimeoutMillis: 10_000,
        query_timeout: 10_000,
      });
      // A client whose process was ended learns it from its next query.
      client.on("error", () => {});
      await client.connect();
      clients.push(client);
    },
    served: async () => {
      const answers = await Promise.allSettled(clients.map((client) => client.query("select 1")));
      return answers.filter(({ status }) => status === "fulfilled").length;
    },
    leave: async () => {
      await Promise.all(clients.map((client) => client.end().catch(() => {})));
    },
  };
}
