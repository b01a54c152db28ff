import { expect, it } from "vitest";
import { holdersOf, hostStatuses } from "../../../cli/hosts/ask.ts";
import { poolersOf } from "../../../topology/pool.ts";
import type { Pair } from "../../../topology/topology.ts";
import { fetchFromApp } from "../hosts/application.ts";
import { must } from "../hosts/onHost.ts";
import type { LabPair } from "./labPair.ts";

/** Each pooler as haproxy names it. */
function serversOf(pair: Pair) {
  const backend = (forSessions: boolean) => (forSessions ? "session-poolers" : "poolers");
  return poolersOf(pair).map(({ name, forSessions }) => ({ backend: backend(forSessions), name }));
}

/** The statuses that `npm run status` shows. */
export function statusTests(lab: () => LabPair): void {
  it("status shows one holder, running daemons, and poolers that are up", async () => {
    const { pair, db, machines, outputs, access } = lab();
    const statuses = await hostStatuses(outputs.ssh);
    expect(statuses.map(({ host }) => host).sort()).toEqual([...machines, "internet"].sort());
    const bundles = { ...access.bundles, internet: outputs.internet?.bundle };
    expect(holdersOf(statuses)).toHaveLength(1);
    for (const { host, report, trouble } of statuses) {
      expect(trouble).toBeUndefined();
      expect(report).toMatchObject({
        bundle: { live: new Map(Object.entries(bundles)).get(host) },
        unfinished: null,
        edited: [],
      });
      expect(report?.units.map(({ active }) => active)).toEqual(report?.units.map(() => "active"));
    }
    const of = (name: string) => statuses.find(({ host }) => host === name)?.report;
    for (const { name } of pair.nodes) {
      expect(of(name)?.units.map(({ unit }) => unit)).toEqual(
        expect.arrayContaining(["haproxy.service", "keepalived.service", "ufw.service", "rsyslog.service"]),
      );
      expect(of(name)?.node?.servers.map(({ name, state }) => `${name} ${state}`)).toEqual(
        serversOf(pair).map(({ name }) => `${name} UP`),
      );
    }
    expect(of(db.name)?.pool).toMatchObject({
      postgres: true,
      poolers: poolersOf(pair).map(({ port, forSessions }) => ({ port, forSessions, reachable: true })),
    });
  });
}

/** haproxy's pages for people and for monitoring. */
export function pageTests(lab: () => LabPair): void {
  const credentials = () => `${lab().pair.haproxy.statsUser}:${lab().access.statsPassword}`;
  const places = () =>
    [lab().pair.vip.address, ...lab().pair.nodes.map((node) => node.address)].map(
      (address) => `http://${address}:${lab().pair.haproxy.statsPort}`,
    );

  it("the stats page requires its password, on the virtual address and on each node's own address", async () => {
    for (const place of places()) {
      expect(await fetchFromApp(lab().lab, `${place}/stats`)).toMatchObject({ status: 401 });
      expect(await fetchFromApp(lab().lab, `${place}/stats`, "admin:wrong")).toMatchObject({ status: 401 });
      const { status, body } = await fetchFromApp(lab().lab, `${place}/stats`, credentials());
      expect(status).toBe(200);
      for (const { backend, name } of serversOf(lab().pair)) expect(body).toContain(`${backend}/${name}`);
    }
  });

  it("the stats page answers on this host's forwarded port", async () => {
    const { reach } = lab().access;
    const authorization = `Basic ${Buffer.from(credentials()).toString("base64")}`;
    expect((await fetch(reach?.stats ?? "", { headers: { authorization } })).status).toBe(200);
  });

  it("metrics show every pooler as up, in Prometheus' text format", async () => {
    for (const place of places()) {
      const { status, type, body } = await fetchFromApp(lab().lab, `${place}/metrics`);
      expect(status).toBe(200);
      expect(type).toContain("text/plain; version=0.0.4");
      for (const { backend, name } of serversOf(lab().pair))
        expect(body).toContain(`haproxy_server_status{proxy="${backend}",server="${name}",state="UP"} 1`);
    }
  });

  it("a password of the stats page cannot be tried out, and monitoring goes on meanwhile", async () => {
    const place = places()[1] ?? "";
    const guess =
      "for n in $(seq 60); do curl -s -o /dev/null -w '%{http_code}\\n' -u admin:$n $0/stats; done";
    const { stdout } = await must(lab().lab, "app", ["sh", "-c", guess, place]);
    expect(new Set(stdout.trim().split("\n"))).toEqual(new Set(["401", "429"]));
    expect(await fetchFromApp(lab().lab, `${place}/stats`, credentials())).toMatchObject({ status: 429 });
    expect(await fetchFromApp(lab().lab, `${place}/metrics`)).toMatchObject({ status: 200 });
    const again = async () => (await fetchFromApp(lab().lab, `${place}/stats`, credentials())).status;
    await expect.poll(again, { timeout: 20_000, interval: 1000 }).toBe(200);
  });

  it("a health check is answered without a password", async () => {
    for (const place of places())
      expect(await fetchFromApp(lab().lab, `${place}/healthz`)).toMatchObject({ status: 200 });
  });
}
