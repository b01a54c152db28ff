import { expect, it } from "vitest";
import type { LoadResult } from "../../../../bench/reload/connectionLoad.ts";
import { startConnectionLoad } from "../../../../bench/reload/connectionLoad.ts";
import { runtimeSocket } from "../../../../render/paths.ts";
import { apply, liveBundle, must, withFile } from "../../hosts/onHost.ts";
import { connected } from "../client.ts";
import { type LabPair, roles } from "../labPair.ts";

const reloads = 5;
const leastSeconds = 10;
const leastPerSecond = 500;

/** Reloads that no client notices. */
export function reloadTests(lab: () => LabPair): void {
  it("no connection fails and sessions continue while haproxy reloads under 500 new connections a second", async () => {
    let rate = 0;
    // A busy machine may not reach the rate, and then the attempt proves nothing.
    for (let attempt = 0; attempt < 3 && rate < leastPerSecond; attempt++) {
      const { failed, reasons, perSecond, attempted } = await reloadUnderLoad(lab());
      expect({ failed, reasons }).toEqual({ failed: 0, reasons: {} });
      expect(attempted).toBeGreaterThan(0);
      rate = perSecond;
    }
    expect(rate, "new connections a second").toBeGreaterThanOrEqual(leastPerSecond);
  }, 300_000);
}

async function reloadUnderLoad(lab: LabPair): Promise<LoadResult> {
  const { holder } = await roles(lab);
  const sessions = await Promise.all(Array.from({ length: 5 }, () => connected(lab.forwardedUrl)));
  const load = startConnectionLoad(lab.lab, {
    host: lab.pair.vip.address,
    port: lab.pair.haproxy.port,
    perSecond: 600,
    maxSeconds: 40,
    maxAttempts: 14_000,
    // A lost connection never answers; a busy machine answers after seconds.
    deadlineMs: 20_000,
  });
  const begun = Date.now();
  const workers = new Set<string>();
  try {
    // A transaction keeps the session's server connection through every reload.
    for (const session of sessions) await session.query("begin");
    for (let reload = 0; reload < reloads || Date.now() - begun < leastSeconds * 1000; reload++) {
      const live = await liveBundle(lab.lab, holder);
      const text = withFile(live, "etc/haproxy/haproxy.cfg", (cfg) =>
        cfg.replace(/maxconn (\d+)/, (_, count) => `maxconn ${Number(count) - 1}`),
      );
      const { stdout, stderr } = await apply(lab.lab, holder, text);
      expect(JSON.parse(stdout), stderr).toMatchObject({
        outcome: "applied",
        reloaded: ["haproxy.service"],
      });
      workers.add(await worker(lab, holder));
      for (const session of sessions) await session.query("select 1");
    }
    for (const session of sessions) await session.query("commit");
    expect(workers.size, "workers that served").toBeGreaterThanOrEqual(reloads);
    return await load.stop();
  } finally {
    await load.close();
    await Promise.all(sessions.map((session) => session.end()));
  }
}

/** Process id of the worker that accepts new connections. */
async function worker({ lab }: LabPair, node: string): Promise<string> {
  const ask = `require("net").connect("${runtimeSocket}").end("show info\\n").pipe(process.stdout)`;
  const { stdout } = await must(lab, node, ["node", "-e", ask]);
  return /^Pid: (\d+)$/m.exec(stdout)?.[1] ?? "";
}
