import { cut, heal } from "../../lab/faults/cut.ts";
import { freeze, kill, thaw } from "../../lab/faults/power.ts";
import { exec } from "../../lab/machine/exec.ts";
import { up } from "../../lab/machine/up.ts";
import { run } from "../machine.ts";
import type { HolderWatch } from "../observe/watchHolders.ts";
import type { DrilledPair } from "../pair.ts";
import type { Fault } from "./plan.ts";

/** A fault in a running pair. */
export interface Injury {
  begin(): void | Promise<void>;
  /** Undoes it; also where it has not begun, or not wholly. */
  heal(): void | Promise<void>;
}

export function injuryOf(
  fault: Fault,
  { pair, watch }: { readonly pair: DrilledPair; readonly watch: HolderWatch },
): Injury {
  const { lab } = pair;
  const { machine } = fault;
  const isNode = pair.nodes.includes(machine);
  const paused = (now: boolean) => isNode && watch.paused(machine, now);
  switch (fault.does) {
    case "power":
      return {
        begin: () => {
          // Before the kill, which takes a while to return: the node is lost at its beginning.
          if (isNode) watch.died(machine);
          kill(lab, machine);
        },
        heal: async () => void (await up(lab, machine)),
      };
    case "freeze":
      return {
        begin: () => {
          paused(true);
          freeze(lab, machine);
        },
        heal: () => {
          paused(false);
          thaw(lab, machine);
        },
      };
    case "cut":
      return { begin: () => cut(lab, machine, fault.cut), heal: () => heal(lab, machine) };
    case "stop":
    case "kill":
      return {
        begin: async () => {
          // A daemon that ends slowly must not delay the heal; one that is just being started again has no process.
          if (fault.does === "stop") await run(lab, machine, ["systemctl", "stop", "--no-block", fault.unit]);
          else await exec(lab, machine, ["systemctl", "kill", "--signal=KILL", fault.unit]);
        },
        heal: async () => void (await run(lab, machine, ["systemctl", "start", fault.unit])),
      };
  }
}
