import type { Machine } from "./store.ts";

/** What runs a machine in VirtualBox's place. */
export interface Hypervisor {
  /** Path of the machine's disk. */
  diskOf(machine: Machine): string;
  makeDisk(machine: Machine): void;
  /** The ports of an earlier run are gone. @throws Refusal */
  start(machine: Machine): void | Promise<void>;
  /** Presses the power button; the machine takes its time. */
  press(machine: Machine): void | Promise<void>;
  /** Takes the power away. */
  cut(machine: Machine): void | Promise<void>;
}
