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

function rendered(kind: keyof typeof pools, tls: object) {
  const { pool, config } = pools[kind];
  const topology = parseTopology(
    labWithPair({ pool: { ...pool, session, tls }, egress: undefined }, { ...config, lab: {} }),
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
    for (const { name } of certified)
      expect(agentOf(text(name, "etc/hapair/agent.json")).pool.certificateFile).toBe(
        "/etc/pgbouncer/tls.crt",
      );
    expect(certified.map(({ name }) => name).sort()).toEqual(
      poolerHostsOf(pair)
        .map(({ name }) => name)
        .sort(),
    );
  });

  test("is what both backends of each node expect of their poolers, by a packet that begins none", () => {
    for (const { name } of pair.nodes) {
      const cfg = text(name, "etc/haproxy/haproxy.cfg") ?? "";
      expect(cfg).not.toContain("option pgsql-check");
      const packets = [
        ...cfg.matchAll(/tcp-check send-binary ([0-9a-f]+)\n +tcp-check expect rbinary (\S+)/g),
      ];
      expect(packets).toHaveLength(2);
      for (const [, sent = "", answer = ""] of packets) {
        const packet = Buffer.from(sent, "hex");
        expect(packet.readUInt32BE(0)).toBe(packet.length);
        expect(packet.readUInt32BE(4)).toBe(3 << 16);
        expect(packet.subarray(8).toString()).toBe("user\0hapair_check\0\0");
        const refusal = Buffer.from("E\0\0\0\0SFATAL\0C08P01\0MSSL required\0\0")
          .toString("hex")
          .toUpperCase();
        expect(refusal).toMatch(new RegExp(answer));
      }
    }
  });

  test("is checked by every proof as a client of the pair checks it, and a host that proves has the authority", () => {
    for (const { name } of hosts) {
      const { node, pool } = agentOf(text(name, "etc/hapair/agent.json"));
      const proofs = [node?.pool?.proof, node?.pool?.session?.proof, pool?.database?.proof].filter(Boolean);
      for (const proof of proofs) expect(proof.tls).toEqual(tls);
      expect(text(name, authority) !== undefined).toBe(proofs.length > 0);
    }
  });

  test("leaves no trace where it is off", () => {
    const off = rendered(kind, { mode: "off" });
    for (const { name } of off.hosts) {
      expect(off.text(name, authority)).toBeUndefined();
      expect(off.text(name, "etc/pgbouncer/tls.key")).toBeUndefined();
      expect(off.text(name, "etc/pgbouncer/6432.ini") ?? "").not.toContain("client_tls");
      expect(off.text(name, "etc/haproxy/haproxy.cfg") ?? "").not.toContain("send-binary");
      const { node, pool } = agentOf(off.text(name, "etc/hapair/agent.json"));
      expect(JSON.stringify([node?.pool, pool?.database?.proof])).not.toContain("tls");
    }
  });
});

test("where TLS is offered, the poolers answer a client without it, and the check is the one of other pools", () => {
  const { pair, text } = rendered("on-nodes", { mode: "offered" });
  for (const { name } of pair.nodes) {
    expect(text(name, "etc/pgbouncer/6435.ini")).toContain("client_tls_sslmode = allow\n");
    expect(text(name, "etc/haproxy/haproxy.cfg")).toContain("option pgsql-check user hapair_check\n");
    expect(agentOf(text(name, "etc/hapair/agent.json")).node.pool.proof.tls).toBeDefined();
  }
});

test("a public certificate is checked by its name and by the authorities that Debian trusts", () => {
  const tls = { mode: "required", certificate: "public", names: ["db.example.com"] };
  const { pair, hosts, text } = rendered("two-machines", tls);
  for (const { name } of pair.nodes) {
    expect(text(name, authority)).toBeUndefined();
    expect(agentOf(text(name, "etc/hapair/agent.json")).node.pool.proof.tls).toEqual({
      authorityFile: "/etc/ssl/certs/ca-certificates.crt",
      name: "db.example.com",
    });
  }
  for (const host of hosts.filter(({ role }) => role !== "internet"))
    expect(packagesOf(host)).toContain("ca-certificates");
});
