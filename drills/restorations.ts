import { messageOf } from "../base/failure.ts";

type Step = () => void | Promise<void>;

/** Repairs that have to be done in the end, however the work ends. */
export interface Restorations {
  add(step: Step): void;
  /** Runs every step once, the last one first, also where another one fails. @returns what failed, as sentences */
  undo(): Promise<readonly string[]>;
}

export function restorations(): Restorations {
  const steps: Step[] = [];
  return {
    add: (step) => void steps.push(step),
    undo: async () => {
      const problems: string[] = [];
      for (const step of steps.splice(0).toReversed()) {
        try {
          await step();
        } catch (error) {
          problems.push(`not restored: ${messageOf(error)}`);
        }
      }
      return problems;
    },
  };
}
