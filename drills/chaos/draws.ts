import { createHash } from "node:crypto";

/** Numbers that follow from a seed: the same on every machine and with every Node. */
export interface Draws {
  /** A whole number from 0 to `limit` - 1. */
  below(limit: number): number;
  /** One of a list. @throws Error where the list is empty */
  pick<Item>(items: readonly Item[]): Item;
  /** A whole number between these; each order of magnitude is as likely as another. */
  spread(least: number, most: number): number;
}

/** @param number each number of a seed has draws of its own, whatever was drawn for the others */
export function drawsOf(seed: number, number: number): Draws {
  let drawn = 0;
  /** From 0 to below 1. */
  const next = (): number => {
    const digest = createHash("sha256").update(`${seed} ${number} ${drawn}`).digest();
    drawn += 1;
    return digest.readUIntBE(0, 6) / 2 ** 48;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  return {
    below,
    pick: (items) => {
      const item = items[below(items.length)];
      if (item === undefined) throw new Error("there is nothing to pick from");
      return item;
    },
    spread: (least, most) => Math.round(least * (most / least) ** next()),
  };
}
