import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { closeConnections } from "../../../../agent/address/mover/closeConnections.ts";
import { messageOf } from "../../../../base/failure.ts";
import { scratchFolder, unixServer } from "../haproxy/runtimeFixtures.ts";
import { Aws, allocationId, elasticIp, overlay, refuse } from "./awsFake.ts";
import { address, moverNode, moverPair } from "./moverFixtures.ts";

let stack: AsyncDisposableStack;
let aws: Aws;
/** Loopback has an address for each node, so that one port will do; below the range of outgoing connections. */
let port = 18_405 + Math.trunc(Math.random() * 10_000);
beforeEach(async () => {
  port += 1;
  stack = new AsyncDisposableStack();
  aws = stack.use(await Aws.open());
});
afterEach(() => stack.disposeAsync());

async function pair() {
  const nodes = await moverPair(aws, port);
  stack.use(nodes.a);
  stack.use(nodes.b);
  return nodes;
}

const soon = { timeout: 20_000, interval: 10 };
/** Long enough for several turns. */
const aWhile = () => new Promise((resolve) => setTimeout(resolve, 1200));

/** The pair with its address on the first node, which is MASTER. */
async function settled() {
  const { a, b } = await pair();
  for (const node of [a, b]) node.become("BACKUP");
  for (const node of [a, b]) node.start();
  a.become("MASTER");
  await vi.waitUntil(a.has, soon);
  await vi.waitUntil(async () => (await a.page()).mine, soon);
  aws.calls.length = 0;
  return { a, b };
}

test("the address follows keepalived's MASTER, with one call, and the old holder then ends its connections", async () => {
  const { a, b } = await settled();
  aws.effectMs = 700;
  a.become("BACKUP");
  const begun = performance.now();
  b.become("MASTER");
  await vi.waitUntil(() => aws.calls.length > 0, soon);
  // It does not wait for its next turn, which comes after two seconds.
  expect(performance.now() - begun).toBeLessThan(1500);
  await vi.waitUntil(async () => (await b.page()).mine, soon);
  expect(a.closings()).toBe(0);
  await vi.waitUntil(() => a.closings() > 0, soon);
  await aWhile();
  expect([a.has(), a.closings(), b.has(), b.closings(), aws.calls.length]).toEqual([false, 1, true, 0, 1]);
  const [last] = b.lines.filter((line) => line.includes("event=owner"));
  expect(last).toMatch(
    /AWS delivers 10\.0\.1\.100 to this node, \d\.\d\d s after it was missed event=owner mine=true/,
  );
  expect((await b.page()).lastMove?.seconds).toBeGreaterThan(0.7);
  expect(await b.metric("hapair_address_moves_total")).toMatch(/ 1$/m);
  expect(await b.metric("hapair_address_move_seconds")).toContain("_count 1");
  expect(await b.metric("hapair_address_owner")).toMatch(/ 1$/m);
  expect(await a.metric("hapair_address_owner")).toMatch(/ 0$/m);
  expect(await a.metric("hapair_address_master")).toMatch(/ 0$/m);
});

test("a second MASTER leaves the address where it is, says so, and takes it as soon as the first one is lost", async () => {
  const { a, b } = await settled();
  b.become("MASTER");
  await vi.waitUntil(async () => (await b.page()).contested, soon);
  await aWhile();
  expect([aws.calls.length, a.has()]).toEqual([0, true]);
  expect(b.lines.join("\n")).toMatch(
    /<4>A peer is MASTER as well and has 10\.0\.1\.100.*protocol 112.*event=contested/,
  );
  expect(await b.metric("hapair_address_contested")).toMatch(/ 1$/m);
  await a.stop();
  await vi.waitUntil(b.has, soon);
  // AWS acts before its answer arrives.
  await vi.waitUntil(() => b.lines.join("\n").includes("haproxy-a does not answer event=move"), soon);
});

