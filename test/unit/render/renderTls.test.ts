import { describe, expect, test } from "vitest";
import { renderShown } from "../../../render/bundle.ts";
import { packagesOf } from "../../../render/roles/roles.ts";
import { hostsOf } from "../../../topology/hosts.ts";
import { parseTopology } from "../../../topology/parse.ts";
import { poolerHostsOf, poolersOf } from "../../../topology/pool.ts";
import { labWithPair } from "../fixtures.ts";
import { pools } from "../topology/poolFixtures.ts";

const session = { port: 5433, size: 7 };
const kinds = Object.keys(pools) as (keyof typeof pools)[];
const authority = "etc/hapair/sql-authority.pem";

function rendered(kind: keyof typeof pools, tls: object, target: object = { lab: {} }) {
  const { pool, config } = pools[kind];
  const topology = parseTopology(
    labWithPair(
      { pool: { ...pool, session, tls }, egress: undefined },
      { ...config, lab: undefined, ...target },
    ),
  );
  const [pair] = topology.pairs;
  if (!pair) throw new Error("the lab has no pair");
  const hosts = hostsOf(topology);
  const files = new Map(hosts.map((host) => [host.name, renderShown(topology, host)]));
  const text = (host: string, path: string) => files.get(host)?.[path];
  return { pair, hosts, text };
}

const agentOf = (text: string | undefined) => JSON.parse(text ?? "{}");

describe.each(kinds)("TLS of a pool of the kind %s", (kind) => {
  const { pair, hosts, text } = rendered(kind, { mode: "required" });
  const tls = { authorityFile: `/${authority}`, name: pair.vip.address };

  test("is required by every pooler, those for sessions too, with the pair's certificate", () => {
    for (const { host, port } of poolersOf(pair)) {
      const ini = text(host, `etc/pgbouncer/${port}.ini`);
      expect(ini).toContain("client_tls_sslmode = require\n");
      expect(ini).toContain("client_tls_key_file = /etc/pgbouncer/tls.key\n");
      expect(ini).toContain("client_tls_cert_file = /etc/pgbouncer/tls.crt\n");
    }
    const certified = hosts.filter(({ name }) => text(name, "etc/pgbouncer/tls.key") !== undefined);
    expect(certified.map(({ name }) => name).sort()).toEqual(
      poolerHostsOf(pair)
        .map(({ name }) => name)
        .sort(),
    );
  });

  test("is checked by every proof as a client of the pair checks it, and a host that proves has the authority", () => {
    for (const { name } of hosts) {
      const { node, pool } = agentOf(text(name, "etc/hapair/agent.json"));
      const proofs = [node?.pool?.proof, node?.pool?.session?.proof, pool?.database?.proof].filter(Boolean);
      for (const proof of proofs) expect(proof.tls).toEqual(tls);
      expect(text(name, authority) !== undefined).toBe(proofs.length > 0);
    }
  });

  test("has every certificate of a host among those of which the status tells when they end", () => {
    for (const { name } of hosts.filter(({ role }) => role !== "internet")) {
      const present = [
        "etc/hapair/sql-authority.pem",
        "etc/pgbouncer/tls.crt",
        "etc/pgbouncer/database-ca.pem",
        "etc/postgresql/17/main/hapair.crt",
      ].filter((path) => text(name, path) !== undefined);
      const { certificates = [] } = agentOf(text(name, "etc/hapair/agent.json"));
      const told = certificates.map(({ file }: { file: string }) => file.slice(1));
      expect(told.sort()).toEqual(present.sort());
    }
  });

  test("leaves no trace where it is off", () => {
    const off = rendered(kind, { mode: "off" });
    for (const { name } of off.hosts) {
      expect(off.text(name, authority)).toBeUndefined();
      expect(off.text(name, "etc/pgbouncer/tls.key")).toBeUndefined();
      expect(off.text(name, "etc/pgbouncer/6432.ini") ?? "").not.toContain("client_tls");
      const { node, pool } = agentOf(off.text(name, "etc/hapair/agent.json"));
      expect(JSON.stringify([node?.pool, pool?.database?.proof])).not.toContain("tls");
    }
  });
});

test.each(["required", "offered", "off"])(
  "with TLS %s, both backends of a node ask their poolers for GSSAPI encryption, which they decline in every mode",
  (mode) => {
    const { pair, text } = rendered("two-machines", { mode });
    for (const { name } of pair.nodes) {
      const cfg = text(name, "etc/haproxy/haproxy.cfg") ?? "";
      const checks = [...cfg.matchAll(/tcp-check send-binary (\w+) .*\n +tcp-check expect rbinary (\S+) /g)];
      expect(checks).toHaveLength(2);
      for (const [, sent = "", answer = ""] of checks) {
        const packet = Buffer.from(sent, "hex");
        expect([packet.readUInt32BE(0), packet.readUInt16BE(4), packet.readUInt16BE(6)]).toEqual([
          8, 1234, 5680,
        ]);
        expect(Buffer.from("N").toString("hex").toUpperCase()).toMatch(new RegExp(answer));
      }
      expect(cfg).not.toMatch(/pgsql-check/);
    }
  },
);

test("where TLS is offered, the poolers answer a client without it, and a proof checks the certificate", () => {
  const { pair, text } = rendered("on-nodes", { mode: "offered" });
  for (const { name } of pair.nodes) {
    expect(text(name, "etc/pgbouncer/6435.ini")).toContain("client_tls_sslmode = allow\n");
    expect(agentOf(text(name, "etc/hapair/agent.json")).node.pool.proof.tls).toBeDefined();
  }
});

test("a public certificate is checked by its name and by the authorities that Debian trusts", () => {
  const tls = { mode: "required", certificate: "public", names: ["db.example.com"] };
  const existing = { target: "hosts", hosts: { knownHosts: "~/.ssh/known_hosts" } };
  const { pair, hosts, text } = rendered("two-machines", tls, existing);
  for (const { name } of pair.nodes) {
    expect(text(name, authority)).toBeUndefined();
    expect(agentOf(text(name, "etc/hapair/agent.json")).node.pool.proof.tls).toEqual({
      authorityFile: "/etc/ssl/certs/ca-certificates.crt",
      name: "db.example.com",
    });
  }
  // PostgreSQL's own machine proves nothing by the network.
  const trusting = hosts.filter((host) => packagesOf(host).includes("ca-certificates"));
  expect(trusting.map(({ name }) => name)).toEqual(["db2", ...pair.nodes.map(({ name }) => name)]);
});
