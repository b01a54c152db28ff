import { waitWhile } from "../../base/waitFor.ts";
import { cut, heal } from "../../lab/faults/cut.ts";
import { vrrpFile } from "../../render/paths.ts";
import { run } from "../machine.ts";
import { addressPage } from "../observe/owners.ts";
import { nowMs } from "../time.ts";
import { type Kind, otherHolder, otherNode, type Round } from "./kind.ts";

/** What is lost between the nodes of a pair on EC2, while clients and the API reach both. */

const needs = "ec2";
/** Longer than the first time that an agent holds a taken address off, so that a second one would show. */
const lostMs = 30_000;
const partedMs = 15_000;
/** Three adverts are missed after 242 ms at most; the rest is reserve. */
const noticedMs = 3000;
/** Effects of a repair show within this time. */
const afterMs = 3000;
/** How often the address may move in a partition, before its repair. */
const movesParted = 2;
const adverts = { how: "proto", proto: 112, direction: "out" } as const;

interface Loss {
  /** What is lost, and how long. */
  readonly what: string;
  readonly lengthMs: number;
  lose(round: Round): void;
  /** Whether its effect has come, as a problem while it has not. */
  problem(round: Round): Promise<string | undefined>;
  /** Looks, before the repair, at what happened since `begunMs`. */
  judge?(round: Round, begunMs: number): void;
  readonly variants: number;
}

function lossOf({ what, lengthMs, lose, problem, judge, variants }: Loss): Kind {
  return {
    description: `${what} for ${lengthMs / 1000} s; everything else gets through`,
    ask: "answer",
    needs,
    lengthy: true,
    variants,
    prepare: otherHolder,
    play: async (round) => {
      const { pair, signal, restore, elapsed, repaired, fault, served, healthy } = round;
      const healAll = () => {
        for (const node of pair.nodes) heal(pair.lab, node);
      };
      restore(healAll);
      const begunMs = nowMs();
      lose(round);
      const missing = await waitWhile(noticedMs, () => problem(round), { everyMs: 50, signal });
      if (missing !== undefined) fault(`the failure has no effect: ${missing}`);
      await elapsed(begunMs, lengthMs);
      judge?.(round, begunMs);
      healAll();
      repaired();
      await elapsed(nowMs(), afterMs);
      await served(nowMs());
      await healthy();
    },
  };
}

function movesSince({ watch }: Round, begunMs: number): number {
  return watch.changes.filter(({ holds, atMs }) => holds && atMs >= begunMs).length;
}

/** The node that no longer hears the holder. */
async function otherIsMaster(round: Round): Promise<string | undefined> {
  const other = otherNode(round);
  const state = (await run(round.pair.lab, other, ["cat", vrrpFile])).trim();
  return state === "MASTER" ? undefined : `keepalived on ${other} is ${state}, not MASTER`;
}

/** The node without the address has asked the other one, which keeps it. */
async function isContested(round: Round): Promise<string | undefined> {
  const other = otherNode(round);
  const page = await addressPage(round.pair, other);
  return page?.contested ? undefined : `the agent on ${other} does not find the address contested`;
}

/** Where the holder has the lower priority, it hears the other's adverts and yields. */
export const ec2OneWay = lossOf({
  what: "the holder's adverts are lost",
  lengthMs: lostMs,
  lose: ({ pair, holder }) => cut(pair.lab, holder, adverts),
  problem: otherIsMaster,
  variants: 2,
});

export const ec2TwoWay = lossOf({
  what: "the adverts of both nodes are lost",
  lengthMs: lostMs,
  lose: ({ pair }) => {
    for (const node of pair.nodes) cut(pair.lab, node, adverts);
  },
  problem: async (round) => (await otherIsMaster(round)) ?? (await isContested(round)),
  judge: (round, begunMs) => {
    const moves = movesSince(round, begunMs);
    if (moves > 0) round.fault(`the address moved ${moves} times while both nodes were MASTER`);
  },
  variants: 1,
});

/** Each node may take the address from the other, which does not answer it. */
export const ec2Partition = lossOf({
  what: "all that the nodes send to each other is lost",
  lengthMs: partedMs,
  lose: (round) => cut(round.pair.lab, round.holder, { how: "peer", peer: otherNode(round) }),
  problem: otherIsMaster,
  judge: (round, begunMs) => {
    const { fault } = round;
    const moves = movesSince(round, begunMs);
    if (moves === 0) fault("the address did not move in the partition");
    if (moves > movesParted) fault(`the address moved ${moves} times in the partition, of ${movesParted}`);
  },
  variants: 2,
});
