type Step = () => void | Promise<void>;

/** What a round has to bring back, in whatever way it ends. */
export interface Restorations {
  add(step: Step): void;
  /** Does every step, the last one first; one that fails keeps none of the others from being done. @returns what failed */
  undo(): Promise<readonly string[]>;
}

export function restorations(): Restorations {
  const steps: Step[] = [];
  return {
    add: (step) => void steps.push(step),
    undo: async () => {
      const troubles: string[] = [];
      for (const step of steps.splice(0).toReversed()) {
        try {
          await step();
        } catch (error) {
          troubles.push(`not restored: ${error instanceof Error ? error.message : String(error)}`);
        }
      }
      return troubles;
    },
  };
}
