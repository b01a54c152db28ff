import type { Scene, Stage } from "./scene.ts";

/** A kind of failure, made on purpose. */
export interface Kind {
  /** One line for the list of kinds. */
  readonly description: string;
  /**
   * What the client asks for: `query` where a login has to be proven, not only a way to a pooler; `egress` for the way
   * out, where long connections are held beside it.
   */
  readonly ask: "answer" | "query" | "egress";
  /** From when on an answer that comes late is an outage, ms; default as `ask` has it. */
  readonly promptMs?: number;
  /** A round takes minutes. */
  readonly lengthy?: true;
  /** Runs before anything is measured. @returns the node that the failure is to strike; without it, the holder */
  prepare?(stage: Stage): Promise<string>;
  /** Makes the failure, waits it out, repairs it. */
  play(scene: Scene): Promise<void>;
}
