import { isDeepStrictEqual } from "node:util";
import { messageOf } from "../../base/failure.ts";
import type { EgressConfig } from "../../contract/egressConfig.ts";
import { readEgressConfig } from "../egress/config.ts";
import { startLoop } from "../egress/egressLoop.ts";
import { openMetrics } from "../egress/report/metrics.ts";
import { openReporter } from "../egress/report/reporter.ts";
import { readState } from "../egress/stateFile.ts";
import { serve } from "./http.ts";
import { notify, watchdogMs } from "./notify.ts";

/** A loop that did not turn for so long is one that systemd should start again. */
const stuckMs = 15_000;
/** V8 by itself lets garbage grow by 8 MB before it collects what has grown old; this costs some ms. */
const tidyMs = 60_000;

/**
 * The service: loop, pages and signals. Resolves when it is told to end. SIGHUP reads the config again; one that is
 * wrong leaves the old one in force. Rejects with a Failure where there is no good config at the start.
 */
export async function watch(configPath: string): Promise<void> {
  let config = readEgressConfig(configPath);
  const reporter = openReporter(config.logFolder, (line) => process.stdout.write(`${line}\n`));
  const metrics = openMetrics();
  const { groups, vip, problem } = readState(config.stateFile);
  if (problem !== null) reporter.say("warning", problem);
  let loop = startLoop(config, { groups, vip, pid: undefined }, reporter, metrics);

  const pages = {
    "/egress": () => ({ type: "application/json", body: `${JSON.stringify(loop.page())}\n` }),
    "/metrics": async () => ({ type: metrics.contentType, body: await metrics.text(loop.page()) }),
  };
  const serveOn = ({ listen }: EgressConfig) =>
    serve(listen, pages, (sentence) => reporter.say("warning", sentence));
  let served = serveOn(config);

  async function reload(): Promise<void> {
    try {
      const next = readEgressConfig(configPath);
      const before = config;
      const legacy = await loop.stop();
      try {
        loop = startLoop(next, legacy, reporter, metrics);
      } catch (error) {
        loop = startLoop(before, legacy, reporter, metrics);
        throw error;
      }
      config = next;
      if (!isDeepStrictEqual(before.listen, next.listen)) {
        served.close();
        served = serveOn(next);
      }
      reporter.say("notice", `${configPath} is in force`, { event: "config" });
    } catch (error) {
      reporter.say("error", `the config stays as it was: ${messageOf(error)}`, { event: "config" });
    }
  }

  await new Promise<void>((resolve) => {
    let reloaded = Promise.resolve();
    process.on("SIGHUP", () => {
      reloaded = reloaded.then(reload);
    });
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => resolve());
    void notify("--ready");
    setInterval(() => globalThis.gc?.(), tidyMs).unref();
    const everyMs = watchdogMs();
    if (everyMs === undefined) return;
    setInterval(() => {
      if (performance.now() - loop.turnedAtMs() < stuckMs) void notify("WATCHDOG=1");
    }, everyMs).unref();
  });
  void notify("STOPPING=1");
  void loop.stop();
  served.close();
}
