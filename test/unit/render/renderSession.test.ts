import { expect, test } from "vitest";
import { Bundle } from "../../../contract/bundle.ts";
import { renderHost, renderShown } from "../../../render/bundle.ts";
import { shownFacts } from "../../../render/hostFacts.ts";
import { masked } from "../../../render/secrets.ts";
import { hostsOf } from "../../../topology/hosts.ts";
import { parseTopology } from "../../../topology/parse.ts";
import { poolersOf } from "../../../topology/pool.ts";
import { labWithPair } from "../fixtures.ts";

const pool = { machines: [{ name: "db1", address: "10.0.1.30" }], directClients: ["10.0.1.10/32"] };
const topology = parseTopology(labWithPair({ pool: { ...pool, session: { port: 5433 } } }));
const direct = parseTopology(labWithPair({ pool }));

const files = (of: typeof topology, name: string): Readonly<Record<string, string>> => {
  const host = hostsOf(of).find((one) => one.name === name);
  if (!host) throw new Error(`no host ${name}`);
  return renderShown(of, host);
};
/** Paths whose text differs with a port for sessions. */
const changed = (name: string) => {
  const [before, after] = [files(direct, name), files(topology, name)];
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (path) => before[path] !== after[path],
  );
};

const onNode = ["etc/hapair/agent.json", "etc/haproxy/haproxy.cfg", "etc/ufw/user.rules"];
const onPool = [
  "etc/hapair/agent.json",
  ...["6432", "6433", "6434", "6435", "6436"].map((port) => `etc/pgbouncer/${port}.ini`),
  "etc/ufw/user.rules",
];

test("a port for sessions changes haproxy, firewall and agent of a node, and the poolers of the pool's machine", () => {
  for (const name of ["haproxy1", "haproxy2"]) expect(changed(name).sort()).toEqual([...onNode].sort());
  expect(changed("db1").sort()).toEqual([...onPool].sort());
  expect(changed("internet")).toEqual([]);
});

test.each([
  ...onNode.map((path) => ["haproxy1", path] as const),
  ...onPool.map((path) => ["db1", path] as const),
])("%s: %s with a port for sessions is the golden file", async (name, path) => {
  await expect(files(topology, name)[path]).toMatchFileSnapshot(`../golden/session/${name}/${path}`);
});

test("every pooler is a peer of all others under the same number, so that a cancel request finds its query", () => {
  const ini = (port: number) => files(topology, "db1")[`etc/pgbouncer/${port}.ini`] ?? "";
  const peersOf = (text: string) => text.match(/^\d+ = host=.*$/gm);
  const poolers = topology.pairs.flatMap(poolersOf);
  expect(new Map(poolers.map(({ peerId, port }) => [peerId, port])).size).toBe(5);
  for (const { port, peerId } of poolers) {
    expect(peersOf(ini(port))).toEqual(
      poolers.map((peer) => `${peer.peerId} = host=/run/postgresql port=${peer.port}`),
    );
    expect(ini(port)).toContain(`peer_id = ${peerId}\n`);
  }
});

test("the pool's machine runs a unit for each pooler, and those for sessions only with their port", () => {
  const units = (of: typeof topology) => {
    const host = hostsOf(of).find(({ role }) => role === "pool");
    const { text } = host ? renderHost(of, host, masked(of), shownFacts(of)) : { text: "{}" };
    return Bundle.parse(JSON.parse(text)).units.enabled.filter((unit) => unit.startsWith("pgbouncer@"));
  };
  const unitOf = (port: number) => `pgbouncer@${port}.service`;
  expect(units(direct)).toEqual([6432, 6433, 6434].map(unitOf));
  expect(units(topology)).toEqual([6432, 6433, 6434, 6435, 6436].map(unitOf));
});
