import { describe, expect, test } from "vitest";
import { parseTopology } from "../../../topology/parse.ts";
import { edgePair } from "../../harness/edgePair.ts";
import { ec2With, labWithPair, problemsOf } from "../fixtures.ts";
import { pools } from "./poolFixtures.ts";

/** Problems of the lab with this edge and these routes; a part that is undefined is left out, as in a file. */
const of = (change: Record<string, unknown>, config: Record<string, unknown> = {}) =>
  problemsOf(JSON.parse(JSON.stringify(labWithPair(change, config))));

describe("a pair", () => {
  test("may have an edge without any setting, with routes, and with everything that they have", () => {
    for (const change of [{ edge: {} }, { edge: {}, routes: {} }, edgePair]) expect(of(change)).toEqual([]);
    const [pair] = parseTopology(labWithPair({ edge: {}, routes: {} })).pairs;
    expect(pair?.edge?.tls).toMatchObject({ port: 8443, certificate: "made", redirect: false });
    expect(pair?.routes?.tokens).toEqual([{ name: "admin", role: "admin" }]);
  });

  test("without an edge or a database has no routes", () => {
    expect(of({ routes: {} })).toEqual([
      "pairs[0].routes: has no edge whose host names it could lead anywhere: add `edge: {}` to the pair",
    ]);
    expect(of({ edge: {}, routes: {}, pool: undefined })).toEqual([
      "pairs[0].routes.database: is missing: the pair has no pool: set the address of a PostgreSQL with a role for the routes",
    ]);
    const { pool, config } = pools.external;
    expect(of({ edge: {}, routes: {}, pool }, config)).toEqual([
      expect.stringContaining("the pool's database is external, in which hapair makes no role"),
    ]);
    const database = { address: "db.example.com" };
    expect(of({ edge: {}, routes: { database }, pool: undefined }, { secrets: "config" })).toEqual([]);
  });
});

test("a port of the edge or of the routes is not that of another listener of the node", () => {
  expect(of({ edge: { port: 5432 } })).toEqual([
    "pairs[0].edge.port: 5432: pairs[0].haproxy.port uses this port already",
  ]);
  expect(of({ edge: { tls: { port: 8080 } } })).toEqual([
    "pairs[0].edge.tls.port: 8080: pairs[0].edge.port uses this port already",
  ]);
  expect(of({ edge: { peersPort: 8404 }, routes: { port: 8405, probePort: 22 } })).toEqual([
    "pairs[0].edge.peersPort: 8404: pairs[0].haproxy.statsPort uses this port already",
    "pairs[0].egress.metricsPort: 8405: pairs[0].routes.port uses this port already",
    "pairs[0].routes.probePort: 22: the SSH server uses this port already",
  ]);
});

describe("the edge's certificate", () => {
  test("has a folder if, and only if, it comes from one", () => {
    expect(of({ edge: { tls: { certificate: "folder" } } })).toEqual([
      expect.stringMatching(/^pairs\[0\]\.edge\.tls\.folder: is missing: .*fullchain\.pem/),
    ]);
    expect(of({ edge: { tls: { folder: "/etc/letsencrypt/live/a" } } })).toEqual([
      "pairs[0].edge.tls.folder: is read with certificate: folder alone, and certificate is made: remove it, or set certificate to folder",
    ]);
    const folder = "/etc/letsencrypt/live/a";
    expect(of({ edge: { tls: { certificate: "folder", folder } } })).toEqual([]);
    expect(of({ edge: { tls: { certificate: "folder", folder, names: ["a.example.com"] } } })).toEqual([]);
  });

  test.each([
    "live",
    "/home/me/certs",
    "/root",
    "/etc/../root",
    "/etc/a b",
    "/etc/a\nbind :1",
    "/etc/'x'",
    "/",
  ])("is in no folder named %j", (folder) => {
    expect(of({ edge: { tls: { certificate: "folder", folder } } }).join()).toContain(
      "pairs[0].edge.tls.folder: ",
    );
  });

  test.each(["Shop.example.com", "*", "a.*.com", "-a.com", "a..b", "a b", "10.0.0.1/8"])(
    "is for no name like %j",
    (name) => {
      expect(of({ edge: { tls: { names: [name] } } })).toEqual([
        expect.stringContaining("pairs[0].edge.tls.names[0]: expected a DNS name in lower case"),
      ]);
    },
  );

  test("names each name once", () => {
    expect(of({ edge: { tls: { names: ["a.com", "a.com"] }, domains: ["b.com", "b.com"] } })).toEqual([
      "pairs[0].edge.domains[1]: b.com: pairs[0].edge.domains[0] is in the list already: remove one",
      "pairs[0].edge.tls.names[1]: a.com: pairs[0].edge.tls.names[0] is in the list already: remove one",
    ]);
  });
});

