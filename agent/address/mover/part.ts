import { isDeepStrictEqual } from "node:util";
import * as z from "zod";
import type { AddressPage } from "../../../contract/addressPage.ts";
import { openBudget } from "../../aws/budget.ts";
import { openCredentials } from "../../aws/credentials.ts";
import { openEc2 } from "../../aws/ec2.ts";
import { Ec2Error } from "../../aws/ec2Error.ts";
import { openMetadata } from "../../aws/metadata.ts";
import { steadyNowMs } from "../../daemon/clock.ts";
import type { Part, PartContext } from "../../daemon/part.ts";
import { repeat } from "../../daemon/repeat.ts";
import { hostClock } from "./clock.ts";
import { closeConnections } from "./closeConnections.ts";
import { type MoverLoop, type MoverRemembered, startMover } from "./loop.ts";
import { adoptMover, keptOf } from "./memory.ts";
import { type MoverMetrics, openMoverMetrics } from "./metrics.ts";
import { openMode } from "./modes.ts";
import { askPeers } from "./peers.ts";
import { watchVrrp } from "./vrrpWatch.ts";

/**
 * Far below what AWS allows an account. Half of it may be spent at once: an API that fails fast is tried every few hundred
 * ms for some ten seconds, and then every two seconds until it works.
 */
const requestsPerMinute = 60;
/** AWS ends a connection that is idle for some 20 s. */
const warmMs = 8000;

/** On EC2: has AWS deliver the virtual address to the node that keepalived makes its holder. */
export function moverPart({ log, registry, state }: PartContext): Part<"mover"> {
  let remembered = adopt(state.read("mover", z.unknown()));
  let running: { loop: MoverLoop; stop(): Promise<void> } | undefined;
  let metrics: MoverMetrics | undefined;
  // The caps of AWS do not begin anew with another config.
  const budget = openBudget(requestsPerMinute, steadyNowMs);

  const current = () => {
    if (running === undefined) throw new Error("the mover has not been started");
    return running;
  };
  const page = (): AddressPage => current().loop.page();
  const keep = (now: MoverRemembered): void => {
    const changed = !isDeepStrictEqual(written(now), written(remembered));
    remembered = now;
    if (changed) state.write({ mover: written(now) });
  };

  return {
    name: "mover",
    section: "mover",
    pages: { "/address": () => ({ type: "application/json", body: `${JSON.stringify(page())}\n` }) },
    start: (config) => {
      metrics ??= openMoverMetrics(registry, page);
      const counts = metrics;
      const metadata = openMetadata(config.metadata);
      const credentials = openCredentials(metadata);
      const { region, endpoint } = config;
      const ec2 = openEc2({ region, endpoint, credentials, budget });
      const mode = openMode(config, metadata, ec2);
      const doors = {
        ...{ log, clock: hostClock, mode, metrics: counts, keep },
        watch: (onChange: () => void) => watchVrrp(config.vrrpFile, onChange),
        ask: () => askPeers(config),
        reach: (sinceMs: number) => ec2.reach(mode.callsOfMove, sinceMs),
        closeConnections: () => closeConnections(config.closeSocket),
      };
      const loop = startMover(config.address, doors, remembered);
      const warm = () =>
        ec2.warm().catch((error: unknown) => {
          if (error instanceof Ec2Error) counts.failed(error.code);
          throw error;
        });
      const warming = repeat(warmMs, warm, (problem) => log.trouble("way to the EC2 API", problem));
      running = {
        loop,
        stop: async () => {
          await Promise.all([loop.stop(), warming.stop()]);
        },
      };
    },
    stop: async () => {
      const { loop, stop } = current();
      const stopped = stop();
      keep(loop.remembered());
      await stopped;
    },
    turnedAtMs: () => current().loop.turnedAtMs(),
  };
}

const Known = z.object({ known: z.nullable(z.boolean()) });

/** As the state file has it. */
function written({ memory, known }: MoverRemembered) {
  return { ...keptOf(memory), known };
}

function adopt(section: unknown): MoverRemembered {
  return { memory: adoptMover(section), known: Known.safeParse(section).data?.known ?? null };
}
