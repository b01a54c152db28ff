import { Agent } from "node:https";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PairOutputs } from "../../contract/stackOutputs.ts";
import { type DrilledPair, drilledPair } from "../../drills/pair.ts";
import { exec } from "../../lab/machine/exec.ts";
import { edgePair } from "../harness/edgePair.ts";
import { type TestStack, testStack } from "../harness/testStack.ts";
import { knock } from "../lab/hosts/application.ts";
import { must } from "../lab/hosts/onHost.ts";
import { certificateTests, manyConnections } from "./edge/certificates.ts";
import {
  get,
  nodes,
  pairOutputs,
  route,
  runtime,
  startTarget,
  target,
  webSocketByHttp1,
  webSocketByHttp2,
} from "./edge/edgeLab.ts";
import { monitoringTests } from "./edge/monitoring.ts";
import { routeTests } from "./edge/routes.ts";
import { balancedTests } from "./edge/routesBalanced.ts";
import { databaseRoleTests, databaseTests } from "./edge/routesDatabase.ts";
import { eventTests } from "./edge/routesEvents.ts";
import { fixedTests } from "./edge/routesFixed.ts";
import { healingTests } from "./edge/routesHealing.ts";
import { healthTests } from "./edge/routesHealth.ts";
import type { RoutesLab } from "./edge/routesLab.ts";
import { nameTests } from "./edge/routesNames.ts";
import { reachTests } from "./edge/routesReach.ts";
import { requireAllTests } from "./edge/routesRequireAll.ts";
import { starvationTests } from "./edge/routesStarved.ts";
import { rolesOf, rolloutTests, survivalTests } from "./edge/routesSurvive.ts";
import { tokenTests } from "./edge/routesTokens.ts";
import { trafficTests } from "./edge/traffic.ts";
import { updatesTests } from "./edge/updates.ts";

/** A pair with an edge and routes on real daemons. The edge's own tests put routes into haproxy's map by hand. */
let stack: TestStack | undefined;
let stopTarget: (() => Promise<void>) | undefined;
let edge = { http: "", https: "" };
let ca = "";
let outputs: PairOutputs | undefined;
let pair: DrilledPair | undefined;

const name = (label: string) => `${label}.apps.example.test`;
const to = (address: string, port: number, rest = "700|1000|0|0|w", [sni, host] = ["", ""]) =>
  ["plain", address, port, sni, host, rest].join("|");

beforeAll(async () => {
  stack = await testStack("t-edge", {
    lab: { internet: undefined },
    pair: { ...edgePair, edge: { ...edgePair.edge, limits: manyConnections }, egress: undefined },
  });
  outputs = await pairOutputs(stack);
  pair = drilledPair(stack.topology, { pairs: { pg: outputs } });
  edge = outputs.reach?.edge ?? edge;
  ca = outputs.edgeAuthority ?? "";
  const { address, port } = target;
  for (const [label, value] of Object.entries({
    shop: to(address, port, undefined, ["", "inner.example.test"]),
    quiet: to(address, port, "700|1000|0|0|"),
    few: to(address, port, "3000|1000|1|0|w"),
    dead: to(address, 3999, "700|1000|0|3|w"),
    own: to("10.0.1.30", 5432),
    loopback: to("127.0.0.1", 8404),
    metadata: to("169.254.169.254", 80),
    named: to("localhost", 8404),
  }))
    await route(lab(), name(label), value);
  stopTarget = (await startTarget(lab())).stop;
});

afterAll(async () => {
  await stopTarget?.();
  await stack?.destroy();
});

function started(): TestStack {
  if (stack === undefined) throw new Error("the stack is not up");
  return stack;
}
const lab = () => started().lab;
const routes = (): RoutesLab => {
  if (outputs === undefined || pair === undefined) throw new Error("the stack is not up");
  return { stack: started(), lab: lab(), outputs, pair };
};
const secure = (label: string, path = "/", headers = {}) =>
  get(`${edge.https}${path}`, name(label), { ca, headers });

