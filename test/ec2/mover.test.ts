import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { writeAtomically } from "../../base/files.ts";
import type { AddressPage, VrrpState } from "../../contract/addressPage.ts";
import { noVpcFaults } from "../../contract/vpc.ts";
import { setCut, setParted } from "../../lab/vpc/inVpc.ts";
import type { Vpc } from "../../lab/vpc/vpc.ts";
import type { Told } from "./programs/mover.ts";
import { addresses, closeSubnet, lab, on, openSubnet, start, vip, vpcWith } from "./subnet/namespaces.ts";
import { clients, itself, nodes, rule, specOf, toApi } from "./subnet/spec.ts";
import { whoAnswers } from "./subnet/traffic.ts";
import { interfaceId, region, vpcAddresses } from "./vpcSpec.ts";

/** The agents' movers on bare machines, with keepalived's states written by hand: all of AWS, none of the other daemons. */

type Node = (typeof nodes)[number];
const pagePort = 8405;
const folder = mkdtempSync(join(tmpdir(), "hapair-mover-"));
const vrrpFile = (node: Node) => join(folder, `${node}.vrrp`);
let vpc: Vpc;

beforeAll(async () => {
  await openSubnet();
  const asked = [rule("out", "tcp", itself, pagePort), rule("in", "tcp", itself, pagePort)];
  vpc = await vpcWith(specOf("secondary-ip", [clients, toApi, ...asked]));
  say("a", "BACKUP");
  say("b", "BACKUP");
  for (const node of nodes) await start(node, "mover.ts", JSON.stringify(configOf(node)));
});
afterAll(async () => {
  await closeSubnet();
  rmSync(folder, { recursive: true, force: true });
});
/** Each test begins with one MASTER that has the address. */
beforeEach(async () => {
  await vpc.fail(noVpcFaults);
  say("b", "BACKUP");
  say("a", "MASTER");
  await expect.poll(() => pages(), { timeout: 30_000 }).toMatchObject([{ mine: true }, { mine: false }]);
});

function configOf(node: Node): Told {
  const other = nodes.find((one) => one !== node) ?? "a";
  return {
    mover: {
      mode: "secondary-ip",
      address: vip,
      privateAddress: addresses[node],
      region,
      endpoint: `http://${vpcAddresses.endpoint}:443`,
      interfaceId: interfaceId(node),
      closeSocket: join(folder, "nobody.sock"),
    },
    vrrpFile: vrrpFile(node),
    stateFile: join(folder, `${node}.json`),
    peers: [{ name: other, address: addresses[other], port: pagePort }],
    listen: [{ address: addresses[node], port: pagePort }],
  };
}

function say(node: Node, state: VrrpState): void {
  writeAtomically(vrrpFile(node), `${state}\n`);
}

async function pages(): Promise<AddressPage[]> {
  return Promise.all(
    nodes.map(async (node) => {
      const url = `http://${addresses[node]}:${pagePort}/address`;
      return JSON.parse((await on(node, ["curl", "-s", "--max-time", "2", url])).stdout || "{}");
    }),
  );
}

const moves = async () => (await vpc.state()).deliveries.length;
const ownerIs = (node: Node) =>
  expect.poll(async () => (await vpc.state()).delivered[vip], { timeout: 20_000 }).toBe(node);

test("the address follows keepalived's MASTER, with one move", async () => {
  const before = await moves();
  say("a", "BACKUP");
  say("b", "MASTER");
  await ownerIs("b");
  expect(await whoAnswers(vip)).toBe("b");
  expect(await moves()).toBe(before + 1);
});

test("where both are MASTER and hear each other's agent, the address does not move", async () => {
  const before = await moves();
  say("b", "MASTER");
  await expect.poll(pages, { timeout: 10_000 }).toMatchObject([{ mine: true }, { contested: true }]);
  await delay(5000);
  expect(await moves()).toBe(before);
});

test("where the nodes do not reach each other for 15 s and the API reaches both, it moves twice at most", async () => {
  const before = await moves();
  setParted(lab, "a", "b", true);
  try {
    say("b", "MASTER");
    await delay(15_000);
    expect((await moves()) - before).toBeGreaterThan(0);
    expect((await moves()) - before).toBeLessThanOrEqual(2);
  } finally {
    setParted(lab, "a", "b", false);
  }
});

test.each([
  ["the API answers 503", { api: "unavailable" as const }],
  ["AWS throttles", { api: "throttled" as const }],
  ["the API refuses the keys", { credentialsExpired: true }],
  ["the API says nothing", { api: "silent" as const }],
])("a lost node's address is taken once AWS works again, where %s for two seconds", async (_, fault) => {
  const before = await moves();
  await vpc.fail(fault);
  setCut(lab, "a", true);
  say("b", "MASTER");
  await delay(2000);
  expect(await moves()).toBe(before);
  await vpc.fail(noVpcFaults);
  await ownerIs("b");
  expect(await moves()).toBe(before + 1);
  setCut(lab, "a", false);
});

test("a move that takes effect late is asked for once", async () => {
  const before = await moves();
  const calls = async () => (await vpc.state()).calls["AssignPrivateIpAddresses ok"];
  const called = (await calls()) ?? 0;
  await vpc.fail({ effectMs: 1500 });
  say("a", "BACKUP");
  say("b", "MASTER");
  await ownerIs("b");
  expect([await moves(), await calls()]).toEqual([before + 1, called + 1]);
});

test.each([
  ["the holder", "a" as const, 1],
  ["the other node, which then is MASTER as well,", "b" as const, 0],
])("a node that was cut off for 20 s takes nothing when it is reached again: %s", async (_, cut, moved) => {
  const before = await moves();
  setCut(lab, cut, true);
  try {
    // As keepalived says it: each of them hears nobody.
    say("b", "MASTER");
    await delay(20_000);
  } finally {
    setCut(lab, cut, false);
  }
  await delay(5000);
  expect((await moves()) - before).toBe(moved);
});
