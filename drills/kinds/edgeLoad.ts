import { shellWord } from "../../base/commands.ts";
import { bridge } from "../../lab/paths.ts";
import { type Pest, startPest } from "../clients/edge/pest.ts";
import { mainPid, run, unitProperties } from "../machine.ts";
import { type DrilledPair, edgeOf } from "../pair.ts";
import { nowMs, waitUntil } from "../time.ts";
import { edgeKind } from "./edge.ts";
import type { Kind, Preparation } from "./kind.ts";

/** What clients of the edge see of a HAProxy that hangs, and of other clients that mean harm. */

/** Where root's door counts the restarts of HAProxy: the drill's own are none. */
const restarts = "/run/hapair-action";
const restartedWithinMs = 10_000;
/** It leaves one that is younger than ten seconds alone. */
const youngMs = 11_000;

export const haproxyHang: Kind = edgeKind({
  description:
    "HAProxy on the holder hangs (every process is stopped by a signal): the peer serves, and it is restarted",
  prepare: async ({ pair, holder, signal }) => {
    const young = async () => {
      const property = "ExecMainStartTimestampMonotonic";
      const { [property]: startedUs } = await unitProperties(pair.lab, holder, "haproxy", [property]);
      return nowMs() - Number(startedUs) / 1000 < youngMs
        ? `haproxy on ${holder} has just started`
        : undefined;
    };
    await waitUntil(young, 2 * youngMs, signal, 200);
    return holder;
  },
  play: async ({ pair, holder, restore, signal, served, healthy }) => {
    const forget = () => run(pair.lab, holder, ["rm", "-rf", restarts]);
    const send = (name: "STOP" | "CONT") =>
      run(pair.lab, holder, ["systemctl", "kill", `--signal=${name}`, "haproxy"]);
    restore(async () => void (await send("CONT")));
    restore(async () => void (await forget()));
    const before = await mainPid(pair.lab, holder, "haproxy");
    await send("STOP");
    await served(nowMs());
    const hung = async () => {
      const pid = await mainPid(pair.lab, holder, "haproxy");
      return pid === undefined || pid === before ? `haproxy on ${holder} was not restarted` : undefined;
    };
    await waitUntil(hung, restartedWithinMs, signal);
    await healthy();
    await served(nowMs());
  },
});

/** Of the lab's network, from which count goes down. */
const highest = 252;

/** Further addresses of the application server, for clients whose places are not to be those of its own one. */
export async function otherAddresses({ pair, restore }: Preparation, count = 2): Promise<readonly string[]> {
  const network = edgeOf(pair).app.replace(/\.\d+$/, "");
  const addresses = Array.from({ length: count }, (_, at) => `${network}.${highest - at}`);
  const change = (verb: "replace" | "delete", address: string) =>
    run(pair.lab, "app", ["ip", "address", verb, `${address}/32`, "dev", bridge]);
  for (const address of addresses) {
    restore(async () => void (await change("delete", address)));
    await change("replace", address);
  }
  return addresses;
}

/** The edge counts what an address has done over ten seconds. */
const welcomeMs = 30_000;

/** Waits until the edge serves an address, which another drill may have used for clients that it has limited. */
export function welcomed({ pair, signal }: Preparation, source: string): Promise<void> {
  return waitUntil(() => refusedFrom(pair, source), welcomeMs, signal, 500);
}

async function refusedFrom(pair: DrilledPair, source: string): Promise<string | undefined> {
  const url = `http://${pair.vip.address}:${edgeOf(pair).ports.http}/healthz`;
  const options = ["--silent", "--output", "/dev/null", "--write-out", "%{http_code}", "--max-time", "5"];
  const curl = ["curl", ...options, "--interface", source, url];
  const status = await run(pair.lab, "app", ["sh", "-c", `${curl.map(shellWord).join(" ")} || true`]);
  return status === "200" ? undefined : `the edge answers ${source} with ${status}`;
}

/** Long enough for every limit of the edge to be reached. */
const floodMs = 6000;
const slowMs = 8000;

/** What the clients that are measured get meanwhile: the edge's answer within a second, and SQL. */
const harmless = { promptMs: 1000, sqlBeside: true, variants: 1 } as const;

export const edgeFlood: Kind = edgeKind({
  ...harmless,
  description: `two addresses open connections and ask as fast as they can for ${floodMs / 1000} s`,
  play: async (round) => {
    const { pair, restore, elapsed, served, fault, healthy } = round;
    const flood = startPest(pair, "floodProgram", await otherAddresses(round));
    restore(async () => void (await flood.stop()));
    await elapsed(nowMs(), floodMs);
    // Which limit they reach, of connections or of requests, depends on the cores that are free.
    const { closed = 0, "429": refused = 0 } = await flood.stop();
    if (closed + refused === 0) fault("no limit of the edge was reached: nothing was measured");
    await served(nowMs());
    await healthy();
  },
});

export const edgeSlow: Kind = edgeKind({
  ...harmless,
  description: `two addresses send heads and bodies by the byte, and read answers not at all, for ${slowMs / 1000} s`,
  play: async (round) => {
    const { pair, restore, elapsed, served, fault, healthy } = round;
    const slow: Pest = startPest(pair, "slowProgram", await otherAddresses(round));
    restore(async () => void (await slow.stop()));
    await elapsed(nowMs(), slowMs);
    const { head = 0 } = await slow.stop();
    if (head > 0) fault(`${head} connections are open that have not sent their head`);
    await served(nowMs());
    await healthy();
  },
});