describe("limits and networks", () => {
  test.each([
    [{ limits: { headerBytes: 16_000 } }, "pairs[0].edge.limits.headerBytes: "],
    [{ limits: { requestsIn10S: 0 } }, "pairs[0].edge.limits.requestsIn10S: "],
    [{ maxConnections: 1 }, "pairs[0].edge.maxConnections: "],
    [{ deny: ["10.0.0.1/8"] }, "pairs[0].edge.deny[0]: expected an IPv4 network"],
    [{ allow: [] }, "pairs[0].edge.allow: expected at least one network"],
    [{ tls: { hstsS: -1 } }, "pairs[0].edge.tls.hstsS: "],
    [{ limit: {} }, "pairs[0].edge.limit: unknown key; did you mean limits?"],
  ])("of %j are refused", (edge, problem) => {
    expect(of({ edge })).toEqual([expect.stringContaining(problem)]);
  });

  test("do not deny what they allow", () => {
    expect(of({ edge: { allow: ["10.0.5.0/24"], deny: ["10.0.0.0/16"] } })).toEqual([
      "pairs[0].edge.allow[0]: 10.0.5.0/24 is closed by pairs[0].edge.deny[0] (10.0.0.0/16), which counts first: remove one of them",
    ]);
    expect(of({ edge: { allow: ["10.0.0.0/16"], deny: ["10.0.5.0/24"] } })).toEqual([]);
  });

  test("open the edge to the internet on EC2 only where that is said to be meant", () => {
    const config = ec2With({}) as { pairs: [object]; ec2: object };
    const everybody = { ...config, pairs: [{ ...config.pairs[0], edge: { allow: ["0.0.0.0/0"] } }] };
    expect(problemsOf(everybody)).toEqual([
      expect.stringContaining("pairs[0].edge.allow[0]: 0.0.0.0/0 opens it to the internet"),
    ]);
    expect(problemsOf({ ...everybody, ec2: { ...config.ec2, anywhere: true } })).toEqual([]);
  });

  test("leave PostgreSQL the connections that the agents need", () => {
    const pool = { machines: [{ name: "db1", address: "10.0.1.30" }], size: 60 };
    expect(of({ pool })).toEqual([]);
    expect(of({ pool, edge: {}, routes: {} })).toEqual([
      expect.stringContaining("3 poolers of 60 connections need 180, PostgreSQL has 179 free"),
    ]);
  });

  test("have room in haproxy's open files", () => {
    expect(of({ edge: { maxConnections: 100_000 } })).toEqual([]);
    const haproxy = { maxConnections: 100_000 };
    const pool = { machines: [{ name: "db1", address: "10.0.1.30" }], maxClientConnections: 100_000 };
    const session = { port: 5433, maxConnections: 100_000 };
    const change = { haproxy, pool: { ...pool, session }, edge: { maxConnections: 100_000 } };
    expect(of({ ...change, egress: undefined })).toEqual([]);
    const groups = [1, 2].map((number) => ({
      name: `g${number}`,
      port: 7890 + number,
      servers: [{ name: `wg${number}`, address: `10.0.1.4${number}`, port: 18180 + number }],
      maxConnections: 50_000,
    }));
    expect(of({ ...change, egress: { groups } })).toEqual([
      expect.stringContaining("with those of the egress groups and the edge, haproxy would have"),
    ]);
  });
});

describe("routes", () => {
  const routes = (change: object, config: Record<string, unknown> = {}) =>
    of({ edge: {}, routes: change }, config);

  test.each([
    [{ tokens: [] }, "pairs[0].routes.tokens: expected at least one token"],
    [{ tokens: [{ name: "a", role: "root" }] }, "pairs[0].routes.tokens[0].role: "],
    [{ tokens: [{ name: "A", role: "read" }] }, "pairs[0].routes.tokens[0].name: "],
    [{ require: "none" }, "pairs[0].routes.require: "],
    [{ peerDeadlineMs: 0 }, "pairs[0].routes.peerDeadlineMs: "],
    [{ breaker: { failures: 0 } }, "pairs[0].routes.breaker.failures: "],
    [{ allowedTargets: ["169.254.169.254"] }, "pairs[0].routes.allowedTargets[0]: expected an IPv4 network"],
    [{ allowedTargets: ["0.0.0.0/0"] }, "pairs[0].routes.allowedTargets[0]: 0.0.0.0/0 would allow loopback"],
  ])("of %j are refused", (change, problem) => {
    expect(routes(change)).toEqual([expect.stringContaining(problem)]);
  });

  test("have tokens of different names, and each network once", () => {
    const token = { name: "ci", role: "routes" };
    expect(routes({ tokens: [token, token], deniedTargets: ["10.9.0.0/16", "10.9.0.0/16"] })).toEqual([
      "pairs[0].routes.deniedTargets[1]: 10.9.0.0/16: pairs[0].routes.deniedTargets[0] is in the list already: remove one",
      "pairs[0].routes.tokens[1].name: ci: pairs[0].routes.tokens[0].name has this name already",
    ]);
  });

  test("are not kept behind the pair's own poolers, nor with a password that is made up", () => {
    expect(routes({ database: { address: "10.0.1.100" } }, { secrets: "config" })).toEqual([
      expect.stringContaining(
        "pairs[0].routes.database.address: 10.0.1.100 is the pair's own virtual address",
      ),
    ]);
    expect(routes({ database: { address: "db.example.com" } })).toEqual([
      "secrets: generated passwords do not fit pairs[0].routes.database: set it to config, and the role's password as the secret routes.pg.database",
    ]);
  });
});
