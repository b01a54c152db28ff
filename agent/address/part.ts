import { Gauge } from "prom-client";
import * as z from "zod";
import type { EgressPage } from "../../contract/egressPage.ts";
import type { FitnessSource, Part, PartContext } from "../daemon/part.ts";
import { repeat } from "../daemon/repeat.ts";
import { type AddressLoop, openAddress } from "./addressLoop.ts";
import { adoptVip } from "./decide.ts";

const stepMs = 500;

export interface AddressPart extends Part<"egress"> {
  /** What the daemon's page shows of the virtual address. */
  vip(): EgressPage["vip"];
}

/** Decides by the fitness of another part whether keepalived may take the virtual address on this node. */
export function addressPart({ log, registry, state }: PartContext, source: FitnessSource): AddressPart {
  let memory = adoptVip(state.read("vip", z.unknown()));
  let running: { loop: AddressLoop; stop(): Promise<void> } | undefined;
  let turnedAtMs = 0;

  const current = () => {
    if (running === undefined) throw new Error("the address part has not been started");
    return running;
  };
  const keep = (): void => {
    memory = current().loop.memory();
    state.write({ vip: memory });
  };

  new Gauge({
    name: "hapair_egress_vip_given_up",
    help: "1 while this node gives the virtual address up",
    registers: [registry],
    collect() {
      this.set(running?.loop.memory().givenUp ? 1 : 0);
    },
  });

  return {
    name: "address",
    section: "egress",
    pages: {},
    start: (config) => {
      turnedAtMs = performance.now();
      const loop = openAddress(config, log, source, memory);
      const step = async (): Promise<void> => {
        if (await loop.step()) keep();
        turnedAtMs = performance.now();
      };
      const { stop } = repeat(stepMs, step, (problem) => log.trouble("virtual address", problem));
      running = { loop, stop };
    },
    stop: async () => {
      const { loop, stop } = current();
      const stopped = stop();
      keep();
      await stopped;
      memory = loop.memory();
    },
    turnedAtMs: () => turnedAtMs,
    vip: () => current().loop.vip(),
  };
}
