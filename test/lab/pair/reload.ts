import pg from "pg";
import { expect, it } from "vitest";
import { runtimeSocket } from "../../../render/paths.ts";
import { startConnectionLoad } from "../../harness/startConnectionLoad.ts";
import { type LabPair, roles } from "./labPair.ts";
import { apply, liveBundle, must, withFile } from "./onHost.ts";

/** Reloads that no client notices. */
export function reloadTests(lab: () => LabPair): void {
  it("no connection fails while haproxy is reloaded under 500 new ones a second, and sessions go on", async () => {
    const { pair, forwardedUrl } = lab();
    const sessions = await Promise.all(
      Array.from({ length: 5 }, async () => {
        const client = new pg.Client({ connectionString: forwardedUrl });
        await client.connect();
        return client;
      }),
    );
    const load = startConnectionLoad(lab().lab, {
      host: pair.vip.address,
      port: pair.haproxy.port,
      perSecond: 600,
      maxSeconds: 40,
      maxAttempts: 24_000,
      // A lost connection is silent for ever; a busy machine is silent for seconds.
      deadlineMs: 20_000,
    });
    const begun = Date.now();
    const workers = new Set<string>();
    try {
      // In a transaction each session keeps its server connection through every reload.
      for (const session of sessions) await session.query("begin");
      const { holder } = await roles(lab());
      for (let reload = 0; reload < 5 || Date.now() - begun < 11_000; reload++) {
        const live = await liveBundle(lab().lab, holder);
        const text = withFile(live, "etc/haproxy/haproxy.cfg", (cfg) =>
          cfg.replace(/maxconn \d+/, `maxconn ${3900 + reload}`),
        );
        const { stdout, stderr } = await apply(lab().lab, holder, text);
        expect(JSON.parse(stdout), stderr).toMatchObject({
          outcome: "applied",
          reloaded: ["haproxy.service"],
        });
        workers.add(await worker(lab(), holder));
        for (const session of sessions) await session.query("select 1");
      }
      for (const session of sessions) await session.query("commit");
    } finally {
      const { attempted, failed, perSecond, reasons } = await load.stop();
      await Promise.all(sessions.map((session) => session.end()));
      expect({ failed, reasons }).toEqual({ failed: 0, reasons: {} });
      expect(perSecond).toBeGreaterThanOrEqual(500);
      expect(attempted).toBeGreaterThanOrEqual(5000);
    }
    expect(workers.size, "workers that served").toBeGreaterThanOrEqual(5);
  });
}

async function worker({ lab }: LabPair, node: string): Promise<string> {
  const ask = `require("net").connect("${runtimeSocket}").end("show info\\n").pipe(process.stdout)`;
  const { stdout } = await must(lab, node, ["node", "-e", ask]);
  return /^Pid: (\d+)$/m.exec(stdout)?.[1] ?? "";
}
