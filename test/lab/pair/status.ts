import { expect, it } from "vitest";
import { holdersOf, hostStatuses } from "../../../cli/hosts/ask.ts";
import type { LabPair } from "./labPair.ts";

/** What `npm run status` tells. */
export function statusTests(lab: () => LabPair): void {
  it("status tells of one holder, of daemons that run, of poolers that are up", async () => {
    const { pair, pool, machines, outputs, access } = lab();
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
        pool.ports.map((_, index) => `pooler${index + 1} UP`),
      );
    }
    expect(of(pool.name)?.pool).toMatchObject({
      postgres: true,
      poolers: pool.ports.map((port) => ({ port, reachable: true })),
    });
  });
}
