import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { renderShown } from "../../../render/bundle.ts";
import { hostsOf } from "../../../topology/hosts.ts";
import { parseTopology } from "../../../topology/parse.ts";
import { labWithPair, problemsOf } from "../fixtures.ts";

const pool = { machines: [{ name: "db1", address: "10.0.1.30" }] };
const withSession = (session: Record<string, unknown>, rest: Record<string, unknown> = {}) =>
  labWithPair({ pool: { ...pool, session, ...rest } });

test("a port for sessions needs no more than its number", () => {
  const [pair] = parseTopology(withSession({ port: 5433 })).pairs;
  expect(pair?.pool?.session).toEqual({ port: 5433, ports: [6435, 6436], size: 20, maxConnections: 200 });
  expect(problemsOf(withSession({}))).toEqual(["pairs[0].pool.session.port: is missing"]);
});

describe("a port that a host uses already is refused for sessions:", () => {
  test.each([
    [22, "the SSH server"],
    [5432, "pairs[0].haproxy.port"],
    [8404, "pairs[0].haproxy.statsPort"],
    [7891, "pairs[0].pool.session.port"],
  ])("%i on a node", (port, owner) => {
    const [problem, ...others] = problemsOf(withSession({ port }));
    expect(others).toEqual([]);
    expect(problem).toContain(`${port}: ${owner} uses this port already`);
  });

  test.each([
    [22, "the SSH server"],
    [5432, "pairs[0].pool.postgres.port"],
    [6433, "pairs[0].pool.ports[1]"],
  ])("%i on the pool's machine", (port, owner) => {
    expect(problemsOf(withSession({ port: 5433, ports: [port] }))).toEqual([
      `pairs[0].pool.session.ports[0]: ${port}: ${owner} uses this port already`,
    ]);
  });

  test("the same one twice", () => {
    expect(problemsOf(withSession({ port: 5433, ports: [6435, 6435] }))).toEqual([
      "pairs[0].pool.session.ports[1]: 6435: pairs[0].pool.session.ports[0] uses this port already",
    ]);
  });
});

test("whatever parses leaves PostgreSQL room for every pooler's connections, and haproxy's unit for its files", () => {
  const few = fc.integer({ min: 1, max: 4 });
  const numbers = fc.record({
    main: few,
    size: fc.integer({ min: 1, max: 60 }),
    sessions: few,
    sessionSize: fc.integer({ min: 1, max: 60 }),
    most: fc.integer({ min: 20, max: 300 }),
    clients: fc.integer({ min: 10, max: 100_000 }),
    sessionClients: fc.integer({ min: 1, max: 100_000 }),
  });
  fc.assert(
    fc.property(numbers, ({ main, size, sessions, sessionSize, most, clients, sessionClients }) => {
      const ports = (first: number, count: number) =>
        Array.from({ length: count }, (_, index) => first + index);
      const session = {
        port: 5433,
        ports: ports(6500, sessions),
        size: sessionSize,
        maxConnections: sessionClients,
      };
      const topology = () =>
        labWithPair({
          haproxy: { maxConnections: clients },
          pool: {
            ...pool,
            ...{ ports: ports(6400, main), size, session, maxClientConnections: 100_000 },
            postgres: { maxConnections: most },
          },
        });
      const fits = main * size + sessions * sessionSize + 2 * (main + sessions) + 3 <= most;
      expect(problemsOf(topology()).length === 0).toBe(fits);
      if (!fits) return;
      const parsed = parseTopology(topology());
      const files = (name: string) => {
        const host = hostsOf(parsed).find((one) => one.name === name);
        return host ? renderShown(parsed, host) : {};
      };
      const sizes = Object.entries(files("db1"))
        .filter(([path]) => /pgbouncer\/\d+\.ini$/.test(path))
        .map(([, text]) => Number(/default_pool_size = (\d+)/.exec(text)?.[1]));
      expect(sizes).toHaveLength(main + sessions);
      expect(sizes.reduce((sum, one) => sum + one, 0)).toBe(main * size + sessions * sessionSize);
      const unit = files("haproxy1")["etc/systemd/system/haproxy.service.d/hapair.conf"];
      expect(Number(/LimitNOFILE=(\d+)/.exec(unit ?? "")?.[1])).toBeLessThanOrEqual(1_048_576);
    }),
    { numRuns: 50 },
  );
});