test("an API that fails is logged once, and the address is taken when it works again", async () => {
  const { a, b } = await settled();
  aws.fault = (_, response) => refuse(response, 503, "Unavailable", "busy") ?? true;
  await a.stop();
  b.become("MASTER");
  await new Promise((resolve) => setTimeout(resolve, 2000));
  expect((await b.page()).problem).toContain("Unavailable");
  aws.fault = undefined;
  await vi.waitUntil(b.has, soon);
  await vi.waitUntil(async () => (await b.page()).problem === null, soon);
  const said = b.lines.filter((line) => line.includes(">EC2 API:"));
  expect(said.map((line) => /Unavailable|works again/.exec(line)?.[0])).toEqual([
    "Unavailable",
    "works again",
  ]);
  expect(await b.metric("hapair_address_api_failures_total")).toMatch(/code="Unavailable"\} \d/);
});

test("keys that expired before their time are read again, and the address is taken", async () => {
  const { a, b } = await settled();
  Object.assign(aws.keys, { id: "ASIANEXT", secret: "next", token: "next" });
  aws.shown = { ...aws.keys };
  await a.stop();
  b.become("MASTER");
  await vi.waitUntil(b.has, soon);
  expect(await b.metric("hapair_address_api_failures_total")).toMatch(/code="AuthFailure"\} 1$/m);
});

test("a metadata service that comes up after the daemon is waited for", async () => {
  aws.metadataIsUp = false;
  const node = stack.use(await moverNode(aws, "a", port, { peers: [] }));
  node.become("MASTER");
  node.start();
  await vi.waitUntil(async () => (await node.page()).problem !== null, soon);
  expect((await node.page()).mine).toBeNull();
  aws.metadataIsUp = true;
  await vi.waitUntil(node.has, soon);
  expect(node.lines.filter((line) => line.includes("where the address is"))).toHaveLength(2);
});

test("a call that AWS refuses is repeated seldom, and logged once", async () => {
  aws.fault = (_, response) => refuse(response, 403, "UnauthorizedOperation", "no") ?? true;
  const node = stack.use(await moverNode(aws, "a", port, { peers: [] }));
  node.become("MASTER");
  node.start();
  await vi.waitUntil(async () => (await node.page()).problem !== null, soon);
  await aWhile();
  expect(await node.metric("hapair_address_api_failures_total")).toMatch(
    /code="UnauthorizedOperation"\} 1$/m,
  );
  expect(node.lines.filter((line) => line.includes("UnauthorizedOperation"))).toHaveLength(1);
});

test("a node that restarts in a hold-off still waits", async () => {
  const { a, b } = await settled();
  await b.stop();
  // A peer of which nothing is heard took it.
  aws.interfaces.a.addresses = [];
  await vi.waitUntil(async () => (await a.page()).holdOffUntil !== null, soon);
  expect(a.lines.join("\n")).toMatch(
    /<4>A peer that does not answer took 10\.0\.1\.100: it is taken again in 10 s/,
  );
  await a.stop();
  expect(JSON.parse(readFileSync(a.stateFile, "utf8")).mover).toMatchObject({ losses: 1 });
  a.start();
  await aWhile();
  expect([(await a.page()).vrrp, aws.calls.length]).toEqual(["MASTER", 0]);
});