describe("the edge", () => {
  it("serves a route by HTTPS with the stack's certificate, as the target's own host, for the client's address", async () => {
    const { status, headers, body } = await secure("shop", "/a?b=c", { "x-forwarded-for": "198.51.100.1" });
    expect(status).toBe(200);
    expect(headers["strict-transport-security"]).toBe("max-age=31536000");
    expect(JSON.parse(body)).toMatchObject({
      url: "/a?b=c",
      headers: {
        host: "inner.example.test",
        "x-forwarded-for": target.address,
        "x-forwarded-host": name("shop"),
        "x-forwarded-proto": "https",
      },
    });
  });

  it("sends HTTP to HTTPS, and answers names without a route itself", async () => {
    const sent = await get(`${edge.http}/a?b=c`, name("shop"));
    expect([sent.status, sent.headers.location]).toEqual([308, `https://${name("shop")}:8443/a?b=c`]);
    expect((await secure("nobody")).status).toBe(404);
    expect((await get(`${edge.http}/healthz`, "10.0.1.100")).body).toBe("ok\n");
    expect((await get(`${edge.https}/stats`, name("nobody"), { ca })).status).toBe(401);
    const login = `Basic ${Buffer.from(`admin:${(await pairOutputs(started())).statsPassword}`).toString("base64")}`;
    const stats = await secure("nobody", "/stats", { authorization: login });
    expect([stats.status, stats.body.includes("edge-retries1")]).toEqual([200, true]);
  });

  it("carries WebSockets over HTTP/1.1 and HTTP/2, where the route takes some", async () => {
    expect(await webSocketByHttp1(edge.https, name("shop"), ca)).toBe("echo");
    expect(await webSocketByHttp1(edge.https, name("quiet"), ca)).toBe("403");
    expect(await webSocketByHttp2(edge.https, name("shop"), ca)).toBe("echo");
    expect(await webSocketByHttp2(edge.https, name("quiet"), ca)).toBe("403");
  });

  it("refuses headers and bodies that are too large, and whoever is in a network that it denies", async () => {
    expect((await secure("shop", "/", { "x-long": "a".repeat(12_500) })).status).toBe(431);
    expect((await secure("shop", "/", { "content-length": String(100 * 2 ** 20 + 1) })).status).toBe(413);
    const { holder } = await rolesOf(routes());
    const ask = (from: string) =>
      exec(lab(), holder, [
        ...["curl", "--silent", "--max-time", "5", "--interface", from],
        "http://10.0.1.100:8080/healthz",
      ]);
    const [denied, other] = ["203.0.113.7", "198.51.100.7"];
    const addresses = (action: "add" | "delete") =>
      Promise.all(
        [denied, other].map((one) =>
          must(lab(), holder, ["ip", "address", action, `${one}/32`, "dev", "lo"]),
        ),
      );
    await addresses("add");
    try {
      expect(await ask(other)).toMatchObject({ exitCode: 0, stdout: "ok" });
      expect(await ask(denied)).toMatchObject({ stdout: "" });
    } finally {
      await addresses("delete");
    }
  });

  it("leads to no address of the pair, of loopback or of a cloud's metadata, whatever its map says", async () => {
    for (const label of ["own", "loopback", "metadata"])
      expect([label, (await secure(label)).status]).toEqual([label, 403]);
    expect((await secure("named")).status).toBe(404);
  });

  it("ends a request after the route's own time, and one more than the route allows at once", async () => {
    const hanging = secure("few", "/hangs");
    const counted = async () => {
      const tables = await Promise.all(nodes.map((node) => runtime(lab(), node, "show table edge-routes")));
      return /key=few\..* conn_cur=1\b/.test(tables.join());
    };
    await expect.poll(counted, { timeout: 2500, interval: 10 }).toBe(true);
    expect((await secure("few")).body).toBe("Too many requests at once\n");
    expect((await hanging).status).toBe(504);
    expect((await secure("few")).status).toBe(200);
  });

  it("opens the circuit of a route whose target refuses, and of no other", async () => {
    // HAProxy's count of ten seconds forgets gradually: on a busy machine more failures than three may be needed.
    let asked = 0;
    const ask = async () => {
      asked += 1;
      const { status, headers, body } = await secure("dead");
      return [status, headers["retry-after"], body];
    };
    await expect.poll(ask).toEqual([503, "10", "Circuit is open\n"]);
    expect(asked).toBeGreaterThan(3);
    expect((await secure("shop")).status).toBe(200);
  });

  it("tries a target out under a key that no client can ask for", async () => {
    await route(lab(), ":probe-1", to(target.address, target.port));
    const ask = (...headers: readonly string[]) =>
      exec(lab(), nodes[0], [
        ...["curl", "--silent", "--output", "/dev/null", "--write-out", "%{http_code}"],
        ...headers.flatMap((header) => ["--header", header]),
        "http://127.0.0.1:8408/",
      ]).then(({ stdout }) => stdout);
    expect(await ask("x-hapair-probe: :probe-1")).toBe("200");
    expect(await ask(`x-hapair-probe: ${name("shop")}`)).toBe("404");
    expect(await ask()).toBe("404");
    expect((await get(`${edge.https}/`, ":probe-1", { ca }).catch(String)).valueOf()).not.toMatchObject({
      status: 200,
    });
  });

  it("opens to clients what is theirs, and what the nodes tell each other to nobody", async () => {
    expect(
      await knock(lab(), [
        ...["10.0.1.100:8080", "10.0.1.100:8443", "10.0.1.20:8406", "10.0.1.21:8406", "10.0.1.100:8408"],
        "10.0.1.30:5432",
      ]),
    ).toEqual({
      "10.0.1.100:8080": "open",
      "10.0.1.100:8443": "open",
      "10.0.1.20:8406": "silent",
      "10.0.1.21:8406": "silent",
      "10.0.1.100:8408": "silent",
      "10.0.1.30:5432": "silent",
    });
  });
});

