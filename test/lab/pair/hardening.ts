import { expect, it } from "vitest";
import { must } from "../hosts/onHost.ts";
import type { LabPair } from "./labPair.ts";

/**
 * The highest exposure that `systemd-analyze security` may find in a unit: 0 is none, 10 all. What a unit has now, so that
 * a lost line fails.
 */
const nodeBounds = {
  "haproxy.service": 2.8,
  "keepalived.service": 2.9,
  "hapair.service": 1.7,
  "hapair-action@1.service": 1.3,
  "rsyslog.service": 4.5,
};
const poolBounds = {
  "postgresql@17-main.service": 2.7,
  "pgbouncer@6432.service": 1.3,
  "rsyslog.service": 4.5,
};

export function hardeningTests(lab: () => LabPair): void {
  it("every daemon is as little exposed as its work allows, by systemd-analyze", async () => {
    const { pair, db } = lab();
    const hosts = [
      ...pair.nodes.map(({ name }) => [name, nodeBounds] as const),
      [db.name, poolBounds] as const,
    ];
    for (const [host, bounds] of hosts) {
      const units = Object.keys(bounds);
      const argv = ["systemd-analyze", "security", "--no-pager", ...units];
      const { stdout } = await must(lab().lab, host, argv);
      const found = Object.fromEntries(
        [...stdout.matchAll(/Overall exposure level for (\S+): ([\d.]+)/g)].map(([, unit, level]) => [
          unit,
          Number(level),
        ]),
      );
      expect(Object.keys(found), host).toEqual(units);
      for (const [unit, bound] of Object.entries(bounds))
        expect(found[unit], `exposure of ${unit} on ${host}`).toBeLessThanOrEqual(bound);
    }
  });
}