test.each<[object, readonly string[]]>([
  [{ mode: "secondary-ip", address, allocationId }, ["AssignPrivateIpAddresses", "AssociateAddress"]],
  [{ mode: "elastic-ip", address: elasticIp, allocationId }, ["AssociateAddress"]],
  [{ mode: "route", address: overlay, routeTableIds: ["rtb-1"] }, ["DescribeRouteTables", "ReplaceRoute"]],
])(
  "a node that becomes MASTER, BACKUP and FAULT, and ends, takes the address and never releases it: %o",
  async (mode, actions) => {
    const node = stack.use(await moverNode(aws, "a", port, { ...mode, peers: [] }));
    node.start();
    node.become("MASTER");
    await vi.waitUntil(async () => (await node.page()).mine, soon);
    for (const state of ["BACKUP", "MASTER", "FAULT"] as const) {
      node.become(state);
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    await node.stop();
    expect(aws.actions().toSorted()).toEqual(actions);
    expect([
      aws.interfaces.a.addresses.length + aws.interfaces.a.elastic.size + aws.routes.size > 0,
      node.closings(),
    ]).toEqual([true, 0]);
  },
);

const oneTable = { mode: "route", address: overlay, routeTableIds: ["rtb-1"] };

test("with route the old holder ends its connections within seconds after the route has left it", async () => {
  const node = stack.use(await moverNode(aws, "a", port, { ...oneTable, peers: [] }));
  aws.routes.set("rtb-1", "eni-0a");
  node.become("MASTER");
  node.start();
  await vi.waitUntil(async () => (await node.page()).mine, soon);
  node.become("BACKUP");
  // AWS takes its time.
  await aWhile();
  aws.routes.set("rtb-1", "eni-0b");
  await vi.waitUntil(() => node.closings() > 0, soon);
});

test("with route a node that becomes MASTER looks first, however long it has not", async () => {
  const node = stack.use(await moverNode(aws, "a", port, { ...oneTable, peers: [] }));
  node.become("BACKUP");
  node.start();
  await vi.waitUntil(async () => (await node.page()).mine === false, soon);
  aws.routes.set("rtb-1", "eni-0a");
  node.become("MASTER");
  await vi.waitUntil(async () => (await node.page()).mine, soon);
  expect(aws.actions()).toEqual(["DescribeRouteTables"]);
});

test("a MASTER that never finds out where the address is takes it all the same, in every table that is there", async () => {
  aws.deleted.add("rtb-1");
  const tables = { ...oneTable, routeTableIds: ["rtb-1", "rtb-2"] };
  const node = stack.use(await moverNode(aws, "a", port, { ...tables, peers: [] }));
  node.become("MASTER");
  node.start();
  await vi.waitUntil(() => aws.routes.get("rtb-2") === "eni-0a", { ...soon, timeout: 10_000 });
  expect(await node.page()).toMatchObject({ mine: null, problem: expect.stringContaining("rtb-1") });
});

test("a node that was cut off takes nothing when it is reached again: it asks its peer after it has reached the API", async () => {
  const { a, b } = await settled();
  await a.stop();
  aws.cut();
  b.become("MASTER");
  await new Promise((resolve) => setTimeout(resolve, 700));
  // Its request is under way, and arrives now.
  a.start();
  await vi.waitUntil(async () => (await a.page()).mine, soon);
  aws.heal();
  await vi.waitUntil(async () => (await b.page()).contested, soon);
  expect([aws.calls, a.has()]).toEqual([[], true]);
});

test("a failure means nothing any more on a node that is no longer MASTER", async () => {
  const { a, b } = await settled();
  aws.fault = (_, response) => refuse(response, 503, "Unavailable", "busy") ?? true;
  await a.stop();
  b.become("MASTER");
  await vi.waitUntil(async () => (await b.page()).problem?.includes("Unavailable"), soon);
  b.become("BACKUP");
  await vi.waitUntil(async () => (await b.page()).problem === null, soon);
  expect(b.lines.join("\n")).toContain("EC2 API: nothing is asked of it now");
});

test("an old holder whose agent has restarted meanwhile ends its connections", async () => {
  const { a, b } = await settled();
  await a.stop();
  a.become("BACKUP");
  b.become("MASTER");
  await vi.waitUntil(b.has, soon);
  a.start();
  await vi.waitUntil(() => a.closings() > 0, soon);
});

test.each([
  ["done\n", null],
  ["", "the command failed"],
  ["tcp ESTAB 0 0", "the command failed"],
])("connections count as ended where the command says so alone: %j", async (said, problem) => {
  const folder = stack.use(scratchFolder()).path;
  const socket = join(folder, "close.sock");
  stack.use(await unixServer(socket, (client) => client.end(said)));
  const found = await closeConnections(socket).then(() => null, messageOf);
  expect(found).toEqual(problem === null ? null : expect.stringContaining(problem));
});

test("a part that was started just now has not been stuck since the daemon began", async () => {
  const node = stack.use(await moverNode(aws, "a", port, { peers: [] }));
  const beganMs = performance.now();
  node.start();
  expect(node.turnedAtMs()).toBeGreaterThanOrEqual(beganMs);
});
