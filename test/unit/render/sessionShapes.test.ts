import { describe, expect, test } from "vitest";
import { renderShown } from "../../../render/bundle.ts";
import { roleOf } from "../../../render/roles/roles.ts";
import { type Host, hostsOf } from "../../../topology/hosts.ts";
import { parseTopology } from "../../../topology/parse.ts";
import { poolerHostsOf, poolersOf, poolersOn } from "../../../topology/pool.ts";
import { labWithPair } from "../fixtures.ts";
import { pools } from "../topology/poolFixtures.ts";

const session = { port: 5433, size: 7 };

describe.each(Object.entries(pools))(
  "the port for sessions of a pool of the kind %s",
  (_, { pool, config }) => {
    const topology = parseTopology(
      labWithPair({ pool: { ...pool, session }, egress: undefined }, { ...config, lab: {} }),
    );
    const [pair] = topology.pairs;
    if (!pair) throw new Error("the lab has no pair");
    const hosts = hostsOf(topology).filter(
      (host): host is Extract<Host, { pair: unknown }> => "pair" in host,
    );
    const hostNamed = (name: string) => {
      const host = hosts.find((one) => one.name === name);
      if (!host) throw new Error(`no host ${name}`);
      return host;
    };
    const shown = (name: string, path: string) => renderShown(topology, hostNamed(name))[path] ?? "";
    const poolers = poolersOf(pair);

    test("has its poolers in session mode on each host with poolers", () => {
      for (const { name } of poolerHostsOf(pair)) {
        expect(poolersOn(pair, name).map(({ port }) => port)).toEqual([6432, 6433, 6434, 6435, 6436]);
        for (const port of [6435, 6436]) {
          expect(shown(name, `etc/pgbouncer/${port}.ini`)).toContain("pool_mode = session\n");
          expect(shown(name, `etc/pgbouncer/${port}.ini`)).toContain("default_pool_size = 7\n");
        }
        expect(shown(name, "etc/pgbouncer/6432.ini")).toContain("pool_mode = transaction\n");
        const { enabled } = roleOf(hostNamed(name)).units(hostNamed(name));
        expect(enabled).toEqual(expect.arrayContaining(["pgbouncer@6435.service", "pgbouncer@6436.service"]));
      }
    });

    test("has poolers that are peers of all others, under an id of their own", () => {
      expect(new Set(poolers.map(({ peerId }) => peerId)).size).toBe(poolers.length);
      for (const { host, port, peerId } of poolers) {
        const ini = shown(host, `etc/pgbouncer/${port}.ini`);
        expect(ini).toContain(`\npeer_id = ${peerId}\n`);
        expect(ini.match(/^\d+ = host=.*$/gm)).toEqual(
          poolers.map((peer) => {
            const at = peer.host === host ? "/run/postgresql" : peer.address;
            return `${peer.peerId} = host=${at} port=${peer.port}`;
          }),
        );
      }
    });

    test("leads from each node to the poolers for sessions of all hosts, its own first where it has some", () => {
      for (const node of pair.nodes) {
        const cfg = shown(node.name, "etc/haproxy/haproxy.cfg");
        const serversIn = (backend: string) =>
          (
            cfg
              .split(`\nbackend ${backend}\n`)[1]
              ?.split("\nbackend ")[0]
              ?.match(/^ {4}server .*$/gm) ?? []
          ).map((line) => line.trim());
        const wanted = (forSessions: boolean) =>
          poolers
            .filter((pooler) => pooler.forSessions === forSessions)
            .map(({ name, host, address, port }) => {
              const backup = pair.pool?.on === "nodes" && host !== node.name ? " backup" : "";
              return `server ${name} ${address}:${port} tcp-ut 4s${backup}`;
            });
        expect(serversIn("session-poolers")).toEqual(wanted(true));
        expect(serversIn("session-poolers-unchecked")).toEqual(wanted(true));
        expect(serversIn("poolers")).toEqual(wanted(false));
      }
    });

    test("opens its poolers' ports to every node and to the other hosts with poolers", () => {
      for (const host of poolerHostsOf(pair)) {
        const rules = shown(host.name, "etc/ufw/user.rules");
        const senders = [...pair.nodes, ...poolerHostsOf(pair)].filter(({ name }) => name !== host.name);
        for (const port of [6432, 6435, 6436])
          for (const { address } of senders)
            expect(rules).toContain(`-p tcp --dport ${port} -d ${host.address} -s ${address} -j ACCEPT`);
      }
      for (const { name } of pair.nodes)
        expect(shown(name, "etc/ufw/user.rules")).toContain(`-p tcp --dport 5433 -d ${pair.vip.address} `);
    });

    test("is proven on each node, and by each host with poolers whose database is elsewhere", () => {
      for (const { name } of pair.nodes) {
        const { node } = JSON.parse(shown(name, "etc/hapair/agent.json"));
        const { port: _, ...login } = node.pool.proof;
        expect(node.pool.session).toEqual({ backend: "session-poolers", proof: { ...login, port: 5433 } });
      }
      for (const { name } of poolerHostsOf(pair)) {
        const { pool } = JSON.parse(shown(name, "etc/hapair/agent.json"));
        expect(pool.poolers.filter(({ forSessions }: { forSessions?: true }) => forSessions)).toEqual(
          [6435, 6436].map((port) => ({ unit: `pgbouncer@${port}.service`, port, forSessions: true })),
        );
      }
    });

    test("counts among the connections for which a host with poolers is made", () => {
      for (const { name } of poolerHostsOf(pair)) {
        const host = hostNamed(name);
        const clients = host.role === "node" ? 4000 + 1500 + 200 + 1500 + 100 : 0;
        expect(roleOf(host).connections(host)).toBe(5 * 2000 + clients);
      }
    });
  },
);
