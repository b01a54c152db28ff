import type { Figure } from "../figure.ts";
import { describeMachine, isSame, type Machine } from "./machine.ts";
import type { BenchRecord } from "./record.ts";

/** Says that figures of another machine go with the first new one; undefined where there are none. */
export function otherMachine(record: BenchRecord | undefined, machine: Machine): string | undefined {
  if (record === undefined || record.figures.length === 0 || isSame(record.machine, machine))
    return undefined;
  const [before, now] = [record.machine, machine].map(describeMachine);
  return `bench/ has ${record.figures.length} figures of ${before}: the first of this machine (${now}) replaces them all`;
}

/** Says which figures of fewer rounds take the place of one of more. */
export function fewerRounds(record: BenchRecord | undefined, figures: readonly Figure[]): string[] {
  return figures.flatMap(({ figure, rounds }) => {
    const before = record?.figures.find((one) => one.figure === figure)?.rounds;
    if (rounds === undefined || before === undefined || rounds >= before) return [];
    return [`"${figure}": ${rounds} rounds replace ${before} in bench/`];
  });
}
