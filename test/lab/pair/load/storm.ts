import { expect, it } from "vitest";
import { HostReport } from "../../../../contract/hostStatus.ts";
import { masterSocket } from "../../../../render/paths.ts";
import { must } from "../../hosts/onHost.ts";
import { type LabPair, roles } from "../labPair.ts";
import { clientsOf } from "./clients.ts";

const reloads = 30;
/** One reload in two seconds. */
const leastApartMs = 2000;
/** `mworker-max-reloads` and the newest process. */
const mostProcesses = 11;

/** Many reloads of haproxy within seconds, with a session before each. */
export function stormTests(lab: () => LabPair): void {
  const haproxyOf = async (machine: string) => {
    const { stdout } = await must(lab().lab, machine, ["hapair", "status", "--json"]);
    const { node, problems } = HostReport.parse(JSON.parse(stdout));
    expect(problems).toEqual([]);
    const sessions = (node?.servers ?? []).map(({ sessions }) => sessions);
    return {
      processes: node?.haproxy?.workers.length ?? 0,
      connections: node?.haproxy?.connections,
      sessions: sessions.reduce((sum, one) => sum + one, 0),
    };
  };

  it("reloads that are asked for in a quick row become few: no session is lost, and the status counts them all", async () => {
    const { holder } = await roles(lab());
    const clients = clientsOf(lab().forwardedUrl);
    const begun = Date.now();
    try {
      for (let reload = 0; reload < reloads; reload++) {
        await clients.add();
        await must(lab().lab, holder, ["systemctl", "--no-block", "reload", "haproxy"]);
      }
      const state = () =>
        must(lab().lab, holder, ["systemctl", "show", "--property=ActiveState", "--value", "haproxy"]);
      await expect
        .poll(async () => (await state()).stdout.trim(), { timeout: 20_000, interval: 200 })
        .toBe("active");
      const most = Math.ceil((Date.now() - begun) / leastApartMs) + 1;
      expect(most, "the reloads were asked for in a quick row").toBeLessThan(mostProcesses);
      const { processes, connections, sessions } = await haproxyOf(holder);
      expect(processes).toBeGreaterThan(1);
      expect(processes).toBeLessThanOrEqual(most);
      expect(sessions).toBe(reloads);
      expect(connections).toBeGreaterThanOrEqual(reloads);
      expect(await clients.served()).toBe(reloads);
    } finally {
      await clients.leave();
    }
  });

  it("a haproxy that crashes while its unit holds further reloads back is restarted at once", async () => {
    const { backup } = await roles(lab());
    const script = `
      restarts() { systemctl show --property=NRestarts --value haproxy; }
      before=$(restarts)
      systemctl --no-block reload haproxy
      until [ "$(systemctl is-active haproxy)" = reloading ]; do sleep 0.02; done
      until pgrep --exact tail >/dev/null; do sleep 0.02; done
      kill -KILL "$(systemctl show --property=MainPID --value haproxy)"
      date +%s%3N
      until [ "$(restarts)" != "$before" ]; do sleep 0.02; done
      date +%s%3N`;
    const { stdout } = await must(lab().lab, backup, ["timeout", "20", "sh", "-euc", script]);
    const [killed = 0, restarted = Number.POSITIVE_INFINITY] = stdout.trim().split("\n").map(Number);
    expect(restarted - killed).toBeLessThan(leastApartMs / 2);
    const state = () => must(lab().lab, backup, ["systemctl", "is-active", "haproxy"]);
    await expect.poll(async () => (await state()).stdout.trim(), { timeout: 20_000 }).toBe("active");
  });

  it("reloads that nothing holds back leave a bounded number of processes, and the status counts every session that is left", async () => {
    const { holder } = await roles(lab());
    const clients = clientsOf(lab().forwardedUrl);
    const ask = `require("net").connect("${masterSocket}").end("reload\\n").pipe(process.stdout)`;
    try {
      for (let reload = 0; reload < reloads; reload++) {
        await clients.add();
        expect((await must(lab().lab, holder, ["node", "-e", ask])).stdout).toContain("Success=1");
      }
      const { processes, sessions } = await haproxyOf(holder);
      expect(processes).toBeGreaterThan(mostProcesses / 2);
      expect(processes).toBeLessThanOrEqual(mostProcesses);
      expect(sessions).toBeGreaterThan(0);
      expect(sessions).toBe(await clients.served());
    } finally {
      await clients.leave();
    }
  });
}
