import { availableParallelism, cpus, release, totalmem } from "node:os";

/** What the figures were measured on. */
export interface Machine {
  readonly cores: number;
  readonly processor: string;
  readonly memoryGb: number;
  readonly kernel: string;
}

export function thisMachine(): Machine {
  return {
    cores: availableParallelism(),
    processor: cpus()[0]?.model.trim() ?? "unknown processor",
    memoryGb: Math.round(totalmem() / 2 ** 30),
    kernel: `Linux ${release()}`,
  };
}

/** `2 cores (…), 24 GB, Linux 6.1`. */
export function describeMachine({ cores, processor, memoryGb, kernel }: Machine): string {
  return `${cores} cores (${processor}), ${memoryGb} GB, ${kernel}`;
}

/** Whether figures of the one compare with figures of the other. */
export function isSame(one: Machine, other: Machine): boolean {
  return describeMachine(one) === describeMachine(other);
}
