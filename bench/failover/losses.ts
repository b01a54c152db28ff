import { type Kind, takenOver } from "../../drills/kinds/kind.ts";
import { boot, cutPower, hostLoss } from "../../drills/kinds/machines.ts";
import { playRound } from "../../drills/playRound.ts";
import { nowMs } from "../../drills/time.ts";
import { round } from "../figure.ts";
import type { StressName } from "./curve.ts";
import type { Ground } from "./ground.ts";
import { startStress } from "./stress.ts";

/** Longer than a round until its boot. */
const stressS = 60;
/** Answers are slow while other work has the cores. That of a lost node does not come at all. */
const promptUnderStressMs = 200;

/** The outage of each round in which the holder loses power, ms. */
export function lose(ground: Ground, rounds: number): Promise<number[]> {
  return outagesOf(hostLoss, ground, rounds);
}

/** The same while both nodes have other work. It ends before the lost one boots, which would take minutes otherwise. */
export function loseUnderStress(ground: Ground, name: StressName, rounds: number): Promise<number[]> {
  const { pair } = ground;
  let ended = async () => {};
  const kind: Kind = {
    description: `power cut of the holder under stress (${name})`,
    ask: "answer",
    promptMs: promptUnderStressMs,
    prepare: async ({ holder, restore }) => {
      const stress = await startStress(pair, name, stressS);
      restore(() => stress.stop());
      ended = async () => {
        await stress.assertLasts();
        await stress.stop();
      };
      return holder;
    },
    play: async (begun) => {
      // The stress itself may have moved the address.
      const lost = { ...begun, holder: begun.watch.holders()[0] ?? begun.holder };
      cutPower(lost);
      lost.nodeGone();
      await takenOver(lost);
      await lost.served(nowMs());
      await ended();
      await boot(pair.lab, lost.holder);
      await lost.healthy();
    },
  };
  return outagesOf(kind, ground, rounds);
}

async function outagesOf(kind: Kind, ground: Ground, rounds: number): Promise<number[]> {
  const outages: number[] = [];
  for (let index = 0; index < rounds; index += 1) {
    const { outageMs, longestGapMs, faults } = await playRound(
      kind,
      ground.pair,
      ground.watch,
      index,
      ground.signal,
    );
    ground.tell(
      [
        `${kind.description} ${index + 1}/${rounds}: outage ${outageMs.toFixed(0)} ms`,
        `longest pause of probes ${longestGapMs.toFixed(0)} ms`,
        ...faults,
      ].join("; "),
    );
    outages.push(round(outageMs, 1));
  }
  return outages;
}
