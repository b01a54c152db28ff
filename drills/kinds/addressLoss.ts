import { run } from "../machine.ts";
import { nowMs } from "../time.ts";
import { type Kind, otherHolder, type Preparation, type Round, takenOver } from "./kind.ts";

/**
 * Both are long enough for a node that hears no adverts to take the address. The short loss is over before the holder
 * forgets the node's link-layer address, the long one is not.
 */
const lossesMs = [3000, 500] as const;
/** Both losses on each node. */
const variants = 4;
const lostMs = ({ index }: Round): number => lossesMs[Math.floor(index / 2) % 2] ?? lossesMs[0];
/** The effects of a repair show within this time: the holder's gratuitous ARP comes every second. */
const afterMs = 1500;

export const addressLoss: Kind = {
  description: "the holder loses its own address, for half a second or three seconds",
  ask: "answer",
  variants,
  play: async (round) => {
    const { holder, served, elapsed, repaired, healthy } = round;
    const begun = nowMs();
    const giveBack = await takeOwnAddress(round, holder);
    await takenOver(round);
    await served(nowMs());
    await elapsed(begun, lostMs(round));
    await giveBack();
    repaired();
    await elapsed(nowMs(), afterMs);
    await healthy();
  },
};

export const addressLossBackup: Kind = {
  description: "the backup, in every second round the node of higher priority, loses its own address",
  ask: "answer",
  // Nothing may fail and nothing may move, which is measured too; a second holder costs clients a quarter of a second.
  // The commands that make the failure take the cores of this host, so that a single answer may be slow.
  promptMs: 100,
  variants,
  prepare: otherHolder,
  play: async (round) => {
    const { pair, holder, elapsed, healthy } = round;
    const backup = pair.nodes.find((node) => node !== holder) ?? "";
    const begun = nowMs();
    const giveBack = await takeOwnAddress(round, backup);
    await elapsed(begun, lostMs(round));
    await giveBack();
    await elapsed(nowMs(), afterMs);
    await healthy();
  },
};

/** Deletes a node's own address. @returns how it gets the address back */
async function takeOwnAddress(
  { pair, restore }: Pick<Preparation, "pair" | "restore">,
  node: string,
): Promise<() => Promise<void>> {
  const listed = await run(pair.lab, node, ["ip", "-4", "-brief", "address", "show", "scope", "global"]);
  const [, device = "", own = ""] = /^([^\s@]+)\S*\s+\S+\s+(\S+)/m.exec(listed) ?? [];
  const change = async (verb: "del" | "replace") => {
    await run(pair.lab, node, ["ip", "address", verb, own, "dev", device]);
  };
  const giveBack = () => change("replace");
  restore(giveBack);
  await change("del");
  return giveBack;
}
