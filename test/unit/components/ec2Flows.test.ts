import { describe, expect, test } from "vitest";
import { type Flow, flowsOf, nodesOf, poolOf } from "../../../components/machines/ec2/flows.ts";
import { renderShown } from "../../../render/bundle.ts";
import { hostsOf } from "../../../topology/hosts.ts";
import { subnet } from "../../../topology/ip.ts";
import { parseTopology } from "../../../topology/parse.ts";
import type { Topology } from "../../../topology/topology.ts";
import { ec2Config, testConfig } from "../../harness/testConfig.ts";
import { ec2With } from "../fixtures.ts";
import { authority } from "../topology/poolFixtures.ts";

/** Two firewalls stand before a daemon: the security groups and the host's own. Each lets in what the other does. */

const db1 = { name: "db1", address: "10.0.1.30" };
const db2 = { name: "db2", address: "10.0.1.31" };
const withPool = (pool: Record<string, unknown>, rest: Record<string, unknown> = {}) => {
  const config = ec2Config() as { pairs: [Record<string, unknown>] };
  const egress = (testConfig() as { pairs: [Record<string, unknown>] }).pairs[0].egress;
  return { ...config, pairs: [{ ...config.pairs[0], pool, egress }], ...rest };
};
const external = { address: "db.example.com", ca: authority };
const shapes = {
  "poolers on two machines": withPool({ machines: [db1, db2], size: 10, session: { port: 5433, size: 10 } }),
  "poolers on the nodes": withPool({ on: "nodes", machines: [db1], directClients: ["10.0.9.9/32"] }),
  "an external database": withPool({ machines: [db1], database: { external } }, { secrets: "config" }),
  "a log server": ec2With({}, {}, { syslog: { address: "10.0.1.5" } }),
};

interface Rule {
  readonly protocol: string;
  readonly port: number | undefined;
  readonly from: string;
}

/** What the host's own firewall lets in. */
function ownRules(topology: Topology, name: string): readonly Rule[] {
  const host = hostsOf(topology).find((host) => host.name === name);
  if (!host) throw new Error(`no host ${name}`);
  const text = renderShown(topology, host)["etc/ufw/user.rules"] ?? "";
  return [...text.matchAll(/-p (\S+)(?: --dport (\d+))? -d \S+ -s (\S+) -j ACCEPT/g)].map(
    ([, protocol = "", port, from = ""]) => ({
      protocol: protocol === "vrrp" ? "112" : protocol,
      port: port === undefined ? undefined : Number(port),
      from,
    }),
  );
}

/** Addresses of the members of a group, or its network. */
function sendersOf(topology: Topology, { peer }: Flow): readonly string[] {
  if ("cidr" in peer) return [peer.cidr];
  if ("group" in peer) throw new Error("no group of somebody else's here");
  return topology.pairs.flatMap((pair) => [
    ...(peer.made === nodesOf(pair) ? pair.nodes.map(({ address }) => address) : []),
    ...(peer.made === poolOf(pair) ? (pair.pool?.machines ?? []).map(({ address }) => address) : []),
  ]);
}

function letsIn({ protocol, port, from }: Rule, flows: readonly Flow[], topology: Topology): boolean {
  return flows.some(
    (flow) =>
      flow.protocol === protocol &&
      flow.port === port &&
      sendersOf(topology, flow).some(
        (sender) => sender === from || subnet(sender)?.contains(from.split("/")[0] ?? ""),
      ),
  );
}

describe.each(Object.entries(shapes))("%s", (_, config) => {
  const topology = parseTopology(config);
  const { target } = topology;
  if (target.kind !== "ec2") throw new Error("the example's target is ec2");
  const flows = flowsOf(target, topology);

  test.each(hostsOf(topology).map(({ name }) => name))("%s: both firewalls let the same in", (name) => {
    const pair = topology.pairs[0];
    if (!pair) throw new Error("no pair");
    const group = pair.nodes.some((node) => node.name === name) ? nodesOf(pair) : poolOf(pair);
    const own = ownRules(topology, name);
    const ingress = flows.filter((flow) => flow.direction === "in" && flow.group === group);
    expect(own.length).toBeGreaterThan(3);
    expect(own.filter((rule) => !letsIn(rule, ingress, topology))).toEqual([]);
    const reached = (flow: Flow) =>
      own.some(({ protocol, port }) => protocol === flow.protocol && port === flow.port);
    // PostgreSQL is on the first machine alone, and its group has all of them.
    const others = ingress.filter((flow) => !reached(flow) && flow.port !== pair.pool?.postgres.port);
    expect(others).toEqual([]);
  });

  test("what one group may send to another, that one lets in", () => {
    const key = (from: string, to: string, { protocol, port }: Flow) => `${from} ${to} ${protocol} ${port}`;
    const between = flows.flatMap((flow) => ("made" in flow.peer ? [{ flow, other: flow.peer.made }] : []));
    const sent = between.filter(({ flow }) => flow.direction === "out");
    const received = between.filter(({ flow }) => flow.direction === "in");
    expect(sent.map(({ flow, other }) => key(flow.group, other, flow)).sort()).toEqual(
      received.map(({ flow, other }) => key(other, flow.group, flow)).sort(),
    );
  });

  test("nothing leaves for everywhere but web requests and the external database", () => {
    const wide = flows.filter(
      ({ direction, peer }) => direction === "out" && "cidr" in peer && peer.cidr === "0.0.0.0/0",
    );
    const known = new Set([80, 443, ...(topology.pairs[0]?.pool?.database.external ? [5432] : [])]);
    expect(wide.map(({ port }) => port).filter((port) => !known.has(port ?? 0))).toEqual([]);
  });
});

test("with packages inside the image, nothing leaves for the internet", () => {
  const topology = parseTopology(ec2With({}, { prebaked: true, internet: "none" }));
  if (topology.target.kind !== "ec2") throw new Error("the example's target is ec2");
  const out = flowsOf(topology.target, topology).filter(({ direction }) => direction === "out");
  expect(out.filter(({ peer }) => "cidr" in peer)).toEqual([]);
});
