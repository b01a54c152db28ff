import { execFile } from "node:child_process";
import { isDeepStrictEqual } from "node:util";
import { messageOf } from "../../base/failure.ts";
import { openCollector, thisProcess } from "./collect.ts";
import { type DaemonConfig, readDaemonConfig } from "./config.ts";
import { type Pages, serve } from "./http.ts";
import { openLog } from "./log.ts";
import type { Part, PartContext } from "./part.ts";
import { openRegistry } from "./registry.ts";
import { openStateFile } from "./stateFile.ts";

/** A part that finishes no round for this long hangs: systemd should restart the daemon. */
const stuckMs = 15_000;
const collectMs = 1000;

/**
 * The service: its parts, their pages and signals. Resolves when it is asked to stop. SIGHUP reads the config again; a
 * bad one leaves the old one in force. Rejects with a Failure where there is no good config at the start; what is wrong with
 * that of the routes takes nothing else down.
 * @param configFolder holds the files of the config
 */
export async function runDaemon(
  configFolder: string,
  openParts: (context: PartContext) => readonly Part[],
): Promise<void> {
  const log = openLog((line) => process.stdout.write(`${line}\n`));
  const withoutRoutes = (problem: string) => log.trouble("routes", `none can be changed here: ${problem}`);
  let config = readDaemonConfig(configFolder, withoutRoutes);
  const registry = openRegistry();
  const all = openParts({ log, registry, state: openStateFile(config.egress.stateFile, log) });
  let parts = await startAll(all, config, withoutRoutes);

  const serveNow = () => {
    const pages: Pages = {
      ...Object.assign({}, ...parts.map((part) => part.pages)),
      "/metrics": async () => {
        const own = parts.map((part) => part.metrics?.() ?? "");
        return { type: registry.contentType, body: [await registry.metrics(), ...own].join("\n") };
      },
    };
    const { listen, peers } = config.egress;
    const trusted = [...listen, ...peers].map(({ address }) => address);
    return serve({ listen, trusted }, pages, (sentence) => log.say("warning", sentence));
  };
  let served = serveNow();

  async function reload(): Promise<void> {
    try {
      const next = readDaemonConfig(configFolder);
      const before = { config, parts };
      await Promise.all(parts.map((part) => part.stop()));
      try {
        parts = await startAll(all, next);
      } catch (error) {
        await startAll(all, config);
        throw error;
      }
      config = next;
      log.trouble("routes", null);
      if (!isDeepStrictEqual(doorsOf(before), doorsOf({ config, parts }))) {
        served.close();
        served = serveNow();
      }
      log.say("notice", `the config in ${configFolder} is in force`, { event: "config" });
    } catch (error) {
      log.say("error", `the old config stays in force: ${messageOf(error)}`, { event: "config" });
    }
  }

  await new Promise<void>((resolve) => {
    let reloaded = Promise.resolve();
    process.on("SIGHUP", () => {
      reloaded = reloaded.then(reload);
    });
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => resolve());
    void notify("--ready");
    const collect = openCollector(thisProcess(), performance.now());
    setInterval(() => collect(performance.now()), collectMs).unref();
    const everyMs = watchdogMs();
    if (everyMs === undefined) return;
    setInterval(() => {
      const turnedAtMs = Math.min(...parts.map((part) => part.turnedAtMs()));
      if (performance.now() - turnedAtMs < stuckMs) void notify("WATCHDOG=1");
    }, everyMs).unref();
  });
  void notify("STOPPING=1");
  for (const part of parts) void part.stop();
  served.close();
}

/** Whom the daemon serves where, and what. */
function doorsOf({ config, parts }: { readonly config: DaemonConfig; readonly parts: readonly Part[] }) {
  const { listen, peers } = config.egress;
  return { listen, peers, parts };
}

/**
 * Starts every part that has a config, or none. Rejects with the error of the part that cannot use its config.
 * @param withoutRoutes as of `readDaemonConfig`
 */
async function startAll(
  parts: readonly Part[],
  config: DaemonConfig,
  withoutRoutes?: (problem: string) => void,
): Promise<readonly Part[]> {
  const started: Part[] = [];
  try {
    for (const part of parts) {
      const own = config[part.section];
      if (own === undefined) continue;
      try {
        part.start(own);
        started.push(part);
      } catch (error) {
        if (part.section !== "routes" || withoutRoutes === undefined) throw error;
        withoutRoutes(messageOf(error));
      }
    }
    return started;
  } catch (error) {
    await Promise.all(started.map((part) => part.stop()));
    throw error;
  }
}

/**
 * Sends a state to systemd (sd_notify(3)). Node has no Unix datagram sockets, so systemd-notify sends it: one short
 * process per message, a few a minute. Does nothing outside of a unit.
 */
function notify(message: string): Promise<void> {
  if (!process.env.NOTIFY_SOCKET) return Promise.resolve();
  return new Promise((resolve) => {
    execFile("systemd-notify", [message], { timeout: 5000, killSignal: "SIGKILL" }, () => resolve());
  });
}

/** Time between two pings of the watchdog, ms; undefined where systemd expects none. */
function watchdogMs(): number | undefined {
  const timeoutMs = Number(process.env.WATCHDOG_USEC) / 1000;
  return timeoutMs > 0 ? timeoutMs / 2 : undefined;
}