describe("PostgreSQL of the pair", () => databaseRoleTests(lab));
describe("routes", () => routeTests(routes));
describe("routes with several targets", () => balancedTests(routes));
describe("targets that have a name", () => nameTests(routes));
describe("the traffic of routes", () => trafficTests(routes));
describe("routes that were acknowledged", () => survivalTests(routes));
describe("the database of the routes", () => databaseTests(routes));
describe("the API of the routes", () => reachTests(routes));
describe("the health of a node with routes", () => healthTests(routes));
describe("the events of a node tell", () => eventTests(routes));
describe("programs that get no core", () => starvationTests(routes));
describe("the certificate of the edge", () => certificateTests(routes));
describe("a HAProxy that fails again and again", () => healingTests(routes));
describe("routes of a pair with another config", () => {
  fixedTests(routes);
  rolloutTests(routes);
  tokenTests(routes);
  requireAllTests(routes);
});
describe("a route whose nodes a service names", () => {
  updatesTests(routes);
  monitoringTests(routes);
});

// Last: the address of these tests is limited afterwards.
it("a client that makes too many errors waits, and the other node knows it too", async () => {
  const many = Array.from({ length: 60 });
  // New connections are limited by themselves.
  const agent = new Agent({ keepAlive: true, maxSockets: 20 });
  const ask = (label: string) => get(`${edge.https}/`, name(label), { ca, agent });
  const statuses: number[] = [];
  for (let round = 0; round < 10 && !statuses.includes(429); round += 1)
    statuses.push(...(await Promise.all(many.map(async () => (await ask("nobody")).status))));
  expect(statuses).toContain(429);
  const limited = await ask("shop");
  agent.destroy();
  expect([limited.status, limited.headers["retry-after"]]).toEqual([429, "10"]);
  const limitedOn = async (node: string) =>
    (await runtime(lab(), node, "show table edge-limited")).includes("key=10.0.1.10 ");
  await expect.poll(() => Promise.all(nodes.map(limitedOn)), { timeout: 5000 }).toEqual([true, true]);
});
