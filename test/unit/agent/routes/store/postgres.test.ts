import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { expect, test } from "vitest";
import { openPostgresStore } from "../../../../../agent/routes/store/postgres.ts";

test("a store that is closed waits for no database that accepts connections and says nothing", async () => {
  const database = createServer().listen(0, "127.0.0.1");
  await once(database, "listening");
  const { port } = database.address() as AddressInfo;
  const login = { host: "127.0.0.1", port, database: "d", user: "u", password: "p" };
  const store = openPostgresStore({ login, pair: "main", node: "haproxy1" });
  store.follow(null, {
    changes: async () => {},
    snapshot: async () => {},
    acknowledged: () => {},
    reachable: () => {},
  });
  const [connection] = await once(database, "connection");
  connection.resume();
  const ended = once(connection, "close");
  const begunAt = performance.now();
  await store.close();
  await ended;
  // A connection ends by its own deadline after two seconds.
  expect(performance.now() - begunAt).toBeLessThan(1000);
  database.close();
});
