import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import * as z from "zod";
import { type DrilledPair, edgeOf } from "../../pair.ts";
import { askedHost } from "../pace.ts";
import type { PestPlan } from "../plans.ts";
import { startClient } from "../startClient.ts";

const Counts = z.record(z.string(), z.int());
/** They end by themselves where the drill dies. */
const forMs = 60_000;

/** Clients of the edge that mean harm. */
export interface Pest {
  /** Ends them. @returns what they counted, by name */
  stop(): Promise<Readonly<Record<string, number>>>;
}

export function startPest(
  pair: DrilledPair,
  program: "floodProgram" | "slowProgram",
  sources: readonly string[],
): Pest {
  const { ports } = edgeOf(pair);
  const plan: PestPlan = {
    address: pair.vip.address,
    ports,
    host: askedHost(pair),
    sources: [...sources],
    forMs,
  };
  const child = startClient(pair.lab, join(import.meta.dirname, `${program}.ts`), JSON.stringify(plan));
  const ended = Promise.all([text(child.stdout), once(child, "exit")]);
  return {
    stop: async () => {
      child.stdin.end();
      const [counts] = await ended;
      return Counts.parse(JSON.parse(counts || "{}"));
    },
  };
}
