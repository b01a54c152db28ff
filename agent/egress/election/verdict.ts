import type { ServerState } from "../../../contract/egressPage.ts";
import type { GroupMemory } from "../memory.ts";
import type { Cause, HaproxyServerState, Observation } from "../observation.ts";

/** The input of an election; the same input and memory always give the same verdict. */
export interface ElectionInput {
  /** Epoch. */
  readonly nowMs: number;
  /** Those that are new since the last election, oldest first. */
  readonly observations: readonly Observation[];
  /** By server name; a missing one is unknown. Null while haproxy does not answer. */
  readonly haproxy: Readonly<Record<string, HaproxyServerState>> | null;
}

/**
 * Why the preference moved: there was none yet; the preferred server failed; an operator took it out; another is
 * better; a server works again while a last resort or a dead server was preferred; the preferred one left the config.
 */
export type SwitchWhy = "first" | "failed" | "maint" | "better" | "recovered" | "removed";

export type EgressEvent =
  /** `from` is null for the first observation of a server. */
  | {
      readonly kind: "state";
      readonly server: string;
      readonly from: ServerState | null;
      readonly to: ServerState;
      readonly cause: Cause | null;
    }
  | { readonly kind: "switch"; readonly from: string | null; readonly to: string; readonly why: SwitchWhy }
  /** A server failed again before its last failure was forgotten. */
  | {
      readonly kind: "flap";
      readonly server: string;
      readonly failures: number;
      readonly holdDownMs: number;
    };

/** A usable server that is better but not preferred yet, and what it waits for; `flaps`: until its failures are forgotten. */
export interface Held {
  readonly server: string;
  readonly why: "hold-down" | "dwell" | "rounds" | "flaps";
}

export interface Verdict {
  /** Its `preferred` is the server that haproxy is to prefer from now on. */
  readonly memory: GroupMemory;
  readonly events: readonly EgressEvent[];
  /** Servers that haproxy and the agent's own observation both find dead: what is open there is dead too. */
  readonly dead: readonly string[];
  /** All that wait now, not only new ones. */
  readonly held: readonly Held[];
}
